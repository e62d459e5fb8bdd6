"""How the catalogue speaks of weights, metals and origins, in one place, so that no page says it loosely.

Source: the FTC's Jewelry Guides, 16 CFR 23: laboratory-grown is always said (23.12), a decimal weight is exact to its
last digit (23.17), several stones are sold by their total weight (23.17), and what nobody has stated is not implied.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from shop.models import Clarity, Colour, Cut, Product, Shape, Stone, StoneOrigin, StoneSetting, Variant
from shop.models.catalogue import METAL_NAMES

if TYPE_CHECKING:
    from shop.choice import Offer

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


def piece_facts(piece: Product, offer: Offer) -> list[tuple[str, str]]:
    """What is known of one variant, line by line."""
    facts = [("Metal", METAL_NAMES[offer.metal])]
    if piece.stones != StoneSetting.NONE:
        facts.append(("Stones", piece.stone_words))
        facts.append(("Origin of stones", ORIGINS[piece.stone_origin]))
    if offer.carat is not None:
        facts.append(("Weight of stones", carat_of(offer.carat, piece.stones)))
    if offer.length_cm is not None:
        facts.append(("Length", length(offer.length_cm)))
    facts.append(("Weight", f"about {offer.weight_grams:.1f} g"))
    if offer.ring_size:
        facts.append(("Size", f"{offer.ring_size} (US)"))
        facts.append(("Resizing", "Can be made larger or smaller" if piece.resizable else "Cannot be resized"))
    facts.append(("Engraving", "Can be engraved" if piece.engravable else "Cannot be engraved"))
    facts.append(("Reference", piece.sku))
    return facts


def stone_facts(stone: Stone) -> list[tuple[str, str]]:
    """What is known of a stone, line by line; what is not known is said to be unknown."""
    return [
        ("Shape", SHAPES[stone.shape]),
        ("Origin", ORIGINS[stone.origin]),
        ("Weight", carat(stone.carat)),
        ("Colour", COLOURS[stone.colour]),
        ("Clarity", CLARITIES[stone.clarity]),
        ("Cut", CUTS[stone.cut] if stone.cut is not None else "Not graded: only round stones are"),
        ("Depth", f"{stone.depth_pct} %"),
        ("Table", f"{stone.table_pct} %"),
        ("Measurements", measurements(stone)),
        (
            "Setting",
            "Can be set in a piece" if stone.is_settable else "Sold loose only: its measurements are not certain",
        ),
        ("Reference", stone.ref),
    ]


def measurements(stone: Stone) -> str:
    """Length, width and height: "6.52 x 6.48 x 4.01 mm", or that they are not stated."""
    if stone.x_mm is None or stone.y_mm is None or stone.z_mm is None:
        return "Not stated"
    return f"{stone.x_mm:.2f} × {stone.y_mm:.2f} × {stone.z_mm:.2f} mm"


def shapes_in(words: str) -> list[tuple[str, str]]:
    """The shapes of stones that a search names, as (value, label)."""
    said = words.lower().split()
    return [(value, label) for value, label in SHAPES.items() if value in said]
