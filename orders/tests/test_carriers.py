"""Carriers: with whom a parcel may go, what each is told of whom, and what it tells us of the parcel."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from orders import carriers, fulfilment, history, return_rights, tracking
from orders.desk_forms import ShipForm
from orders.models import Order, Shipment
from orders.tests.conftest import Browser, bag_of, mails
from orders.tests.test_fulfilment import act, desk
from orders.tracking import News
from privacy.models import AuditEvent, Disclosure
from privacy.register import agreements, disclosures, payloads, profiles, registry, subjects
from shop.models import Variant

__all__ = ["desk"]

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NUMBER = "1Z999AA10123456784"


@pytest.fixture
def order(buy: Callable[..., Order], necklace: Variant, alice: User) -> Order:
    return buy(bag_of((necklace, 1)), alice, email="alice@example.com", phone="")


@pytest.fixture
def bobs(buy: Callable[..., Order], necklace: Variant, bob: User) -> Order:
    return buy(bag_of((necklace, 1)), bob, email="bob@example.com")


def shipped(order: Order, by: User, at: datetime, *, carrier: str = "ups", number: str = NUMBER) -> Shipment:
    fulfilment.pack(order, by=by, at=at)
    return fulfilment.ship(order, carrier=carrier, tracking_number=number, by=by, at=at)


def given(order: Order) -> list[tuple[str, set[str], str]]:
    rows = Disclosure.objects.filter(reference=order.reference, purpose="delivery").order_by("pk")
    return [(row.processor, set(row.keys), row.actor) for row in rows]


# What a carrier is told


def test_each_parcel_handed_over_is_a_row_of_its_persons_disclosures_with_the_fields_of_the_label(
    order: Order, bobs: Order, carol: User, alice: User, bob: User, now: datetime
) -> None:
    label = {
        "recipient",
        "line1",
        "city",
        "postal_code",
        "region",
        "country",
        "tracking_number",
    }  # no flat, no telephone
    shipped(order, carol, now)
    fulfilment.hand_over(order, carrier="fedex", tracking_number="7489", by=carol, at=now)
    desk = f"staff:{carol.pk}"
    assert given(order) == [("ups", label, desk), ("fedex", label, desk)]
    assert given(bobs) == []

    told = {
        each.name: each for each in disclosures.received(subjects.family(alice.subject)) if "Parcels" in str(each.what)
    }
    assert sorted(told) == ["FedEx", "UPS"]
    address = "address, country, postal code, recipient, state or region, town or city"
    assert told["UPS"].what == [f"Orders: {address}", "Parcels: tracking number"]
    assert not {"UPS", "FedEx"} & {each.name for each in disclosures.received(subjects.family(bob.subject))}


@pytest.mark.promise("JE-14")
def test_a_carrier_is_a_company_of_the_register_that_gets_the_label_and_nothing_else() -> None:
    fields = {f"orders.Order.{name}" for name in carriers.LABEL.values()} | {"orders.Shipment.tracking_number"}
    for slug in carriers.SLUGS:
        assert set(registry.processor(slug).payload.values()) == fields
        with pytest.raises(payloads.NotDeclared):
            payloads.guard(slug, ["recipient", "email"])
    assert {"orders.Order.email", "orders.Order.gift_message", "orders.OrderLine.title"} & fields == set()


@pytest.mark.parametrize("policy", profiles.slugs())
def test_each_shop_names_its_carriers(policy: str, settings: Any) -> None:
    settings.LOUPE_POLICY = policy
    assert [slug for slug, _ in carriers.offered()] == list(carriers.SLUGS)


def test_a_carrier_with_whom_too_little_is_agreed_gets_no_parcel(
    order: Order, desk: Browser, carol: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = profiles.current()
    ended = replace(shop.processors["ups"], terms=())
    others = {slug: each for slug, each in shop.processors.items() if slug != "dhl"}
    ours = replace(shop, processors={**others, "ups": ended})
    monkeypatch.setattr(profiles, "current", lambda: ours)
    assert [slug for slug, _ in ShipForm(row=order).fields["carrier"].choices] == ["ups", "fedex", "usps"]  # type: ignore[attr-defined]
    fulfilment.pack(order, by=carol, at=now)
    page = act(desk, order, "ship", carrier="ups", tracking_number=NUMBER)
    assert "too little is agreed on" in page.text
    assert act(desk, order, "ship", carrier="dhl", tracking_number=NUMBER).context["form"].errors.keys() == {"carrier"}
    with pytest.raises(agreements.NotAgreed):
        fulfilment.ship(order, carrier="dhl", tracking_number=NUMBER, by=carol, at=now)
    order.refresh_from_db()
    assert (order.state, Shipment.objects.count(), given(order), mails("order_shipped")) == ("packed", 0, [], [])


# What a carrier tells us


def news_of(order: Order) -> str:
    return history.timeline(Order.objects.select_related("shipment").get(pk=order.pk))[3].note


@pytest.mark.promise("JE-14")
def test_what_its_carrier_says_stands_on_the_orders_page_and_in_a_copy(
    order: Order, bobs: Order, carol: User, alice: User, now: datetime, tmp_path: Path
) -> None:
    """News in a carrier's file: the newest counts, whatever order and however often it comes."""
    shipped(order, carol, now - 9 * HOUR)
    shipped(bobs, carol, now - 9 * HOUR, number="1ZBOB")
    file = "\n".join([
        "tracking_number,status,since",
        f"{NUMBER.lower()},near,{(now - HOUR).isoformat()}",
        f"{NUMBER},moving,{(now - 5 * HOUR).isoformat()}",
        f"{NUMBER},near,{(now - HOUR).isoformat()}",
        f"NOBODYS,near,{(now - HOUR).isoformat()}",
        f"{NUMBER},lost at sea,{(now - HOUR).isoformat()}",
        f"{NUMBER},held_up,{(now + 9 * HOUR).isoformat()}",
        f"{NUMBER},held_up,{(now - 99 * HOUR).isoformat()}",
        f"{NUMBER},held_up,yesterday",
        f"{NUMBER},held_up,2026-13-45T00:00:00Z",
        ",near,",
    ])  # fmt: skip
    said = io.StringIO()
    path = tmp_path / "today.csv"
    path.write_text(file)
    call_command("carrier_news", "ups", path, stdout=said)
    assert set(said.getvalue().strip().split("; ")) == {
        "1 noted", "2 known already", "1 of no parcel on its way", "4 not understood", "2 of a time that cannot be",
    }  # fmt: skip
    shipment = Shipment.objects.get(order=order)
    assert (shipment.status, shipment.told_at) == ("near", now - HOUR)
    assert news_of(order).startswith("Out for delivery, ")
    assert news_of(bobs) == ""
    event = AuditEvent.objects.get(event="order.tracked")
    assert (event.actor, event.subject_id, event.details) == ("carrier:ups", alice.subject_id, {"status": "near"})
    declaration = registry.of("orders.Shipment")
    assert registry.shown(declaration, shipment)["how it is getting on"] == "Out for delivery"
    assert declaration.retention_of("status") == declaration.retention_of("tracking_number")
    assert registry.of("orders.Shipment").personal_fields()["status"].source == "the carrier"


