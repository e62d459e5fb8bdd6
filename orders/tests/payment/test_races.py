"""Everything at once, on a real PostgreSQL with threads that each hold a connection of their own."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from orders import payments, refunds, tasks, webhooks
from orders.models import Order, Payment, Refund, WebhookEvent
from privacy.messages.models import Message

from .conftest import LocalStripe, at_once, deliver, held, session_id, told

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def opened(order: Order, local_stripe: LocalStripe, now) -> Order:
    payments.open_session(order, by="test", at=now)
    return order


def confirmations(order: Order) -> int:
    return Message.objects.filter(kind="orders.order_confirmed", reference=order.reference).count()


def test_fifty_deliveries_of_one_event_settle_once(opened: Order, local_stripe: LocalStripe, now):
    local_stripe.pay(opened)
    event = local_stripe.event("checkout.session.completed", opened)

    def deliver_and_work() -> int:
        status = deliver(event).status_code
        webhooks.handle(WebhookEvent.objects.get(event_id=event["id"]).pk, at=now)
        return status

    assert at_once([deliver_and_work] * 50) == [200] * 50

    opened.refresh_from_db()
    assert (opened.state, held(opened), told(opened)) == ("paid", (9, 0), [("captured", "pi", 129_600)])
    assert (WebhookEvent.objects.count(), confirmations(opened)) == (1, 1)


def test_webhook_return_tab_and_sweep_at_once_settle_once(opened: Order, local_stripe: LocalStripe, now):
    local_stripe.pay(opened)
    event = local_stripe.event("checkout.session.completed", opened)
    kept = webhooks.keep(webhooks.gateway.Event(event["id"], event["type"], opened.reference, ""), at=now)

    outcomes = at_once(
        [
            partial(webhooks.handle, kept.pk, at=now),
            partial(payments.settle, session_id(opened), by="stripe:return", at=now),
            partial(payments.open_session, opened, by="test", at=now),
            partial(payments.close_session, opened, by="test", at=now),
            partial(payments.sweep, at=now + payments.SESSION_LIVES),
        ]
        * 2
    )

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    opened.refresh_from_db()
    assert (opened.state, held(opened), told(opened)) == ("paid", (9, 0), [("captured", "pi", 129_600)])
    assert confirmations(opened) == 1


def test_two_tabs_that_pay_the_same_order_get_the_same_page(order: Order, local_stripe: LocalStripe, now):
    addresses = at_once([partial(payments.open_session, order, by="test", at=now)] * 8)

    assert set(addresses) == {f"{local_stripe.url}/c/pay/{session_id(order)}"}
    made = [
        s
        for s in local_stripe.sdk.checkout.sessions.list({"limit": 100}).data
        if s.client_reference_id == order.reference
    ]
    assert len(made) == 1


def test_two_tabs_after_a_try_that_never_reached_stripe_get_the_same_fresh_page(order, local_stripe, settings, now):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(payments.gateway.Unavailable):
        payments.open_session(order, by="test", at=now - timedelta(minutes=20))
    settings.STRIPE_API_BASE = local_stripe.url

    addresses = at_once(
        [partial(payments.open_session, order, by="test", at=now + timedelta(seconds=tab)) for tab in range(6)]
    )

    assert set(addresses) == {f"{local_stripe.url}/c/pay/{session_id(order)}"}


def test_while_stripe_thinks_nobody_waits_for_the_order(order: Order, local_stripe: LocalStripe, now):
    """The gateway is called outside the transaction: its seconds hold no lock."""
    verbs = [
        partial(payments.open_session, order, by="test", at=now),
        partial(payments.settle, order.reference, by="test", at=now),
        partial(payments.close_session, order, by="test", at=now),
    ]
    for verb in verbs:
        local_stripe.lever("delay?seconds=0.6")
        thinking = threading.Thread(target=at_once, args=([verb],))
        thinking.start()
        time.sleep(0.3)
        with transaction.atomic():
            Order.objects.select_for_update(nowait=True).get(pk=order.pk)
            list(Payment.objects.select_for_update(nowait=True).filter(order=order))
        assert thinking.is_alive()
        thinking.join()
    order.refresh_from_db()
    assert order.state == "expired"


@pytest.mark.parametrize("round_", range(3))
def test_paying_and_closing_at_once_ends_paid_or_expired_and_never_both(opened, local_stripe, now, round_):
    def pay() -> Any:
        try:
            return local_stripe.pay(opened)
        except OSError as closed_first:
            return closed_first.code

    at_once([pay, partial(payments.close_session, opened, by="test", at=now)])
    payments.settle(opened.reference, by="stripe", at=now)

    session = local_stripe.sdk.checkout.sessions.retrieve(session_id(opened))
    opened.refresh_from_db()
    assert (opened.state, session.status, held(opened)) in {
        ("paid", "complete", (9, 0)),
        ("expired", "expired", (10, 0)),
    }


def test_twenty_desks_at_once_promise_no_more_than_was_paid(opened: Order, local_stripe: LocalStripe, now):
    local_stripe.pay(opened)
    payments.settle(opened.reference, by="stripe", at=now)

    outcomes = at_once([partial(refunds.refund, opened, 50_000, reason="", by="test", at=now)] * 20)

    assert sum(isinstance(outcome, Refund) for outcome in outcomes) == 2
    assert sum(isinstance(outcome, refunds.TooMuch) for outcome in outcomes) == 18
    assert refunds.refundable(opened) == 29_600


def test_ten_workers_at_once_pay_a_refund_back_once(opened: Order, local_stripe: LocalStripe, now):
    local_stripe.pay(opened)
    payments.settle(opened.reference, by="stripe", at=now)
    promised = refunds.refund(opened, 50_000, reason="", by="test", at=now)

    outcomes = at_once([partial(refunds.carry_out, promised.pk, at=now)] * 10)

    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    refunds.sweep(at=now + refunds.TRY_AGAIN)
    intent = Payment.objects.get(order=opened).gateway_payment_id
    assert [refund.amount for refund in local_stripe.sdk.refunds.list({"payment_intent": intent}).data] == [50_000]
    assert told(opened)[1:] == [("refunded", "re", 50_000)]


def test_while_redis_is_away_a_webhook_is_kept_and_the_sweep_settles(opened: Order, local_stripe: LocalStripe):
    local_stripe.pay(opened)
    event = local_stripe.event("checkout.session.completed", opened)
    app = tasks.handle_webhook.app
    broker = app.conf.broker_url
    app.pool.force_close_all()
    app.conf.broker_url = app.conf.broker_write_url = "redis://127.0.0.1:9/0"
    app.amqp._producer_pool = None
    try:
        assert deliver(event).status_code == 200
    finally:
        app.conf.broker_url = app.conf.broker_write_url = broker
        app.amqp._producer_pool = None
        app.pool.force_close_all()
    kept = WebhookEvent.objects.get()
    assert kept.handled_at is None

    webhooks.sweep(at=kept.received_at + webhooks.HEARD_WITHIN)

    opened.refresh_from_db()
    assert opened.state == "paid"


@pytest.mark.prove
@pytest.mark.parametrize("round_", range(25))
def test_many_rounds_of_everything_at_once(opened: Order, local_stripe: LocalStripe, now, round_):
    """A webhook, the browser's return, another tab and the sweep at once settle a payment once."""
    test_webhook_return_tab_and_sweep_at_once_settle_once(opened, local_stripe, now)


@pytest.mark.prove
@pytest.mark.parametrize("round_", range(50))
def test_many_rounds_of_paying_and_closing_at_once(opened: Order, local_stripe: LocalStripe, now, round_):
    """Paying an order and closing it at once ends paid or expired, never both."""
    test_paying_and_closing_at_once_ends_paid_or_expired_and_never_both(opened, local_stripe, now, round_)
