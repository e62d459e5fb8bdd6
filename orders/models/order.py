"""An order and its lines: a snapshot of what was agreed, so that no later edit of a piece or an address changes it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar, Final, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from privacy.ground.sealed import SealedJSONField
from privacy.register.usable import Usable

MOST_OF_ONE: Final = 20
UNPAID_KEPT_FOR: Final = timedelta(days=30)
UNOPENED_FOR: Final = timedelta(minutes=5)


class State(models.TextChoices):
    """Where an order stands; `orders.states` holds what may follow what."""

    PENDING_PAYMENT = "pending_payment", "Waiting for payment"
    PAID = "paid", "Paid"
    PACKED = "packed", "Packed"
    SHIPPED = "shipped", "On its way"
    DELIVERED = "delivered", "Delivered"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Not paid in time"
    REFUNDED = "refunded", "Refunded"


class OrderQuerySet(Usable["Order"]):
    """Filters over orders."""

    def of(self, family: Iterable[UUID]) -> Self:
        """Orders of one person: the ids come from `subjects.family`."""
        return self.filter(subject_id__in=list(family))

    def placed(self) -> Self:
        """Orders that were paid at some time; an unpaid attempt is not an order yet in anybody's list."""
        return self.filter(paid_at__isnull=False)

    def in_hand(self) -> Self:
        """Paid, and not yet with the customer."""
        return self.filter(state__in=[State.PAID, State.PACKED, State.SHIPPED])

    def unconfirmed(self) -> Self:
        """Paid, but the confirmation was never handed to the outbox."""
        return self.placed().filter(confirmed_at__isnull=True).exclude(email="")

    def unopened(self, at: datetime) -> Self:
        """Waiting for a payment that nobody opened: the process died between the order and the gateway."""
        waiting = self.filter(state=State.PENDING_PAYMENT, payment__isnull=True)
        return waiting.filter(placed_at__lt=at - UNOPENED_FOR)

    def never_paid(self, at: datetime) -> Self:
        """Attempts that came to nothing thirty days ago; no law asks to keep them."""
        ended = self.filter(state__in=[State.EXPIRED, State.CANCELLED], paid_at__isnull=True)
        return ended.filter(placed_at__lt=at - UNPAID_KEPT_FOR)


