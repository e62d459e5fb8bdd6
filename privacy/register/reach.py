"""How a row reaches its person: along relations to `privacy.Subject`, or by a value that it shares with a row of theirs."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.constants import LOOKUP_SEP

Family = list[UUID]
"""A person: the root subject and every subject joined to it."""

Rows = models.QuerySet[Any]


@dataclass(frozen=True)
class ByValue:
    """Rows that no relation joins to a person: *find* looks them up, *words* say by what.

    *owners* goes the other way: from any rows to statements that give the subjects of all of them.
    """

    find: Callable[[Family], Rows]
    words: str
    owners: Callable[[Rows], Iterable[Rows]]

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


def owners(rows: Rows, reach: Reach) -> Iterator[Rows]:
    """Statements that give the keys of the subjects whose any of these rows are, each perhaps more than once."""
    if isinstance(reach, ByValue):
        yield from reach.owners(rows)
    for path in paths(reach):
        yield rows.filter(**{f"{path}__isnull": False}).values_list(path, flat=True)


def can_be_empty(model: type[models.Model], path: str) -> bool:
    """Whether a look-up path may end in nothing: a column that allows NULL, or a relation that points here."""
    return any(field.null or not getattr(field, "concrete", False) for field in columns_of(model, path))


def leads_to_subject(model: type[models.Model], path: str) -> bool:
    """Whether following *path* from *model* ends at `privacy.Subject`, or at a plain UUID column that holds its key."""
    try:
        *_, last = columns_of(model, path)
    except FieldDoesNotExist:
        return False
    if last.related_model is not None:
        return bool(last.related_model._meta.label == "privacy.Subject")
    is_key = last.name == "subject_id" or last.model._meta.label == "privacy.Subject"
    return isinstance(last, models.UUIDField) and is_key


def columns_of(model: type[models.Model], path: str) -> list[Any]:
    """The fields that a look-up path goes through. Raises `FieldDoesNotExist`, also where it goes on behind a plain column."""
    here: Any = model
    met = []
    for hop in path.split(LOOKUP_SEP):
        if here is None:
            raise FieldDoesNotExist(path)
        met.append(here._meta.pk if hop == "pk" else here._meta.get_field(hop))
        here = met[-1].related_model
    return met
