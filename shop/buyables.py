"""What can be put in a bag, piece or stone: all that bag and checkout need to know of the catalogue. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

from shop.models import Product, Stone, Variant
from shop.stock import Key
from shop.wording import stone_detail, stone_title, variant_detail


class Picture(NamedTuple):
    """What the `picture` tag is given; a loose stone has a drawing of its shape instead of a metal."""

    archetype: str
    metal: str


@dataclass(frozen=True, slots=True)
class Buyable:
    """One thing that can be put in a bag: all that bag and checkout need to know of the catalogue."""

    key: Key
    title: str
    detail: str
    sku: str
    reference: str  # what reports call it: `product/solitaire-ring`, `stone/ST-7F3K`
    unit_minor: int
    currency: str
    picture: Picture
    url: str
    available: int
    lead_days: int
    returnable_hint: str
    is_one_off: bool
    engravable: bool


#: A loose stone lies in the safe: a day to look at it once more and to pack it.
STONE_LEAD_DAYS: Final = 1
RETURNABLE: Final = "Can come back unworn, with its certificate where it has one."
RETURNABLE_UNLESS_ENGRAVED: Final = "Can come back unworn. Once engraved, only if it is faulty."


def returnable(product: Product) -> str:
    """Whether a piece can come back, in a sentence."""
    return RETURNABLE_UNLESS_ENGRAVED if product.engravable else RETURNABLE


def find(keys: Collection[Key]) -> dict[Key, Buyable]:
    """What these keys name, with price and availability now. Two statements at most.

    A key that names nothing, or nothing that is on sale any more, is absent; something that is sold
    out is present with `available` 0.
    """
    variant_ids = [pk for kind, pk in keys if kind == "v"]
    stone_ids = [pk for kind, pk in keys if kind == "s"]
    found: dict[Key, Buyable] = {}
    if variant_ids:
        variants = Variant.objects.on_sale().filter(pk__in=variant_ids).select_related("product", "stock")
        found |= {("v", variant.pk): _variant(variant) for variant in variants}
    if stone_ids:
        stones = Stone.objects.filter(pk__in=stone_ids).exclude(status=Stone.Status.WITHHELD)
        found |= {("s", stone.pk): _stone(stone) for stone in stones}
    return found


def _variant(variant: Variant) -> Buyable:
    product = variant.product
    return Buyable(
        key=("v", variant.pk),
        title=product.name,
        detail=variant_detail(variant, product),
        sku=variant.sku,
        reference=f"product/{product.slug}",
        unit_minor=variant.price_minor,
        currency=variant.currency,
        picture=Picture(product.archetype, variant.metal),
        url=f"{product.get_absolute_url()}?variant={variant.pk}",
        available=variant.stock.available if hasattr(variant, "stock") else 0,
        lead_days=product.lead_days if variant.lead_days is None else variant.lead_days,
        returnable_hint=returnable(product),
        is_one_off=False,
        engravable=product.engravable,
    )


def _stone(stone: Stone) -> Buyable:
    return Buyable(
        key=("s", stone.pk),
        title=stone_title(stone),
        detail=stone_detail(stone),
        sku=stone.ref,
        reference=f"stone/{stone.ref}",
        unit_minor=stone.price_minor,
        currency=stone.currency,
        picture=Picture(f"stone-{stone.shape}", ""),
        url=stone.get_absolute_url(),
        available=int(stone.status == Stone.Status.AVAILABLE),
        lead_days=STONE_LEAD_DAYS,
        returnable_hint=RETURNABLE,
        is_one_off=True,
        engravable=False,
    )
