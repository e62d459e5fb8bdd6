"""An order's payment at Stripe: its page opened, closed, settled. The database decides, Stripe is asked.

Every verb asks Stripe first, outside any transaction, and then applies what Stripe said under the locks of order and payment,
in this order. A webhook, the customer's return, a second tab and the sweep may all arrive at once: they apply the same
answer, and the first one counts. Stock is let go only once Stripe says that a page can't be paid any more.

Money back is in `refunds`; `refund` and `refundable` are named here too, since a desk thinks of them as payment.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

# Each needs the other: a checkout opens a payment, and a settled payment completes the checkout.
from orders import checkout, emails, gateway
from orders.models import Order, Payment, PaymentEvent
from orders.refunds import refund, refundable
from orders.states import ORDER, PAYMENT
from privacy.ground import audit, references, states
from privacy.ground.audit import Actor
from privacy.register import profiles, tombstones
from shop import stock

__all__ = ["close_session", "open_session", "refund", "refundable", "returned", "settle", "sweep"]

log = logging.getLogger(__name__)

#: How long a page at Stripe, and the stock behind it, waits. Stripe's minimum is 30 minutes.
SESSION_LIVES: Final = timedelta(minutes=31)
#: The sweep asks about an open payment after so long, then after twice that, and so on; and when its page has run out.
FIRST_CHECK: Final = timedelta(minutes=2)
LONGEST_WAIT: Final = timedelta(minutes=15)
BATCH: Final = 100
RETURN_PARAMETER: Final = "session_id"
#: How long the address that Stripe sends a customer back to opens the order.
KNOWN_FOR: Final = timedelta(days=1)
SYSTEM: Final = "system:payments"

EVENT: Final = PaymentEvent.Kind


class UnknownPayment(Exception):
    """No order or session of this name waits for, or ever had, a payment of ours."""


class SessionEnded(Exception):
    """The order's page at Stripe can't be paid any more, and the order has been given up: begin again."""


class NotAccepted(gateway.Refused):
    """Stripe makes no page for this order, and never will: its total is beyond what a card can pay."""


def open_session(order: Order, *, by: Actor, at: datetime) -> str:
    """The address to send the customer to: the one page at Stripe that belongs to this order.

    Two tabs get the same page. An order that turns out to be paid leads to the page the customer returns to. *Writes* a
    payment; *raises* SessionEnded, `gateway.Unavailable`, and NotAccepted, after which the order has been given up.
    """
    payment = _payment_of(order, at=at)
    if payment.state == Payment.State.EXPIRED:
        raise SessionEnded
    if payment.is_captured:
        return _return_address(str(payment.gateway_session_id))
    try:
        with gateway.concerning(payment, by=by, at=at):
            session = _session_of(payment, at=at)
    except gateway.Unavailable:
        payment.refresh_from_db()
        if not payment.session_url or payment.session_expires_at <= at:
            raise
        return payment.session_url  # made by the other tab, or Stripe's page is there while its API is not
    except NotAccepted:
        _apply(payment, None, by=by, at=at)
        raise
    _apply(payment, session, by=by, at=at)
    if session.status == "expired":
        raise SessionEnded
    return session.url if session.status == "open" else _return_address(session.id)


def close_session(order: Order, *, by: Actor, at: datetime) -> Order:
    """Make sure that an order which waits for payment can't be paid any more, and give it up.

    Returns the order as it then stands: where the customer had paid first, it is paid. *Raises* `gateway.Unavailable`.
    """
    payment = Payment.objects.filter(order=order).first()
    if payment is None:
        return _give_up(order, by=by, at=at)
    if payment.state != Payment.State.OPEN:
        return Order.objects.get(pk=order.pk)
    return _apply(payment, _closed_at_stripe(payment, by=by, at=at), by=by, at=at)


def settle(name: str, *, by: Actor, at: datetime) -> Order:
    """Bring an order up to date with its payment at Stripe. *name* is the order's reference or the session's id.

    Safe to call any number of times, by anybody, at once. *Raises* UnknownPayment, `gateway.Unavailable`.
    """
    payments = Payment.objects.select_related("order")
    payment = payments.filter(order__reference=name).first() or payments.filter(gateway_session_id=name).first()
    if payment is None:
        raise UnknownPayment(name if references.is_reference(name) else "unknown session")
    if payment.state != Payment.State.OPEN or payment.gateway_session_id is None:
        return payment.order
    return _apply(payment, _asked(payment, payment.gateway_session_id, by=by, at=at), by=by, at=at)


def returned(session_id: str, *, by: Actor, at: datetime) -> Order:
    """Settle for somebody who comes back from Stripe's page: the session's id, which only that page knows, is their key.

    An order's reference is no key, it stands on parcels; and an id loses its power after a day. *Raises* as `settle` does.
    """
    opened = Payment.objects.filter(gateway_session_id=session_id, created_at__gt=at - KNOWN_FOR)
    if not opened.exists():
        raise UnknownPayment("unknown session")
    return settle(session_id, by=by, at=at)


def sweep(*, at: datetime) -> int:
    """Ask Stripe about open payments whose webhook may have been lost. Returns how many were asked about."""
    asked = 0
    for payment in Payment.objects.to_check(at).select_related("order").order_by("next_check_at")[:BATCH]:
        if not _is_mine_to_check(payment, at=at):
            continue
        asked += 1
        try:
            _check(payment, at=at)
        except gateway.Unavailable as error:
            log.warning("payment.unchecked", extra={"payment": payment.reference, "error": str(error)})
        except Exception as error:  # noqa: BLE001 - one payment that we stumble over must not stand in the way of the others
            log.error("payment.stumbled", extra={"payment": payment.reference, "error": type(error).__name__})
    return asked


# Asking Stripe


@transaction.atomic
def _payment_of(order: Order, *, at: datetime) -> Payment:
    """The order's payment, made at the first asking. What a repeated call must repeat is fixed here."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.state != Order.State.PENDING_PAYMENT and not Payment.objects.filter(order=order).exists():
        raise SessionEnded
    expires_at = at + SESSION_LIVES
    payment, _ = Payment.objects.get_or_create(
        order=order,
        defaults={
            "reference": (reference := references.new("PM")),
            "idempotency_key": _key(reference, expires_at),
            "amount_minor": order.total_minor,
            "currency": order.currency,
            "session_expires_at": expires_at,
            "next_check_at": at + FIRST_CHECK,
            "created_at": at,
        },
    )
    return payment


