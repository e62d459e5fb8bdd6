"""How the catalogue speaks of weights, metals and origins, in one place, so that no page says it loosely.

Source: the FTC's Jewelry Guides, 16 CFR 23: laboratory-grown is always said (23.12), a decimal weight is exact to its
last digit (23.17), several stones are sold by their total weight (23.17), and what nobody has stated is not implied.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from shop.models import Clarity, Colour, Cut, Product, Shape, Stone, StoneOrigin, StoneSetting, Variant
from shop.models.catalogue import METAL_NAMES

SHAPES: Final = {shape.value: str(shape.label) for shape in Shape}
COLOURS: Final = {int(colour): str(colour.label) for colour in Colour}
CLARITIES: Final = {int(clarity): str(clarity.label) for clarity in Clarity}
CUTS: Final = {int(cut): str(cut.label) for cut in Cut}
ORIGINS: Final = {origin.value: str(origin.label) for origin in StoneOrigin}

#: The noun that may stand alone in a title, by origin.
DIAMOND: Final = {
    StoneOrigin.NATURAL: "natural diamond",
    StoneOrigin.LAB: "laboratory-grown diamond",
    StoneOrigin.UNSTATED: "diamond, origin not stated",
}


def carat(weight: Decimal) -> str:
    """A weight to the hundredth: "0.30 ct"."""
    return f"{weight:.2f} ct"


def carat_of(weight: Decimal, stones: str) -> str:
    """A piece's weight, which is the total when it has several stones: "0.50 ct total weight"."""
    return f"{carat(weight)} total weight" if stones == StoneSetting.SEVERAL else carat(weight)


def length(centimetres: Decimal) -> str:
    """A length without a fraction that says nothing: "42 cm", "42.5 cm"."""
    return f"{centimetres.normalize():f} cm"


def variant_detail(variant: Variant, product: Product) -> str:
    """The choices made, in a line: "Platinum 950, 0.50 ct, 42 cm"."""
    parts = [METAL_NAMES[variant.metal]]
    if variant.carat is not None:
        parts.append(carat_of(variant.carat, product.stones))
    if variant.length_cm is not None:
        parts.append(length(variant.length_cm))
    if variant.ring_size:
        parts.append(f"size {variant.ring_size} (US)")
    return ", ".join(parts)


def stone_title(stone: Stone) -> str:
    """A stone's name: "1.01 ct oval laboratory-grown diamond"."""
    return f"{carat(stone.carat)} {SHAPES[stone.shape].lower()} {DIAMOND[StoneOrigin(stone.origin)]}"


def stone_grades(stone: Stone) -> str:
    """Its grades in a line, best known first: "F, VS1, Ideal cut"."""
    parts = [COLOURS[stone.colour], CLARITIES[stone.clarity]]
    if stone.cut is not None:
        parts.append(f"{CUTS[stone.cut]} cut")
    return ", ".join(parts)


def stone_detail(stone: Stone) -> str:
    """Its grades and its reference: what an order line says under the title."""
    return f"{stone_grades(stone)}, {stone.ref}"
