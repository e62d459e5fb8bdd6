"""The jewellery of the house, from `shop/data/jewellery/*.toml` to rows.

Only what is missing is added: prices, words and counts that staff changed since stay as they are.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product as combinations
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils.text import slugify

from shop import money, shelves
from shop.models import Category, Metal, Product, StockLevel, Variant

DATA: Final = Path(__file__).resolve().parent.parent / "data" / "jewellery"
SHELVES: Final = ("necklaces", "pendants", "rings", "earrings", "bracelets")
CURRENCY: Final = "USD"

#: What a piece costs and weighs in another metal, in hundredths of what it does in yellow gold.
PRICE_PERCENT: Final[Mapping[str, int]] = {
    Metal.YELLOW_GOLD: 100,
    Metal.ROSE_GOLD: 100,
    Metal.WHITE_GOLD: 104,
    Metal.PLATINUM: 118,
    Metal.SILVER: 62,
}
WEIGHT_PERCENT: Final[Mapping[str, int]] = {
    Metal.YELLOW_GOLD: 100,
    Metal.ROSE_GOLD: 98,
    Metal.WHITE_GOLD: 102,
    Metal.PLATINUM: 128,
    Metal.SILVER: 67,
}
METAL_CODES: Final[Mapping[str, str]] = {
    Metal.YELLOW_GOLD: "YG",
    Metal.ROSE_GOLD: "RG",
    Metal.WHITE_GOLD: "WG",
    Metal.PLATINUM: "PT",
    Metal.SILVER: "SI",
}
#: Each step of length costs and weighs so much more, in hundredths.
LENGTH_STEP_PERCENT: Final = 3
#: How many the safe holds of a variant: mostly a few, now and then none.
COUNTS: Final = (0, 1, 2, 2, 3, 3, 4, 5, 6, 8)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were added; nothing was changed."""

    products: int
    variants: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a data file, with what its style says about it."""

    style: str
    position: int
    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.facts['name']} {self.facts['noun']}"

    @property
    def slug(self) -> str:
        return slugify(self.name)

    @property
    def sku(self) -> str:
        initials = "".join(word[0] for word in self.style.split("-")).upper()
        return f"{initials}-{slugify(self.facts['name']).replace('-', '').upper()}"

    def product(self, category: Category, *, at: datetime) -> Product:
        """The product row, unsaved."""
        facts = self.facts
        return Product(
            slug=self.slug,
            sku=self.sku,
            name=self.name,
            category=category,
            archetype=facts["archetype"],
            blurb=facts["blurb"],
            description=facts["description"],
            care=facts["care"],
            stones=facts["stones"],
            stone_origin=facts.get("origin", ""),
            stone_words=facts.get("stone_words", ""),
            resizable=facts.get("resizable", False),
            engravable=facts.get("engravable", False),
            lead_days=facts["lead_days"],
            position=self.position,
            currency=CURRENCY,
            created_at=at,
        )

    def variants(self, product: Product) -> Iterator[Variant]:
        """The variant rows, unsaved: every metal with every weight and every length or size."""
        facts = self.facts
        lengths = list(enumerate(facts.get("lengths", [""])))
        sizes = facts.get("ring_sizes", [""])
        choices = combinations(facts["options"], facts["metals"], lengths, sizes)
        for position, ((carat, price, grams), metal, (step, length), size) in enumerate(choices):
            longer = Decimal(100 + step * LENGTH_STEP_PERCENT) / 100
            parts = [self.sku, carat.replace(".", ""), METAL_CODES[metal], length or size.replace(".", "H")]
            yield Variant(
                product=product,
                sku="-".join(part for part in parts if part),
                metal=metal,
                carat=Decimal(carat) if carat else None,
                length_cm=Decimal(length) if length else None,
                ring_size=size,
                price_minor=_price(price, PRICE_PERCENT[metal], longer),
                currency=CURRENCY,
                weight_grams=(Decimal(grams) * WEIGHT_PERCENT[metal] / 100 * longer).quantize(Decimal("0.01")),
                position=position,
            )


def _price(dollars: int, percent: int, longer: Decimal) -> int:
    """Minor units, in whole tens of dollars."""
    return money.rounded(dollars * Decimal(percent) / 100 * longer / 10) * 10 * 100


def read() -> list[dict[str, Any]]:
    """The data files, shelf by shelf."""
    return [tomllib.loads((DATA / f"{shelf}.toml").read_text("utf-8")) for shelf in SHELVES]


def pieces(shelf: Mapping[str, Any]) -> Iterator[Piece]:
    """The pieces of a shelf, each with the facts of its style filled in."""
    for style in shelf["style"]:
        common = {key: value for key, value in style.items() if key not in ("piece", "name", "slug", "blurb")}
        for position, piece in enumerate(style["piece"]):
            yield Piece(style["slug"], position, {**common, **piece})


@transaction.atomic
def load(*, at: datetime) -> Loaded:
    """Add the shelves, styles, products and variants that are missing, with stock for the new ones."""
    data = read()
    categories = _categories(data)
    wanted = [piece for shelf in data for piece in pieces(shelf)]
    known = set(Product.objects.values_list("slug", flat=True))
    fresh = {piece.slug: piece for piece in wanted if piece.slug not in known}
    products = Product.objects.bulk_create([piece.product(categories[piece.style], at=at) for piece in fresh.values()])
    variants = Variant.objects.bulk_create(
        [variant for product in products for variant in fresh[product.slug].variants(product)]
    )
    StockLevel.objects.bulk_create([StockLevel(variant=variant, on_hand=_on_hand(variant)) for variant in variants])
    shelves.refresh(product.pk for product in products)
    return Loaded(len(products), len(variants))


def _on_hand(variant: Variant) -> int:
    """How many lie in the safe at first: the same at every load."""
    return random.Random(variant.sku).choice(COUNTS)  # noqa: S311  a seed, not a secret


def _categories(data: list[dict[str, Any]]) -> dict[str, Category]:
    """Every shelf and style by slug, made where missing."""
    for position, file in enumerate(data):
        facts = file["shelf"]
        shelf, _ = Category.objects.get_or_create(
            slug=facts["slug"], defaults={"name": facts["name"], "blurb": facts["blurb"], "position": position}
        )
        for place, style in enumerate(file["style"]):
            Category.objects.get_or_create(
                slug=style["slug"],
                defaults={"name": style["name"], "blurb": style["blurb"], "position": place, "parent": shelf},
            )
    return {category.slug: category for category in Category.objects.all()}
