"""The read model of the list pages: what a product's card and the search need to know of its variants.

Kept in columns of the product, so that a page of 24 cards is one statement. Whoever changes a product, its variants
or the name of its category calls `refresh` afterwards; `stale` finds what was forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from shop.models import Metal, Product, StoneOrigin, Variant
from shop.models.catalogue import METAL_NAMES

METAL_ORDER = {metal: place for place, metal in enumerate(Metal.values)}
FIELDS = ("min_price_minor", "max_price_minor", "metals", "keywords")


class Summary(NamedTuple):
    """What the columns of the read model should say."""

    min_price_minor: int | None
    max_price_minor: int | None
    metals: str
    keywords: str


def refresh(product_ids: Iterable[int] | None = None) -> int:
    """Bring the columns up to date for these products (all by default); returns how many changed."""
    changed = []
    for product, summary in stale(product_ids):
        for field, value in summary._asdict().items():
            setattr(product, field, value)
        changed.append(product)
    Product.objects.bulk_update(changed, FIELDS, batch_size=500)
    return len(changed)


def stale(product_ids: Iterable[int] | None = None) -> list[tuple[Product, Summary]]:
    """The products whose columns differ from their variants, with what they should say."""
    products = Product.objects.select_related("category__parent")
    variants = Variant.objects.filter(is_live=True)
    if product_ids is not None:
        ids = list(product_ids)
        products, variants = products.filter(pk__in=ids), variants.filter(product_id__in=ids)
    offers: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for product_id, metal, price in variants.values_list("product_id", "metal", "price_minor"):
        offers[product_id].append((metal, price))
    pairs = [(product, _summary(product, offers[product.pk])) for product in products]
    return [(product, summary) for product, summary in pairs if summary != _as_it_is(product)]


def _as_it_is(product: Product) -> Summary:
    return Summary(product.min_price_minor, product.max_price_minor, product.metals, product.keywords)


def _summary(product: Product, offers: list[tuple[str, int]]) -> Summary:
    prices = [price for _, price in offers]
    metals = sorted({metal for metal, _ in offers}, key=METAL_ORDER.__getitem__)
    return Summary(min(prices, default=None), max(prices, default=None), " ".join(metals), _keywords(product, metals))


def _keywords(product: Product, metals: list[str]) -> str:
    """Category, metals and stones in words, for the search."""
    category = product.category
    origin = StoneOrigin(product.stone_origin).label if product.stone_origin else ""
    words = [category.name, category.parent.name if category.parent else "", product.stone_words, str(origin)]
    words += [METAL_NAMES[metal] for metal in metals]
    return " ".join(word for word in words if word)
