"""What Stripe tells us: the door that takes a webhook, and the room where it is acted upon.

A webhook is a hint. It is kept as *this event came, about this order*, its content is dropped, and whatever it says is
asked of Stripe again; so events may come twice, late, in any order, or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from orders import disputes, gateway, payments, refunds, tasks
from orders.models import Payment, PaymentEvent, WebhookEvent
from privacy.ground import doorbell, references
from privacy.register import tombstones

log = logging.getLogger(__name__)

#: Time for the bell to be heard before the sweep looks.
HEARD_WITHIN: Final = timedelta(seconds=15)
BATCH: Final = 200
STRIPE: Final = "stripe"


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Accept a webhook: check its signature on the raw body, keep its id once, ring the worker, answer."""
    try:
        event = gateway.verify_webhook(request.body, request.headers.get("Stripe-Signature", ""))
    except gateway.BadSignature:
        log.warning("webhook.refused")
        return HttpResponse("The signature does not match.", status=400, content_type="text/plain")
    keep(event, at=timezone.now())
    return HttpResponse(status=200)


def keep(event: gateway.Event, *, at: datetime) -> WebhookEvent:
    """Write down that an event came, once however often it comes, and ring for whoever acts on it."""
    row = WebhookEvent(event_id=event.id, kind=event.kind, received_at=at, order_reference=_about(event))
    WebhookEvent.objects.bulk_create([row], ignore_conflicts=True)
    kept = WebhookEvent.objects.get(event_id=event.id)
    if kept.handled_at is None:
        doorbell.ring(tasks.handle_webhook, event_id=kept.pk)
    return kept


def handle(event_id: int, *, at: datetime) -> WebhookEvent:
    """Act on one event, by its row's id. What Stripe could not answer is noted and tried again by the sweep."""
    event = WebhookEvent.objects.get(pk=event_id)
    if event.handled_at is not None:
        return event
    act = ACTS.get(event.kind)
    try:
        if act is not None:
            act(event, at)
    except gateway.Unavailable as error:
        log.warning("webhook.postponed", extra={"event": event.event_id, "error": str(error)})
        return _note(event, last_error=type(error).__name__)
    except gateway.Refused as error:  # asking again would not help; the sweep of payments still looks after the order
        log.error("webhook.refused_by_stripe", extra={"event": event.event_id, "error": str(error)})
        return _note(event, last_error=type(error).__name__, handled_at=at)
    except Exception as error:  # noqa: BLE001 - one event that we stumble over must not stand in the way of the others
        log.error("webhook.stumbled", extra={"event": event.event_id, "error": type(error).__name__})
        return _note(event, last_error=type(error).__name__)
    unnamed = {"order_reference": ""} if _names_somebody_erased(event) else {}
    return _note(event, last_error="", handled_at=at, **unnamed)


def sweep(*, at: datetime) -> int:
    """Act on events whose bell was not heard, those that failed least first. Returns how many were tried."""
    waiting = WebhookEvent.objects.filter(handled_at__isnull=True, received_at__lte=at - HEARD_WITHIN)
    ids = list(waiting.order_by("attempts", "received_at").values_list("pk", flat=True)[:BATCH])
    for event_id in ids:
        handle(event_id, at=at)
    return len(ids)


def _note(event: WebhookEvent, **facts: Any) -> WebhookEvent:
    """Count the try on the row, once it is handled no more."""
    waiting = WebhookEvent.objects.filter(pk=event.pk, handled_at__isnull=True)
    waiting.update(attempts=F("attempts") + 1, **facts)
    event.refresh_from_db()
    return event


# What each kind of event means


def _settle(event: WebhookEvent, at: datetime) -> None:
    """Something happened to a payment page: ask what."""
    try:
        payments.settle(event.order_reference, by=STRIPE, at=at)
    except payments.UnknownPayment:
        log.warning("webhook.unknown_order", extra={"event": event.event_id})


def _note_failure(event: WebhookEvent, at: datetime) -> None:
    """A card was declined. The page stays open for another."""
    payment = _payment_of(event)
    if payment is not None:
        PaymentEvent.objects.get_or_create(
            payment=payment,
            kind=PaymentEvent.Kind.FAILED,
            gateway_id=event.event_id,
            defaults={"amount_minor": payment.amount_minor, "at": at},
        )


def _reconcile(event: WebhookEvent, at: datetime) -> None:
    """Money went back, perhaps by Stripe's dashboard and before we heard that it had come: ask for both."""
    _settle(event, at)
    payment = _payment_of(event)
    if payment is not None:
        refunds.reconcile(payment, at=at)


def _ask_about_dispute(event: WebhookEvent, at: datetime) -> None:
    """A claim was made or decided: ask which."""
    payment = _payment_of(event)
    if payment is not None:
        disputes.reconcile(payment, at=at)


ACTS: Final[Mapping[str, Callable[[WebhookEvent, datetime], None]]] = {
    "checkout.session.completed": _settle,
    "checkout.session.async_payment_succeeded": _settle,
    "checkout.session.expired": _settle,
    "payment_intent.payment_failed": _note_failure,
    "charge.refunded": _reconcile,
    "refund.created": _reconcile,
    "refund.updated": _reconcile,
    "refund.failed": _reconcile,
    "charge.dispute.created": _ask_about_dispute,
    "charge.dispute.closed": _ask_about_dispute,
}


def _about(event: gateway.Event) -> str:
    """The order an event is about, by the reference it carries or the payment it names; blank for none of ours."""
    if references.is_reference(event.order_reference):
        return event.order_reference
    if not event.payment_id:
        return ""
    paid = Payment.objects.filter(gateway_payment_id=event.payment_id)
    return paid.values_list("order__reference", flat=True).first() or ""


def _names_somebody_erased(event: WebhookEvent) -> bool:
    """Whether it leads to a person who was erased: it is acted upon like any other, and then names no order.

    One that waited here when the erasure began is counted in its plan, and goes with it.
    """
    known = Payment.objects.filter(order__reference=event.order_reference).select_related("order__subject").first()
    if known is None:
        return False
    since = None if known.order.subject.is_erased else event.received_at
    return tombstones.stops("gateway", known.gateway_session_id or "", since=since)


def _payment_of(event: WebhookEvent) -> Payment | None:
    payment = Payment.objects.filter(order__reference=event.order_reference).first()
    if payment is None:
        log.warning("webhook.unknown_order", extra={"event": event.event_id})
    return payment
