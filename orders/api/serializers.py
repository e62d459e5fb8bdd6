"""How an order reads in the API: what its page shows, in the same words. Amounts are minor units of `currency`."""

from __future__ import annotations

from rest_framework import serializers

from orders.models import Order, OrderLine, Shipment


class LineSerializer(serializers.ModelSerializer[OrderLine]):
    """One piece as it was sold."""

    engraving = serializers.CharField(allow_null=True, read_only=True)

    class Meta:
        model = OrderLine
        fields = ("title", "detail", "sku", "quantity", "unit_minor", "tax_minor", "total_minor", "engraving")
        read_only_fields = fields


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    """The parcel."""

    class Meta:
        model = Shipment
        fields = ("carrier", "tracking_number", "shipped_at", "delivered_at")
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order with its lines and its parcel, if it has left."""

    lines = LineSerializer(many=True, read_only=True)
    shipment = ShipmentSerializer(read_only=True, allow_null=True, default=None)
    gift_message = serializers.CharField(allow_null=True, read_only=True)

    class Meta:
        model = Order
        fields = (
            *("reference", "state", "placed_at", "paid_at", "completed_at", "invoice_number"),
            *(
                "currency",
                "subtotal_minor",
                "shipping_minor",
                "tax_minor",
                "tax_name",
                "is_tax_included",
                "total_minor",
            ),
            *("email", "full_name", "phone", "gift_message"),
            *("ship_name", "ship_line1", "ship_line2", "ship_city", "region", "ship_postal_code", "country"),
            *("lines", "shipment"),
        )
        read_only_fields = fields
