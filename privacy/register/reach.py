"""How a row reaches its person: along relations to `privacy.Subject`, or by a value that it shares with a row of theirs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models

Family = list[UUID]
"""A person: the root subject and every subject joined to it."""

Rows = models.QuerySet[Any]


@dataclass(frozen=True)
class ByValue:
    """Rows that no relation joins to a person: *find* looks them up, *words* say by what."""

    find: Callable[[Family], Rows]
    words: str

    def __call__(self, family: Family) -> Rows:
        return self.find(family)


Reach = str | tuple[str, ...] | ByValue
"""One look-up path, several of which any may lead there, or a value."""


def paths(reach: Reach | None) -> tuple[str, ...]:
    """The look-up paths; none for what is found by value."""
    if isinstance(reach, str):
        return (reach,)
    return reach if isinstance(reach, tuple) else ()


def rows(model: type[models.Model], reach: Reach | None, family: Family) -> Rows:
    """The rows of *model* that reach one of these subjects; none without a reach."""
    if isinstance(reach, ByValue):
        return reach.find(family)
    anyone = models.Q(pk__in=[])
    for path in paths(reach):
        anyone |= models.Q(**{f"{path}__in": family})
    return model._base_manager.filter(anyone)
