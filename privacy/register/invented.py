"""Made-up values: what a column of personal data could hold of somebody who does not exist.

The same source of chance gives the same value. Addresses end in `.example` and numbers lie in ranges nobody has, so that nothing
made up here can ever reach a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Any, Final
from uuid import UUID

from django.db import models

from privacy.ground.references import ALPHABET
from privacy.ground.sealed import SealedJSONField
from privacy.register.vocabulary import Category

CODES: Final = 6
"""Columns no longer than this hold codes (a country, a currency, four digits), not words."""
LANGUAGES: Final = frozenset({"locale", "language"})
"""Columns that hold the code of a language, which may be longer (`zh-Hant-TW`)."""


def holds_code(column: models.Field[Any, Any]) -> bool:
    """Whether a column holds codes, which say nothing by themselves, rather than words."""
    is_short = column.max_length is not None and column.max_length <= CODES
    return is_short or column.name in LANGUAGES


STILL_TO_COME: Final = re.compile(r"expir|due|until|ends|review|next")

FIRST: Final = (
    "Ada", "Bela", "Chiara", "Dov", "Eleni", "Farid", "Greta", "Hana", "Ivo", "Jun", "Kofi", "Lena", "Mira", "Nils", "Oda",
    "Pia", "Quim", "Rosa", "Sami", "Tove", "Umar", "Vera", "Wim", "Xenia", "Yuki", "Zoe",
)  # fmt: skip
LAST: Final = (
    "Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper", "Kauri", "Larch", "Maple",
    "Nettle", "Oak", "Pine", "Quince", "Rowan", "Spruce", "Teak", "Ulmus", "Vine", "Willow", "Yew",
)  # fmt: skip
STREETS: Final = ("Anvil Lane", "Bezel Street", "Carat Road", "Facet Row", "Prong Court", "Shank Avenue", "Tinsel Way")
CITIES: Final = ("Arbourton", "Brookhaven", "Cliffside", "Dunmere", "Eastmoor", "Fernley", "Glenrock")
WORDS: Final = (
    "amber", "basil", "cedar", "dune", "ember", "fern", "grove", "harbour", "iris", "juniper", "kelp", "linen", "meadow",
    "north", "olive", "pebble", "quartz", "reed", "slate", "thyme", "umber", "velvet", "willow", "yarrow",
)  # fmt: skip


@dataclass
class Someone:
    """A person who does not exist. `number` keeps their address and telephone apart from everybody else's."""

    number: int
    chance: Random

    @cached_property
    def name(self) -> str:
        return f"{self.chance.choice(FIRST)} {self.chance.choice(LAST)}"

    @cached_property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}.{self.number}@invented.example"

    @cached_property
    def phone(self) -> str:
        return f"+1{self.chance.choice((212, 415, 503))}555{self.number % 10_000:04}"

    @cached_property
    def street(self) -> str:
        return f"{self.chance.randint(1, 299)} {self.chance.choice(STREETS)}"

    @cached_property
    def city(self) -> str:
        return self.chance.choice(CITIES)

    @cached_property
    def postal_code(self) -> str:
        return f"{self.chance.randint(10_001, 99_950):05}"


def reference(chance: Random, prefix: str) -> str:
    """`OR-7F3K-92QD`, of the shape that every public reference has."""
    first, second = ("".join(chance.choice(ALPHABET) for _ in range(4)) for _ in range(2))
    return f"{prefix}-{first}-{second}"


def hexadecimal(chance: Random, length: int) -> str:
    return "".join(chance.choice("0123456789abcdef") for _ in range(length))


def sentence(chance: Random) -> str:
    """A few plain words."""
    return " ".join(chance.sample(WORDS, 4))


Maker = Callable[[Someone], str]

