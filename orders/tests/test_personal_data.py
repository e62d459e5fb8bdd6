"""What an erasure leaves of orders: sums, tax, invoice number, country and region, what was sold. And of Bob: everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from accounts.models import User
from orders import checkout, fulfilment
from orders.models import Bag as BagRow
from orders.models import Order, Shipment, WebhookEvent
from orders.tests.conftest import bag_of, details
from orders.tests.parcels import ALICES, BOBS, delivered, erase, facts
from privacy.register import registry, subjects
from privacy.rights import erasure, requests
from privacy.rights.models import Kind
from shop.models import Variant


def dump() -> str:
    """Every text of this app's tables, as a search of a dump would see it."""
    tables = [name for name in connection.introspection.table_names() if name.startswith(("orders_", "accounts_"))]
    texts = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


@pytest.fixture
def orders_of_both(
    buy: Callable[..., Order], necklace: Variant, alice: User, bob: User, carol: User, now: datetime
) -> tuple[Order, Order]:
    engraved = {"engravings": {("v", necklace.pk): "Tokenalice"}}
    alices = delivered(buy(bag_of((necklace, 1)), alice, **ALICES, **engraved), carol, now)
    bobs = delivered(buy(bag_of((necklace, 1)), bob, **BOBS), carol, now)
    return alices, bobs


@pytest.mark.promise("JE-29", "JE-67")
def test_the_order_stays_without_the_person_and_bobs_stays_whole(
    orders_of_both: tuple[Order, Order], alice: User, now: datetime
) -> None:
    alices, bobs = orders_of_both
    before, bobs_before = facts(alices), facts(bobs)
    assert "Tokenalice" in dump()

    done = erase(alice, now)

    after = facts(alices)
    gone = {name for name in before if before[name] != after[name]} - {"lines"}
    assert gone == {
        *("email", "full_name", "phone", "gift_message"),
        *("ship_name", "ship_line1", "ship_line2", "ship_city", "ship_postal_code"),
    }
    assert {after[name] for name in gone} == {"", None}
    assert [line["engraving"] for line in after["lines"]] == [None]
    assert [(line["title"], line["total_minor"]) for line in after["lines"]] == [("Solitaire necklace", 130_000)]
    assert (after["invoice_number"], after["total_minor"], after["country"], after["region"]) == (
        before["invoice_number"],
        132_500,
        "US",
        "NY",
    )
    assert not Shipment.objects.filter(order=alices).exists()
    payment = alices.payment
    payment.refresh_from_db()
    assert (payment.card_brand, payment.card_last4, payment.amount_minor) == ("", "", 132_500)
    assert facts(bobs) == bobs_before
    assert Shipment.objects.filter(order=bobs).exists()
    leaks = [word for word in ("Tokenalice", "Tokenedith", f"1Z{alices.pk.hex}", "+12125550199") if word in dump()]
    assert (done.state, leaks) == ("completed", [])


def test_an_order_on_its_way_is_in_the_way_and_says_so(
    buy: Callable[..., Order], necklace: Variant, alice: User, carol: User, now: datetime
) -> None:
    order = buy(bag_of((necklace, 1)), alice, **ALICES)
    fulfilment.pack(order, by=carol, at=now)
    fulfilment.ship(order, carrier="ups", tracking_number="1Z", by=carol, at=now)
    blockers = registry.blockers(subjects.family(alice.subject))
    assert [(each.reference, each.words) for each in blockers] == [
        (order.reference, f"Order {order.reference} is on its way.")
    ]
    request = erase(alice, now)
    order.refresh_from_db()
    assert (request.state, order.full_name) == ("partly_done", "Alice Tokenalice")
    fulfilment.deliver(order, by=carol, at=now)
    assert registry.blockers(subjects.family(alice.subject)) == []


def test_words_on_a_bag_and_webhooks_go_with_the_person(
    orders_of_both: tuple[Order, Order], alice: User, bob: User, necklace: Variant, now: datetime
) -> None:
    bobs = orders_of_both[1]
    for number, order in enumerate(orders_of_both):
        WebhookEvent.objects.create(
            event_id=f"evt_{number}", kind="x", received_at=now, handled_at=now, order_reference=order.reference
        )
    for user in (alice, bob):
        checkout.note(bag_of((necklace, 1)), details(), subject=user.subject, at=now)
    erase(alice, now)
    assert list(WebhookEvent.objects.values_list("order_reference", flat=True)) == [bobs.reference]
    assert [row.subject for row in BagRow.objects.all()] == [bob.subject]


def test_a_guest_is_erased_by_the_subject_of_the_order(
    buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime
) -> None:
    order = delivered(buy(bag_of((necklace, 1)), **ALICES), carol, now)
    request = requests.receive(Kind.ERASURE, subject=order.subject, contact=ALICES["email"], by="guest", at=now)
    requests.verify(request, evidence="link_clicked", by="guest", at=now)
    requests.approve(request, by="staff:3", at=now)
    erasure.execute(request.pk, by="system:worker", at=now + timedelta(days=4))
    order.refresh_from_db()
    assert (order.email, order.full_name, order.total_minor) == ("", "", 132_500)


def test_a_copy_shows_the_order_as_its_person_knows_it(orders_of_both: tuple[Order, Order], alice: User) -> None:
    declaration = registry.of("orders.Order")
    rows = list(declaration.rows(subjects.family(alice.subject)))
    assert rows == [orders_of_both[0]]
    shown = registry.shown(declaration, rows[0])
    assert shown["gift message"] == "Tokenalice loves you"
    assert declaration.describe is not None
    assert declaration.describe(rows[0]).startswith(f"Order {rows[0].reference} of ")


@pytest.mark.promise("JK-29", "JE-98", "JH-37", "JE-67")
def test_what_is_kept_says_why_and_until_when(orders_of_both: tuple[Order, Order]) -> None:
    declaration = registry.of("orders.Order")
    order = orders_of_both[0]
    until = declaration.retention.until(order)
    assert until is not None
    assert order.completed_at is not None
    assert until.year == order.completed_at.year + 7
    assert {each.on_erase.reason for each in declaration.kept_fields().values()} == {
        "tax law asks for the records of a sale"
    }


def test_a_webhook_that_names_the_order_does_not_stand_in_the_way_of_the_certificate(
    buy: Callable[..., Order], necklace: Variant, alice: User, carol: User, now: datetime
) -> None:
    order = delivered(buy(bag_of((necklace, 1)), alice), carol, now)
    WebhookEvent.objects.create(
        event_id="evt_alice", kind="charge.succeeded", received_at=now, handled_at=now, order_reference=order.reference
    )
    assert erase(alice, now + timedelta(days=5)).state == "completed"
