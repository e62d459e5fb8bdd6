"""Where the shop delivers: the insured ways there, and the tax that prices carry there. Read once from a table.

Not for sums: `pricing` does those. A *place* is the code that the bag and the checkout carry: "DE", "US-CA".
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

TABLE: Final = Path(__file__).parent / "data" / "destinations.toml"
HOME: Final = "US"


class NotServed(Exception):
    """The shop does not deliver to this place."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A price for goods worth less than a limit; no limit on the last one. Minor units."""

    price_minor: int
    below_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """One insured way of sending, with its fewest and most working days."""

    slug: str
    label: str
    days: tuple[int, int]
    tiers: tuple[Tier, ...]

    def price_minor(self, goods_minor: int) -> int:
        """What sending goods of this worth costs."""
        return next(
            tier.price_minor for tier in self.tiers if tier.below_minor is None or goods_minor < tier.below_minor
        )


@dataclass(frozen=True, slots=True)
class Destination:
    """A country, or one of its regions, as far as prices depend on it."""

    code: str
    country: str
    country_name: str
    region: str
    region_name: str
    tax_name: str
    # Percent. None for a country whose rate depends on a region nobody has named yet.
    rate: Decimal | None
    is_tax_included: bool
    is_shipping_taxed: bool
    methods: tuple[Method, ...]

    @property
    def is_exact(self) -> bool:
        """Whether the tax is known; else it is worked out once the region is."""
        return self.rate is not None

    @property
    def name(self) -> str:
        """The place in words: *California, United States*."""
        return f"{self.region_name}, {self.country_name}" if self.region_name else self.country_name

    def method(self, slug: str = "") -> Method:
        """The way of that name, or the ordinary one where this place has none such."""
        return next((method for method in self.methods if method.slug == slug), self.methods[0])


@cache
def table() -> dict[str, Destination]:
    """Every place by its code, countries before their regions, in the order of the table."""
    raw = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    zones = {slug: _methods(zone["methods"]) for slug, zone in raw["zones"].items()}
    return {place.code: place for code, country in raw["countries"].items() for place in _places(code, country, zones)}


@cache
def currency() -> str:
    """The one currency of the price list, ISO 4217."""
    return str(tomllib.loads(TABLE.read_text(encoding="utf-8"))["currency"])


def get(code: str) -> Destination:
    """The place with this code. *Raises* NotServed."""
    try:
        return table()[code]
    except KeyError:
        raise NotServed from None


def find(country: str, region: str = "") -> Destination | None:
    """The place of an address: its region where tax depends on one, else its country; None when not served."""
    places = table()
    return places.get(f"{country}-{region.upper()}") or places.get(country)


@cache
def choices() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Grouped options for a select of exact places: regions under their country, the other countries together."""
    exact = [place for place in table().values() if place.is_exact]
    split = dict.fromkeys(place.country_name for place in exact if place.region)
    groups = [
        (name, tuple((p.code, p.region_name) for p in exact if p.region and p.country_name == name)) for name in split
    ]
    whole = sorted((place.code, place.country_name) for place in exact if not place.region)
    return (*groups, ("Other countries", tuple(sorted(whole, key=lambda option: option[1]))))


def _methods(rows: list[dict[str, Any]]) -> tuple[Method, ...]:
    return tuple(
        Method(
            row["slug"], row["label"], (row["days"][0], row["days"][1]), tuple(Tier(**tier) for tier in row["tiers"])
        )
        for row in rows
    )


def _places(code: str, country: dict[str, Any], zones: dict[str, tuple[Method, ...]]) -> list[Destination]:
    def place(region: str = "", region_name: str = "", rate: str | None = None) -> Destination:
        return Destination(
            code=f"{code}-{region}" if region else code,
            country=code,
            country_name=country["name"],
            region=region,
            region_name=region_name,
            tax_name=country["tax"],
            rate=None if rate is None else Decimal(rate),
            is_tax_included=country["is_tax_included"],
            is_shipping_taxed=country["is_shipping_taxed"],
            methods=zones[country["zone"]],
        )

    regions = country.get("regions", {})
    return [place(rate=country.get("rate")), *(place(key, row["name"], row["rate"]) for key, row in regions.items())]
