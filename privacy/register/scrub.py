"""A copy of the shop's data without its people: for a staging shop that must behave like the real one.

Keys, relations, sums, dates and choices stay. Every personal text becomes another (`pseudonyms`), and what opens or carries
something goes: credentials, sessions, tokens, the content of mails. Which is which is read from the declarations, so that a new
model needs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pgtrigger
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Count

from privacy.register import masks, registry
from privacy.register.declare import Declaration
from privacy.register.pseudonyms import OF_THE_SHOP, Pseudonyms
from privacy.register.vocabulary import Category, Source

BATCH: Final = 500
MANY: Final = 5
"""A word of the shop that so many people share (a piece's name, a kind of event) says nothing about one of them."""
MOST_WORDS: Final = 2_000
UNIQUE: Final = """
    SELECT CASE WHEN rule.oid IS NULL THEN format('DROP INDEX %%s', this.indexrelid::regclass)
                ELSE format('ALTER TABLE %%s DROP CONSTRAINT %%I', this.indrelid::regclass, rule.conname) END,
           CASE WHEN rule.oid IS NULL THEN pg_get_indexdef(this.indexrelid)
                ELSE format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', this.indrelid::regclass, rule.conname,
                            pg_get_constraintdef(rule.oid)) END
    FROM pg_index this LEFT JOIN pg_constraint rule ON rule.conindid = this.indexrelid AND rule.contype = 'u'
    WHERE this.indrelid = %s::regclass AND this.indisunique AND NOT this.indisprimary
      AND NOT EXISTS (SELECT FROM pg_constraint other WHERE other.conindid = this.indexrelid AND other.contype = 'f')
"""
"""How to take away what makes a table's values unique, and how to bring it back."""


@dataclass(frozen=True)
class Line:
    """What happens, or happened, to one model."""

    model: str
    rows: int
    is_deleted: bool
    names: tuple[str, ...]

    @property
    def words(self) -> str:
        what = "deleted" if self.is_deleted else f"other values for {', '.join(self.names)}" if self.names else "stay"
        return f"{self.model}: {self.rows} rows, {what}"


def plan() -> list[Line]:
    """What `apply` would do, model by model."""
    return [
        Line(each.model, each.model_class()._base_manager.count(), opens_something(each), tuple(replaced(each)))
        for each in registry.all_declared()
    ]


def apply(key: bytes) -> Iterator[Line]:
    """Do it, batch by batch; yields each model when it is done. *key*: random, used for this run only, kept nowhere."""
    pseudonyms = Pseudonyms(key)
    for declaration in registry.all_declared():
        with pgtrigger.ignore():
            if opens_something(declaration):
                yield Line(declaration.model, _delete(declaration), True, ())
            else:
                yield Line(declaration.model, _replace(declaration, pseudonyms), False, tuple(replaced(declaration)))


def opens_something(declaration: Declaration) -> bool:
    """Whether a row is a key to something: a session, a token, a second factor. The account itself stays, without its password."""
    has_secret = any(field.category is Category.CREDENTIAL for field in declaration.personal_fields().values())
    return has_secret and declaration.model != settings.AUTH_USER_MODEL


def replaced(declaration: Declaration) -> list[str]:
    """The fields that get other values."""
    meta = declaration.model_class()._meta
    return [name for name in masks.text_fields(declaration) if not meta.get_field(name).primary_key]  # type: ignore[union-attr]


def is_carried_away(declaration: Declaration, name: str) -> bool:
    """Whether the field holds whole texts on their way to somebody; they are taken out, not replaced."""
    written = {processor.slug for processor in registry.processors() if processor.is_written}
    field = declaration.personal_fields()[name]
    return field.category is Category.MESSAGE and not written.isdisjoint(field.recipients)


def words_of_the_shop(declaration: Declaration, name: str) -> frozenset[str]:
    """Values of a field that the shop itself writes and that many people share."""
    field, column = declaration.personal_fields()[name], declaration.model_class()._meta.get_field(name)
    is_own = field.category in OF_THE_SHOP and field.source in (Source.DERIVED, Source.PROCESSOR, Source.OBSERVED)
    if not is_own or column.unique or not isinstance(column, models.CharField) or not declaration.paths:  # type: ignore[union-attr]
        return frozenset()
    owners = Count(declaration.paths[0], distinct=True)
    shared = declaration.model_class()._base_manager.order_by().values(name).annotate(owners=owners)
    return frozenset(shared.filter(owners__gte=MANY).values_list(name, flat=True)[:MOST_WORDS])


def _delete(declaration: Declaration) -> int:
    deleted = 0
    for batch in _batches(declaration):
        declaration.model_class()._base_manager.filter(pk__in=[row.pk for row in batch]).delete()
        deleted += len(batch)
    return deleted


def _replace(declaration: Declaration, pseudonyms: Pseudonyms) -> int:
    names, meta, touched = replaced(declaration), declaration.model_class()._meta, 0
    if not names:
        return 0
    shared = {name: words_of_the_shop(declaration, name) for name in names}
    categories = {name: field.category for name, field in declaration.personal_fields().items()}
    emptied = {name for name in names if is_carried_away(declaration, name) and meta.get_field(name).null}

    def other(name: str, value: Any) -> Any:
        if name in emptied:
            return None
        if isinstance(value, str) and value in shared[name]:
            return value
        return pseudonyms.of(value, meta.get_field(name), categories[name])

    with _uniqueness_put_off(meta.db_table):
        for batch in _batches(declaration):
            was = [(row.pk, *(getattr(row, name) for name in names)) for row in batch]
            new = [(pk, *map(other, names, values)) for pk, *values in was]
            _write(declaration, names, [row for row, before in zip(new, was, strict=True) if row != before])
            touched += len(batch)
    return touched


@contextmanager
def _uniqueness_put_off(table: str) -> Iterator[None]:
    """One transaction at whose end everything is unique again: until then a row may say what another still says."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(UNIQUE, [table])
        found = cursor.fetchall()
        for drop, _ in found:
            cursor.execute(drop)
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for _, create in found:
            cursor.execute(create)


def _write(declaration: Declaration, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Give rows, each the key and a value for each of *names*, what they hold from now on: one statement."""
    meta = declaration.model_class()._meta
    fields: list[Any] = [meta.pk, *(meta.get_field(name) for name in names)]
    row_of_types = f"({', '.join(f'%s::{each.cast_db_type(connection)}' for each in fields)})"
    key, *columns = [f'"{each.column}"' for each in fields]
    values = [each.get_db_prep_save(value, connection) for row in rows for each, value in zip(fields, row, strict=True)]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{meta.db_table}" SET {", ".join(f"{each} = new.{each}" for each in columns)}'  # noqa: S608 - our own names
                f" FROM (VALUES {', '.join([row_of_types] * len(rows))}) AS new ({', '.join([key, *columns])})"
                f' WHERE "{meta.db_table}".{key} = new.{key}',
                values,
            )


def _batches(declaration: Declaration) -> Iterator[list[Any]]:
    """All rows by primary key, in constant memory: each batch is one short transaction."""
    rows = declaration.model_class()._base_manager.order_by("pk")
    last: Any = None
    while True:
        with transaction.atomic():
            batch = list((rows if last is None else rows.filter(pk__gt=last))[:BATCH])
            if not batch:
                return
            last = batch[-1].pk
            yield batch
