"""The payment ledger: one payment per order, what happened to it at Stripe, refunds, and the webhooks that told us."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Filters over payments."""

    def to_check(self, at: datetime) -> Self:
        """Still open, and due to be asked about at Stripe."""
        return self.filter(state=Payment.State.OPEN, next_check_at__lte=at)


class Payment(models.Model):
    """The one payment of an order. Card facts are kept as the shop's policy says, and no others."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for the customer"
        CAPTURED = "captured", "Paid"
        EXPIRED = "expired", "Expired"
        REFUNDED = "refunded", "Refunded"

    order = models.OneToOneField("orders.Order", on_delete=models.CASCADE, related_name="payment")
    reference = models.CharField(max_length=20, unique=True)
    # Sent when the session is made. A call that may have been lost is repeated under the same key, and Stripe answers
    # with the first one's session; a key that made none is replaced.
    idempotency_key = models.CharField(max_length=80, unique=True)
    # Null until Stripe has answered; unique as soon as it is known.
    gateway_session_id = models.CharField(max_length=120, null=True, blank=True, unique=True)
    gateway_payment_id = models.CharField(max_length=120, null=True, blank=True, unique=True)
    amount_minor = models.PositiveBigIntegerField("amount")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    # The page at Stripe. Blank before the session is open and after it has ended.
    session_url = models.URLField(max_length=1000, blank=True)
    # Fixed before Stripe is called, so that a repeated call says the same.
    session_expires_at = models.DateTimeField()
    next_check_at = models.DateTimeField()
    # What was promised back, whether Stripe has carried it out yet or not: no two refunds can promise the same money.
    refunded_minor = models.PositiveBigIntegerField("refunded", default=0)
    # Which of these are kept at all is the shop's policy (`card_facts` of the profile).
    card_brand = models.CharField(max_length=20, blank=True)
    card_last4 = models.CharField("last four digits", max_length=4, blank=True)
    card_expiry = models.CharField("expiry month", max_length=7, blank=True, help_text="2029-04")
    created_at = models.DateTimeField()
    # Null: no dispute about it is open. The order then keeps what answers the bank, through an erasure too.
    disputed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Payment]] = PaymentQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(
                condition=Q(refunded_minor__lte=F("amount_minor")), name="payment_refunds_within_amount"
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor=0) | Q(state__in=["captured", "refunded"]), name="payment_refunds_when_paid"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "expired"]) | Q(gateway_payment_id__isnull=False),
                name="payment_paid_has_gateway_id",
            ),
            models.CheckConstraint(
                condition=Q(card_last4="") | Q(card_last4__regex=r"^[0-9]{4}$"), name="payment_last4_is_four_digits"
            ),
        )
        indexes = (models.Index(fields=["next_check_at"], condition=Q(state="open"), name="payment_to_check"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def is_captured(self) -> bool:
        """Whether the money came, refunded since or not."""
        return self.state in {self.State.CAPTURED, self.State.REFUNDED}

    @property
    def refundable_minor(self) -> int:
        """What was paid and not promised back."""
        return self.amount_minor - self.refunded_minor if self.is_captured else 0


class PaymentEvent(models.Model):
    """Something that happened to a payment. The same thing at Stripe is one row, however often we hear of it."""

    class Kind(models.TextChoices):
        AUTHORISED = "authorised", "Authorised"
        CAPTURED = "captured", "Captured"
        REFUNDED = "refunded", "Refunded"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Expired"

    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    gateway_id = models.CharField(max_length=120)
    amount_minor = models.PositiveBigIntegerField("amount", default=0)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[tuple[str, ...]] = ("at", "pk")
        constraints = (models.UniqueConstraint(fields=["payment", "kind", "gateway_id"], name="paymentevent_once"),)
        # Deleting stays possible: an attempt that was never paid goes after thirty days.
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Protect(name="paymentevent_no_update", operation=pgtrigger.Update)
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.gateway_id}"


class Refund(models.Model):
    """Money promised back. The row commits with what caused it; a worker carries it out at Stripe, once."""

    class State(models.TextChoices):
        REQUESTED = "requested", "Waiting for the worker"
        DONE = "done", "Paid back"
        REFUSED = "refused", "Refused by Stripe"

    # Refunds are accounts: they stay as long as their payment.
    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="refunds")
    # Also the idempotency key of the call, and what Stripe carries as metadata.
    reference = models.CharField(max_length=20, unique=True)
    amount_minor = models.PositiveBigIntegerField("amount")
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.REQUESTED)
    # Null until Stripe has answered.
    gateway_id = models.CharField(max_length=120, null=True, blank=True, unique=True)
    requested_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)  # null: not paid back

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False, gateway_id__isnull=False)
                | Q(~Q(state="done"), done_at__isnull=True, gateway_id__isnull=True),
                name="refund_done_with_proof",
            ),
        )
        indexes = (models.Index(fields=["next_try_at"], condition=Q(state="requested"), name="refund_to_carry_out"),)

    def __str__(self) -> str:
        return self.reference


class WebhookEvent(models.Model):
    """A webhook we accepted: that it came and what it is about, never what it said. A repeated delivery finds its row."""

    event_id = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=80)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)  # null: waiting for the worker
    order_reference = models.CharField(max_length=20, blank=True)  # blank: about nothing of ours
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=80, blank=True)  # the error's class, never its words

    class Meta:
        indexes = (
            models.Index(fields=["received_at"], condition=Q(handled_at__isnull=True), name="webhookevent_unhandled"),
        )

    def __str__(self) -> str:
        return self.event_id