#: What a column is called says most about what it holds; the first pattern that fits counts.
BY_NAME: Final[tuple[tuple[re.Pattern[str], Maker], ...]] = tuple(
    (re.compile(pattern), maker)
    for pattern, maker in (
        (r"e?mail|^contact$", lambda who: who.email),
        (r"phone", lambda who: who.phone),
        (r"(full|ship|first|last)_?name|^recipient$", lambda who: who.name),
        (r"line1|street", lambda who: who.street),
        (r"line2", lambda who: f"Flat {who.chance.randint(1, 40)}"),
        (r"city|town", lambda who: who.city),
        (r"post(al)?_?code|zip", lambda who: who.postal_code),
        (r"region", lambda who: who.chance.choice(("NY", "CA", "OR", "WA"))),
        (r"residence", lambda who: who.chance.choice(("US-NY", "US-CA", "US-OR"))),
        (r"country", lambda _: "US"),
        (r"currency", lambda _: "USD"),
        (r"last4", lambda who: f"{who.chance.randint(0, 9999):04}"),
        (r"expiry", lambda who: f"20{who.chance.randint(28, 35)}-{who.chance.randint(1, 12):02}"),
        (r"user_agent", lambda who: f"Invented/{who.chance.randint(1, 99)}.0"),
        (r"(^|_)reference$", lambda who: reference(who.chance, "IN")),
        (r"url$", lambda who: f"https://invented.example/{hexadecimal(who.chance, 12)}"),
        (r"digest|sha256|session_key|_id$|^key$|number$", lambda who: hexadecimal(who.chance, 24)),
    )
)
BY_CATEGORY: Final[dict[Category, Maker]] = {
    Category.NAME: lambda who: who.name,
    Category.CONTACT: lambda who: who.email,
    Category.ADDRESS: lambda who: who.city,
    Category.CREDENTIAL: lambda who: hexadecimal(who.chance, 24),
}


def text(name: str, category: Category | None, who: Someone) -> str:
    """What a column called *name* could hold of *who*."""
    maker = next((maker for pattern, maker in BY_NAME if pattern.search(name)), None)
    maker = maker or (BY_CATEGORY.get(category) if category else None)
    return maker(who) if maker else sentence(who.chance)


def ip_address(who: Someone) -> str:
    """An address of the block kept for documentation (RFC 5737)."""
    return f"203.0.113.{who.chance.randint(1, 254)}"


def fitting(column: Any, category: Category | None, who: Someone, at: datetime) -> Any:
    """A value for any column that is no relation: words from the tables above, else something plain of its type.

    What may be empty and is no text stays empty: dates that have not come, answers nobody gave.
    """
    if column.choices:
        return column.get_default() if column.has_default() else next(iter(column.flatchoices))[0]
    if isinstance(column, models.FileField):
        return f"invented/{hexadecimal(who.chance, 24)}"  # a name without a file
    if isinstance(column, models.GenericIPAddressField):
        return ip_address(who)
    if isinstance(column, models.UUIDField):
        return UUID(int=who.chance.getrandbits(128), version=4)
    if isinstance(column, models.CharField | models.TextField):
        return _words(column, category, who)
    if isinstance(column, SealedJSONField) and category is not None and not column.has_default():
        return text(column.name, category, who)
    if isinstance(column, models.JSONField | models.BinaryField) and not (column.null and not column.has_default()):
        return column.get_default() if column.has_default() else {}
    if column.null:
        return None
    if column.has_default() and not isinstance(column, models.DateTimeField):
        return column.get_default()
    return _plain(column, who, at)


def _words(column: Any, category: Category | None, who: Someone) -> Any:
    if column.null and column.unique:
        return None  # a number that is given later
    words = text(column.name, category, who)
    if column.unique and not column.primary_key and len(words) < 12:
        words = f"{words} {hexadecimal(who.chance, 12)}"
    return words[: column.max_length]


def _plain(column: Any, who: Someone, at: datetime) -> Any:
    if isinstance(column, models.DateTimeField) and STILL_TO_COME.search(column.name):
        return at + timedelta(minutes=who.chance.randint(60, 500_000))
    if isinstance(column, models.DateTimeField):
        return at - timedelta(minutes=who.chance.randint(60, 500_000))
    if isinstance(column, models.DateField):
        return (at - timedelta(days=who.chance.randint(1, 300))).date()
    if isinstance(column, models.DecimalField):
        return Decimal(1)
    if isinstance(column, models.BooleanField):
        return False
    return who.chance.randint(1, 20)
