"""Counting by facets, disjunctively: what each value would find if it were ticked too. Pure; asks no database.

A *thing* (a product, or a group of stones alike) makes one or more *offers*, each a tuple with one value per facet. A
thing is found when one of its offers has a ticked value in every facet that has any. A facet's own ticks do not lower
its own counts: with *platinum* ticked, *rose gold* still says how many there are in rose gold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)
Offer = Sequence[Hashable]


@dataclass(frozen=True, slots=True)
class Thing(Generic[T]):
    """What is counted: a name, how many it stands for, and its offers."""

    name: T
    weight: int
    offers: Collection[Offer]


@dataclass(slots=True)
class Tally(Generic[T]):
    """What was found, how many that is, and per facet how many each value finds."""

    counts: list[Counter[Hashable]]
    found: list[T] = field(default_factory=list)
    total: int = 0


def tally(things: Iterable[Thing[T]], ticked: Sequence[Collection[Hashable]]) -> Tally[T]:
    """Count things under the ticked values, one collection per facet in the order of the offers' values."""
    result: Tally[T] = Tally([Counter() for _ in ticked])
    narrowing = [(place, set(values)) for place, values in enumerate(ticked) if values]
    places = range(len(ticked))
    for thing in things:
        seen: set[tuple[int, Hashable]] = set()
        is_found = False
        for offer in thing.offers:
            missed = [place for place, values in narrowing if offer[place] not in values]
            if not missed:
                is_found = True
                seen.update((place, offer[place]) for place in places)
            elif len(missed) == 1:
                seen.add((missed[0], offer[missed[0]]))
        for place, value in seen:
            result.counts[place][value] += thing.weight
        if is_found:
            result.found.append(thing.name)
            result.total += thing.weight
    return result


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet as a page shows it."""

    value: str
    label: str
    count: int
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet as a page shows it; `is_shown` is false when there is nothing to choose between."""

    name: str
    legend: str
    options: tuple[Option, ...]
    error: str = ""

    @property
    def is_shown(self) -> bool:
        return bool(self.error) or len(self.options) > 1 or any(option.is_ticked for option in self.options)
