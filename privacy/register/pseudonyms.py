"""Other values for real ones: the same value becomes the same other value everywhere, so that joins and uniqueness hold.

Each run has a key of its own that is thrown away with it, so that nobody can tell afterwards what a value was. Names, addresses and
messages become invented ones; references and numbers become others of the same shape, one to one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import string
from functools import lru_cache
from random import Random
from typing import Any, Final

from django.db import models

from privacy.ground import references
from privacy.register import invented
from privacy.register.vocabulary import Category

ROUNDS: Final = 6
REMEMBERED: Final = 100_000
REFERENCE: Final = re.compile(rf"\b[A-Z]{{2,3}}-[{references.ALPHABET}]{{4}}-[{references.ALPHABET}]{{4}}\b")
#: What names rows by their keys, or says when: it stays, since keys stay.
KEYS: Final = re.compile(
    r"system:[a-z-]+|staff:\d+|customer:[0-9a-f-]{36}|[a-z]+\.[A-Za-z]+:[0-9a-f-]{1,36}|\d{4}-\d\d-\d\d(T[\d:.+Z-]+)?"
)
#: Categories whose texts are references, numbers and words of the shop rather than anybody's own.
OF_THE_SHOP: Final = frozenset(
    {Category.TRANSACTION, Category.LINKAGE, Category.EVIDENCE, Category.REQUEST, Category.ACTIVITY}
)
PLACES: Final = re.compile("region|city|country")
CLASSES: Final = (string.digits, string.ascii_lowercase, string.ascii_uppercase)

NETWORK: Final = re.compile(r"[0-9a-f.:]+/(?:24|48)")
"""How wide a network is written down (`consent.vocabulary.truncated`); another one must be as wide."""


class Pseudonyms:
    """One run's way from real values to others."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._remembered = lru_cache(REMEMBERED)(self._text)  # many rows say the same

    def of(self, value: Any, column: Any, category: Category) -> Any:
        """Another value for what *column* held: of the same kind, and the same for the same."""
        if value in (None, "", b"", [], {}):
            return value
        if isinstance(value, str):
            return self._remembered(value, column, category)[: column.max_length]
        return self._leaves(value, column, category)

    def _text(self, value: str, column: Any, category: Category) -> str:
        if (parsed := _parsed(value)) is not None:
            return json.dumps(self._leaves(parsed, column, category))
        if invented.holds_code(column):
            return self.scrambled(value) if value.isdigit() else value
        if category is Category.CREDENTIAL:
            return f"!{self._chance(value).getrandbits(128):032x}"
        if category in OF_THE_SHOP and not PLACES.search(column.name):
            return self._of_the_shop(value, column)
        return self._of_somebody(value, column, category)

    def _of_the_shop(self, value: str, column: Any) -> str:
        """A reference of the same shape; free text becomes other words."""
        if KEYS.fullmatch(value):
            return value
        if REFERENCE.search(value):
            return REFERENCE.sub(lambda found: self.scrambled(found[0]), value)
        is_free = isinstance(column, models.TextField | models.BinaryField) and not column.unique
        return invented.sentence(self._chance(value)) if is_free else self.scrambled(value)

    def _of_somebody(self, value: str, column: Any, category: Category) -> str:
        chance = self._chance(value.casefold())
        who = invented.Someone(chance.getrandbits(48), chance)
        if "@" in value:
            return who.email
        if NETWORK.fullmatch(value):
            return _network(value, chance.getrandbits(16))
        other = invented.text(column.name, category, who)
        return other if not column.unique or other == who.email else f"{other} {who.number}"

    def _leaves(self, value: Any, column: Any, category: Category) -> Any:
        """The same JSON with other texts in it."""
        if isinstance(value, dict):
            return {key: self._leaves(each, column, category) for key, each in value.items()}
        if isinstance(value, list):
            return [self._leaves(each, column, category) for each in value]
        if not isinstance(value, str) or KEYS.fullmatch(value):
            return value
        if "@" in value:
            return self._of_somebody(value, column, category)
        chance = self._chance(value)
        return (
            self.scrambled(value)
            if category in OF_THE_SHOP
            else invented.text(column.name, category, _somebody(chance))
        )

    def scrambled(self, text: str) -> str:
        """Another text of the same shape: digits for digits, letters for letters. One to one, so unique values stay unique.

        A Feistel network over the two halves, each a number with a base of its own for every place.
        """
        alphabets = _alphabets(text)
        places = [place for place, letters in enumerate(alphabets) if letters]
        if not places:
            return text
        halves = [places[: len(places) // 2], places[len(places) // 2 :]]
        sizes = [_size(half, alphabets) for half in halves]
        numbers = [_number(half, alphabets, text) for half in halves]
        shape = "".join("x" if letters else each for each, letters in zip(text, alphabets, strict=True))
        for turn in range(ROUNDS):
            side = turn % 2
            numbers[side] = (numbers[side] + self._noise(f"{turn}:{shape}:{numbers[1 - side]}")) % sizes[side]
        other = list(text)
        for half, number in zip(halves, numbers, strict=True):
            for place in reversed(half):
                number, digit = divmod(number, len(alphabets[place]))
                other[place] = alphabets[place][digit]
        return "".join(other)

    def _noise(self, text: str) -> int:
        return int.from_bytes(hmac.digest(self._key, text.encode(), hashlib.sha512))

    def _chance(self, value: str) -> Random:
        return Random(hmac.digest(self._key, value.encode(), hashlib.sha256))  # noqa: S311 - keyed


def _alphabets(text: str) -> list[str]:
    """What may stand in each place; nothing where the letter stays."""
    if references.is_reference(text):
        prefix = text.index("-")
        return ["" if place <= prefix or each == "-" else references.ALPHABET for place, each in enumerate(text)]
    return [next((letters for letters in CLASSES if each in letters), _foreign(each)) for each in text]


def _foreign(letter: str) -> str:
    """A letter of another script becomes a plain one; marks and spaces stay."""
    return letter + string.ascii_lowercase if letter.isalnum() or ord(letter) > 0x2000 else ""


def _size(half: list[int], alphabets: list[str]) -> int:
    size = 1
    for place in half:
        size *= len(alphabets[place])
    return size


def _number(half: list[int], alphabets: list[str], text: str) -> int:
    number = 0
    for place in half:
        number = number * len(alphabets[place]) + alphabets[place].index(text[place])
    return number


def _somebody(chance: Random) -> invented.Someone:
    return invented.Someone(chance.getrandbits(48), chance)


def _parsed(value: str) -> Any:
    """The JSON object or list in a text, or None."""
    if value[:1] not in "{[":
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def _network(value: str, number: int) -> str:
    """Another network of the same width: a private one, or one that is kept for documentation (RFC 3849)."""
    return f"10.{number >> 8}.{number & 255}.0/24" if value.endswith("/24") else f"2001:db8:{number:x}::/48"
