"""The promises: every sentence the five shops' policies give their customers, and how each stands.

They are data (`privacy/policies/promises.toml`), in our own words. This room reads the file, refuses one that is not whole, and
puts each promise beside what shows it: its tests (`proof.markers`) and what the running shop measures (`proof.probes`).
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from privacy.proof import markers
from privacy.proof.markers import MarkedTest
from privacy.proof.probes import Figure
from privacy.register import profiles

FILE: Final = profiles.FOLDER / "promises.toml"
HOW_MANY: Final = {"JS": 46, "JK": 52, "JE": 143, "SG": 18, "JH": 42}
"""The inventory of the five policies: how many promises each shop's prefix numbers, from 01 on without a gap."""
ID: Final = re.compile(r"([A-Z]{2})-(\d{2,3})")
REQUIRED: Final = {"words", "theme", "status"}
OPTIONAL: Final = {"override", "probe", "kept_by"}


class Malformed(ImproperlyConfigured):
    """promises.toml is not whole; the message names the promise."""


class Status(StrEnum):
    """How sure we are that a promise is kept. A false "tested" is worse than "planned"."""

    TESTED = "tested"
    PROBED = "probed"
    ORGANISATIONAL = "organisational"
    PLANNED = "planned"

    @property
    def label(self) -> str:
        """In one or two words."""
        return STATUS_WORDS[self][0]

    @property
    def meaning(self) -> str:
        """What it tells a customer."""
        return STATUS_WORDS[self][1]


STATUS_WORDS: Final = {
    Status.TESTED: ("Tested", "a test fails as soon as the shop breaks it"),
    Status.PROBED: ("Measured", "the running shop counts whether it holds"),
    Status.ORGANISATIONAL: ("Up to people", "software can remind people of it, not keep it for them"),
    Status.PLANNED: ("Not shown yet", "what keeps it, or the test that shows it, is still to be built"),
}


class Theme(Enum):
    """What a promise is about; the page's chapters, in this order."""

    COLLECTION = ("collection", "What we collect")
    PURPOSE = ("purpose", "What we use it for")
    CONSENT = ("consent", "Your say")
    MESSAGES = ("messages", "Mails, texts and news")
    COOKIES = ("cookies", "Cookies and tracking")
    SHARING = ("sharing", "Who else receives it")
    RIGHTS = ("rights", "Seeing, correcting and taking it along")
    ERASURE = ("erasure", "Having it erased")
    DEADLINES = ("deadlines", "How soon we answer")
    RETENTION = ("retention", "How long we keep it")
    SECURITY = ("security", "Keeping it safe")
    PAYMENTS = ("payments", "Cards and payments")
    CHILDREN = ("children", "Children")
    CONTENT = ("content", "Your reviews and pictures")
    POLICY = ("policy", "The policy itself")
    CONTACT = ("contact", "Reaching us, and complaints")

    def __init__(self, slug: str, words: str) -> None:
        self.slug = slug
        self.words = words


THEMES: Final = {theme.slug: theme for theme in Theme}


@dataclass(frozen=True)
class Promise:
    """One promise. *override* says what happens instead where the law asks for more, with its rule."""

    id: str
    words: str
    theme: Theme
    status: Status
    override: str = ""
    probe: str = ""
    kept_by: str = ""

    @property
    def prefix(self) -> str:
        """The shop that gives it: `JE` of `JE-05`."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class Register:
    """All promises by id, and the ceiling above which `planned` may not rise."""

    promises: Mapping[str, Promise]
    planned_at_most: int

    def of(self, prefix: str) -> list[Promise]:
        """One shop's promises, in the order of their numbers."""
        return [promise for promise in self.promises.values() if promise.prefix == prefix]


@dataclass(frozen=True)
class Standing:
    """A promise beside what shows it."""

    promise: Promise
    tests: tuple[MarkedTest, ...]
    figure: Figure | None


@cache
def register() -> Register:
    """The promises that come with Loupe. Raises `Malformed`."""
    return read(FILE)


def read(file: Path) -> Register:
    """The register in *file*. Raises `Malformed`, naming the first promise that is wrong or missing."""
    try:
        data = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise Malformed(f"{file.name} cannot be read: {error}.")
    ceiling = data.pop("planned_at_most", None)
    if not isinstance(ceiling, int) or isinstance(ceiling, bool):
        raise Malformed(f"{file.name} needs planned_at_most, a whole number.")
    found = {id_: _promise(id_, entry) for id_, entry in data.items()}
    if missing := [id_ for id_ in expected() if id_ not in found]:
        raise Malformed(f"{file.name} lacks {', '.join(missing)}.")
    return Register({id_: found[id_] for id_ in expected()}, ceiling)


def expected() -> Iterator[str]:
    """Every id there must be, shop by shop."""
    for prefix, count in HOW_MANY.items():
        yield from (f"{prefix}-{number:02}" for number in range(1, count + 1))


def of_profile(profile: profiles.Profile) -> list[Promise]:
    """What one shop promises; nothing for a shop whose profile names no list."""
    return register().of(profile.promises)


def standing(promises: Iterable[Promise], figures: Mapping[str, Figure]) -> list[Standing]:
    """Each promise with its tests, and with its figure where *figures* holds it."""
    shown = markers.by_promise()
    return [Standing(each, shown.get(each.id, ()), figures.get(each.probe)) for each in promises]


def counted(promises: Iterable[Promise]) -> dict[Status, int]:
    """How many stand where; every status is there, also with 0."""
    found = Counter(promise.status for promise in promises)
    return {status: found[status] for status in Status}


def _promise(id_: str, entry: Any) -> Promise:
    named = ID.fullmatch(id_)
    if named is None or not 1 <= int(named[2]) <= HOW_MANY.get(named[1], 0):
        raise Malformed(f"{id_} is no promise of the five policies.")
    if not isinstance(entry, dict) or not all(isinstance(value, str) and value.strip() for value in entry.values()):
        raise Malformed(f"{id_} must be a table of texts, none of them empty.")
    if wrong := sorted(REQUIRED - entry.keys()):
        raise Malformed(f"{id_} lacks {', '.join(wrong)}.")
    if wrong := sorted(entry.keys() - REQUIRED - OPTIONAL):
        raise Malformed(f"{id_} has {', '.join(wrong)}, which nobody reads.")
    if entry["theme"] not in THEMES:
        raise Malformed(f"{id_} has the theme {entry['theme']!r}; there are {', '.join(THEMES)}.")
    if entry["status"] not in set(Status):
        raise Malformed(f"{id_} has the status {entry['status']!r}; there are {', '.join(Status)}.")
    return Promise(id_, **{**entry, "theme": THEMES[entry["theme"]], "status": Status(entry["status"])})
