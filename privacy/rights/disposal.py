"""Dispose of rows in short batches: delete them, or overwrite what says who somebody is.

Erasure and retention are one engine with two reasons to start it; this is the engine. Each batch is one short transaction of
at most `BATCH` rows. Rows that somebody else works on are passed over (`SKIP LOCKED`) and found again by the next batch, so that
the shop never waits for a disposal, nor a disposal for the shop.

Which rows, and which of their fields, is decided elsewhere: `rights.reasons` for a person, the declared dates for retention.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.db import models, transaction
from django.db.models.fields.files import FieldFile

from privacy.register.declare import Declaration, Rows

BATCH: Final = 500

Key = Any
Keeping = Callable[[Sequence[Key]], Mapping[Key, Collection[str]]]
"""From the keys of a batch to the fields that stay on each of its rows for now."""


class Overwritten(NamedTuple):
    """How many rows a batch changed, the key it went up to (None: none was left), and whether it met fewer than it might."""

    rows: int
    last: Key | None
    was_last: bool


def delete_batch(declaration: Declaration, rows: Rows, *, limit: int = 0) -> int:
    """Delete *limit* of *rows*, whichever come first, with their files, and return how many; 0 when none is left, or none is free.

    Files go last before the commit: a crash in between leaves rows that the next batch deletes, never a file without a row.
    """
    with transaction.atomic():
        mine = declaration.model_class()._base_manager.filter(pk__in=_claim(rows.order_by(), limit=limit))
        files = list(_files_of(mine))
        _, by_model = mine.delete()
        for file in files:
            file.storage.delete(str(file.name))  # one that is missing is no error
        return by_model.get(declaration.model, 0)


def overwrite_batch(
    declaration: Declaration, rows: Rows, *, keeping: Keeping | None = None, after: Key | None = None, limit: int = 0
) -> Overwritten:
    """Overwrite the first *limit* of *rows* behind the key *after* as declared, but for the fields that *keeping* names.

    Overwritten rows stay in the way, so the caller goes on behind `last`, until it `was_last`.
    """
    with transaction.atomic():
        behind = rows if after is None else rows.filter(pk__gt=after)
        met = _claim(behind.order_by("pk"), limit=limit)
        if not met:
            return Overwritten(0, None, was_last=True)
        keys = list(dict.fromkeys(met))
        kept = keeping(keys) if keeping else {}
        manager = declaration.model_class()._base_manager
        changed = sum(manager.filter(pk__in=same).update(**values) for values, same in _alike(declaration, keys, kept))
        return Overwritten(changed, keys[-1], was_last=len(met) < (limit or BATCH))


def filled(declaration: Declaration, names: Collection[str] | None = None) -> models.Q:
    """Matches rows on which a field that an erasure blanks (one of *names*, if given) still holds something."""
    model, anything = declaration.model_class(), models.Q(pk__in=[])
    for name, declared in declaration.personal_fields().items():
        if declared.on_erase.kind == "blank" and (names is None or name in names):
            is_null = models.Q(**{f"{name}__isnull": True})
            anything |= ~is_null if model._meta.get_field(name).null else ~models.Q(**{name: ""})
    return anything


def _claim(rows: Rows, *, limit: int = 0) -> list[Key]:
    """The keys of the next rows that are free, locked until the transaction ends; twice where two ways lead to one person.

    In no order, nobody with many rows is sorted.
    """
    mine = rows.only("pk").select_for_update(skip_locked=True, of=("self",))
    return [row.pk for row in mine[: limit or BATCH]]


def _alike(
    declaration: Declaration, keys: list[Key], kept: Mapping[Key, Collection[str]]
) -> Iterator[tuple[dict[str, Any], list[Key]]]:
    """Rows that get the same values, together: one UPDATE for all of them, unless a value is made from its row."""
    model = declaration.model_class()
    if any(callable(field.on_erase.value) for field in declaration.personal_fields().values()):
        every = ((row, frozenset(kept.get(row.pk, ()))) for row in model._base_manager.filter(pk__in=keys))
        pairs = [(_values(declaration, row, staying), [row.pk]) for row, staying in every]
    else:
        by_fields: dict[frozenset[str], list[Key]] = defaultdict(list)
        for key in keys:
            by_fields[frozenset(kept.get(key, ()))].append(key)
        pairs = [(_values(declaration, model(), staying), same) for staying, same in by_fields.items()]
    return ((values, same) for values, same in pairs if values)


def _values(declaration: Declaration, row: models.Model, staying: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in declaration.blanks(row).items() if name not in staying}


def _files_of(rows: Rows) -> Iterator[FieldFile]:
    names = [field.name for field in rows.model._meta.concrete_fields if isinstance(field, models.FileField)]
    for row in rows.only("pk", *names) if names else ():
        yield from (getattr(row, name) for name in names if getattr(row, name))
