"""Who can be reached by e-mail at all: the addresses that the other apps hold of customers, with and without an account.

For what everybody concerned has to be told (a change of the policy, a breach), never for news: those go to people who agreed, and
`campaigns` finds them in the ledger. Each app offers its addresses in its `addressees.py`; this app imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from django.utils.module_loading import autodiscover_modules


@dataclass(frozen=True, slots=True)
class Addressee:
    """One address and the person record it came with. *key* orders the addresses of a source."""

    key: str
    subject_id: UUID
    email: str


@dataclass(frozen=True, slots=True)
class Source:
    """The addresses of one kind of customer.

    *after(key, many, at)*: the next addresses of customers, in the order of their keys, behind *key* (empty: from the start).
    *of(subjects)*: every address that these person records have here, customers or not any more.
    *count(at)*: how many addresses *after* would give.
    """

    name: str
    after: Callable[[str, int, datetime], Iterable[Addressee]]
    of: Callable[[Collection[UUID]], Iterable[Addressee]]
    count: Callable[[datetime], int]


_SOURCES: Final[dict[str, Source]] = {}


def offer(source: Source) -> None:
    """Take a source in. The same name twice is the same source, read again."""
    _SOURCES[source.name] = source


@cache
def sources() -> tuple[Source, ...]:
    """Every source, by name."""
    autodiscover_modules("addressees")
    return tuple(_SOURCES[name] for name in sorted(_SOURCES))


def of(subjects: Collection[UUID]) -> Iterator[Addressee]:
    """Every address of these person records, from every source."""
    for source in sources():
        yield from source.of(subjects)


def estimate(*, at: datetime) -> int:
    """About how many addresses everybody is; somebody with an account and orders may be counted twice."""
    return sum(source.count(at) for source in sources())
