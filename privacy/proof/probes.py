"""Probes: figures of the running shop that are right or wrong, such as "requests past their date: 0".

A test shows that a promise can be kept; a probe shows that it is kept, here and now. An app declares its probes in a module
`probes.py` beside its doors, which is found by itself. Figures are counts, never anything about a person.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.cache import cache
from django.db import DatabaseError, connection, transaction

log = logging.getLogger(__name__)

FRESH: Final = timedelta(minutes=1)
KEPT: Final = 3_600  # seconds; meanwhile old figures are shown while one process counts anew
LONGEST: Final = "5s"
PROBES: Final[dict[str, Probe]] = {}


class DeclaredTwice(Exception):
    """Two probes with one name."""


@dataclass(frozen=True)
class Probe:
    """*count(at)* answers with a number; *right* is the number it should be. *words* say what is counted."""

    name: str
    words: str
    count: Callable[[datetime], int]
    right: int = 0


@dataclass(frozen=True)
class Figure:
    """What a probe measured, and when. `value` is None when the question could not be answered."""

    probe: Probe
    value: int | None
    at: datetime

    @property
    def is_right(self) -> bool:
        return self.value == self.probe.right


def declare(name: str, words: str, count: Callable[[datetime], int], *, right: int = 0) -> Probe:
    """Add a probe to the registry."""
    if name in PROBES:
        raise DeclaredTwice(name)
    PROBES[name] = Probe(name, words, count, right)
    return PROBES[name]


def measure(names: Collection[str], *, at: datetime) -> dict[str, Figure]:
    """Ask each of these probes now. Those nobody declared are left out."""
    return {name: Figure(PROBES[name], _asked(PROBES[name], at), at) for name in names if name in PROBES}


def recent(*, at: datetime) -> dict[str, Figure]:
    """Every probe's figure for the public page, which anybody may ask for as often as they like.

    Counted at most once a minute by one process, and no question may take longer than `LONGEST`.
    """
    known = cache.get(_key())
    if known is None or (known[0] <= at - FRESH and cache.add(f"{_key()}:turn", True, timeout=FRESH.seconds)):
        known = (at, {name: figure.value for name, figure in _in_bounds(at).items()})
        cache.set(_key(), known, timeout=KEPT)
        cache.delete(f"{_key()}:turn")
    measured_at, values = known
    return {name: Figure(PROBES[name], value, measured_at) for name, value in values.items()}


@transaction.atomic
def _in_bounds(at: datetime) -> dict[str, Figure]:
    """All of them, each given up after `LONGEST`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [LONGEST])
    return measure(PROBES, at=at)


def _asked(probe: Probe, at: datetime) -> int | None:
    """A probe that fails is a figure nobody knows, and never takes the page with it."""
    try:
        with transaction.atomic():
            return probe.count(at)
    except DatabaseError as error:
        log.error("probe.failed", extra={"probe": probe.name, "error": type(error).__name__})
        return None


def _key() -> str:
    """Names the set of probes too, so that a new version does not read an old one's figures."""
    return f"probes:{','.join(sorted(PROBES))}"
