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

    order = models.OneToOneField("orders.Order", on_delete=models.CASCADE, related_name="shipment")
    carrier = models.CharField(max_length=12, choices=Carrier.choices)
    tracking_number = models.CharField(max_length=40)
    shipped_at = models.DateTimeField()
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