@pytest.mark.promise("JE-14")
def test_delivered_is_told_to_the_customer_and_begins_the_time_to_send_back(
    buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime
) -> None:
    order = buy(bag_of((necklace, 1)), place="DE", city="Hamburg", postal_code="20095")
    shipped(order, carol, now - 9 * HOUR)
    assert return_rights.offer(order, at=now).withdraw_until is None
    delivered = News("ups", NUMBER, "delivered", now - 3 * HOUR)
    assert tracking.note(delivered, by="carrier:ups", at=now)
    order.refresh_from_db()
    assert (order.state, order.completed_at, order.shipment.delivered_at) == (
        "delivered",
        now - 3 * HOUR,
        now - 3 * HOUR,
    )
    assert len(mails("order_delivered")) == 1
    until = return_rights.offer(order, at=now).withdraw_until
    assert until is not None
    assert until.date() >= (now - 3 * HOUR).date() + timedelta(days=14)
    with pytest.raises(tracking.UnknownParcel):
        tracking.note(delivered, by="carrier:ups", at=now)
    assert len(mails("order_delivered")) == 1


@pytest.mark.prove
def test_a_number_is_one_carriers_own(order: Order, carol: User, now: datetime) -> None:
    shipped(order, carol, now - HOUR)
    with pytest.raises(tracking.UnknownParcel):
        tracking.note(News("fedex", NUMBER, "delivered", now), by="carrier:fedex", at=now)
    assert Order.objects.get(pk=order.pk).state == "shipped"


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name,street\nAlice,41 Lane")
    with pytest.raises(CommandError, match="tracking_number,status,since"):
        call_command("carrier_news", "ups", tmp_path / "people.csv")
