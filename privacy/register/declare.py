"""The words an app uses in its `personal_data.py`.

    declare("accounts.Address", label="Addresses", reach="user__subject", action=Action.DELETE_ROW,
            retention=Retention.while_account(), purposes=[Purpose.DELIVERY],
            fields={"user": link("the account it belongs to"), "line1": personal(Category.ADDRESS), ...})

A row that is deleted takes its fields along. On a row that is kept, every personal field says its own fate: `BLANK`,
`replace(...)` or `keep("reason")`. What is exported and what is erased are two separate statements.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import models

from privacy.register.vocabulary import (
    BLANK,
    WITH_ROW,
    Action,
    Basis,
    Category,
    Export,
    Fate,
    Purpose,
    Retention,
    Source,
    date_words,
    keep,
    replace,
)

__all__ = [
    "BLANK", "WITH_ROW", "Action", "Basis", "Category", "Declaration", "Export", "Fate", "Field", "NotPersonal",
    "Processor", "Purpose", "Retention", "Source", "date_words", "declare", "declare_not_personal", "declare_processor",
    "keep", "link", "not_personal", "personal", "replace",
]  # fmt: skip

Family = list[UUID]
Rows = models.QuerySet[Any]
Reach = str | tuple[str, ...] | Callable[[Family], Rows]


@dataclass(frozen=True)
class Field:
    """How one personal field (or a relation of a personal row) is treated."""

    category: Category
    source: Source
    on_export: Export
    on_erase: Fate
    is_sensitive: bool = False
    recipients: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = ()  # empty: those of the model


@dataclass(frozen=True)
class NotPersonal:
    """A field that says nothing about anybody, and why."""

    reason: str


@dataclass(frozen=True)
class Blocker:
    """Something unfinished that keeps part of a person's data for now: what it is, in the customer's words."""

    reference: str
    words: str


@dataclass(frozen=True)
class Declaration:
    """One model of personal data: how a row reaches its person, what it is for, and what happens to it."""

    model: str
    label: str
    reach: Reach
    action: Action
    retention: Retention
    purposes: tuple[Purpose, ...]
    fields: Mapping[str, Field | NotPersonal]
    after: tuple[str, ...] = ()
    describe: Callable[[Any], str] | None = None
    blockers: Callable[[Family], Iterable[Blocker]] | None = None
    eraser: Callable[[Family], int] | None = None
    is_evidence: bool = False
    partitioned_by: str = ""  # the moment by whose month the table is partitioned (`rights.partitions`)

    def model_class(self) -> type[models.Model]:
        return apps.get_model(self.model)

    def rows(self, family: Family) -> Rows:
        """All rows of this person: *family* is every subject joined to them."""
        if callable(self.reach):
            return self.reach(family)
        paths = (self.reach,) if isinstance(self.reach, str) else self.reach
        anyone = models.Q()
        for path in paths:
            anyone |= models.Q(**{f"{path}__in": family})
        return self.model_class()._base_manager.filter(anyone)

    def personal_fields(self) -> dict[str, Field]:
        """The fields that say something about the person, by name."""
        return {name: field for name, field in self.fields.items() if isinstance(field, Field)}

    def kept_fields(self) -> dict[str, Field]:
        """The fields that stay after an erasure, each with its reason."""
        return {name: field for name, field in self.personal_fields().items() if field.on_erase.kind == "keep"}

    def blanks(self, row: models.Model) -> dict[str, Any]:
        """What an erasure writes over a kept row: field name to value."""
        values: dict[str, Any] = {}
        for name, declared in self.personal_fields().items():
            if declared.on_erase.kind == "blank":
                values[name] = _empty(row._meta.get_field(name))
            elif declared.on_erase.kind == "replace":
                value = declared.on_erase.value
                values[name] = value(row) if callable(value) else value
        return values


@dataclass(frozen=True)
class Processor:
    """A company that processes personal data for the shop (GDPR Art. 28)."""

    slug: str
    name: str
    purpose: Purpose
    receives: tuple[str, ...]
    country: str
    after_erasure: str  # what it keeps by its own duty, in the customer's words
    eraser: Callable[[Family], str] | None = None  # asks it to erase; returns its receipt, raises where it refuses


DECLARATIONS: Final[dict[str, Declaration]] = {}
NOT_PERSONAL: Final[dict[str, str]] = {}
PROCESSORS: Final[dict[str, Processor]] = {}


class DeclaredTwice(Exception):
    """Two declarations speak of the same model."""


def personal(
    category: Category,
    *,
    source: Source = Source.CUSTOMER,
    on_export: Export = Export.SHOW,
    on_erase: Fate = WITH_ROW,
    sensitive: bool = False,
    recipients: Iterable[str] = (),
    purposes: Iterable[Purpose] = (),
) -> Field:
    """A field that says something about the person."""
    return Field(category, source, on_export, on_erase, sensitive, tuple(recipients), tuple(purposes))


def link(reason: str, *, on_erase: Fate | None = None) -> Field | NotPersonal:
    """A relation that leads to the person or to another row of theirs; with *on_erase*, it is cut on a kept row."""
    if on_erase is None:
        return NotPersonal(reason)
    return Field(Category.LINKAGE, Source.DERIVED, Export.HIDE, on_erase)


def not_personal(reason: str) -> NotPersonal:
    """A field that says nothing about anybody."""
    return NotPersonal(reason)


def declare(
    model: str,
    *,
    label: str,
    reach: Reach,
    action: Action,
    retention: Retention,
    purposes: Iterable[Purpose],
    fields: Mapping[str, Field | NotPersonal],
    after: Iterable[str] = (),
    describe: Callable[[Any], str] | None = None,
    blockers: Callable[[Family], Iterable[Blocker]] | None = None,
    eraser: Callable[[Family], int] | None = None,
    is_evidence: bool = False,
    partitioned_by: str = "",
) -> Declaration:
    """Declare a model of personal data.

    *reach*: look-up path(s) from a row to `privacy.Subject`, or a callable from subject ids to rows (found by value).
    *after*: labels of models whose step must be done before this one in an erasure.
    *eraser*: erases this person's rows where neither deleting nor overwriting rows is enough; returns how many.
    *is_evidence*: rows that prove what was done and survive an erasure with references only.
    *partitioned_by*: the field by whose month the table is partitioned; months past their time are dropped.
    """
    _once(model)
    declaration = Declaration(
        model, label, reach, action, retention, tuple(purposes), dict(fields), tuple(after), describe, blockers, eraser,
        is_evidence, partitioned_by,
    )  # fmt: skip
    DECLARATIONS[model] = declaration
    return declaration


def declare_not_personal(model: str, reason: str) -> None:
    """Declare in one word that no row of *model* says anything about a person."""
    _once(model)
    NOT_PERSONAL[model] = reason


def declare_processor(processor: Processor) -> None:
    """Enter a processor in the register."""
    if processor.slug in PROCESSORS:
        raise DeclaredTwice(processor.slug)
    PROCESSORS[processor.slug] = processor


def _once(model: str) -> None:
    if model in DECLARATIONS or model in NOT_PERSONAL:
        raise DeclaredTwice(model)


def _empty(field: Any) -> Any:
    """The value that says nothing: NULL where the column allows it, else an empty text."""
    return None if field.null else ""
