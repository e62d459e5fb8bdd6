"""An erasure beside orders: one on its way keeps exactly what delivering it needs, and everything else goes at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Address, User
from orders import checkout, fulfilment, webhooks
from orders.models import Order, Payment, Shipment, WebhookEvent
from orders.tests.conftest import Browser, bag_of, mails
from orders.tests.parcels import ALICES, BOBS, delivered, erase, facts
from orders.tests.payment.conftest import LocalStripe, deliver
from privacy.messages import outbox
from privacy.messages.models import Message
from privacy.models import AuditEvent, Certificate
from privacy.proof import residue
from privacy.register import registry, subjects
from privacy.rights import acts, disposal, erasure, holds, identity, letter, planning, reasons
from privacy.rights.models import DataRequest, State, StepState
from shop.models import Variant

SECOND = timedelta(seconds=1)
KEPT_FOR_DELIVERY = {
    *("email", "full_name", "phone"),
    *("ship_name", "ship_line1", "ship_line2", "ship_city", "ship_postal_code"),
}


@pytest.fixture
def closed(buy: Callable[..., Order], necklace: Variant, alice: User, carol: User, now: datetime) -> Order:
    """An earlier order of Alice's, long delivered."""
    return delivered(buy(bag_of((necklace, 1)), alice, **ALICES), carol, now)


@pytest.fixture
def open_order(buy: Callable[..., Order], necklace: Variant, alice: User) -> Order:
    """One that is paid and being made, with words on it."""
    return buy(bag_of((necklace, 1)), alice, **ALICES, engravings={("v", necklace.pk): "Tokenalice"})


@pytest.fixture
def bobs(buy: Callable[..., Order], necklace: Variant, bob: User, carol: User, now: datetime) -> Order:
    return delivered(buy(bag_of((necklace, 1)), bob, **BOBS), carol, now)


def filled(order: Order) -> set[str]:
    """Which fields about the person still hold something."""
    row = facts(order)
    return {name for name in (*KEPT_FOR_DELIVERY, "gift_message") if row[name]}


def test_an_order_being_made_keeps_what_it_needs_and_the_rest_of_alice_goes_now(
    closed: Order, open_order: Order, bobs: Order, alice: User, bob: User, now: datetime
) -> None:
    before = facts(bobs)
    Address.objects.create(
        user=alice, full_name="Alice Tokenalice", line1="41 Tokenalice Lane", city="Rye", postal_code="1", country="US"
    )

    request = erase(alice, now)

    assert request.state == State.PARTLY_DONE
    assert filled(closed) == set()
    assert filled(open_order) == KEPT_FOR_DELIVERY | {"gift_message"}
    assert [line.engraving for line in open_order.lines.all()] == ["Tokenalice"]
    assert not Shipment.objects.filter(order=closed).exists()
    assert set(Payment.objects.filter(order__subject=alice.subject).values_list("card_last4", flat=True)) == {""}
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not Address.objects.filter(full_name="Alice Tokenalice").exists()
    words = f"Order {open_order.reference} is being made ready."
    blocked = request.steps.filter(state=StepState.BLOCKED).order_by("target")
    assert list(blocked.values_list("target", "blocker")) == [("orders.Order", words), ("orders.OrderLine", words)]
    assert not Certificate.objects.exists()
    assert facts(bobs) == before
    assert User.objects.filter(pk=bob.pk).exists()


