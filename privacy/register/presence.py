"""Of which models are there any rows of a person at all? One statement, however many models there are.

Most tables hold nothing of most people; who counts, plans, or looks again, asks here first. What each path asks is put into
SQL once in the life of a process; only what is found by a value is put together anew for each person.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from privacy.register import registry
from privacy.register.declare import ByValue, Declaration, Family, Reach, Rows

Look = tuple[str, tuple[Any, ...]]
"""SQL that is true or false, and its parameters."""

NOTHING: Final[Look] = ("FALSE", ())


def of(family: Family) -> frozenset[str]:
    """The models of which this person has rows, or may see some."""
    every = registry.all_declared()
    looks = [_look(declaration, family) for declaration in every]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(sql for sql, _ in looks)}", [each for _, values in looks for each in values])
        found = cursor.fetchone()
    return frozenset(declaration.model for declaration, held in zip(every, found, strict=True) if held)


def _look(declaration: Declaration, family: Family) -> Look:
    looks = [*_looks(declaration.model_class(), declaration.reach, family)]
    if declaration.visible is not None:
        looks += _looks(declaration.model_class(), declaration.visible, family)
    return " OR ".join(sql for sql, _ in looks), tuple(each for _, values in looks for each in values)


def _looks(model: type[models.Model], reach: Reach, family: Family) -> list[Look]:
    if isinstance(reach, ByValue):
        return [_any_of(reach.find(family))]
    paths = (reach,) if isinstance(reach, str) else reach
    compiled = [_along(model, path, len(family)) for path in paths]
    return [
        (sql, tuple(family[each.int] if isinstance(each, UUID) else each for each in values))
        for sql, values in compiled
    ]


@cache
def _along(model: type[models.Model], path: str, subjects: int) -> Look:
    """Whether rows of *model* reach one of so many subjects; in the place of each stands its number."""
    stand_ins = [UUID(int=number) for number in range(subjects)]
    return _any_of(model._base_manager.filter(**{f"{path}__in": stand_ins}))


def _any_of(rows: Rows) -> Look:
    try:
        sql, values = rows.order_by().query.exists().sql_with_params()
    except EmptyResultSet:
        return NOTHING
    return f"EXISTS ({sql})", tuple(values)
