"""An erasure beside a return: it waits for that alone, keeps what that needs, and finishes by itself when it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from orders import return_rights, returns
from orders.models import Order, Return, ReturnLine, Shipment
from orders.tests.conftest import Browser, bag_of, mails
from orders.tests.parcels import ALICES, BOBS, delivered, erase, facts
from orders.tests.test_erasing_with_orders import filled
from privacy.messages import outbox
from privacy.register import registry, subjects
from privacy.rights import acts, reasons
from privacy.rights.models import DataRequest, State, StepState
from shop.models import Variant

HOUR = timedelta(hours=1)


@pytest.fixture
def order(buy: Callable[..., Order], necklace: Variant, alice: User, carol: User, now: datetime) -> Order:
    return delivered(buy(bag_of((necklace, 1)), alice, **ALICES), carol, now)


@pytest.fixture
def bobs(buy: Callable[..., Order], necklace: Variant, bob: User, carol: User, now: datetime) -> Order:
    """Bob's, with an open return of his own."""
    his = delivered(buy(bag_of((necklace, 1)), bob, **BOBS), carol, now)
    returns.ask(his, {his.lines.get().pk: 1}, words="Bob says so", by=bob, at=now)
    return his


def asked(order: Order, by: User, at: datetime) -> Return:
    words, wish = "Tokenalice finds it too short", "One for Tokenalice"
    line = order.lines.get()
    return returns.ask(order, {line.pk: 1}, reason=Return.Reason.SIZE, words=words, wish=wish, by=by, at=at)


def written(made: Return) -> tuple[str, str | None, str | None, str, str]:
    row = Return.objects.get(pk=made.pk)
    return row.reason, row.words, row.wish, row.ground, row.answer


def test_an_open_return_keeps_what_it_needs_and_the_rest_goes_now_and_later_by_itself(
    order: Order, bobs: Order, alice: User, carol: User, now: datetime
) -> None:
    made, before = asked(order, alice, now), (facts(bobs), list(Return.objects.filter(order=bobs).values()))
    request = erase(alice, now)

    assert (request.state, filled(order)) == (State.PARTLY_DONE, {"email", "full_name"})
    assert written(made)[:3] == ("size", "Tokenalice finds it too short", "One for Tokenalice")
    assert not Shipment.objects.filter(order=order).exists()
    assert not User.objects.filter(pk=alice.pk).exists()
    words = f"Return {made.reference} of the order {order.reference} is not over."
    blocked = request.steps.filter(state=StepState.BLOCKED).order_by("target")
    assert list(blocked.values_list("target", "blocker")) == [("orders.Order", words), ("orders.Return", words)]

    later = request.retry_at
    assert later is not None
    for step, kind in ((returns.approve, "return_approved"), (returns.receive, "return_received")):
        step(made, by=carol, at=later)
        (told,) = (mail for mail in mails(kind) if mail.reference == order.reference)
        outbox.send(told.pk, at=later)
        told.refresh_from_db()
        assert (told.state, told.stopped_because) == ("sent", ""), "the answer reaches them"
        acts.sweep(by="system:sweep", at=later)
        assert DataRequest.objects.get(pk=request.pk).state == State.PARTLY_DONE
        later += HOUR
    returns.refund(made, by=carol, at=later)
    acts.sweep(by="system:sweep", at=later + HOUR)

    request.refresh_from_db()
    made.refresh_from_db()
    assert (request.state, filled(order), written(made)) == (State.COMPLETED, set(), ("", None, None, "", ""))
    assert made.refund is not None, "the accounts keep that it was paid back"
    assert (made.state, made.refund.amount_minor, made.lines.get().quantity) == ("refunded", 130_000, 1)
    assert (facts(bobs), list(Return.objects.filter(order=bobs).values())) == before


def test_what_is_over_stays_with_the_accounts_and_stands_in_nobodys_way(
    order: Order, alice: User, carol: User, now: datetime
) -> None:
    made = asked(order, alice, now)
    returns.refuse(made, ground=Return.Ground.WORN, answer="Tokenalice wore it", by=carol, at=now)
    assert erase(alice, now).state == State.COMPLETED
    assert written(made) == ("", None, None, "", "")
    made.refresh_from_db()
    assert (made.state, made.closed_at, ReturnLine.objects.filter(parent=made).count()) == ("refused", now, 1)
    with pytest.raises(return_rights.Gone):
        asked(order, alice, now)
    assert Return.objects.count() == 1


def test_the_page_of_the_erasure_says_what_waits_and_offers_to_take_it_back(
    order: Order, alice: User, carol: User, now: datetime
) -> None:
    made = asked(order, alice, now)
    (waiting,) = reasons.unfinished(subjects.family(alice.subject), at=now)
    assert waiting.ends == "when it is paid back, refused or taken back"
    assert [each.partition(":")[0] for each in waiting.kept] == ["Orders (1)", "Returns (1)"]
    assert waiting.way_out is not None
    assert waiting.way_out.label == f"Take back return {made.reference}"
    page = Browser()
    page.force_login(alice)
    gone = page.post(waiting.way_out.address, {"back": "erase"})
    assert (gone.status_code, gone["Location"]) == (302, "/account/privacy/erase/")
    assert registry.blockers(subjects.family(alice.subject)) == []

    returns.receive(returns.approve(asked(order, alice, now), by=carol, at=now), by=carol, at=now)
    (waiting,) = reasons.unfinished(subjects.family(alice.subject), at=now)
    assert waiting.way_out is None, "what is with us is for us to finish"


def test_words_about_a_return_go_ninety_days_after_it_is_over(
    order: Order, alice: User, carol: User, now: datetime
) -> None:
    """An open one keeps them however old it is; a copy of one's data shows them."""
    made, declaration = asked(order, alice, now), registry.of("orders.Return")
    assert registry.shown(declaration, made)["what you wrote"] == "Tokenalice finds it too short"
    rule = declaration.retention_of("words")
    long_after = now + timedelta(days=500)
    assert not Return.objects.filter(rule.past_due(long_after)).exists()
    returns.refuse(made, ground=Return.Ground.WORN, by=carol, at=long_after)
    due = long_after + timedelta(days=90)
    assert not Return.objects.filter(rule.past_due(due - timedelta(seconds=1))).exists()
    assert Return.objects.filter(rule.past_due(due)).get() == made
