"""How many there are, and who holds some of them while paying."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from shop.models.catalogue import Variant
from shop.models.stones import Stone


class StockLevel(models.Model):
    """How many of one variant lie in the safe, and how many of those are promised."""

    variant = models.OneToOneField(Variant, primary_key=True, on_delete=models.CASCADE, related_name="stock")
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="stock_never_promised_twice",
                violation_error_message="More are promised to orders than there would be.",
            ),
        ]

    def __str__(self) -> str:
        return f"stock of variant {self.pk}"

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class ReservationQuerySet(models.QuerySet["Reservation"]):
    """Holds by their state."""

    def held(self) -> ReservationQuerySet:
        return self.filter(state=Reservation.State.HELD)


class Reservation(models.Model):
    """A promise to one owner (an order) of some of a variant, or of one stone."""

    class State(models.TextChoices):
        """Held while paying; committed once sold; released when it came to nothing, or came back."""

        HELD = "held", "Held"
        COMMITTED = "committed", "Sold"
        RELEASED = "released", "Released"

    #: The order's id, as a value: the shop window knows no orders.
    owner = models.UUIDField()
    #: Null when a stone is held. What is promised cannot be deleted.
    variant = models.ForeignKey(Variant, null=True, blank=True, on_delete=models.PROTECT, related_name="reservations")
    #: Null when a variant is held. What is promised cannot be deleted.
    stone = models.ForeignKey(Stone, null=True, blank=True, on_delete=models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.HELD)
    #: Null when the hold has no end of its own. Nothing is released by the clock alone: the owner
    #: asks the payment provider first.
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = ReservationQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(variant__isnull=False, stone__isnull=True)
                | Q(variant__isnull=True, stone__isnull=False, quantity=1),
                name="reservation_of_one_thing",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_of_something"),
            models.UniqueConstraint(
                fields=["owner", "variant"],
                condition=Q(variant__isnull=False),
                name="reservation_variant_once",
            ),
            models.UniqueConstraint(
                fields=["owner", "stone"],
                condition=Q(stone__isnull=False),
                name="reservation_stone_once",
            ),
            models.UniqueConstraint(
                fields=["stone"],
                condition=Q(stone__isnull=False, state__in=["held", "committed"]),
                name="reservation_of_a_stone_live_once",
            ),
        ]

    def __str__(self) -> str:
        return f"reservation {self.pk}"
