"""Deliveries: signed, repeated until they are heard, given up in the end, and replayable on purpose."""

from __future__ import annotations

import pytest
import stripe

from .conftest import SECRET, Double, eventually


def test_the_sdk_accepts_the_signature_and_refuses_another_body(double: Double):
    double.paid()
    double.shop.wait_for("checkout.session.completed")
    payload, signature = double.shop.heard[0]

    event = double.client.construct_event(payload, signature, SECRET)

    assert event.type in {
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    }
    with pytest.raises(stripe.SignatureVerificationError):
        double.client.construct_event(payload.replace(b"alice", b"mallory") + b" ", signature, SECRET)
    with pytest.raises(stripe.SignatureVerificationError):
        double.client.construct_event(payload, signature, "whsec_other")


def test_a_payment_tells_its_whole_story(double: Double):
    session = double.paid()
    completed = double.shop.wait_for("checkout.session.completed")[0]
    eventually(lambda: len(double.shop.events()) == 4)

    assert sorted(event["type"] for event in double.shop.events()) == [
        "charge.succeeded",
        "checkout.session.completed",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]
    assert completed["data"]["object"]["id"] == session.id
    assert completed["data"]["object"]["payment_status"] == "paid"
    assert eventually(lambda: double.client.v1.events.retrieve(completed["id"]).pending_webhooks == 0)


def test_a_decline_tells_of_the_failure(double: Double):
    session = double.open()
    double.lever(f"pay/{session.id}?card=4000000000009995")

    failed = double.shop.wait_for("payment_intent.payment_failed")[0]["data"]["object"]

    assert failed["last_payment_error"]["decline_code"] == "insufficient_funds"
    assert failed["metadata"] == {"order": "LP-7F3K-92QD"}


def test_a_shop_that_fails_is_tried_again_until_it_answers(double: Double):
    session = double.open()
    double.shop.answers = [500, 503]

    double.lever(f"expire/{session.id}")

    heard = double.shop.wait_for("checkout.session.expired", times=3)
    assert len({event["id"] for event in heard}) == 1
    assert eventually(lambda: [d["state"] for d in double.lever("deliveries")["data"]] == ["delivered"])
    assert double.lever("deliveries")["data"][0]["attempts"] == 3


def test_an_event_nobody_takes_is_given_up_but_stays_listed(double: Double):
    session = double.open()
    double.shop.answers = [500] * 20

    double.lever(f"expire/{session.id}")

    assert eventually(lambda: [d["state"] for d in double.lever("deliveries")["data"]] == ["given up"])
    assert len(double.shop.heard) == 4
    listed = double.client.v1.events.list({"type": "checkout.session.expired"}).data
    assert [event.pending_webhooks for event in listed] == [1]


def test_an_event_can_be_sent_again_many_times_at_once(double: Double):
    double.paid()
    completed = double.shop.wait_for("checkout.session.completed")[0]

    double.lever(f"duplicate/{completed['id']}?times=20")

    heard = double.shop.wait_for("checkout.session.completed", times=21)
    assert [event["id"] for event in heard] == [completed["id"]] * 21


def test_held_webhooks_arrive_once_released_even_over_a_restart(start, double: Double):
    double.lever("hold-webhooks")
    session = double.paid()
    assert not eventually(lambda: bool(double.shop.heard), seconds=0.3)
    start.stop()

    start()

    assert double.shop.wait_for("checkout.session.completed")[0]["data"]["object"]["id"] == session.id


def test_an_event_says_which_request_caused_it(double: Double):
    intent = double.paid().payment_intent

    refund = double.client.v1.refunds.create({"payment_intent": intent}, {"idempotency_key": "refund-1"})

    event = double.shop.wait_for("refund.created")[0]
    assert event["request"] == {"id": refund.last_response.request_id, "idempotency_key": "refund-1"}
    assert double.shop.wait_for("checkout.session.completed")[0]["request"] == {"id": None, "idempotency_key": None}
