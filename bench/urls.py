"""The shop's addresses and, under `/floor/`, the floors. `/floor/empty` runs through all of the shop's middleware."""

from django.urls import path

from bench import floors
from shop.site_urls import handler500
from shop.site_urls import urlpatterns as shop_urls

urlpatterns = [
    path("floor/bare", floors.bare),
    path("floor/constant", floors.constant),
    path("floor/rows", floors.rows),
    path("floor/empty", floors.empty),
    *shop_urls,
]
__all__ = ["handler500", "urlpatterns"]
