"""Whom a breach concerns: given what leaked and when, the people behind it, where they live, and what of theirs it was.

What leaked is named by tables, fields or a processor; where an account of staff was misused, it is whatever the trail says that
account saw.

Answers GDPR Art. 33(3)(a): categories and approximate number of people and records. Counted in the database, in constant memory:
the people's numbers never come together here, only into a table of the connection and from there into a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection, models, transaction

from privacy.ground import audit
from privacy.ground.models import AuditEvent
from privacy.register import activities, registry
from privacy.register import reach as reaching
from privacy.register.declare import Declaration, Field, Rows
from privacy.register.models import Subject, SubjectLink
from privacy.register.vocabulary import Category

TABLE: Final = "breach_scope"
BATCH: Final = 500
#: How rows say when they were made, the surest name first.
MADE_AT: Final = (
    "created_at", "placed_at", "received_at", "at", "date_joined", "created", "requested_at", "issued_at", "action_time",
    "shipped_at", "built_at", "sold_at", "added_at",
)  # fmt: skip


class Unknown(Exception):
    """No such model, field or processor in the register."""


@dataclass(frozen=True)
class Window:
    """From when to when: rows made in it are concerned."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Part:
    """What leaked of one model."""

    declaration: Declaration
    names: tuple[str, ...]
    rows: int

    @property
    def words(self) -> str:
        """`Orders: e-mail, recipient`."""
        named = ", ".join(activities.field_name(self.declaration, name) for name in self.names)
        return f"{self.declaration.label}: {named}"


@dataclass(frozen=True)
class Scope:
    """The answer."""

    parts: list[Part]
    people: int
    by_residence: dict[str, int]
    categories: list[str]
    is_high: bool

    @property
    def risk(self) -> str:
        """Whether the people themselves must be told (Art. 34)."""
        return "high: the people must be told (Art. 34)" if self.is_high else "not high by itself: weigh it (Art. 33)"


Chosen = dict[str, tuple[Declaration, tuple[str, ...]]]


def choose(targets: Sequence[str], *, processor: str = "") -> Chosen:
    """What leaked, by model: `app.Model`, `app.Model.field`, or everything a processor receives. *Raises* `Unknown`."""
    named: dict[str, list[str]] = {}
    for target in targets:
        model, names = _target(target)
        named.setdefault(model, []).extend(names)
    if processor:
        for declaration, name, _ in _received_by(processor):
            named.setdefault(declaration.model, []).append(name)
    return {model: (registry.of(model), tuple(dict.fromkeys(names))) for model, names in named.items()}


