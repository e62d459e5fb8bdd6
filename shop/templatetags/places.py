"""`{% places request.path %}`: the places of the shop window, as every page's header and footer name them."""

from functools import cache, lru_cache
from typing import Final

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

register = template.Library()

SHELVES: Final = ("necklaces", "pendants", "rings", "earrings", "bracelets")


@cache
def known() -> tuple[tuple[str, str], ...]:
    """Each place's address and name; resolved once, since three lists of six links a page add up."""
    shelves = ((reverse("shop:category", args=[slug]), slug.capitalize()) for slug in SHELVES)
    return (*shelves, (reverse("shop:stones"), "Stones"))


@register.simple_tag
def places(here: str = "") -> SafeString:
    """The places as list items; the one at the path *here* is marked."""
    return _items(here if here in dict(known()) else "")


@lru_cache(maxsize=8)
def _items(here: str) -> SafeString:
    return render_to_string("components/places.html", {"places": known(), "here": here})
