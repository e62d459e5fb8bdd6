"""Whoever waits to be erased buys nothing meanwhile, and buys again once they took it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Thread

import pytest
from django.db import connection, connections, transaction

from accounts.models import User
from dev import machine
from orders import checkout
from orders.models import Order
from orders.tests.conftest import Browser, bag_of, details, typed
from privacy.models import Subject
from privacy.register import subjects
from shop.models import Variant


@pytest.mark.promise("JE-85")
def test_a_restricted_customer_orders_nothing_and_others_do(
    begin: Callable[..., checkout.Begun], necklace: Variant, alice: User, bob: User, now: datetime
) -> None:
    subjects.restrict(alice.subject, by="staff:1", at=now)
    with pytest.raises(checkout.Locked):
        begin(bag_of((necklace, 1)), alice)
    assert not Order.objects.exists()
    assert begin(bag_of((necklace, 1)), bob).order.subject == bob.subject

    subjects.lift(alice.subject, by=alice, at=now)
    assert begin(bag_of((necklace, 1)), alice).order.subject == alice.subject


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ([subjects.Reason.ERASURE], "Take the request back"),
        ([subjects.Reason.ASKED], "Press “Use them again”"),
        ([subjects.Reason.ASKED, subjects.Reason.ERASURE], "Take the request back"),
    ],
    ids=["erasure", "asked", "both"],
)
def test_whoever_is_locked_reads_why_and_how_to_end_it(
    browser: Browser, necklace: Variant, alice: User, now: datetime, reasons: list[subjects.Reason], words: str
) -> None:
    browser.force_login(alice)
    for reason in reasons:
        subjects.restrict(alice.subject, reason=reason, by=alice, at=now)
    browser.put_in_bag(f"v:{necklace.pk}")
    total = browser.get("/checkout/summary/", {"place": "US-NY", "method": "insured"}).context["quote"].total_minor
    response = browser.post("/checkout/", typed(expected_total=total, email=alice.email))
    assert (response.status_code, words in response.text, Order.objects.count()) == (409, True, 0)


def test_an_order_that_was_checked_before_the_lock_is_not_written_after_it(
    necklace: Variant, alice: User, now: datetime
) -> None:
    """Pressed a moment before the erasure was approved, written a moment after it: no plan would know of it."""
    bag, wanted = bag_of((necklace, 1)), details()
    priced = checkout.price(bag, wanted)
    subjects.restrict(alice.subject, by="staff:1", at=now)
    with pytest.raises(checkout.Locked):
        checkout.place(bag, priced, wanted, subject=alice.subject, by=alice, at=now)
    assert not Order.objects.exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_lock_waits_for_an_order_that_is_being_written(alice: User, now: datetime) -> None:
    def restrict() -> None:
        subjects.restrict(alice.subject, by="staff:1", at=now)
        connections.close_all()

    def somebody_waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            return bool(cursor.fetchone()[0])

    beside = Thread(target=restrict)
    with transaction.atomic():
        assert subjects.kept_usable(alice.subject)
        beside.start()
        assert machine.wait_until(somebody_waits, seconds=20, every=0.02)
        assert Subject.objects.get(pk=alice.subject.pk).restricted_at is None
    beside.join(timeout=20)
    assert Subject.objects.get(pk=alice.subject.pk).restricted_at == now
    assert not subjects_kept_usable(alice)


def subjects_kept_usable(user: User) -> bool:
    with transaction.atomic():
        return subjects.kept_usable(user.subject)