@contextmanager
def measured(chosen: Chosen, window: Window | None = None, *, looked: Sequence[str] = ()) -> Iterator[Scope]:
    """Count whom it concerns. While the context is open, `people` lists them; afterwards the list is gone.

    *looked*: actors of the trail (`staff:12`) whose every look within the window concerns whoever was looked at.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {TABLE} (subject_id uuid PRIMARY KEY) ON COMMIT DROP")
        parts = [Part(each, names, _collect(each, window, cursor)) for each, names in chosen.values()]
        parts = _with_looks(parts, looked, window, cursor) if looked else parts
        _gather_families(cursor)
        cursor.execute(f"SELECT count(*) FROM {TABLE}")  # noqa: S608 - our own name
        (people,) = cursor.fetchone()
        yield Scope(parts, people, _residences(cursor), _categories(parts), any(map(_is_grave, _fields(parts))))
        cursor.execute(f"DROP TABLE {TABLE}")


def people() -> Iterator[UUID]:
    """The people that `measured` found, one by one from a cursor of the server."""
    cursor = connection.create_cursor(name="breach_people")
    try:
        cursor.execute(f"SELECT subject_id FROM {TABLE} ORDER BY subject_id")  # noqa: S608 - our own name
        while chunk := cursor.fetchmany(BATCH):
            yield from (subject for (subject,) in chunk)
    finally:
        cursor.close()


def rows_made(declaration: Declaration, window: Window | None) -> models.QuerySet[Any]:
    """The rows of a model made in the window; all of them where no window is given or the row does not say when."""
    rows: models.QuerySet[Any] = declaration.model_class()._base_manager.all()
    moment = made_at(declaration)
    return rows.filter(**{f"{moment}__range": (window.start, window.end)}) if window and moment else rows


def made_at(declaration: Declaration) -> str:
    """The column that says when a row was made, or nothing."""
    columns = {column.name for column in declaration.model_class()._meta.concrete_fields}
    return next((name for name in MADE_AT if name in columns), "")


def _target(target: str) -> tuple[str, list[str]]:
    if declaration := registry.find(target):
        return target, list(declaration.personal_fields())
    model, _, name = target.rpartition(".")
    declaration = registry.find(model)
    if declaration is None or name not in declaration.personal_fields():
        raise Unknown(target)
    return model, [name]


def _received_by(processor: str) -> list[tuple[Declaration, str, Field]]:
    found = list(registry.fields(recipient=processor))
    if not found:
        raise Unknown(processor)
    return found


def _collect(declaration: Declaration, window: Window | None, cursor: Any) -> int:
    """Put the subjects of the rows into the table. Returns how many rows."""
    rows = rows_made(declaration, window).order_by()
    for owners in reaching.owners(rows, declaration.reach):
        _insert(owners, cursor)
    return rows.count()


def _insert(owners: Rows, cursor: Any) -> None:
    sql, parameters = owners.order_by().distinct().query.sql_with_params()
    cursor.execute(f"INSERT INTO {TABLE} {sql} ON CONFLICT DO NOTHING", parameters)


def _with_looks(parts: list[Part], actors: Sequence[str], window: Window | None, cursor: Any) -> list[Part]:
    """Put whoever these accounts looked at into the table, and what they saw beside what leaked."""
    seen = AuditEvent.objects.filter(event__in=audit.LOOKS, actor__in=actors, subject_id__isnull=False)
    seen = seen.filter(at__range=(window.start, window.end)) if window else seen
    _insert(seen.order_by().values_list("subject_id", flat=True), cursor)
    fields: dict[str, set[str]] = {}
    pages: dict[str, set[str]] = {}
    looks = seen.order_by().values_list("object_ref", "details__model", "details__fields").distinct()
    for page, model, names in looks.iterator():
        for name in names:
            other, _, field = name.rpartition(".")
            fields.setdefault(other or model, set()).add(field)
            pages.setdefault(other or model, set()).add(page)
    leaked = {part.declaration.model: part for part in parts}
    for declaration in filter(None, map(registry.find, sorted(fields))):
        saw = fields[declaration.model] & declaration.personal_fields().keys()
        part = leaked.get(declaration.model, Part(declaration, (), 0))
        names = (*part.names, *sorted(saw - set(part.names)))
        leaked[declaration.model] = replace(part, names=names, rows=max(part.rows, len(pages[declaration.model])))
    return list(leaked.values())


def _gather_families(cursor: Any) -> None:
    """Put the root in place of each subject that was joined to one, until nobody is joined to anybody."""
    links = SubjectLink._meta.db_table
    moved = True
    while moved:
        cursor.execute(
            f"INSERT INTO {TABLE} SELECT link.root_id FROM {links} link JOIN {TABLE} found ON found.subject_id = link.child_id"  # noqa: S608
            " ON CONFLICT DO NOTHING"
        )
        cursor.execute(f"DELETE FROM {TABLE} USING {links} link WHERE link.child_id = subject_id")  # noqa: S608
        moved = bool(cursor.rowcount)


def _residences(cursor: Any) -> dict[str, int]:
    cursor.execute(
        f"SELECT coalesce(nullif(residence, ''), 'unknown'), count(*) FROM {TABLE}"  # noqa: S608
        f" JOIN {Subject._meta.db_table} person ON person.id = subject_id GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return dict(cursor.fetchall())


def _fields(parts: list[Part]) -> Iterator[Field]:
    for part in parts:
        yield from (part.declaration.personal_fields()[name] for name in part.names)


def _categories(parts: list[Part]) -> list[str]:
    return activities.once(str(field.category) for field in _fields(parts))


def _is_grave(field: Field) -> bool:
    """What a stranger could do harm with: sensitive words, and whatever opens an account."""
    return field.is_sensitive or field.category is Category.CREDENTIAL
