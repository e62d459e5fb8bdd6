"""`/api/v1/orders/`: the signed-in customer's own orders, read only; somebody else's is as unknown as none."""

from __future__ import annotations

from typing import cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView

from accounts.models import User
from orders import history
from orders.api.serializers import OrderSerializer
from orders.models import Order
from privacy.register import subjects


class Mine(GenericAPIView[Order]):
    """Orders of whoever asks, under any of their subjects."""

    serializer_class = OrderSerializer
    lookup_field = "reference"
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Order]:
        """None for the schema's own anonymous look."""
        if getattr(self, "swagger_fake_view", False):
            return Order.objects.none()
        user = cast(User, self.request.user)
        return history.of(subjects.family(user.subject))


@extend_schema_view(get=extend_schema(operation_id="orders", summary="Your orders, newest first"))
class OrderList(Mine, ListAPIView[Order]):
    """Your orders that were paid."""


@extend_schema_view(get=extend_schema(operation_id="order", summary="One of your orders"))
class OrderDetail(Mine, RetrieveAPIView[Order]):
    """One of your orders, by its reference."""