def test_when_the_parcel_has_arrived_the_rest_goes_by_itself(
    open_order: Order, alice: User, carol: User, now: datetime
) -> None:
    request = erase(alice, now)
    later = request.retry_at
    fulfilment.pack(open_order, by=carol, at=later)
    acts.sweep(by="system:sweep", at=later)
    assert filled(open_order) == KEPT_FOR_DELIVERY  # the words are in the box
    assert [line.engraving for line in open_order.lines.all()] == [None]

    shipment = fulfilment.ship(open_order, carrier="ups", tracking_number="1ZALICE", by=carol, at=later)
    acts.sweep(by="system:sweep", at=later + timedelta(hours=1))
    shipment.refresh_from_db()
    assert shipment.tracking_number == "1ZALICE"
    assert DataRequest.objects.get(pk=request.pk).state == State.PARTLY_DONE

    fulfilment.deliver(open_order, by=carol, at=later + timedelta(hours=2))
    acts.sweep(by="system:sweep", at=later + timedelta(hours=3))
    request.refresh_from_db()
    assert (request.state, filled(open_order)) == (State.COMPLETED, set())
    assert not Shipment.objects.filter(order=open_order).exists()
    (kept,) = [each for each in Certificate.objects.get().document["retained"] if each["what"] == "Orders"]
    until = registry.of("orders.Order").retention.until(Order.objects.get(pk=open_order.pk))
    assert until is not None
    assert kept["until"] == [{"until": until.date().isoformat(), "count": 1}]


def test_while_it_waits_the_parcel_is_still_told_about_and_nothing_else(
    open_order: Order, alice: User, carol: User, now: datetime
) -> None:
    Message.objects.all().delete()
    request = erase(alice, now)
    (waits,) = Message.objects.filter(kind="privacy.erasure_waits")
    assert waits.payload["to"] == alice.email
    assert f"Order {open_order.reference} is being made ready." in waits.payload["text"]
    assert "Orders (1): e-mail" in waits.payload["text"]
    fulfilment.pack(open_order, by=carol, at=now)
    fulfilment.ship(open_order, carrier="ups", tracking_number="1ZALICE", by=carol, at=now)
    (shipped,) = mails("order_shipped")
    assert shipped.payload["to"] == ALICES["email"]
    outbox.send(shipped.pk, at=now)
    shipped.refresh_from_db()
    assert shipped.stopped_because == ""
    assert request.retry_at is not None
    erasure.execute(request.pk, by="system:worker", at=request.retry_at)
    assert Message.objects.filter(kind="privacy.erasure_waits").count() == 1, "said once, however often it is tried"


@pytest.mark.promise("JE-98", "JK-29", "JH-37")
def test_what_the_customer_reads_before_asking(open_order: Order, closed: Order, alice: User, now: datetime) -> None:
    (waiting,) = reasons.unfinished(subjects.family(alice.subject), at=now)
    assert waiting.words == f"Order {open_order.reference} is being made ready."
    assert waiting.ends == "when it has arrived or is cancelled"
    assert [each.partition(":")[0] for each in waiting.kept] == ["Orders (1)", "Pieces ordered (1)"]
    shares = {share.target: share for share in planning.preview(alice.subject, at=now)}
    assert shares["accounts.User"].blocker == shares["orders.Shipment"].blocker == ""
    assert shares["orders.Order"].blocker == waiting.words


@pytest.mark.promise("JE-98", "JE-67", "JH-37")
def test_what_stays_goes_on_its_exact_date(closed: Order, bobs: Order, alice: User, now: datetime) -> None:
    """The second erasure: the same batches, driven by the declared dates."""
    fulfilled_later = now + timedelta(days=1)
    Order.objects.filter(pk=bobs.pk).update(completed_at=fulfilled_later)
    request = erase(alice, now)
    declaration = registry.of("orders.Order")
    until = declaration.retention.until(Order.objects.get(pk=closed.pk))
    assert until is not None
    assert {item.until for item in letter.items(request) if item.count} == {until.date()}
    kept = ("orders.PaymentEvent", "orders.Payment", "orders.OrderLine", "orders.Order")

    early = [disposal.delete_batch(registry.of(model), registry.of(model).past_due(until - SECOND)) for model in kept]
    in_time = [disposal.delete_batch(registry.of(model), registry.of(model).past_due(until)) for model in kept]

    assert early == [0, 0, 0, 0]
    assert in_time == [1, 1, 1, 1]
    assert list(Order.objects.all()) == [bobs]


