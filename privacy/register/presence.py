"""Of which models are there rows of a person, and how many? One statement each, however many models there are.

Most tables hold nothing of most people; who counts, plans, or looks again, asks here first. What each path asks is put into
SQL once in the life of a process; only what is found by a value is put together anew for each person.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from privacy.register import registry
from privacy.register.declare import ByValue, Declaration, Family, Reach, Rows

Asked = tuple[str, tuple[Any, ...]]
"""SQL and its parameters."""

NO_KEYS: Final[Asked] = ("SELECT NULL WHERE FALSE", ())


class Held(NamedTuple):
    """How many rows of a model are the person's, and how many of others they may see."""

    own: int
    visible: int


def of(family: Family) -> frozenset[str]:
    """The models of which this person has rows, or may see some."""
    every = registry.all_declared()
    answers = _answers(_any_of([*_own(each, family), *_visible(each, family)]) for each in every)
    return frozenset(declaration.model for declaration, held in zip(every, answers, strict=True) if held)


def counted(family: Family) -> dict[str, Held]:
    """The same models, with how many rows of each there are."""
    every = registry.all_declared()
    own = _answers(_number_of(_own(each, family)) for each in every)
    seen = [each for each in every if each.visible]
    others = _answers(_number_of([_keys(each.visible_rows(family))]) for each in seen) if seen else ()
    visible = dict(zip((each.model for each in seen), others, strict=True))
    held = {each.model: Held(mine, visible.get(each.model, 0)) for each, mine in zip(every, own, strict=True)}
    return {model: each for model, each in held.items() if any(each)}


def _answers(asked: Iterable[Asked]) -> tuple[Any, ...]:
    """What each is, in one statement."""
    every = list(asked)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(sql for sql, _ in every)}", [each for _, values in every for each in values])
        found: tuple[Any, ...] = cursor.fetchone()
    return found


def _any_of(keys: list[Asked]) -> Asked:
    return " OR ".join(f"EXISTS ({sql})" for sql, _ in keys), _values_of(keys)


def _number_of(keys: list[Asked]) -> Asked:
    return f"(SELECT count(*) FROM ({' UNION '.join(sql for sql, _ in keys)}) held)", _values_of(keys)  # noqa: S608 - Django's own SQL


def _values_of(keys: list[Asked]) -> tuple[Any, ...]:
    return tuple(value for _, values in keys for value in values)


def _own(declaration: Declaration, family: Family) -> list[Asked]:
    return _led_by(declaration.model_class(), declaration.reach, family)


def _visible(declaration: Declaration, family: Family) -> list[Asked]:
    return _led_by(declaration.model_class(), declaration.visible, family) if declaration.visible else []


def _led_by(model: type[models.Model], reach: Reach, family: Family) -> list[Asked]:
    """The keys of the rows that reach this person, by each way."""
    if isinstance(reach, ByValue):
        return [_keys(reach.find(family))]
    ways = [_along(model, path, len(family)) for path in ((reach,) if isinstance(reach, str) else reach)]
    return [
        (sql, tuple(family[each.int] if isinstance(each, UUID) else each for each in values)) for sql, values in ways
    ]


@cache
def _along(model: type[models.Model], path: str, subjects: int) -> Asked:
    """The keys of the rows of *model* that reach one of so many subjects; in the place of each stands its number."""
    stand_ins = [UUID(int=number) for number in range(subjects)]
    return _keys(model._base_manager.filter(**{f"{path}__in": stand_ins}))


def _keys(rows: Rows) -> Asked:
    try:
        sql, values = rows.order_by().values("pk").distinct().query.sql_with_params()
    except EmptyResultSet:
        return NO_KEYS
    return sql, tuple(values)
