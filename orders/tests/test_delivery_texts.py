"""Texts about a parcel: two, for those who asked at checkout, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from orders import fulfilment
from orders.models import Order
from orders.tests.conftest import Browser, bag_of, mails, typed
from privacy.messages import outbox, suppressions, texts
from privacy.messages.models import Message
from privacy.register import registry
from shop.models import Variant

SHIPPED, DELIVERED = "orders.text_shipped", "orders.text_delivered"


def on_its_way(order: Order, by: User, at: datetime, *, delivered: bool = True) -> None:
    fulfilment.pack(order, by=by, at=at)
    fulfilment.ship(order, carrier="ups", tracking_number="1Z999AA10123456784", by=by, at=at)
    if delivered:
        fulfilment.deliver(order, by=by, at=at)


def texted() -> list[tuple[str, str, str]]:
    rows = Message.objects.filter(channel="sms").order_by("created_at", "kind")
    return [(row.kind, row.payload["to"], row.reference) for row in rows]


@pytest.mark.promise("JK-25")
def test_whoever_asked_gets_two_texts_and_nobody_else_any(
    buy: Callable[..., Order], necklace: Variant, bob: User, carol: User, now: datetime
) -> None:
    asked = buy(bag_of((necklace, 1)), wants_texts=True)
    gave_a_number = buy(bag_of((necklace, 1)), bob, email="bob@example.com")
    for order in (asked, gave_a_number):
        on_its_way(order, carol, now)
    assert sorted(texted()) == [(kind, asked.phone, asked.reference) for kind in (DELIVERED, SHIPPED)]
    said = Message.objects.get(kind=SHIPPED).payload["text"]
    assert asked.reference in said
    assert "1Z999AA10123456784" in said
    assert asked.full_name not in said
    assert len(mails("order_shipped")) == 2, "the mail comes in any case"


@pytest.mark.promise("JK-27")
def test_a_number_goes_to_the_carrier_and_the_text_service_and_nowhere_else() -> None:
    numbers = {
        f"{declaration.model}.{name}": declared.recipients
        for declaration, name, declared in registry.every_field()
        if "phone" in name
    }
    assert numbers == {
        "accounts.Address.phone": (),
        "accounts.User.phone": ("sms",),
        "orders.Order.phone": ("ups", "fedex", "dhl", "usps", "sms"),
    }


def test_a_box_without_a_number_asks_for_nothing(
    buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime
) -> None:
    order = buy(bag_of((necklace, 1)), wants_texts=True, phone="")
    assert order.texts_asked_at is None
    on_its_way(order, carol, now)
    assert texted() == []


def test_stop_leaves_parcel_texts_and_stop_all_ends_them(
    buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime, capsys: Any
) -> None:
    order = buy(bag_of((necklace, 1)), wants_texts=True)
    texts.receive(order.phone, "STOP", gateway_id="SM1", at=now)
    on_its_way(order, carol, now, delivered=False)
    outbox.sweep(at=now + timedelta(minutes=1))
    assert Message.objects.get(kind=SHIPPED).state == "sent"
    texts.receive(order.phone, "Stop all", gateway_id="SM2", at=now)
    fulfilment.deliver(order, by=carol, at=now)
    outbox.sweep(at=now + timedelta(minutes=2))
    assert Message.objects.get(kind=DELIVERED).stopped_because == "suppressed"
    assert suppressions.stops("sms", order.phone, marketing=False)


def test_the_box_is_there_unticked_and_asks_for_a_number(browser: Browser, necklace: Variant, settings: Any) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    page = browser.get("/checkout/").content.decode()
    (box,) = [tag for tag in page.split("<") if 'name="wants_texts"' in tag]
    assert "checked" not in box
    assert "required" not in box
    answer = browser.post("/checkout/", typed(expected_total=0, wants_texts="on", phone=""))
    assert "Say which number we may text." in answer.content.decode()
    settings.IS_DEMO = False  # and no gateway: nobody is offered what nobody carries
    assert 'name="wants_texts"' not in browser.get("/checkout/").content.decode()
