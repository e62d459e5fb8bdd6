"""Money back: in parts, never more than was paid, once, and also when it was done in Stripe's dashboard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings

from orders import payments, refunds
from orders.models import Order, Payment, PaymentEvent, Refund
from privacy.ground.models import AuditEvent
from privacy.models import Message

from .conftest import LocalStripe, session_id, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(order: Order, local_stripe: LocalStripe, now) -> Order:
    payments.open_session(order, by="test", at=now)
    local_stripe.pay(order)
    return payments.settle(order.reference, by="stripe", at=now)


def returned(local_stripe: LocalStripe, order: Order) -> int:
    intent = local_stripe.sdk.checkout.sessions.retrieve(session_id(order)).payment_intent
    return sum(refund.amount for refund in local_stripe.sdk.refunds.list({"payment_intent": intent}).data)


def mailed(kind: str) -> list[str]:
    return [mail.payload["text"] for mail in Message.objects.filter(kind=f"orders.{kind}")]


def test_refunds_in_parts_end_at_what_was_paid(paid: Order, local_stripe: LocalStripe, now):
    assert refunds.refundable(paid) == 129_600

    part = refunds.refund(paid, 29_600, reason="a scratch", by="test", at=now)
    assert (refunds.refundable(paid), returned(local_stripe, paid)) == (100_000, 0)
    refunds.carry_out(part.pk, at=now)
    assert returned(local_stripe, paid) == 29_600

    with pytest.raises(refunds.TooMuch) as too_much:
        refunds.refund(paid, 100_001, reason="", by="test", at=now)
    assert too_much.value.left_minor == 100_000
    rest = refunds.refund(paid, 100_000, reason="sent back", by="test", at=now)
    refunds.carry_out(rest.pk, at=now)

    assert returned(local_stripe, paid) == 129_600
    assert told(paid) == [("captured", "pi", 129_600), ("refunded", "re", 29_600), ("refunded", "re", 100_000)]
    assert Payment.objects.get(order=paid).state == "refunded"
    with pytest.raises(refunds.TooMuch):
        refunds.refund(paid, 1, reason="", by="test", at=now)


@pytest.mark.parametrize("amount", [0, -1, 129_601, 10**15])
def test_nothing_and_too_much_are_not_promised(paid: Order, amount: int, now):
    with pytest.raises(refunds.TooMuch):
        refunds.refund(paid, amount, reason="", by="test", at=now)
    assert Refund.objects.count() == 0


def test_an_order_that_was_not_paid_has_nothing_to_give_back(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)

    assert refunds.refundable(order) == 0
    with pytest.raises(refunds.TooMuch):
        refunds.refund(order, 1, reason="", by="test", at=now)


def test_the_database_itself_refuses_to_promise_more_than_was_paid(paid: Order):
    with pytest.raises(IntegrityError, match="payment_refunds_within_amount"), transaction.atomic():
        Payment.objects.filter(order=paid).update(refunded_minor=129_601)


def test_the_ledger_is_not_rewritten(paid: Order):
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        PaymentEvent.objects.filter(payment__order=paid).update(amount_minor=1)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=strategies.lists(strategies.integers(min_value=-10, max_value=70_000), max_size=6))
def test_whatever_is_asked_for_no_more_is_promised_than_was_paid(paid: Order, now, amounts: list[int]):
    with transaction.atomic():
        left = 129_600
        for amount in amounts:
            if 0 < amount <= left:
                left -= refunds.refund(paid, amount, reason="", by="test", at=now).amount_minor
            else:
                with pytest.raises(refunds.TooMuch):
                    refunds.refund(paid, amount, reason="", by="test", at=now)
        assert refunds.refundable(paid) == left >= 0
        transaction.set_rollback(True)


def test_a_refund_is_carried_out_once_however_often_it_is_tried(paid: Order, local_stripe: LocalStripe, now):
    promised = refunds.refund(paid, 5_000, reason="", by="test", at=now)

    for _ in range(3):
        refunds.carry_out(promised.pk, at=now)

    assert returned(local_stripe, paid) == 5_000
    assert told(paid)[1:] == [("refunded", "re", 5_000)]


def test_a_refund_whose_answer_was_lost_is_found_even_when_stripe_forgot_the_key(paid, local_stripe, now):
    promised = refunds.refund(paid, 5_000, reason="", by="test", at=now)
    intent = Payment.objects.get(order=paid).gateway_payment_id
    # What a lost call leaves behind: the money is on its way, under a key that is older than a day.
    metadata = {"order": paid.reference, "refund": promised.reference}
    local_stripe.sdk.refunds.create({"payment_intent": intent, "amount": 5_000, "metadata": metadata})
    Refund.objects.filter(pk=promised.pk).update(next_try_at=now + timedelta(days=2))

    assert refunds.sweep(at=now + timedelta(days=2)) == 1

    assert returned(local_stripe, paid) == 5_000
    promised.refresh_from_db()
    assert promised.state == "done"


def test_while_stripe_is_away_a_refund_waits_for_the_sweep(paid: Order, local_stripe: LocalStripe, settings, now):
    promised = refunds.refund(paid, 5_000, reason="", by="test", at=now)
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    refunds.carry_out(promised.pk, at=now)
    assert refunds.sweep(at=now + timedelta(seconds=59)) == 0
    settings.STRIPE_API_BASE = local_stripe.url

    assert refunds.sweep(at=now + timedelta(seconds=60)) == 1

    promised.refresh_from_db()
    assert (promised.state, returned(local_stripe, paid)) == ("done", 5_000)
    assert refunds.sweep(at=now + timedelta(days=1)) == 0


def test_a_refund_made_at_stripe_is_entered_once(paid: Order, place, local_stripe: LocalStripe, now):
    payment = Payment.objects.get(order=paid)
    local_stripe.sdk.refunds.create({"payment_intent": payment.gateway_payment_id, "amount": 9_600})

    for _ in range(2):
        refunds.reconcile(payment, at=now)

    entered = Refund.objects.get()
    assert (entered.amount_minor, entered.state, entered.reason) == (9_600, "done", "made at Stripe")
    assert refunds.refundable(paid) == 120_000
    assert told(paid)[1:] == [("refunded", "re", 9_600)]
    assert ["$96.00" in text for text in mailed("order_refunded")] == [True], "its customer hears of it, once"


def test_a_refund_the_bank_sends_back_can_be_promised_again(paid: Order, local_stripe: LocalStripe, now):
    promised = refunds.refund(paid, 129_600, reason="", by="test", at=now)
    done = refunds.carry_out(promised.pk, at=now)
    assert Payment.objects.get(order=paid).state == "refunded"
    local_stripe.lever(f"fail-refund/{done.gateway_id}")

    for _ in range(2):
        refunds.reconcile(Payment.objects.get(order=paid), at=now)

    assert (Refund.objects.get().state, refunds.refundable(paid)) == ("refused", 129_600)
    assert [event[::2] for event in told(paid)[1:]] == [("refunded", 129_600), ("failed", 129_600)]
    assert Payment.objects.get(order=paid).state == "captured"
    assert ["$1,296.00" in text for text in mailed("refund_failed")] == [True], "who waits for it hears that it is late"


def test_a_refund_that_stripe_refuses_can_be_promised_again_and_is_told_to_the_desk(paid, local_stripe, now):
    payment = Payment.objects.get(order=paid)
    promised = refunds.refund(paid, 129_600, reason="", by="test", at=now)
    local_stripe.sdk.refunds.create({"payment_intent": payment.gateway_payment_id, "amount": 9_600})

    refunds.carry_out(promised.pk, at=now)
    refunds.reconcile(payment, at=now)

    promised.refresh_from_db()
    assert (promised.state, refunds.refundable(paid)) == ("refused", 120_000)
    assert AuditEvent.objects.filter(event="payment.refund_refused", object_ref=paid.reference).count() == 1
    assert told(paid)[1:] == [("failed", promised.reference.partition("_")[0], 129_600), ("refunded", "re", 9_600)]
