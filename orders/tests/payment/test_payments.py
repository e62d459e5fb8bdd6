"""An order's payment: opened once, settled once, closed only when Stripe says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from orders import gateway, payments, refunds, webhooks
from orders.models import Order, Payment, Refund
from orders.states import PAYMENT
from privacy.ground.models import AuditEvent
from privacy.messages.models import Message
from privacy.register import profiles
from shop import stock

from .conftest import LocalStripe, held, session_id, told

pytestmark = pytest.mark.django_db


def test_an_order_has_one_page_at_stripe_however_often_it_is_opened(order: Order, local_stripe: LocalStripe, now):
    first = payments.open_session(order, by="test", at=now)
    again = payments.open_session(order, by="test", at=now + timedelta(minutes=5))

    assert first == again == f"{local_stripe.url}/c/pay/{session_id(order)}"
    session = local_stripe.sdk.checkout.sessions.retrieve(session_id(order))
    assert (session.amount_total, session.currency, session.client_reference_id) == (129_600, "usd", order.reference)
    assert session.expires_at == int((now + timedelta(minutes=31)).timestamp())


def test_payment_makes_the_order_a_paid_one(order: Order, place, local_stripe: LocalStripe, now):
    bobs = place("bob@example.com")
    payments.open_session(order, by="test", at=now)
    payments.open_session(bobs, by="test", at=now)
    local_stripe.pay(order)

    settled = payments.settle(session_id(order), by="stripe", at=now)

    assert (settled.pk, settled.state, settled.paid_at) == (order.pk, "paid", now)
    assert held(order) == (9, 1)
    payment = Payment.objects.get(order=order)
    assert (payment.state, payment.session_url) == ("captured", "")
    assert told(order) == [("captured", "pi", 129_600)]
    assert (
        Message.objects.filter(kind="orders.order_confirmed").values_list("reference", flat=True).get()
        == order.reference
    )
    bobs.refresh_from_db()
    assert (bobs.state, told(bobs)) == ("pending_payment", [])


def test_settling_again_changes_nothing(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    local_stripe.pay(order)
    payments.settle(order.reference, by="stripe", at=now)
    before = (AuditEvent.objects.count(), Message.objects.count())

    later = payments.settle(session_id(order), by="stripe:return", at=now + timedelta(hours=1))

    assert later.paid_at == now
    assert told(order) == [("captured", "pi", 129_600)]
    assert (AuditEvent.objects.count(), Message.objects.count()) == before


def test_an_unpaid_page_leaves_the_order_waiting(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    local_stripe.lever(f"pay/{session_id(order)}?card=4000000000000002")

    assert payments.settle(order.reference, by="stripe:return", at=now).state == "pending_payment"
    assert (held(order), told(order)) == ((10, 1), [])


def test_whoever_comes_back_shows_the_sessions_id_and_no_reference_and_not_forever(order: Order, local_stripe, now):
    payments.open_session(order, by="test", at=now)
    local_stripe.pay(order)

    with pytest.raises(payments.UnknownPayment):
        payments.returned(order.reference, by="stripe:return", at=now)
    assert payments.returned(session_id(order), by="stripe:return", at=now).state == "paid"
    with pytest.raises(payments.UnknownPayment):
        payments.returned(session_id(order), by="stripe:return", at=now + timedelta(days=1))


def test_nobody_knows_a_payment_of_this_name(local_stripe: LocalStripe, now, db):
    for name in ("LP-2222-2222", "cs_test_unknown", ""):
        with pytest.raises(payments.UnknownPayment):
            payments.settle(name, by="stripe", at=now)


@pytest.mark.parametrize(
    ("policy", "kept"),
    [
        ("jane_ellen", ("visa", "4242", "2034-12")),
        ("jen_hansen", ("", "", "")),
        ("jskeuc", ("visa", "4242", "")),
    ],
)
@pytest.mark.promise("JE-08", "SG-02", "JH-06", "JE-102")
def test_of_the_card_only_what_the_policy_names_is_kept(order, local_stripe: LocalStripe, now, settings, policy, kept):
    settings.LOUPE_POLICY = policy
    assert profiles.current().slug == policy
    payments.open_session(order, by="test", at=now)
    local_stripe.pay(order)

    payments.settle(order.reference, by="stripe", at=now)

    payment = Payment.objects.get(order=order)
    assert (payment.card_brand, payment.card_last4, payment.card_expiry) == kept


def test_stock_is_let_go_once_stripe_says_the_page_expired(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    local_stripe.expire(order)
    assert held(order) == (10, 1)

    settled = payments.settle(order.reference, by="stripe", at=now)

    assert settled.state == "expired"
    assert held(order) == (10, 0)
    assert told(order) == [("expired", "cs", 0)]
    with pytest.raises(payments.SessionEnded):
        payments.open_session(order, by="test", at=now)


def test_a_page_that_expired_unheard_ends_when_it_is_opened_again(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    local_stripe.expire(order)

    with pytest.raises(payments.SessionEnded):
        payments.open_session(order, by="test", at=now)

    order.refresh_from_db()
    assert (order.state, held(order)) == ("expired", (10, 0))


def test_a_page_that_was_paid_unheard_leads_to_the_way_back(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    local_stripe.pay(order)

    address = payments.open_session(order, by="test", at=now)

    assert address.endswith(f"/checkout/return/?session_id={session_id(order)}")
    order.refresh_from_db()
    assert order.state == "paid"
    assert payments.open_session(order, by="test", at=now) == address


def test_closing_a_page_expires_it_at_stripe_and_gives_the_order_up(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)

    closed = payments.close_session(order, by="test", at=now)

    assert (closed.state, closed.is_paid) == ("expired", False)
    assert local_stripe.sdk.checkout.sessions.retrieve(session_id(order)).status == "expired"
    assert held(order) == (10, 0)
    assert payments.close_session(order, by="test", at=now).state == "expired"


def test_closing_a_page_that_was_paid_first_finds_the_order_paid(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    local_stripe.pay(order)

    closed = payments.close_session(order, by="test", at=now)

    assert (closed.state, closed.is_paid) == ("paid", True)
    assert held(order) == (9, 0)


def test_an_order_without_a_page_is_given_up_at_once(order: Order, local_stripe: LocalStripe, now):
    assert payments.close_session(order, by="test", at=now).state == "expired"
    assert held(order) == (10, 0)


def test_a_payment_after_cancellation_goes_back_by_itself_with_a_line_for_the_desk(
    order: Order, place: Callable[..., Order], local_stripe: LocalStripe, now
):
    bobs = place("bob@example.com")
    payments.open_session(order, by="test", at=now)
    order.state, order.cancelled_at, order.cancel_reason = Order.State.CANCELLED, now, "changed their mind"
    order.save()
    stock.release(order.pk, by="test", at=now)
    local_stripe.pay(order)

    settled = payments.settle(order.reference, by="stripe", at=now)

    assert (settled.state, settled.is_paid) == ("cancelled", False)
    promised = Refund.objects.get()
    assert (promised.payment.order_id, promised.amount_minor, promised.state) == (order.pk, 129_600, "requested")
    refunds.carry_out(promised.pk, at=now)
    assert told(order) == [("captured", "pi", 129_600), ("refunded", "re", 129_600)]
    assert Payment.objects.get(order=order).state == "refunded"
    assert AuditEvent.objects.filter(event="payment.unwanted", object_ref=order.reference).count() == 1
    assert (
        Message.objects.filter(kind="orders.order_refunded").values_list("reference", flat=True).get()
        == order.reference
    )
    assert held(bobs) == (10, 1)


def test_a_payment_whose_stock_is_gone_goes_back_by_itself(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    stock.release(order.pk, by="test", at=now)
    local_stripe.pay(order)

    settled = payments.settle(order.reference, by="stripe", at=now)

    assert (settled.state, settled.invoice_number, held(order)) == ("cancelled", None, (10, 0))
    assert Refund.objects.get().amount_minor == 129_600


def test_a_payment_of_another_amount_settles_nothing_and_calls_the_desk(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    local_stripe.pay(order)
    Payment.objects.filter(order=order).update(amount_minor=129_601)

    assert payments.settle(order.reference, by="stripe", at=now).state == "pending_payment"

    assert told(order) == []
    assert AuditEvent.objects.filter(event="payment.mismatch").count() == 1


# When Stripe does not answer


def test_a_call_whose_answer_was_lost_is_repeated_and_finds_its_session(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    made = session_id(order)
    Payment.objects.filter(order=order).update(gateway_session_id=None, session_url="")

    address = payments.open_session(order, by="test", at=now + timedelta(minutes=3))

    assert (session_id(order), address) == (made, f"{local_stripe.url}/c/pay/{made}")


def test_while_stripe_is_away_nothing_is_lost_and_a_known_page_still_opens(order: Order, local_stripe, settings, now):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(gateway.Unavailable):
        payments.open_session(order, by="test", at=now)
    assert (Payment.objects.get(order=order).gateway_session_id, held(order)) == (None, (10, 1))

    settings.STRIPE_API_BASE = local_stripe.url
    address = payments.open_session(order, by="test", at=now)

    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    assert payments.open_session(order, by="test", at=now) == address
    with pytest.raises(gateway.Unavailable):
        payments.close_session(order, by="test", at=now)
    assert held(order) == (10, 1)


def test_a_try_that_never_reached_stripe_is_made_anew_when_its_time_has_passed(order, local_stripe, settings, now):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(gateway.Unavailable):
        payments.open_session(order, by="test", at=now - timedelta(minutes=20))
    settings.STRIPE_API_BASE = local_stripe.url

    payments.open_session(order, by="test", at=now)

    session = local_stripe.sdk.checkout.sessions.retrieve(session_id(order))
    assert session.expires_at == int((now + timedelta(minutes=31)).timestamp())


def test_a_total_no_card_can_pay_is_refused_and_holds_no_stock(place: Callable[..., Order], local_stripe, now):
    order = place(subtotal_minor=100_000_000, tax_minor=0, total_minor=100_000_000)

    with pytest.raises(payments.NotAccepted) as refusal:
        payments.open_session(order, by="test", at=now)

    assert refusal.value.code == "amount_too_large"
    order.refresh_from_db()
    assert (order.state, held(order)) == ("expired", (10, 0))


def test_an_order_given_up_meanwhile_gets_no_page(order: Order, local_stripe: LocalStripe, now):
    payments.close_session(order, by="test", at=now)

    with pytest.raises(payments.SessionEnded):
        payments.open_session(order, by="test", at=now)
    assert Payment.objects.count() == 0


# The sweep


def test_the_sweep_settles_what_was_paid_while_no_webhook_came(order: Order, place, local_stripe: LocalStripe, now):
    waiting = place("bob@example.com")
    for each in (order, waiting):
        payments.open_session(each, by="test", at=now)
    local_stripe.pay(order)

    assert payments.sweep(at=now + timedelta(minutes=1)) == 0
    assert payments.sweep(at=now + timedelta(minutes=2)) == 2

    for each in (order, waiting):
        each.refresh_from_db()
    assert (order.state, waiting.state) == ("paid", "pending_payment")
    assert payments.sweep(at=now + timedelta(minutes=2)) == 0


def test_the_sweep_closes_a_page_past_its_time_and_asks_stripe_before_letting_go(order, place, local_stripe, now):
    paid_late = place("bob@example.com")
    for each in (order, paid_late):
        payments.open_session(each, by="test", at=now)
    local_stripe.pay(paid_late)

    payments.sweep(at=now + timedelta(minutes=31, seconds=1))

    for each in (order, paid_late):
        each.refresh_from_db()
    assert (order.state, paid_late.state) == ("expired", "paid")
    assert local_stripe.sdk.checkout.sessions.retrieve(session_id(order)).status == "expired"
    assert held(order) == (9, 0)


def test_the_sweep_gives_up_what_never_reached_stripe(order: Order, local_stripe: LocalStripe, settings, now):
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(gateway.Unavailable):
        payments.open_session(order, by="test", at=now - timedelta(minutes=40))
    assert payments.sweep(at=now) == 1
    order.refresh_from_db()
    assert (order.state, held(order)) == ("pending_payment", (10, 1))

    settings.STRIPE_API_BASE = local_stripe.url
    payments.sweep(at=now + timedelta(hours=2))

    order.refresh_from_db()
    assert (order.state, held(order)) == ("expired", (10, 0))
    assert told(order) == [("expired", "PM-" + order.payment.reference[3:], 0)]


def test_the_sweep_asks_less_and_less_often_until_the_page_runs_out(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)

    asked = [minute for minute in range(31) if payments.sweep(at=now + timedelta(minutes=minute))]

    assert asked == [2, 4, 8, 16]
    assert payments.sweep(at=now + timedelta(minutes=31)) == 1


# What is written about it


def test_the_drawing_of_a_payments_states_is_current(settings):
    drawing = f"```mermaid\n{PAYMENT.mermaid()}\n```"

    assert drawing in (settings.BASE_DIR / "docs" / "payments.md").read_text()


def test_the_page_names_every_event_that_is_acted_upon(settings):
    page = (settings.BASE_DIR / "docs" / "payments.md").read_text()

    assert [kind for kind in webhooks.ACTS if f"`{kind}`" not in page] == []