def test_a_hold_on_an_order_keeps_its_lines_and_payment_too_and_no_other_order(
    closed: Order, bobs: Order, alice: User, now: datetime, buy: Callable[..., Order], necklace: Variant, carol: User
) -> None:
    claimed = delivered(buy(bag_of((necklace, 1)), alice, **ALICES), carol, now)
    review = (now + timedelta(days=90)).date()
    scope = holds.Scope("orders.Order", str(claimed.pk))
    hold = holds.place(
        alice.subject,
        scope=scope,
        reason="A claim about the clasp",
        owner="privacy desk",
        review_on=review,
        by=carol,
        at=now,
    )
    request = erase(alice, now)
    assert (request.state, filled(closed)) == (State.PARTLY_DONE, set())
    assert filled(claimed) == KEPT_FOR_DELIVERY | {"gift_message"}
    assert Shipment.objects.filter(order__in=[closed, claimed, bobs]).count() == 2
    payments = Payment.objects.exclude(card_last4="").values_list("order", flat=True)
    assert set(payments) == {claimed.pk, bobs.pk}
    held = {
        model: set(registry.of(model).model_class()._base_manager.filter(holds.held(registry.of(model))))
        for model in ("orders.Order", "orders.Shipment", "accounts.Address")
    }
    assert held == {"orders.Order": {claimed}, "orders.Shipment": {claimed.shipment}, "accounts.Address": set()}

    holds.release(hold, by=carol, at=now + timedelta(days=5))
    acts.sweep(by="system:sweep", at=now + timedelta(days=5))
    request.refresh_from_db()
    assert (request.state, filled(claimed)) == (State.COMPLETED, set())


def test_a_webhook_that_comes_after_the_erasure_writes_nothing_of_her_back(
    begin: Callable[..., checkout.Begun], local_stripe: LocalStripe, necklace: Variant, alice: User, now: datetime
) -> None:
    """She paid; the webhook is late; her erasure begins in between. The order is paid, and her card stays unknown."""
    order = begin(bag_of((necklace, 1)), alice, **ALICES).order
    local_stripe.pay(order)
    assert erase(alice, now - timedelta(days=5)).state == State.PARTLY_DONE  # the webhook has only the real clock

    answer = deliver(local_stripe.event("checkout.session.completed", order))
    webhooks.sweep(at=now + timedelta(minutes=1))

    assert answer.status_code == 200
    order.refresh_from_db()
    payment = Payment.objects.get(order=order)
    assert (order.state, payment.state) == ("paid", "captured")
    assert (payment.card_brand, payment.card_last4, payment.card_expiry, payment.session_url) == ("", "", "", "")
    event = WebhookEvent.objects.get()
    assert (event.handled_at is not None, event.order_reference) == (True, "")


@pytest.mark.promise("JE-29")
def test_an_open_dispute_keeps_what_answers_the_bank_until_it_is_decided(
    closed: Order, bobs: Order, local_stripe: LocalStripe, alice: User, now: datetime
) -> None:
    claim = local_stripe.lever(f"dispute/{closed.payment.gateway_payment_id}")  # its webhook never arrives

    request = erase(alice, now)

    assert request.state == State.PARTLY_DONE
    stripe_step = request.steps.get(target="stripe")
    words = f"A dispute about order {closed.reference} is open at your bank."
    assert stripe_step.blocker == f"Stripe did not confirm: a dispute about {closed.reference} is open"
    assert request.steps.get(target="orders.Order").blocker == words
    assert filled(closed) == KEPT_FOR_DELIVERY
    assert Shipment.objects.filter(order=closed).exists()
    assert not User.objects.filter(pk=alice.pk).exists(), "the account is not needed for it"
    (mail,) = Message.objects.filter(kind="privacy.erasure_waits")
    assert f"{words} It goes when the bank has decided." in mail.payload["text"]

    local_stripe.lever(f"close-dispute/{claim['id']}?status=lost")
    assert request.retry_at is not None
    acts.sweep(by="system:sweep", at=request.retry_at)

    request.refresh_from_db()
    stripe_step.refresh_from_db()
    assert (request.state, filled(closed)) == (State.COMPLETED, set())
    assert stripe_step.receipt == "no open dispute about 1 payment"
    assert Order.objects.get(pk=bobs.pk).email == bobs.email


