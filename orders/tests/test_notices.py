"""What a customer hears about an order: each thing that happens to it has a mail of its own, with the facts and no advertising."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from orders import fulfilment, payments
from orders.fulfilment import Whereto
from orders.models import Order, Shipment
from orders.tests.conftest import Browser, bag_of, mails
from orders.tests.test_fulfilment import act, desk
from privacy.ground import states
from privacy.models import AuditEvent
from shop.models import Variant

__all__ = ["desk"]

ELSEWHERE = Whereto("Gwen Garnet", "9 Prong Court", "", "Buffalo", "14201")


@pytest.fixture
def order(buy: Callable[..., Order], necklace: Variant) -> Order:
    """One necklace sent overnight, paid."""
    return buy(bag_of((necklace, 1)), method="overnight")


@pytest.fixture
def bobs(buy: Callable[..., Order], bob: User, necklace: Variant, order: Order) -> Order:
    """Another customer's order, which must come out untouched."""
    return buy(bag_of((necklace, 1)), bob, email="bob@example.com", full_name="Bob Brightwater")


def seen(order: Order) -> tuple[Any, ...]:
    row = Order.objects.get(pk=order.pk)
    return row.state, row.ship_line1, row.ship_city, row.shipping_method, row.payment.refunded_minor


def told(order: Order, kind: str) -> list[str]:
    """The texts of one kind of mail about an order; what the HTML says is the same."""
    payloads = [mail.payload for mail in mails(kind) if mail.reference == order.reference]
    assert all(payload["to"] == order.email for payload in payloads)
    return [payload["text"] for payload in payloads]


def trail(order: Order, event: str) -> list[tuple[str, dict[str, Any]]]:
    rows = AuditEvent.objects.filter(object_ref=order.reference, event=f"order.{event}").order_by("pk")
    return [(row.actor, row.details) for row in rows]


def shipped(order: Order, by: User, at: datetime) -> Shipment:
    fulfilment.pack(order, by=by, at=at)
    return fulfilment.ship(order, carrier="ups", tracking_number="1Z999AA10123456784", by=by, at=at)


@pytest.mark.promise("JS-08")
def test_a_payment_is_confirmed_once_with_sum_invoice_and_card(order: Order, now: datetime) -> None:
    payments.settle(order.reference, by="system:test", at=now)
    (text,) = told(order, "payment_received")
    payment = order.payment
    for words in ("$1,345.00", order.invoice_number, f"{payment.card_brand.title()} ending in {payment.card_last4}"):
        assert words in text, words
    assert payment.card_last4


def test_an_unpaid_order_is_told_of_no_payment(begin: Callable[..., Any], necklace: Variant) -> None:
    begin(bag_of((necklace, 1)))
    assert mails() == []


@pytest.mark.promise("JS-08")
def test_a_changed_address_is_told_and_written_down_without_it(
    order: Order, bobs: Order, carol: User, now: datetime
) -> None:
    bobs_before = (seen(bobs), told(bobs, "order_address_changed"))
    fulfilment.readdress(order, ELSEWHERE, by=carol, at=now)
    assert seen(order)[1:3] == ("9 Prong Court", "Buffalo")
    (text,) = told(order, "order_address_changed")
    assert "9 Prong Court" in text
    assert "Bezel" not in text
    assert trail(order, "address_changed") == [
        (f"staff:{carol.pk}", {"fields": ["ship_line1", "ship_city", "ship_postal_code"]})
    ]
    assert (seen(bobs), told(bobs, "order_address_changed")) == bobs_before == (bobs_before[0], [])


def test_the_same_address_again_is_no_change_and_no_mail(order: Order, carol: User, now: datetime) -> None:
    same = Whereto(*(getattr(order, name) for name in Whereto.__slots__))
    with pytest.raises(fulfilment.NothingChanged):
        fulfilment.readdress(order, same, by=carol, at=now)
    fulfilment.readdress(order, replace(same, ship_line2="Rear house"), by=carol, at=now)
    assert trail(order, "address_changed") == [(f"staff:{carol.pk}", {"fields": ["ship_line2"]})]


@pytest.mark.promise("JS-08")
def test_a_cheaper_way_gives_the_difference_back(order: Order, bobs: Order, carol: User, now: datetime) -> None:
    before = seen(bobs)
    fulfilment.reroute(order, method="insured", by=carol, at=now)
    assert (order.shipping_minor, seen(order)[3:]) == (4_500, ("insured", 2_000))
    (text,) = told(order, "order_delivery_changed")
    for words in ("Insured courier, signature on delivery", "2 to 4 working days", "$20.00"):
        assert words in text, words
    assert trail(order, "delivery_changed") == [
        (f"staff:{carol.pk}", {"from": "overnight", "to": "insured", "saved_minor": 2_000})
    ]
    assert seen(bobs) == before


