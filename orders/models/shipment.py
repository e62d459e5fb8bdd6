"""The parcel an order went out in."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Shipment(models.Model):
    """One insured parcel with one carrier."""

    class Carrier(models.TextChoices):
        UPS = "ups", "UPS"
        FEDEX = "fedex", "FedEx"
        DHL = "dhl", "DHL Express"
        USPS = "usps", "USPS Registered"

    class Status(models.TextChoices):
        """What its carrier said last."""

        HANDED_OVER = "handed_over", "Handed to the carrier"
        MOVING = "moving", "On the road"
        NEAR = "near", "Out for delivery"
        HELD_UP = "held_up", "Held up"
        DELIVERED = "delivered", "Delivered"

    order = models.OneToOneField("orders.Order", on_delete=models.CASCADE, related_name="shipment")
    carrier = models.CharField(max_length=12, choices=Carrier.choices)
    tracking_number = models.CharField(max_length=40)
    shipped_at = models.DateTimeField()
    status = models.CharField("how it is getting on", max_length=12, choices=Status.choices, default=Status.HANDED_OVER)
    told_at = models.DateTimeField("as of", null=True, blank=True)  # null: its carrier has said nothing yet
    delivered_at = models.DateTimeField(null=True, blank=True)  # null: still on its way

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(delivered_at__gte=F("shipped_at")),
                name="shipment_delivered_after_shipped",
            ),
            models.CheckConstraint(condition=~Q(tracking_number=""), name="shipment_has_tracking"),
        )

    def __str__(self) -> str:
        return f"parcel {self.pk}"