def test_a_dispute_is_known_by_its_webhook_and_over_by_the_next(
    closed: Order, local_stripe: LocalStripe, now: datetime
) -> None:
    claim = local_stripe.lever(f"dispute/{closed.payment.gateway_payment_id}")
    told = []
    for kind, lever in (("created", ""), ("closed", f"close-dispute/{claim['id']}?status=won")):
        if lever:
            local_stripe.lever(lever)
        events = local_stripe.sdk.events.list({"type": f"charge.dispute.{kind}", "limit": 1})
        deliver(events.data[0].to_dict())
        webhooks.sweep(at=now + timedelta(minutes=1))
        told.append(Payment.objects.get(order=closed).disputed_at is not None)
    assert told == [True, False]
    trail = AuditEvent.objects.filter(object_ref=closed.reference, event__contains="disput").order_by("pk")
    assert list(trail.values_list("event", flat=True)) == ["payment.disputed", "payment.dispute_closed"]


def test_a_webhook_that_named_the_order_is_no_reason_to_call_the_kept_order_a_residue(
    closed: Order, alice: User, now: datetime
) -> None:
    Order.objects.filter(pk=closed.pk).update(reference="LP-2345-6789")
    WebhookEvent.objects.create(
        event_id="evt_1", kind="charge.succeeded", received_at=now, handled_at=now, order_reference="LP-2345-6789"
    )
    request = erase(alice, now)
    assert (request.state, WebhookEvent.objects.count()) == (State.COMPLETED, 0)
    assert Order.objects.get(pk=closed.pk).reference == "LP-2345-6789"


def test_without_an_answer_from_stripe_nothing_is_called_complete(
    closed: Order, alice: User, now: datetime, settings: Any, local_stripe: LocalStripe
) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    request = erase(alice, now)
    assert (request.state, request.steps.get(target="stripe").blocker) == (
        State.PARTLY_DONE,
        "Stripe did not confirm: APIConnectionError",
    )
    assert filled(closed) == set()
    settings.STRIPE_API_BASE = local_stripe.url
    assert request.retry_at is not None
    acts.sweep(by="system:sweep", at=request.retry_at)
    request.refresh_from_db()
    assert request.state == State.COMPLETED


def test_money_given_back_at_stripe_after_the_erasure_is_booked_without_her(
    closed: Order, bobs: Order, local_stripe: LocalStripe, alice: User, now: datetime
) -> None:
    assert erase(alice, now).state == State.COMPLETED
    before = facts(closed)
    local_stripe.sdk.refunds.create({"payment_intent": closed.payment.gateway_payment_id, "amount": 500})

    deliver(local_stripe.event("charge.refunded", closed))
    webhooks.sweep(at=now + timedelta(minutes=1))

    (refund,) = closed.payment.refunds.all()
    assert (refund.amount_minor, refund.state, refund.reason) == (500, "done", "")
    assert facts(closed) == before
    assert residue.check([alice.subject_id]) == []
    assert list(WebhookEvent.objects.values_list("order_reference", flat=True)) == [""]


@pytest.fixture
def at_the_erasure_page(alice: User, browser: Browser) -> Browser:
    """Alice's browser, where she has just proved who she is."""
    browser.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = browser.session
    session[identity.SESSION_KEY] = {"user": str(alice.pk), "at": datetime.now(tz=UTC).timestamp()}
    session.save()
    return browser


def test_she_may_cancel_the_order_instead_and_then_nothing_waits(
    open_order: Order, bobs: Order, alice: User, at_the_erasure_page: Browser, now: datetime
) -> None:
    page = at_the_erasure_page.get("/account/privacy/erase/").content.decode()
    button = f"/account/orders/{open_order.reference}/cancel/"
    assert f'action="{button}"' in page
    assert f"Order {open_order.reference} is being made ready." in page

    answer = at_the_erasure_page.post(button, {"back": "erase"})

    assert answer.headers["Location"] == "/account/privacy/erase/"
    open_order.refresh_from_db()
    bobs.refresh_from_db()
    assert (open_order.state, open_order.payment.refunds.get().amount_minor) == ("cancelled", 132_500)
    assert bobs.state == "delivered"
    assert button not in at_the_erasure_page.get("/account/privacy/erase/").content.decode()
    assert erase(alice, now).state == State.COMPLETED


