"""Goods for tests, with everything said that a test does not care about."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

from shop import shelves
from shop.models import Category, Certificate, Product, StockLevel, Stone, Variant

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
_numbers = count(1)


def make_category(slug="necklaces", *, parent=None, **extra):
    extra.setdefault("name", slug.replace("-", " ").capitalize())
    return Category.objects.create(slug=slug, parent=parent, **extra)


def make_piece(category, *, name="Alba", variants=({},), **extra):
    """A product with its variants; each variant is a dict of what matters about it, with `on_hand` for the safe."""
    number = next(_numbers)
    facts = {
        "slug": f"{name.lower()}-{number}",
        "sku": f"SKU-{number}",
        "archetype": "solitaire-necklace",
        "blurb": "A piece.",
        "description": "A piece for a test.",
        "stones": "single",
        "stone_origin": "natural",
        "stone_words": "One round natural diamond",
        "created_at": NOON,
    } | extra
    product = Product.objects.create(name=name, category=category, **facts)
    for place, variant in enumerate(variants):
        make_variant(product, position=place, **variant)
    shelves.refresh([product.pk])
    product.refresh_from_db()
    return product


def make_variant(product, *, on_hand=3, **extra):
    number = next(_numbers)
    facts = {
        "sku": f"VAR-{number}",
        "metal": "yellow-gold",
        "carat": Decimal("0.50"),
        "length_cm": Decimal(40 + number % 50),
        "price_minor": 100_000,
        "weight_grams": Decimal("2.40"),
    } | extra
    variant = Variant.objects.create(product=product, **facts)
    StockLevel.objects.create(variant=variant, on_hand=on_hand)
    return variant


def make_stone(**extra):
    number = next(_numbers)
    facts = {
        "ref": f"ST-TEST-{number:04d}",
        "source": "demo",
        "shape": "round",
        "origin": "natural",
        "carat": Decimal("1.00"),
        "colour": 1,
        "clarity": 1,
        "depth_pct": Decimal("61.5"),
        "table_pct": Decimal("57.0"),
        "x_mm": Decimal("6.40"),
        "y_mm": Decimal("6.42"),
        "z_mm": Decimal("3.95"),
        "price_minor": 500_000,
    } | extra
    facts.setdefault("cut", 1 if facts["shape"] == "round" else None)
    stone = Stone.objects.create(**facts)
    Certificate.objects.create(stone=stone, lab="Demonstration", number=f"DEMO-{number:010d}", is_demo=True)
    return stone