def test_a_dearer_way_costs_the_customer_nothing(
    buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime
) -> None:
    order = buy(bag_of((necklace, 1)), method="insured")
    fulfilment.reroute(order, method="overnight", by=carol, at=now)
    assert seen(order)[3:] == ("overnight", 0)
    assert "1 working day once" in told(order, "order_delivery_changed")[0]
    assert "You pay nothing more" in told(order, "order_delivery_changed")[0]


@pytest.mark.parametrize(
    ("method", "error"),
    [("overnight", fulfilment.NothingChanged), ("balloon", fulfilment.NoSuchWay), ("", fulfilment.NoSuchWay)],
)
def test_no_way_that_is_none(order: Order, carol: User, now: datetime, method: str, error: type[Exception]) -> None:
    before = seen(order)
    with pytest.raises(error):
        fulfilment.reroute(order, method=method, by=carol, at=now)
    assert (seen(order), told(order, "order_delivery_changed")) == (before, [])


@pytest.mark.promise("JS-08")
def test_a_parcel_handed_to_another_carrier_has_a_new_number(order: Order, carol: User, now: datetime) -> None:
    shipped(order, carol, now)
    fulfilment.hand_over(order, carrier="dhl", tracking_number=" JD014600003 ", by=carol, at=now)
    shipment = Shipment.objects.get(order=order)
    assert (shipment.carrier, shipment.tracking_number) == ("dhl", "JD014600003")
    (text,) = told(order, "order_delivery_changed")
    assert "DHL Express" in text
    assert "JD014600003" in text
    assert trail(order, "carrier_changed") == [(f"staff:{carol.pk}", {"from": "ups", "to": "dhl"})]
    for number, error in (("JD014600003", fulfilment.NothingChanged), (" ", fulfilment.NoTracking)):
        with pytest.raises(error):
            fulfilment.hand_over(order, carrier="dhl", tracking_number=number, by=carol, at=now)


def test_what_has_left_keeps_its_address_and_what_has_not_has_no_carrier(
    order: Order, carol: User, now: datetime
) -> None:
    with pytest.raises(states.NotAllowed):
        fulfilment.hand_over(order, carrier="dhl", tracking_number="JD01", by=carol, at=now)
    stale = Order.objects.get(pk=order.pk)
    shipped(order, carol, now)
    before, posted = seen(order), len(mails())
    with pytest.raises(states.NotAllowed):
        fulfilment.readdress(stale, ELSEWHERE, by=carol, at=now)
    with pytest.raises(states.NotAllowed):
        fulfilment.reroute(stale, method="insured", by=carol, at=now)
    assert (seen(order), len(mails())) == (before, posted)


def test_the_desk_changes_address_way_and_carrier_by_forms(desk: Browser, order: Order) -> None:
    assert "Bezel" not in desk.get(f"/admin/orders/order/{order.pk}/readdress/").text, (
        "nobody need see what is replaced"
    )
    typed = {name: getattr(ELSEWHERE, name) for name in Whereto.__slots__}
    assert act(desk, order, "readdress", **typed | {"ship_postal_code": ""}).status_code == 200
    assert act(desk, order, "readdress", **typed).status_code == 302
    assert act(desk, order, "readdress", **typed).status_code == 200, "the same again is told on the form"
    assert act(desk, order, "reroute", method="balloon").status_code == 200
    assert act(desk, order, "reroute", method="insured").status_code == 302
    assert act(desk, order, "pack").status_code == 302
    assert act(desk, order, "ship", carrier="ups", tracking_number="1Z").status_code == 302
    assert act(desk, order, "hand-over", carrier="fedex", tracking_number="7489").status_code == 302
    assert seen(order) == ("shipped", "9 Prong Court", "Buffalo", "insured", 2_000)
    assert order.shipment.carrier == "fedex"
    for late in ("readdress", "reroute"):
        assert desk.get(f"/admin/orders/order/{order.pk}/{late}/").status_code == 302
    assert sorted(mail.kind for mail in mails()) == sorted(
        f"orders.{name}"
        for name in (
            "order_confirmed",
            "payment_received",
            "order_address_changed",
            "order_delivery_changed",
            "order_shipped",
            "order_delivery_changed",
        )
    )