def test_nobody_cancels_anothers_order_nor_one_that_has_left(
    open_order: Order, bobs: Order, alice: User, carol: User, at_the_erasure_page: Browser, now: datetime
) -> None:
    assert at_the_erasure_page.post(f"/account/orders/{bobs.reference}/cancel/").status_code == 404
    fulfilment.pack(open_order, by=carol, at=now)
    fulfilment.ship(open_order, carrier="ups", tracking_number="1Z", by=carol, at=now)
    page = at_the_erasure_page.get("/account/privacy/erase/").content.decode()
    assert f"Order {open_order.reference} is on its way." in page
    assert "/cancel/" not in page
    at_the_erasure_page.post(f"/account/orders/{open_order.reference}/cancel/")
    open_order.refresh_from_db()
    assert open_order.state == "shipped"


def test_an_attempt_that_nobody_paid_yet_is_given_up_at_stripe(
    begin: Callable[..., checkout.Begun], necklace: Variant, alice: User, at_the_erasure_page: Browser, now: datetime
) -> None:
    order = begin(bag_of((necklace, 1)), alice, **ALICES).order
    at_the_erasure_page.post(f"/account/orders/{order.reference}/cancel/", {"back": "erase"})
    order.refresh_from_db()
    assert order.state == "expired"
    assert erase(alice, now).state == State.COMPLETED


def test_the_letter_names_each_item_its_reason_and_its_exact_day(
    closed: Order, bobs: Order, alice: User, carol: User, now: datetime, buy: Callable[..., Order], necklace: Variant
) -> None:
    Order.objects.filter(pk=closed.pk).update(completed_at=datetime(2026, 3, 3, 23, 59, tzinfo=UTC))
    delivered(buy(bag_of((necklace, 1)), alice, **ALICES), carol, datetime(2028, 2, 29, 12, tzinfo=UTC))
    totals = dict(Order.objects.values_list("invoice_number", "total_minor"))

    request = erase(alice, now)

    orders = [item for item in letter.items(request) if item.what == "Orders"]
    assert [(item.count, item.until, item.why) for item in orders] == [
        (1, date(2033, 3, 3), "Tax law asks for the records of a sale."),
        (1, date(2035, 2, 28), "Tax law asks for the records of a sale."),
    ]
    (mail,) = Message.objects.filter(kind="privacy.erased")
    for form in ("text", "html"):
        assert "3 March 2033" in mail.payload[form]
        assert "28 February 2035" in mail.payload[form]
        assert "Tax law asks for the records of a sale." in mail.payload[form]
        assert "Orders (1)" in mail.payload[form]
    (kept,) = [each for each in Certificate.objects.get().document["retained"] if each["what"] == "Orders"]
    assert kept["until"] == [{"until": "2033-03-03", "count": 1}, {"until": "2035-02-28", "count": 1}]
    page = Client().get(f"/privacy/certificate/{Certificate.objects.get().reference}/").content.decode()
    assert "3 March 2033" in page
    assert dict(Order.objects.values_list("invoice_number", "total_minor")) == totals


def test_who_orders_again_as_a_guest_is_a_fresh_person_whom_no_tombstone_stops(
    closed: Order, buy: Callable[..., Order], necklace: Variant, alice: User, now: datetime
) -> None:
    before = alice.subject_id
    assert erase(alice, now).state == State.COMPLETED

    again = buy(bag_of((necklace, 1)), **ALICES)

    assert again.subject_id != before
    assert subjects.family(again.subject) == [again.subject_id]
    assert (again.email, again.payment.card_last4) == (ALICES["email"], "4242")
    assert [mail.payload["to"] for mail in mails("order_confirmed")] == [ALICES["email"]]
    assert filled(closed) == set()
