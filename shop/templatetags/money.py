"""`{{ minor|money:currency }}`: an amount in minor units as it is printed, in the language that is being written."""

from django import template
from django.utils import translation

from shop import money as amounts

register = template.Library()


@register.filter
def money(minor: int | None, currency: str = "USD") -> str:
    """`{{ 125000|money:"USD" }}` is "$1,250.00"; nothing for no amount."""
    return "" if minor is None else amounts.format(int(minor), currency, _locale())


def _locale() -> str:
    return translation.to_locale(translation.get_language() or "en_US")