class Order(models.Model):
    """One purchase of one person, from the moment they press *Pay*."""

    State = State

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    bag_id = models.UUIDField()
    # The subject outlives an erasure as a bare UUID; the order stays for the tax years without the person.
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="orders")
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING_PAYMENT)

    # The person. Blank after an erasure.
    email = models.EmailField("e-mail", blank=True)
    full_name = models.CharField(max_length=150, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    # When they asked for texts about this parcel. Null: they did not, or it is long delivered.
    texts_asked_at = models.DateTimeField("texts asked for", null=True, blank=True)
    ship_name = models.CharField("recipient", max_length=150, blank=True)
    ship_line1 = models.CharField("address", max_length=150, blank=True)
    ship_line2 = models.CharField("apartment, floor", max_length=150, blank=True)
    ship_city = models.CharField("town or city", max_length=100, blank=True)
    ship_postal_code = models.CharField("postal code", max_length=20, blank=True)
    # Null: the parcel goes where the invoice says; else the lines of the address it was issued with.
    invoiced_to = SealedJSONField("address on the invoice", null=True, blank=True)
    # Null: bought by a person, not by a company. Tax law asks for it on the invoice.
    vat_number = SealedJSONField("VAT number", null=True, blank=True)
    # Null: no gift message, or erased.
    gift_message = SealedJSONField(null=True, blank=True)

    # Tax facts: where, what, how much. They stay for the tax years.
    country = models.CharField(max_length=2)
    region = models.CharField("state or region", max_length=100, blank=True)
    currency = models.CharField(max_length=3)
    subtotal_minor = models.PositiveBigIntegerField("subtotal")
    shipping_minor = models.PositiveBigIntegerField("shipping")
    shipping_method = models.CharField(max_length=20)
    tax_minor = models.PositiveBigIntegerField("tax")
    tax_name = models.CharField(max_length=40, blank=True)
    tax_rate = models.DecimalField("tax rate in percent", max_digits=6, decimal_places=3)
    is_tax_included = models.BooleanField("tax included in prices")
    total_minor = models.PositiveBigIntegerField("total")
    # Null until paid: the number is taken from the gapless counter in the same transaction.
    invoice_number = models.CharField(max_length=20, null=True, blank=True, unique=True)

    # Null where no version was published yet. A contract's text, no consent: those have a ledger of their own.
    terms_version = models.PositiveIntegerField("version of the terms", null=True, blank=True, editable=False)
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)  # null: not paid
    confirmed_at = models.DateTimeField(null=True, blank=True)  # null: no confirmation in the outbox yet
    packed_at = models.DateTimeField(null=True, blank=True)  # null: not packed
    cancelled_at = models.DateTimeField(null=True, blank=True)  # null: not cancelled
    cancel_reason = models.CharField(max_length=200, blank=True)
    # Null until nothing more is to be done; the retention years count from here.
    completed_at = models.DateTimeField(null=True, blank=True)
    # Null: nobody asked for a fresh link; else when the last was sent, so that nobody's mailbox is flooded.
    link_sent_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Order]] = OrderQuerySet.as_manager()

    class Meta:
        ordering = ("-placed_at", "reference")
        constraints = (
            models.UniqueConstraint(
                fields=["bag_id"],
                condition=~Q(state__in=["expired", "cancelled"]),
                name="order_one_live_per_bag",
            ),
            models.CheckConstraint(
                condition=Q(is_tax_included=True, total_minor=F("subtotal_minor") + F("shipping_minor"))
                | Q(is_tax_included=False, total_minor=F("subtotal_minor") + F("shipping_minor") + F("tax_minor")),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(condition=Q(tax_minor__lte=F("total_minor")), name="order_tax_within_total"),
            models.CheckConstraint(
                condition=Q(paid_at__isnull=True, invoice_number__isnull=True)
                | Q(paid_at__isnull=False, invoice_number__isnull=False),
                name="order_paid_with_invoice",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending_payment", "expired", "cancelled"]) | Q(paid_at__isnull=False),
                name="order_state_says_paid",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | Q(state="cancelled"), name="order_cancelled_at_with_state"
            ),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="order_country_iso2"),
        )
        indexes = (
            models.Index(fields=["subject", "-placed_at"], name="order_by_subject"),
            models.Index(fields=["state", "-placed_at"], name="order_by_state"),
        )
        permissions = (
            ("fulfil_order", "Can pack, ship and deliver orders"),
            ("refund_order", "Can cancel and refund orders"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def wants_texts(self) -> bool:
        """Whether its customer asked for texts about the parcel."""
        return self.texts_asked_at is not None

    @property
    def is_paid(self) -> bool:
        """Whether money was ever taken for it."""
        return self.paid_at is not None

    @property
    def is_erased(self) -> bool:
        """Whether its person is gone and only the tax facts are left."""
        return not self.email

    @property
    def tax_percent(self) -> str:
        """The tax rate as it is written: *7.25*, *20*."""
        return f"{self.tax_rate.normalize():f}"

    @property
    def invoice_lines(self) -> list[str]:
        """Street and town on its invoice, which stays as it was issued wherever the parcel goes."""
        return list(self.invoiced_to) if self.invoiced_to else self.delivery_lines

    @property
    def delivery_lines(self) -> list[str]:
        """Street and town where the parcel goes."""
        town = " ".join(filter(None, (self.ship_city, self.region, self.ship_postal_code)))
        return [line for line in (self.ship_line1, self.ship_line2, town) if line]


class OrderLine(models.Model):
    """One piece of an order as it was sold: name, price and tax are copies."""

    class Kind(models.TextChoices):
        VARIANT = "v", "Piece"
        STONE = "s", "Stone"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=1, choices=Kind.choices)
    # The key as a value: it still tells what was sold when the catalogue row is gone.
    item_id = models.PositiveBigIntegerField()
    # Null: the catalogue row was deleted since, or the line is of the other kind.
    variant = models.ForeignKey("shop.Variant", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    stone = models.ForeignKey("shop.Stone", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=200, blank=True)
    sku = models.CharField(max_length=64)
    quantity = models.PositiveSmallIntegerField()
    unit_minor = models.PositiveBigIntegerField("unit price")
    tax_minor = models.PositiveBigIntegerField("tax")
    total_minor = models.PositiveBigIntegerField("total with tax")
    lead_days = models.PositiveSmallIntegerField(default=0)
    # Null: nothing is engraved, or erased.
    engraving = SealedJSONField(null=True, blank=True)

    objects = Usable["OrderLine"].as_manager()

    class Meta:
        ordering = ("order", "position")
        constraints = (
            models.UniqueConstraint(fields=["order", "kind", "item_id"], name="orderline_once_per_order"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MOST_OF_ONE), name="orderline_quantity_in_bounds"
            ),
            models.CheckConstraint(condition=~Q(kind="s") | Q(quantity=1), name="orderline_stone_is_one_off"),
            models.CheckConstraint(
                condition=Q(total_minor=F("unit_minor") * F("quantity"))
                | Q(total_minor=F("unit_minor") * F("quantity") + F("tax_minor")),
                name="orderline_total_adds_up",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sku} x {self.quantity}"

    @property
    def net_minor(self) -> int:
        """The price of all its pieces, before any tax that is added on top."""
        return self.unit_minor * self.quantity


class InvoiceCounter(models.Model):
    """The last invoice number given in a series. Its locked row is what makes numbers gapless."""

    series = models.CharField(max_length=12, primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}-{self.last:06d}"
