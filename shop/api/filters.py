"""What the lists of the API can be narrowed by; the same words as the pages' addresses. A wrong value is a 400 that names it."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from shop import finder
from shop.models import Metal, Product, Stone


class Graded(django_filters.MultipleChoiceFilter):
    """A graded column, by the grades as people write them: `colour=D&colour=E`."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        self.stored = finder.STORED[name]
        super().__init__(field_name=name, choices=[(spelt, spelt) for spelt in self.stored], **kwargs)

    def filter(self, qs: QuerySet[Stone], value: list[str]) -> QuerySet[Stone]:
        """Any of the grades named; all of them when none is."""
        return qs.filter(**{f"{self.field_name}__in": [self.stored[spelt] for spelt in value]}) if value else qs


class ProductFilter(django_filters.FilterSet):
    """Products by category (a shelf holds its styles), metal and price in minor units."""

    category = django_filters.CharFilter(method="in_category", max_length=60)
    metal = django_filters.MultipleChoiceFilter(choices=Metal.choices, method="in_metal")
    price_min = django_filters.NumberFilter(
        field_name="max_price_minor", lookup_expr="gte", min_value=0, max_value=2**31 - 1
    )
    price_max = django_filters.NumberFilter(
        field_name="min_price_minor", lookup_expr="lte", min_value=0, max_value=2**31 - 1
    )

    class Meta:
        model = Product
        fields: list[str] = []

    def in_category(self, products: QuerySet[Product], name: str, value: str) -> QuerySet[Product]:
        """Products of a style, or of any style of a shelf."""
        return products.filter(category__slug=value) | products.filter(category__parent__slug=value)

    def in_metal(self, products: QuerySet[Product], name: str, value: list[str]) -> QuerySet[Product]:
        """Products made in any of these metals."""
        return products.filter(variants__metal__in=value, variants__is_live=True).distinct() if value else products


class StoneFilter(django_filters.FilterSet):
    """Stones by grade, and by weight, price (minor units) and proportions from and to."""

    shape = Graded("shape")
    origin = Graded("origin")
    cut = Graded("cut")
    colour = Graded("colour")
    clarity = Graded("clarity")
    carat_min = django_filters.NumberFilter(field_name="carat", lookup_expr="gte", min_value=0, max_value=100)
    carat_max = django_filters.NumberFilter(field_name="carat", lookup_expr="lte", min_value=0, max_value=100)
    price_min = django_filters.NumberFilter(
        field_name="price_minor", lookup_expr="gte", min_value=0, max_value=2**31 - 1
    )
    price_max = django_filters.NumberFilter(
        field_name="price_minor", lookup_expr="lte", min_value=0, max_value=2**31 - 1
    )
    depth_min = django_filters.NumberFilter(field_name="depth_pct", lookup_expr="gte", min_value=0, max_value=100)
    depth_max = django_filters.NumberFilter(field_name="depth_pct", lookup_expr="lte", min_value=0, max_value=100)
    table_min = django_filters.NumberFilter(field_name="table_pct", lookup_expr="gte", min_value=0, max_value=100)
    table_max = django_filters.NumberFilter(field_name="table_pct", lookup_expr="lte", min_value=0, max_value=100)

    class Meta:
        model = Stone
        fields: list[str] = []
