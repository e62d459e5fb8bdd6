"""The orders' part of `/api/v1/`. `router_patterns` is gathered by the project's list of addresses."""

from django.urls import URLPattern, URLResolver, path

from orders.api import views

router_patterns: list[URLPattern | URLResolver] = [
    path("orders/", views.OrderList.as_view(), name="api_orders"),
    path("orders/<str:reference>/", views.OrderDetail.as_view(), name="api_order"),
]
