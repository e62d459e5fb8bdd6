"""Returns at the desk: the queue, the decide pages, and what another role sees of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import roles
from accounts.models import User
from orders import return_rights, returns
from orders.models import Order, Return
from orders.tests.conftest import Browser, bag_of
from orders.tests.parcels import delivered
from privacy.models import AuditEvent
from shop.models import Variant

WORDS = "Gwen finds it too short"


@pytest.fixture
def order(buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime) -> Order:
    return delivered(buy(bag_of((necklace, 1))), carol, now)


@pytest.fixture
def made(order: Order, now: datetime) -> Return:
    return returns.ask(order, {order.lines.get().pk: 1}, reason="size", words=WORDS, by=order.subject, at=now)


@pytest.fixture
def sits(carol: User) -> Callable[[str], Browser]:
    """Carol in a role."""
    roles.ensure()

    def sit(role: str) -> Browser:
        carol.groups.set([Group.objects.get(name=role)])
        browser = Browser()
        browser.force_login(carol)
        browser.get("/admin/")
        return browser

    return sit


def decide(desk: Browser, made: Return, name: str, **typed: str) -> Any:
    path = f"/admin/orders/return/{made.pk}/{name}/"
    page = desk.get(path)
    token = page.context["csrf_token"] if page.context else ""
    return desk.post(path, {**typed, "csrfmiddlewaretoken": str(token)})


def test_the_order_desk_takes_a_return_from_the_queue_to_the_shelf(
    sits: Callable[[str], Browser], made: Return, order: Order
) -> None:
    desk = sits(roles.ORDER_DESK)
    assert made.reference in desk.get("/admin/orders/return/").text
    assert made.reference in desk.get(f"/admin/orders/order/{order.pk}/change/").text
    page = desk.get(f"/admin/orders/return/{made.pk}/change/").text
    for words in (WORDS, "Solitaire necklace", "$1,300.00", f"/admin/orders/return/{made.pk}/approve/"):
        assert words in page, words
    assert f"/admin/orders/return/{made.pk}/receive/" not in page
    for name in ("approve", "receive", "refund", "put-back"):
        assert decide(desk, made, name).status_code == 302, name
    made.refresh_from_db()
    assert (made.state, made.lines.filter(restocked_at=None).count()) == ("refunded", 0)
    assert "nothing was changed" in desk.get(f"/admin/orders/return/{made.pk}/refund/", follow=True).text


def test_looking_is_written_down_with_what_was_seen(sits: Callable[[str], Browser], made: Return, order: Order) -> None:
    sits(roles.ORDER_DESK).get(f"/admin/orders/return/{made.pk}/change/")
    looks = AuditEvent.objects.filter(event="data.seen", object_ref=made.reference, subject_id=order.subject_id)
    assert sorted(field for look in looks for field in look.details["fields"]) == ["reference", "title", "words"]


def test_a_refusal_offers_the_grounds_there_are_and_says_them(sits: Callable[[str], Browser], made: Return) -> None:
    desk = sits(roles.ORDER_DESK)
    form = desk.get(f"/admin/orders/return/{made.pk}/refuse/").context["form"]
    assert [value for value, _ in form.fields["ground"].choices] == [
        str(each) for each in return_rights.GROUNDS[Return.Right.SHOP]
    ]
    assert decide(desk, made, "refuse", ground="no_fault").context["form"].errors.keys() == {"ground"}
    assert decide(desk, made, "refuse", ground="worn", answer="The clasp is bent.").status_code == 302
    made.refresh_from_db()
    assert (made.state, made.ground, made.answer) == ("refused", "worn", "The clasp is bent.")


@pytest.mark.prove
def test_whoever_comes_second_is_told(sits: Callable[[str], Browser], made: Return, carol: User, now: datetime) -> None:
    desk = sits(roles.ORDER_DESK)
    page = desk.get(f"/admin/orders/return/{made.pk}/approve/")
    returns.withdraw(made, by=made.order.subject, at=now)
    answer = desk.post(
        f"/admin/orders/return/{made.pk}/approve/",
        {"csrfmiddlewaretoken": str(page.context["csrf_token"])},
        follow=True,
    )
    assert "nothing was changed" in answer.text
    made.refresh_from_db()
    assert made.state == "withdrawn"


@pytest.mark.parametrize(
    "role",
    [
        roles.AUDITOR,
        *(pytest.param(role, marks=pytest.mark.prove) for role in (roles.OFFICER, roles.PRIVACY_DESK, roles.CATALOGUE)),
    ],
    ids=str,
)
def test_other_roles_decide_nothing_and_read_no_words(sits: Callable[[str], Browser], made: Return, role: str) -> None:
    desk = sits(role)
    page = desk.get(f"/admin/orders/return/{made.pk}/change/")
    assert (page.status_code == 200) == (role == roles.AUDITOR)
    assert not any(words in page.text for words in (WORDS, "Solitaire necklace"))
    for name in ("approve", "refuse", "receive", "refund", "put-back"):
        assert desk.post(f"/admin/orders/return/{made.pk}/{name}/").status_code == 403
    made.refresh_from_db()
    assert made.state == "requested"


def test_the_queue_has_open_ones_first_and_asks_as_much_for_many_as_for_one(
    sits: Callable[[str], Browser], made: Return, now: datetime
) -> None:
    desk = sits(roles.ORDER_DESK)

    def ask() -> tuple[int, list[str]]:
        with CaptureQueriesContext(connection) as captured:
            page = desk.get("/admin/orders/return/")
        return len(captured), [row.reference for row in page.context["cl"].result_list]

    few, _ = ask()
    earlier = now - timedelta(days=9)
    Return.objects.bulk_create(
        Return(
            reference=f"RT-2222-22{number:02}",
            order=made.order,
            state="withdrawn",
            right="shop",
            requested_at=earlier,
            closed_at=earlier,
        )
        for number in range(29)
    )
    many, references = ask()
    assert (many, references[0], len(references)) == (few, made.reference, 30)
