"""The ledger of payments, and what Stripe told us: evidence, only read here."""

from __future__ import annotations

from uuid import UUID

from django.contrib import admin
from unfold.admin import TabularInline
from unfold.decorators import display

from orders.models import Order, Payment, PaymentEvent, Refund, WebhookEvent
from privacy.admin.masks import Evidence, ShownInline
from shop import money


class EventInline(ShownInline, TabularInline):
    model = PaymentEvent
    fields = readonly_fields = ("kind", "amount_minor", "gateway_id", "at")
    verbose_name_plural = "what happened"


class RefundInline(ShownInline, TabularInline):
    model = Refund
    fields = readonly_fields = ("reference", "amount_minor", "reason", "state", "requested_at", "done_at")


@admin.register(Payment)
class PaymentAdmin(Evidence):
    """The ledger."""

    list_display = ("reference", "order", "state", "amount", "created_at")
    list_filter = ("state",)
    list_select_related = ("order",)
    search_fields = ("=reference", "=order__reference", "=gateway_payment_id")
    ordering = ("-created_at",)
    fields = ("reference", "order", "state", "amount", "gateway_payment_id", "card_brand", "card_last4", "created_at")
    inlines = (EventInline, RefundInline)

    @display(description="amount", ordering="amount_minor")
    def amount(self, payment: Payment) -> str:
        return money.format(payment.amount_minor, payment.currency)


@admin.register(WebhookEvent)
class WebhookEventAdmin(Evidence):
    """What Stripe told us, and whether the worker acted on it."""

    list_display = ("event_id", "kind", "order_reference", "received_at", "handled_at", "last_error")
    list_filter = (("handled_at", admin.EmptyFieldListFilter), "kind")
    search_fields = ("=event_id", "=order_reference")
    ordering = ("-received_at",)

    def person_of(self, row: WebhookEvent) -> UUID | None:
        """The person of the order it names."""
        return Order.objects.filter(reference=row.order_reference).values_list("subject_id", flat=True).first()