def _session_of(payment: Payment, *, at: datetime) -> gateway.Session:
    """The payment's session as it stands at Stripe; made there if there is none yet."""
    if payment.gateway_session_id is not None:
        return gateway.retrieve_session(payment.gateway_session_id)
    try:
        return _create(payment)
    except gateway.Refused as refusal:
        if not _is_stale(refusal):
            raise NotAccepted(refusal.code, refusal.param) from refusal
    expires_at = at + SESSION_LIVES
    Payment.objects.filter(pk=payment.pk, idempotency_key=payment.idempotency_key).update(
        idempotency_key=_key(payment.reference, expires_at), session_expires_at=expires_at
    )
    payment.refresh_from_db()
    return _create(payment)


def _create(payment: Payment) -> gateway.Session:
    """Make the session, or be told again which one was made under the same key."""
    session = gateway.create_session(
        payment.order.reference,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        success_url=_return_address("{CHECKOUT_SESSION_ID}"),
        cancel_url=settings.LOUPE_PUBLIC_URL + reverse("orders:checkout"),
        expires_at=payment.session_expires_at,
        idempotency_key=payment.idempotency_key,
    )
    Payment.objects.filter(pk=payment.pk, gateway_session_id__isnull=True).update(
        gateway_session_id=session.id, session_url=session.url
    )
    return session


def _asked(payment: Payment, session_id: str, *, by: Actor, at: datetime) -> gateway.Session:
    """The payment's session as it stands at Stripe."""
    with gateway.concerning(payment, by=by, at=at):
        return gateway.retrieve_session(session_id)


def _closed_at_stripe(payment: Payment, *, by: Actor, at: datetime) -> gateway.Session | None:
    """The payment's session after it was closed, or as it had ended by itself. None: Stripe never made one."""
    session_id = payment.gateway_session_id
    with gateway.concerning(payment, by=by, at=at):
        if session_id is None:
            try:
                session_id = _create(payment).id
            except gateway.Refused:
                return None
        try:
            return gateway.expire_session(session_id)
        except gateway.Refused:
            return gateway.retrieve_session(session_id)


def _check(payment: Payment, *, at: datetime) -> None:
    """Settle an open payment by asking; one whose time is over is closed first."""
    if payment.session_expires_at <= at:
        _apply(payment, _closed_at_stripe(payment, by=SYSTEM, at=at), by=SYSTEM, at=at)
    elif payment.gateway_session_id is not None:
        _apply(payment, _asked(payment, payment.gateway_session_id, by=SYSTEM, at=at), by=SYSTEM, at=at)


def _is_mine_to_check(payment: Payment, *, at: datetime) -> bool:
    """Take the payment's turn, so that of two sweeps only one asks. The next turn comes after twice the time."""
    later = at + min(max(FIRST_CHECK, at - payment.created_at), LONGEST_WAIT)
    if payment.session_expires_at > at:
        later = min(later, payment.session_expires_at)
    mine = Payment.objects.filter(pk=payment.pk, next_check_at=payment.next_check_at)
    return mine.update(next_check_at=later) == 1


