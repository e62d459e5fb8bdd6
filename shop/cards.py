"""Parts of list pages as HTML, each made once per process: what a card says depends on nothing but its values.

The templates are `shop/_article.html`, `shop/_stone.html`, `shop/_facets.html` and `shop/_grades.html`; a page of 24 items
is then 24 look-ups.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from shop import drawing, money, wording
from shop.catalogue import Card
from shop.facets import Facet
from shop.finder import StoneRow
from shop.models import Stone
from shop.models.catalogue import METAL_NAMES


def pieces(cards: Iterable[Card], metals: Iterable[str] = ()) -> list[SafeString]:
    """Cards of pieces, each pictured in the first of `metals` it is made in."""
    asked = tuple(metals)
    return [piece(card, _pictured(card, asked)) for card in cards]


def _pictured(card: Card, asked: tuple[str, ...]) -> str:
    made = card.metals.split()
    return next((metal for metal in asked if metal in made), made[0])


def articles(cards: Iterable[Card]) -> list[SafeString]:
    """The same without the list around them, where each has something said beneath it."""
    return [article(card, _pictured(card, ())) for card in cards]


@lru_cache(maxsize=4096)
def piece(card: Card, metal: str) -> SafeString:
    """One piece of a list."""
    return format_html("<li>{}</li>", article(card, metal))


@lru_cache(maxsize=4096)
def article(card: Card, metal: str) -> SafeString:
    """One piece: pictures, name, metals and price."""
    return render_to_string(
        "shop/_article.html",
        {
            "url": reverse("shop:product", args=[card.slug]),
            "name": card.name,
            "archetype": card.archetype,
            "metal": metal,
            "metals": [(made, METAL_NAMES[made]) for made in card.metals.split()],
            "price": money.format_short(card.min_price_minor, card.currency),
            "from_": card.min_price_minor != card.max_price_minor,
        },
    )


@lru_cache(maxsize=8192)
def stone(row: StoneRow) -> SafeString:
    """One stone of a list."""
    said = Stone(**row._asdict())
    return render_to_string(
        "shop/_stone.html",
        {
            "url": reverse("shop:stone", args=[row.ref]),
            "name": wording.stone_title(said),
            "grades": wording.stone_grades(said),
            "proportions": f"Depth {row.depth_pct} %, table {row.table_pct} %",
            "drawing": drawing.proportions(float(row.depth_pct), float(row.table_pct)),
            "price": money.format_short(row.price_minor, row.currency),
        },
    )


@lru_cache(maxsize=512)
def facets(shown: tuple[tuple[Facet, str], ...], template: str = "shop/_facets.html") -> SafeString:
    """The facets of a page, each with the message about what was ticked in it."""
    return render_to_string(template, {"facets": shown})


def row_of(stone: Stone) -> StoneRow:
    """A stone as a list says it."""
    return StoneRow(*(getattr(stone, name) for name in StoneRow._fields))
