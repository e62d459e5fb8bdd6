"""`{% picture archetype metal alt= sizes= view= %}`: a piece's picture, in every size and format there is."""

from django import template
from django.utils.safestring import SafeString

from shop import pictures

register = template.Library()


@register.simple_tag
def picture(
    archetype: str, metal: str = "", alt: str = "", sizes: str = pictures.SIZES, view: str = "", eager: bool = False
) -> SafeString:
    """`view="second"` is the closer look. Without `alt` the picture is decoration. `eager` for the one on top of a page."""
    return pictures.html(archetype, metal, alt, sizes, view, eager=eager)
