"""The catalogue over the API: categories, products and loose stones, to read by anybody."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet
from rest_framework.pagination import CursorPagination, LimitOffsetPagination
from rest_framework.permissions import AllowAny
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from shop.api.filters import ProductFilter, StoneFilter
from shop.api.serializers import (
    CategorySerializer,
    ProductListSerializer,
    ProductSerializer,
    StoneListSerializer,
    StoneSerializer,
)
from shop.models import Category, Product, Stone, Variant

MOST: int = 100


class Pages(LimitOffsetPagination):
    """A short list by limit and offset."""

    max_limit = MOST


class Stream(CursorPagination):
    """A long list by where one is in it, so that the last page costs what the first does."""

    page_size = 24
    page_size_query_param = "limit"
    max_page_size = MOST
    ordering = ("price_minor", "id")


class CategoryViewSet(ReadOnlyModelViewSet[Category]):
    """Shelves and their styles."""

    permission_classes = (AllowAny,)
    queryset = Category.objects.select_related("parent").order_by("id")
    serializer_class = CategorySerializer
    pagination_class = Pages
    lookup_field = "slug"


class ProductViewSet(ReadOnlyModelViewSet[Product]):
    """Products on sale; one of them with its variants."""

    permission_classes = (AllowAny,)
    serializer_class = ProductSerializer
    filterset_class = ProductFilter
    pagination_class = Pages
    lookup_field = "slug"

    def get_queryset(self) -> QuerySet[Product]:
        """A fixed number of statements: one for a list (and its count), three for one product."""
        products = Product.objects.on_sale().select_related("category").defer("search", "keywords").order_by("id")
        if self.action != "retrieve":
            return products
        live = Variant.objects.filter(is_live=True).select_related("stock").order_by("position", "id")
        return products.prefetch_related(Prefetch("variants", live))

    def get_serializer_class(self) -> type[BaseSerializer[Product]]:
        return ProductSerializer if self.action == "retrieve" else ProductListSerializer


class StoneViewSet(ReadOnlyModelViewSet[Stone]):
    """Loose stones: those on sale in the list, cheapest first; any that was offered by its reference."""

    permission_classes = (AllowAny,)
    serializer_class = StoneSerializer
    filterset_class = StoneFilter
    pagination_class = Stream
    lookup_field = "ref"

    def get_queryset(self) -> QuerySet[Stone]:
        if self.action == "retrieve":
            return Stone.objects.exclude(status=Stone.Status.WITHHELD).select_related("certificate")
        return Stone.objects.on_sale()

    def get_serializer_class(self) -> type[BaseSerializer[Stone]]:
        return StoneSerializer if self.action == "retrieve" else StoneListSerializer
