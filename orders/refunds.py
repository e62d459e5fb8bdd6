"""Money back: promised in the database first, then carried out at Stripe by a worker, exactly once.

A promise counts against what can be given back from the moment it commits, so that two desks never promise the same money.
Refunds that somebody makes in Stripe's dashboard are entered when Stripe tells of them.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, Sum

from orders import emails, gateway, tasks
from orders.models import Order, Payment, PaymentEvent, Refund
from orders.states import PAYMENT
from privacy.ground import audit, doorbell, references
from privacy.ground.audit import Actor
from privacy.register import tombstones

log = logging.getLogger(__name__)

#: Time for the bell to be heard before the sweep looks, and between tries.
TRY_AGAIN: Final = timedelta(minutes=1)
#: Stripe forgets an idempotency key after a day. What is tried later than this is looked for in Stripe's list first.
KEY_LIVES: Final = timedelta(hours=12)
BATCH: Final = 100
SYSTEM: Final = "system:payments"

FAILED: Final = frozenset({"failed", "canceled"})


class TooMuch(Exception):
    """Nothing, or more than was paid and not yet promised back; `left_minor` is that."""

    def __init__(self, left_minor: int) -> None:
        super().__init__(left_minor)
        self.left_minor = left_minor


def refundable(order: Order) -> int:
    """What was paid for an order and not promised back, in minor units."""
    payment = Payment.objects.filter(order=order).first()
    return payment.refundable_minor if payment else 0


@transaction.atomic
def refund(order: Order, amount_minor: int, *, reason: str, by: Actor, at: datetime) -> Refund:
    """Promise money back. *Writes* a refund that a worker carries out; *raises* TooMuch. Sends no mail."""
    payment = Payment.objects.select_for_update().filter(order=order).first()
    left = payment.refundable_minor if payment else 0
    if payment is None or not 0 < amount_minor <= left:
        raise TooMuch(left)
    promised = Refund.objects.create(
        payment=payment,
        reference=references.new("RF"),
        amount_minor=amount_minor,
        reason=reason,
        requested_at=at,
        next_try_at=at + TRY_AGAIN,
    )
    _recount(payment)
    details: dict[str, audit.Detail] = {"amount_minor": amount_minor, "refund": promised.reference}
    audit.append("payment.refund_promised", subject=order.subject_id, obj=order, details=details, by=by, at=at)
    doorbell.ring(tasks.carry_out_refund, refund_id=promised.pk)
    return promised


def carry_out(refund_id: int, *, at: datetime) -> Refund:
    """Pay one promised refund back at Stripe. Safe to run twice; a failed call is tried again by the sweep."""
    promised = Refund.objects.select_related("payment__order").get(pk=refund_id)
    if promised.state != Refund.State.REQUESTED:
        return promised
    payment = promised.payment
    Refund.objects.filter(pk=promised.pk).update(next_try_at=at + TRY_AGAIN)
    try:
        with gateway.concerning(payment, by=SYSTEM, at=at):
            made = _made_before(promised) if at - promised.requested_at > KEY_LIVES else None
            made = made or gateway.refund(
                str(payment.gateway_payment_id),
                amount_minor=promised.amount_minor,
                order_reference=payment.order.reference,
                reference=promised.reference,
            )
    except gateway.Unavailable as error:
        log.warning("refund.postponed", extra={"refund": promised.reference, "error": str(error)})
        return promised
    except gateway.Refused as error:
        return _refuse(promised, because=error.code or "refused", at=at)
    return _enter(payment, made, at=at)


def reconcile(payment: Payment, *, at: datetime) -> None:
    """Enter every refund Stripe knows of this payment, its dashboard's too, and those that failed since."""
    if payment.gateway_payment_id is None:
        return
    with gateway.concerning(payment, by=SYSTEM, at=at):
        known = gateway.refunds(payment.gateway_payment_id)
    for made in known:
        if made.status not in FAILED or payment.refunds.filter(_names(made)).exists():
            _enter(payment, made, at=at)


def sweep(*, at: datetime) -> int:
    """Carry out the refunds whose bell was not heard or whose call failed. Returns how many were tried."""
    due = Refund.objects.filter(state=Refund.State.REQUESTED, next_try_at__lte=at).order_by("next_try_at")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    for refund_id in ids:
        try:
            carry_out(refund_id, at=at)
        except Exception as error:  # noqa: BLE001 - one refund that we stumble over must not stand in the way of the others
            log.error("refund.stumbled", extra={"refund": refund_id, "error": type(error).__name__})
    return len(ids)


# Inside