def _is_stale(refusal: gateway.Refused) -> bool:
    """Whether Stripe refused because the time to make this session is over: then it never made it."""
    return refusal.param == "expires_at" or refusal.code == "idempotency_error"


def _key(reference: str, expires_at: datetime) -> str:
    return f"session:{reference}:{int(expires_at.timestamp())}"


def _return_address(session_id: str) -> str:
    return f"{settings.LOUPE_PUBLIC_URL}{reverse('orders:checkout_return')}?{RETURN_PARAMETER}={session_id}"


# Applying the answer


@transaction.atomic
def _apply(payment: Payment, session: gateway.Session | None, *, by: Actor, at: datetime) -> Order:
    """Write down what Stripe said, once. Returns the order as it then stands."""
    order = Order.objects.select_for_update().get(pk=payment.order_id)
    payment = Payment.objects.select_for_update().get(pk=payment.pk)
    if payment.state != Payment.State.OPEN:
        return order
    if session is None or session.status == "expired":
        return _expire(order, payment, by=by, at=at)
    if session.is_paid:
        return _capture(order, payment, session, by=by, at=at)
    return order


def _expire(order: Order, payment: Payment, *, by: Actor, at: datetime) -> Order:
    gateway_id = payment.gateway_session_id or payment.reference
    PaymentEvent.objects.create(payment=payment, kind=EVENT.EXPIRED, gateway_id=gateway_id, at=at)
    payment.session_url = ""
    payment.save(update_fields=["session_url"])
    PAYMENT.advance(payment, Payment.State.EXPIRED, by=by, at=at)
    return _give_up(order, by=by, at=at)


def _give_up(order: Order, *, by: Actor, at: datetime) -> Order:
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order.pk)
        if order.state == Order.State.PENDING_PAYMENT:
            order = checkout.expired(order, by=by, at=at)
        else:
            stock.release(order.pk, by=by, at=at)
    return order


def _capture(order: Order, payment: Payment, session: gateway.Session, *, by: Actor, at: datetime) -> Order:
    """The money is there. An order that can't use it any more gives it back by itself."""
    told = (session.order_reference, session.amount_minor, session.currency)
    if told != (order.reference, payment.amount_minor, payment.currency):
        log.error("payment.mismatch", extra={"payment": payment.reference, "order": order.reference})
        audit.append("payment.mismatch", subject=order.subject_id, obj=payment, by=by, at=at)
        return order
    PaymentEvent.objects.create(
        payment=payment,
        kind=EVENT.CAPTURED,
        gateway_id=session.payment_id,
        amount_minor=session.amount_minor,
        at=at,
    )
    _note_card(payment, session)
    PAYMENT.advance(payment, Payment.State.CAPTURED, by=by, at=at)
    try:
        with transaction.atomic():
            return checkout.paid(order, by=by, at=at)
    except (states.NotAllowed, states.Changed, stock.NothingHeld) as hindrance:
        return _give_back(order, payment, because=type(hindrance).__name__, by=by, at=at)


def _note_card(payment: Payment, session: gateway.Session) -> None:
    """Keep of the card what the shop's policy names, and forget the page."""
    kept, card = profiles.current().card_facts, session.card
    payment.gateway_payment_id = session.payment_id
    payment.session_url = ""
    if card is not None and not tombstones.stops("gateway", session.id):
        payment.card_brand = card.brand if "brand" in kept else ""
        payment.card_last4 = card.last4 if "last4" in kept else ""
        payment.card_expiry = card.expiry if "expiry" in kept else ""
    payment.save(update_fields=["gateway_payment_id", "session_url", "card_brand", "card_last4", "card_expiry"])


def _give_back(order: Order, payment: Payment, *, because: str, by: Actor, at: datetime) -> Order:
    """Paid after it was cancelled, or after its stock had gone: everything back, a mail, and a line for the desk."""
    log.error("payment.unwanted", extra={"order": order.reference, "because": because})
    details: dict[str, audit.Detail] = {"amount_minor": payment.amount_minor, "because": because}
    audit.append("payment.unwanted", subject=order.subject_id, obj=order, details=details, by=by, at=at)
    if order.state == Order.State.PENDING_PAYMENT:
        ORDER.advance(order, Order.State.CANCELLED, by=by, at=at)
        order.cancelled_at, order.cancel_reason = at, "the pieces were gone when the payment came"
        order.save(update_fields=["cancelled_at", "cancel_reason"])
    refund(order, payment.amount_minor, reason="payment came too late", by=SYSTEM, at=at)
    emails.order_refunded(order, refunded_minor=payment.amount_minor, by=by, at=at)
    return order
