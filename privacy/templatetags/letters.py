"""What every letter's templates can say: days, hours, countries and our own sentences, in the letter's language."""

from __future__ import annotations

from datetime import date, datetime

from babel import Locale
from django import template

from privacy.ground import tongue

register = template.Library()


@register.filter
def day(when: date | datetime | None) -> str:
    """`3 March 2033`, `3. März 2033`; nothing for no date."""
    return "" if when is None else tongue.day(when)


@register.filter
def moment(when: datetime | None) -> str:
    """`3 March 2033, 14:05`."""
    return "" if when is None else tongue.moment(when)


@register.filter
def minute(when: datetime | None) -> str:
    """`14:05`."""
    return "" if when is None else tongue.minute(when)


@register.filter
def translated(words: object) -> str:
    """A sentence or label that our tables hold in English, in the letter's language."""
    return tongue.translated(str(words))


@register.filter
def country(code: str) -> str:
    """`Germany`, `Deutschland`: the country with that ISO 3166 code; the code where it is none."""
    return str(Locale.parse(tongue.current()).territories.get(code, code))
