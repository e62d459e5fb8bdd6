"""Capture, cancel and refund: the amounts add up, and what Stripe refuses is refused."""

from __future__ import annotations

import threading

import pytest
import stripe

from dev.stripe import past

from .conftest import Double


def test_refunds_in_parts_end_at_what_was_paid(double: Double):
    intent = double.paid().payment_intent

    first = double.client.v1.refunds.create({"payment_intent": intent, "amount": 25000, "metadata": {"order": "LP-1"}})
    assert (first.amount, first.status, first.payment_intent) == (25000, "succeeded", intent)
    with pytest.raises(
        stripe.InvalidRequestError, match=r"\(100001\) is greater than unrefunded amount on charge \(100000\)"
    ):
        double.client.v1.refunds.create({"payment_intent": intent, "amount": 100001})
    rest = double.client.v1.refunds.create({"charge": first.charge, "reason": "requested_by_customer"})
    assert rest.amount == 100000

    charge = double.client.v1.charges.retrieve(first.charge)
    assert (charge.amount_refunded, charge.refunded) == (125000, True)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        double.client.v1.refunds.create({"payment_intent": intent})
    assert refusal.value.code == "charge_already_refunded"
    assert [r.id for r in double.client.v1.refunds.list({"payment_intent": intent}).data] == [rest.id, first.id]
    assert double.client.v1.refunds.retrieve(first.id).metadata["order"] == "LP-1"
    assert len(double.shop.wait_for("charge.refunded", times=2)) == len(double.shop.wait_for("refund.created", times=2))


def test_an_authorised_payment_is_captured_in_part(double: Double):
    session = double.paid(payment_intent_data={"capture_method": "manual"})
    held = double.client.v1.payment_intents.retrieve(session.payment_intent)
    assert (session.payment_status, held.status, held.amount_capturable) == ("unpaid", "requires_capture", 125000)

    taken = double.client.v1.payment_intents.capture(held.id, {"amount_to_capture": 100000})

    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 100000, 0)
    assert double.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        double.client.v1.refunds.create({"payment_intent": held.id, "amount": 100001})


def test_an_authorised_payment_is_cancelled_and_then_not_captured(double: Double):
    intent = double.paid(payment_intent_data={"capture_method": "manual"}).payment_intent

    cancelled = double.client.v1.payment_intents.cancel(intent, {"cancellation_reason": "abandoned"})

    assert (cancelled.status, cancelled.cancellation_reason, cancelled.amount_capturable) == (
        "canceled",
        "abandoned",
        0,
    )
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        double.client.v1.payment_intents.capture(intent)
    assert refusal.value.code == "payment_intent_unexpected_state"


def test_the_intent_of_an_open_session_is_only_cancelled_with_the_session(double: Double):
    session = double.open()
    double.lever(f"pay/{session.id}?card=4000000000000002")
    intent = double.client.v1.checkout.sessions.retrieve(session.id).payment_intent

    with pytest.raises(stripe.InvalidRequestError, match="Expire the Checkout Session"):
        double.client.v1.payment_intents.cancel(intent)


def test_a_refund_the_bank_sends_back_can_be_made_again(double: Double):
    intent = double.paid().payment_intent
    first = double.client.v1.refunds.create({"payment_intent": intent})

    double.lever(f"fail-refund/{first.id}")

    assert double.client.v1.refunds.retrieve(first.id).status == "failed"
    assert double.shop.wait_for("refund.failed")[0]["data"]["object"]["id"] == first.id
    assert double.client.v1.refunds.create({"payment_intent": intent}).amount == 125000


def test_twenty_refunds_at_once_give_back_no_more_than_was_paid(double: Double):
    intent = double.paid().payment_intent
    outcomes: list[str] = []

    def refund() -> None:
        try:
            double.client.v1.refunds.create({"payment_intent": intent, "amount": 50000})
            outcomes.append("refunded")
        except stripe.InvalidRequestError:
            outcomes.append("refused")

    threads = [threading.Thread(target=refund) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (outcomes.count("refunded"), outcomes.count("refused")) == (2, 18)


def test_a_payment_of_before_can_be_given_back(double: Double):
    before = past.Paid("cs_demo_1", "pi_demo_1", "LP-7F3K-92QD", 125000, "usd", at=1_700_000_000)
    assert (past.enter(double.server.store, [before]), past.enter(double.server.store, [before])) == (1, 0)

    session = double.client.v1.checkout.sessions.retrieve("cs_demo_1")
    assert (session.status, session.payment_status, session.client_reference_id) == (
        "complete",
        "paid",
        "LP-7F3K-92QD",
    )
    refund = double.client.v1.refunds.create({"payment_intent": "pi_demo_1", "amount": 25000})
    assert (refund.amount, refund.status) == (25000, "succeeded")
    with pytest.raises(stripe.InvalidRequestError, match=r"\(100001\) is greater than unrefunded amount"):
        double.client.v1.refunds.create({"payment_intent": "pi_demo_1", "amount": 100001})
