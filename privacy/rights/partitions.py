"""Tables partitioned by month: the months ahead are made, the months whose time has run are dropped.

Dropping a month of a million rows takes milliseconds and leaves nothing behind to vacuum; deleting them takes the night. A
declaration says `partitioned_by="at"`, its migration makes the table with a default partition, and everything else is here. Only
whole calendar months (UTC) count, one at a time, each in a short transaction that gives up rather than make the shop wait.

Rows that fell into the default partition move out when their month is made; those past their time are deleted with all other
rows (`rights.retention`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from psycopg2 import errors, sql

from privacy.ground import months
from privacy.register import registry
from privacy.register.declare import Declaration, Rows
from privacy.rights.locks import only_one

log = logging.getLogger(__name__)

AHEAD: Final = 2
PATIENCE: Final = "1s"  # how long the shop may queue behind us for the table
NOTHING: Final = Q(pk__in=[])  # no row is held
BUSY: Final = "the table was in use"
BOUNDS: Final = re.compile(r"FROM \('([^']+)'\) TO \('([^']+)'\)")


@dataclass(frozen=True)
class Month:
    """One month's partition: its table, and its bounds (the end is not in it)."""

    table: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class Past:
    """What became of a month whose time has run: how many rows, and why it was left where it was."""

    month: Month
    rows: int
    held_because: str = ""


def declared() -> list[Declaration]:
    """The declarations of tables partitioned by month."""
    return [declaration for declaration in registry.all_declared() if declaration.partitioned_by]


def months_of(declaration: Declaration) -> list[Month]:
    """The months there are, oldest first, as the database knows them; the default partition is none of them."""
    query = """
        SELECT child.relname, pg_get_expr(child.relpartbound, child.oid)
        FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        WHERE inhparent = %s::regclass
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [_table(declaration)])
        found = [(name, BOUNDS.search(bounds)) for name, bounds in cursor.fetchall()]
    partitions = [Month(name, *map(_moment, bounds.groups())) for name, bounds in found if bounds]
    return sorted((each for each in partitions if each.ends == months.later(each.starts)), key=lambda each: each.starts)


def make_ahead(*, at: datetime) -> list[str]:
    """Make this month, the next two, and the months of rows that wait in a default partition. Returns the new tables' names."""
    made = []
    for declaration in declared():
        with only_one("partitions", _table(declaration)) as mine:
            missing = _missing(declaration, at) if mine else []
            made += [name for starts in missing if (name := _patiently(_make, declaration, starts))]
    return made


def past(declaration: Declaration, *, held: Q, at: datetime) -> Iterator[Past]:
    """The months whose youngest possible row is past due, with their rows; those under a legal hold say so. Writes nothing."""
    for month in months_of(declaration):
        if _is_past(declaration, month.starts, at):
            rows = _rows(declaration, month)
            is_held = bool(held) and rows.filter(held).exists()
            yield Past(month, rows.count(), "a legal hold" if is_held else "")


def drop(declaration: Declaration, *, held: Q, at: datetime) -> list[Past]:
    """Drop every month whose time has run, unless a legal hold lies on a row of it. Returns what became of each."""
    with only_one("partitions", _table(declaration)) as mine:
        due = list(past(declaration, held=held, at=at)) if mine else []
        return [each if each.held_because else _dropped(declaration, each) for each in due]


def _dropped(declaration: Declaration, due: Past) -> Past:
    return due if _patiently(_drop, declaration, due.month) else replace(due, held_because=BUSY)


def _missing(declaration: Declaration, at: datetime) -> list[datetime]:
    """The months that should be there and are not."""
    ahead = [months.later(months.start(at), number) for number in range(AHEAD + 1)]
    behind = [starts for starts in _waiting(declaration) if starts < ahead[0] and not _is_past(declaration, starts, at)]
    return sorted({*ahead, *behind} - {month.starts for month in months_of(declaration)})


def _waiting(declaration: Declaration) -> list[datetime]:
    """The months of the rows in the default partition."""
    query = sql.SQL("SELECT DISTINCT date_trunc('month', {column}, 'UTC') FROM {default}")
    with connection.cursor() as cursor:
        cursor.execute(query.format(**_names(declaration)))
        return [months.start(starts) for (starts,) in cursor.fetchall()]


def _is_past(declaration: Declaration, starts: datetime, at: datetime) -> bool:
    """Whether the time of even the youngest row that month can hold has run."""
    youngest = declaration.model_class()(**{declaration.partitioned_by: months.later(starts) - timedelta.resolution})
    until = declaration.retention.until(youngest)
    return until is not None and until <= at


def _make(declaration: Declaration, starts: datetime) -> str:
    """Make one month and move into it what waits in the default partition. Rows of other months come in meanwhile."""
    table = f"{_table(declaration)}_{starts:%Y_%m}"
    names, bounds = _names(declaration, month=table), [starts, months.later(starts)]
    with _without_waiting() as cursor:
        cursor.execute(sql.SQL("LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE").format(**names))
        like = sql.SQL("CREATE TABLE {month} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        cursor.execute(like.format(**names))
        move = sql.SQL(
            "WITH moving AS (DELETE FROM {default} WHERE {column} >= %s AND {column} < %s RETURNING *) "
            "INSERT INTO {month} SELECT * FROM moving"
        )
        cursor.execute(move.format(**names), bounds)
        attach = sql.SQL("ALTER TABLE {parent} ATTACH PARTITION {month} FOR VALUES FROM (%s) TO (%s)")
        cursor.execute(attach.format(**names), bounds)
    return table


def _drop(declaration: Declaration, month: Month) -> str:
    with _without_waiting() as cursor:
        cursor.execute(sql.SQL("DROP TABLE {month}").format(**_names(declaration, month=month.table)))
    return month.table


def _patiently(change: Callable[[Declaration, Any], str], declaration: Declaration, month: Month | datetime) -> str:
    """What *change* returns, or an empty text where somebody held the table too long: the next run tries again."""
    try:
        return change(declaration, month)
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.LockNotAvailable):
            raise
        log.warning("partitions.busy", extra={"table": _table(declaration), "change": change.__name__})
        return ""


@contextmanager
def _without_waiting() -> Iterator[CursorWrapper]:
    """A transaction that gives up rather than let the shop queue behind it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = %s", [PATIENCE])
        yield cursor


def _rows(declaration: Declaration, month: Month) -> Rows:
    column = declaration.partitioned_by
    within = {f"{column}__gte": month.starts, f"{column}__lt": month.ends}
    return declaration.model_class()._base_manager.filter(**within)


def _table(declaration: Declaration) -> str:
    return declaration.model_class()._meta.db_table


def _names(declaration: Declaration, *, month: str = "") -> dict[str, sql.Identifier]:
    table = _table(declaration)
    names = {"parent": table, "default": f"{table}_default", "column": declaration.partitioned_by, "month": month}
    return {name: sql.Identifier(value) for name, value in names.items()}


def _moment(text: str) -> datetime:
    """A bound as PostgreSQL prints it in a connection whose time zone is UTC: `2026-11-01 00:00:00+00`."""
    return datetime.fromisoformat(text).astimezone(UTC)