def _made_before(promised: Refund) -> gateway.RefundDone | None:
    made = gateway.refunds(str(promised.payment.gateway_payment_id))
    return next((refund for refund in made if refund.reference == promised.reference), None)


@transaction.atomic
def _enter(payment: Payment, made: gateway.RefundDone, *, at: datetime) -> Refund:
    """Write down a refund as Stripe knows it, once; one nobody promised here gets a row of its own."""
    payment = Payment.objects.select_for_update().select_related("order").get(pk=payment.pk)
    entered = payment.refunds.filter(_names(made)).first()
    if entered is None:
        entered = _foreign(payment, made, at=at)
        emails.order_refunded(payment.order, refunded_minor=made.amount_minor, by="stripe", at=at)
    if made.status in FAILED:
        return _refuse(entered, because=made.status, at=at)
    if entered.state == Refund.State.DONE:
        return entered
    entered.state, entered.gateway_id, entered.done_at = Refund.State.DONE, made.id, at
    entered.save(update_fields=["state", "gateway_id", "done_at"])
    PaymentEvent.objects.get_or_create(
        payment=payment,
        kind=PaymentEvent.Kind.REFUNDED,
        gateway_id=made.id,
        defaults={"amount_minor": made.amount_minor, "at": at},
    )
    details: dict[str, audit.Detail] = {"amount_minor": made.amount_minor, "refund": entered.reference}
    audit.append(
        "payment.refunded", subject=payment.order.subject_id, obj=payment.order, details=details, by="stripe", at=at
    )
    _recount(payment)
    if payment.state == Payment.State.CAPTURED and _paid_back(payment) >= payment.amount_minor:
        PAYMENT.advance(payment, Payment.State.REFUNDED, by="stripe", at=at)
    return entered


def _names(made: gateway.RefundDone) -> Q:
    """The row that stands for a refund: by Stripe's id, or by the reference we gave it."""
    return Q(gateway_id=made.id) | Q(reference=made.reference)


def _foreign(payment: Payment, made: gateway.RefundDone, *, at: datetime) -> Refund:
    """A refund that was made in Stripe's dashboard."""
    return Refund.objects.create(
        payment=payment,
        reference=references.new("RF"),
        amount_minor=made.amount_minor,
        reason="" if tombstones.stops("gateway", str(payment.gateway_payment_id)) else "made at Stripe",
        requested_at=made.made_at,
        next_try_at=at + TRY_AGAIN,
    )


@transaction.atomic
def _refuse(refund: Refund, *, because: str, at: datetime) -> Refund:
    """Stripe did not pay it back: the money can be promised again, and the desk and the customer are told."""
    payment = Payment.objects.select_for_update().select_related("order").get(pk=refund.payment_id)
    refund.refresh_from_db()
    if refund.state == Refund.State.REFUSED:
        return refund
    gateway_id = refund.gateway_id or refund.reference
    refund.state, refund.gateway_id, refund.done_at = Refund.State.REFUSED, None, None
    refund.save(update_fields=["state", "gateway_id", "done_at"])
    PaymentEvent.objects.get_or_create(
        payment=payment,
        kind=PaymentEvent.Kind.FAILED,
        gateway_id=gateway_id,
        defaults={"amount_minor": refund.amount_minor, "at": at},
    )
    log.error("refund.refused", extra={"refund": refund.reference, "because": because})
    details: dict[str, audit.Detail] = {
        "amount_minor": refund.amount_minor,
        "refund": refund.reference,
        "because": because,
    }
    audit.append(
        "payment.refund_refused",
        subject=payment.order.subject_id,
        obj=payment.order,
        details=details,
        by="stripe",
        at=at,
    )
    _recount(payment)
    if payment.state == Payment.State.REFUNDED:
        PAYMENT.advance(payment, Payment.State.CAPTURED, by="stripe", at=at)
    emails.refund_failed(payment.order, refunded_minor=refund.amount_minor, by="stripe", at=at)
    return refund


def _recount(payment: Payment) -> None:
    """Sum up what is promised and paid back. Never more than the amount, even where Stripe's dashboard was faster."""
    live = payment.refunds.exclude(state=Refund.State.REFUSED)
    promised = live.aggregate(total=Sum("amount_minor"))["total"] or 0
    payment.refunded_minor = min(promised, payment.amount_minor)
    payment.save(update_fields=["refunded_minor"])


def _paid_back(payment: Payment) -> int:
    done = payment.refunds.filter(state=Refund.State.DONE).aggregate(total=Sum("amount_minor"))["total"]
    return int(done or 0)
