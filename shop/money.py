"""Money: integer minor units and an ISO 4217 code, one way to round, one way to write.

Not for what things cost: prices live on variants and stones, totals in `orders.pricing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, get_currency_precision


class MixedCurrencies(ValueError):
    """Two amounts in different currencies were added or compared."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units: `Money(125_000, "USD")` is $1,250.00."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __mul__(self, quantity: int) -> Money:
        return Money(self.minor * quantity, self.currency)

    def __str__(self) -> str:
        return format(self.minor, self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency}")
        return other


def rounded(amount: Decimal) -> int:
    """The one rounding rule: half to even, so that many small roundings do not add up to a gain."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def share(minor: int, rate: Decimal) -> int:
    """`rate` of an amount, in minor units: `share(1_999, Decimal("0.0825"))` is 165."""
    return rounded(minor * rate)


@lru_cache(maxsize=8)
def exponent(currency: str) -> int:
    """How many digits stand behind the point: 2 for USD, 0 for JPY."""
    return get_currency_precision(currency)


def major(minor: int, currency: str) -> Decimal:
    """The amount as people say it: 125_000 US cents are Decimal("1250.00")."""
    return Decimal(minor).scaleb(-exponent(currency))


def from_major(amount: Decimal, currency: str) -> int:
    """Minor units of an amount as people say it, rounded by the one rule."""
    return rounded(amount.scaleb(exponent(currency)))


@lru_cache(maxsize=8192)
def format(minor: int, currency: str, locale: str = "en_US") -> str:
    """The amount as it is printed: "$1,250.00"."""
    return format_currency(major(minor, currency), currency, locale=locale)


@lru_cache(maxsize=8192)
def format_short(minor: int, currency: str, locale: str = "en_US") -> str:
    """The amount without a fraction that says nothing: "$1,250", but "$1,250.50"."""
    if minor % 10 ** exponent(currency):
        return format(minor, currency, locale)
    return format_currency(
        major(minor, currency), currency, format=_whole(locale), locale=locale, currency_digits=False
    )


@lru_cache(maxsize=8)
def _whole(locale: str) -> str:
    return str(Locale.parse(locale).currency_formats["standard"].pattern).replace(".00", "")
