"""Who sees an order: its person, in the account or behind a key. A guess, an old link or another customer sees nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orders import fulfilment, history, links
from orders.models import Order, OrderLine
from orders.tests.conftest import Browser, bag_of, mails
from shop.models import Variant

SECRETS = ("Gwen", "gwen@", "Bezel", "Solitaire", "$", "New York", "LI-")


@pytest.fixture
def order(buy: Callable[..., Order], necklace: Variant) -> Order:
    return buy(bag_of((necklace, 1)), gift_message="For ever")


def closed(response: object) -> bool:
    """Whether the page is the offer of a fresh link, and tells nothing."""
    text = response.text  # type: ignore[attr-defined]
    return response.status_code == 403 and not any(word in text for word in SECRETS)  # type: ignore[attr-defined]


def test_a_key_opens_the_order_and_its_invoice(browser: Browser, order: Order, now: datetime) -> None:
    page = browser.get(links.path(order, at=now))
    assert all(word in page.text for word in ("Gwen Garnet", "12 Bezel Street", "For ever", order.reference))
    invoice = browser.get(links.path(order, "orders:invoice", at=now))
    assert all(word in invoice.text for word in (order.invoice_number, "Gwen Garnet", "$1,325.00"))
    assert "private" in page["Cache-Control"]


def test_an_invoice_stays_as_it_was_issued_wherever_the_parcel_goes(
    browser: Browser, order: Order, carol: User, now: datetime
) -> None:
    elsewhere = fulfilment.Whereto("Ida Ivory", "9 Prong Court", "", "Buffalo", "14201")
    fulfilment.readdress(order, elsewhere, by=carol, at=now)
    fulfilment.readdress(order, replace(elsewhere, ship_line1="11 Prong Court"), by=carol, at=now)
    page, invoice = (browser.get(links.path(order, name, at=now)).text for name in ("orders:order", "orders:invoice"))
    assert ("11 Prong Court" in page, "12 Bezel Street" in page) == (True, False)
    for words in ("12 Bezel Street", "New York"):
        assert words in invoice, words
    assert [word for word in ("Prong Court", "Buffalo", "14201") if word in invoice] == []


def test_without_a_key_or_with_a_wrong_one_nothing_shows(browser: Browser, order: Order, now: datetime) -> None:
    key = links.key(order, at=now)
    wrong = ["", "x", key[:-1], f"{key}x", key.replace(".", ""), f"ffffffffffff.{key.partition('.')[2]}", "\x00", "💎"]
    for offered in wrong:
        for page in ("", "thanks/", "invoice/"):
            assert closed(browser.get(f"/order/{order.reference}/{page}", {"key": offered}))


def test_a_key_opens_no_other_order(
    browser: Browser, order: Order, buy: Callable[..., Order], necklace: Variant, now: datetime
) -> None:
    other = buy(bag_of((necklace, 1)), email="other@example.com")
    assert closed(browser.get(f"/order/{order.reference}/", {"key": links.key(other, at=now)}))


def test_an_expired_link_offers_a_fresh_one(browser: Browser, order: Order, now: datetime) -> None:
    then = now - links.VALID_FOR - timedelta(minutes=1)
    page = browser.get(links.path(order, at=then))
    assert closed(page)
    assert "Mail me a fresh link" in page.text


def test_asking_for_a_fresh_link_answers_the_same_for_every_reference(browser: Browser, order: Order) -> None:
    answers = {
        browser.post(f"/order/{reference}/link/").text.replace(reference, "")
        for reference in (order.reference, "LP-2222-2222", "nonsense")
    }
    assert len(answers) == 1
    assert [mail.payload["to"] for mail in mails("order_link")] == ["gwen@example.com"]


def test_a_mailbox_gets_one_link_in_ten_minutes(order: Order, now: datetime) -> None:
    minutes = [0, 1, 9, 11]
    sent = [history.send_fresh_link(order.reference, by="guest", at=now + timedelta(minutes=m)) for m in minutes]
    assert sent == [True, False, False, True]


def test_an_erased_order_opens_for_nobody(browser: Browser, order: Order, now: datetime) -> None:
    path = links.path(order, at=now)
    Order.objects.filter(pk=order.pk).update(email="", full_name="")
    assert closed(browser.get(path))
    assert not history.send_fresh_link(order.reference, by="guest", at=now)


def test_an_order_that_was_never_paid_opens_for_nobody(
    browser: Browser, begin: Callable[..., object], necklace: Variant, now: datetime
) -> None:
    begin(bag_of((necklace, 1)))
    assert closed(browser.get(links.path(Order.objects.get(), at=now)))


def test_customers_see_their_own_orders_and_nobody_elses(
    browser: Browser, alice: User, bob: User, buy: Callable[..., Order], necklace: Variant
) -> None:
    alices = buy(bag_of((necklace, 1)), alice, full_name="Alice Abernathy")
    bobs = buy(bag_of((necklace, 1)), bob, full_name="Bob Brightwater")
    browser.force_login(alice)
    assert list(browser.get("/account/orders/").context["page_obj"]) == [alices]
    assert "Alice Abernathy" in browser.get(f"/account/orders/{alices.reference}/").text
    assert browser.get(f"/account/orders/{alices.reference}/invoice/").status_code == 200
    assert browser.get(f"/order/{alices.reference}/")["Location"] == f"/account/orders/{alices.reference}/"
    for path in (f"/account/orders/{bobs.reference}/", f"/account/orders/{bobs.reference}/invoice/"):
        assert browser.get(path).status_code == 404
    assert closed(browser.get(f"/order/{bobs.reference}/"))


def test_orders_of_an_account_ask_to_sign_in(browser: Browser, order: Order) -> None:
    for path in ("/account/orders/", f"/account/orders/{order.reference}/"):
        assert browser.get(path)["Location"].startswith("/accounts/login/")


def test_the_list_asks_as_much_for_thirty_orders_as_for_one(
    browser: Browser, alice: User, buy: Callable[..., Order], necklace: Variant
) -> None:
    order = buy(bag_of((necklace, 1)), alice)
    browser.force_login(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/account/orders/").status_code == 200
        return len(captured)

    queries()  # the first page of a session writes it down
    few = queries()
    line = order.lines.get()
    for number in range(29):
        order.pk, order.reference, order.invoice_number = (
            Order._meta.pk.default(),
            f"LP-2222-22{number:02}",
            f"X{number}",
        )
        order.bag_id = order.pk
        order.save(force_insert=True)
        OrderLine.objects.create(
            **{
                name: getattr(line, name)
                for name in (
                    "position",
                    "kind",
                    "item_id",
                    "title",
                    "sku",
                    "quantity",
                    "unit_minor",
                    "tax_minor",
                    "total_minor",
                )
            },
            order=order,
        )
    assert queries() == few <= 9


def test_the_timeline_follows_the_order(order: Order, carol: User, now: datetime) -> None:
    def states() -> list[tuple[str, str]]:
        return [(step.label, step.state) for step in history.timeline(Order.objects.get(pk=order.pk))]

    assert states() == [("Paid", "done"), ("At the bench", "now"), ("On its way", "next"), ("Delivered", "next")]
    fulfilment.pack(order, by=carol, at=now)
    fulfilment.ship(order, carrier="ups", tracking_number="1Z", by=carol, at=now)
    assert states() == [("Paid", "done"), ("Packed", "done"), ("On its way", "done"), ("With the courier", "now")]
    fulfilment.deliver(order, by=carol, at=now)
    assert [state for _, state in states()] == ["done"] * 4


def test_the_timeline_of_a_cancelled_order_says_why(order: Order, carol: User, now: datetime) -> None:
    fulfilment.cancel(order, reason="the stone is flawed", by=carol, at=now)
    assert [(step.label, step.state, step.note) for step in history.timeline(order)] == [
        ("Paid", "done", ""),
        ("Cancelled", "failed", "the stone is flawed"),
    ]
