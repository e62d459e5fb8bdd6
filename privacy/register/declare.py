"""The words an app uses in its `personal_data.py`.

    declare("accounts.Address", label="Addresses", reach="user__subject", action=Action.DELETE_ROW,
            retention=Retention.while_account(), purposes=[Purpose.DELIVERY],
            fields={"user": link("the account it belongs to"), "line1": personal(Category.ADDRESS), ...})

A row that is deleted takes its fields along. On a row that is kept, every personal field says its own fate: `BLANK`,
`replace(...)` or `keep("reason")`. What is exported and what is erased are two separate statements.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from traceback import extract_stack
from typing import Any, Final, Protocol

from django.apps import apps
from django.db import models

from privacy.ground import audit
from privacy.register import reach as reaching
from privacy.register.facts import Fact, Facts
from privacy.register.reach import ByValue, Family, Reach, Rows
from privacy.register.retention import Retention
from privacy.register.vocabulary import (
    BLANK,
    WITH_ROW,
    Action,
    Basis,
    Category,
    Edge,
    Export,
    Fate,
    Purpose,
    Source,
    date_words,
    keep,
    replace,
)

__all__ = [
    "BLANK", "EVERY_ROW", "WITH_ROW", "Action", "Basis", "Blocker", "ByValue", "Category", "Closer", "Corrects", "Declaration",
    "Edge",
    "Export", "Fact", "Facts", "Family", "Fate", "Field", "Keeps", "Link", "NotPersonal", "Processor", "Purpose", "Reach",
    "Refused", "Retention", "Rows", "Source", "WayOut", "date_words", "declare", "declare_not_personal", "declare_processor",
    "keep", "link", "not_personal", "personal", "replace",
]  # fmt: skip


@dataclass(frozen=True)
class Field:
    """How one personal field (or a relation that an erasure cuts) is treated."""

    category: Category
    source: Source
    on_export: Export
    on_erase: Fate
    is_sensitive: bool = False
    recipients: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = ()  # empty: those of the model
    retention: Retention | None = None  # None: that of the model
    visible_export: Export | None = None  # in the copy of somebody to whom the row is only visible; None: as on_export
    visible_erase: Fate | None = None  # when such a person is erased; None: the field is none of theirs and stays
    edge: Edge | None = None  # None: no relation


class Refused(Exception):
    """Raised by an eraser that could not do its part yet: its step is blocked, the words go to staff and customer."""


@dataclass(frozen=True)
class NotPersonal:
    """A field that says nothing about anybody, and why."""

    reason: str


class Closer(Protocol):
    """Closes the accounts of one person for now (`rights.closing`)."""

    def __call__(self, family: Family, *, by: audit.Actor, at: datetime) -> None: ...


EVERY_ROW: Final = models.Q(pk__isnull=False)


@dataclass(frozen=True)
class Keeps:
    """What a blocker keeps: *fields* of those of a person's rows that match *only*; no fields means the rows as a whole."""

    model: str
    only: models.Q = EVERY_ROW
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link(NotPersonal):
    """A relation that leads to the person or to another row of theirs, and what an erasure does with it."""

    edge: Edge | None = None


@dataclass(frozen=True)
class WayOut:
    """A button by which the person ends what blocks their erasure: its label, and where it posts to."""

    label: str
    address: str


@dataclass(frozen=True)
class Blocker:
    """Something that keeps part of a person's data for now: what it is, in the customer's words, and what it needs.

    Without *keeps* it needs every row of the model whose declaration names it. One that *lasts* has no end that an erasure
    could wait for (somebody works here): the erasure completes around it.
    """

    reference: str
    words: str
    keeps: tuple[Keeps, ...] = ()
    basis: Basis = Basis.CONTRACT
    ends: str = "when it is finished"
    lasts: bool = False
    way_out: WayOut | None = None


class Unfit(ValueError):
    """Raised by what corrects a row: the value cannot stand there, and why, in words for whoever asked."""


Values = Mapping[str, str]
"""Field names, or `app.Model.field`, and what has to stand there."""


@dataclass(frozen=True)
class Corrects:
    """What a correction may overwrite: *fields* of rows that match *only*, by the app's own verb.

    *change(row, values, by, at)* raises `Unfit`. What is not named here stays as it was: an invoice as it was issued, what was
    observed, an address that only its owner's own proof may change.
    """

    fields: tuple[str, ...]
    change: Callable[[Any, Values, audit.Actor, datetime], object]
    only: models.Q = EVERY_ROW


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
    visible: Reach | None = None
    after: tuple[str, ...] = ()
    describe: Callable[[Any], str] | None = None
    blockers: Callable[[Family], Iterable[Blocker]] | None = None
    eraser: Callable[[Family], int] | None = None
    closer: Closer | None = None
    is_evidence: bool = False
    orphans: str = ""  # whose rows reach no person, where that may be
    ended: Callable[[datetime], models.Q] | None = None  # rows of an event-bound rule whose event has happened
    partitioned_by: str = ""  # the moment by whose month the table is partitioned (`rights.partitions`)
    allowed_by: str = ""  # the matter of consent without which there are no such rows (`rights.withdrawal`)
    known_by: Facts | None = None  # what its person can tell about a row, and hardly anybody else (`rights.facts`)
    corrects: Corrects | None = None  # what a correction may overwrite (`rights.correction`)
    labels: Mapping[str, str] = dataclass_field(
        default_factory=dict
    )  # what a field is called, where its own name is no plain word

    def model_class(self) -> type[models.Model]:
        return apps.get_model(self.model)

    @property
    def paths(self) -> tuple[str, ...]:
        """The look-up paths to the person; none where rows are found by value."""
        return reaching.paths(self.reach)

    @property
    def visible_paths(self) -> tuple[str, ...]:
        """The look-up paths to people who may only see the row."""
        return reaching.paths(self.visible)

    @property
    def may_reach_nobody(self) -> bool:
        """Whether every way from a row to a person may end in nothing: a guest, an unknown sender."""
        return all(reaching.can_be_empty(self.model_class(), path) for path in self.paths)

    def rows(self, family: Family) -> Rows:
        """All rows that are this person's: *family* is every subject joined to them."""
        return reaching.rows(self.model_class(), self.reach, family)

    def visible_rows(self, family: Family) -> Rows:
        """Rows of others that this person may see: shown in a copy, never erased as theirs."""
        seen = reaching.rows(self.model_class(), self.visible, family)
        return seen.exclude(pk__in=self.rows(family).values("pk")) if self.visible else seen

    def past_due(self, at: datetime) -> Rows:
        """Rows of anybody whose retention has run: by their date, or because what kept them is over."""
        due = self.retention.past_due(at)
        return self.model_class()._base_manager.filter(due | self.ended(at) if self.ended else due)

    def label_of(self, name: str) -> str:
        """What a person reads as the name of the field *name*."""
        return self.labels.get(name) or str(getattr(self.model_class()._meta.get_field(name), "verbose_name", name))

    def personal_fields(self) -> dict[str, Field]:
        """The fields that say something about the person, by name."""
        return {name: field for name, field in self.fields.items() if isinstance(field, Field)}

    def kept_fields(self) -> dict[str, Field]:
        """The fields that stay after an erasure, each with its reason."""
        return {name: field for name, field in self.personal_fields().items() if field.on_erase.kind == "keep"}

    def blank_fields(self) -> list[str]:
        """The fields that an erasure empties on a kept row."""
        return [name for name, field in self.personal_fields().items() if field.on_erase.kind == "blank"]

    def edges(self) -> dict[str, Edge]:
        """What an erasure does at each relation, by field name."""
        edges = {name: getattr(field, "edge", None) for name, field in self.fields.items()}
        return {name: edge for name, edge in edges.items() if edge is not None}

    def retention_of(self, name: str) -> Retention:
        """How long the field *name* stays: its own rule, or that of its row."""
        declared = self.fields[name]
        return (declared.retention if isinstance(declared, Field) else None) or self.retention

    def purposes_of(self, name: str) -> tuple[Purpose, ...]:
        """What the field *name* is used for: its own purposes, or those of its row."""
        declared = self.fields[name]
        return (declared.purposes if isinstance(declared, Field) else ()) or self.purposes

    def blanks(self, row: models.Model) -> dict[str, Any]:
        """What an erasure writes over a kept row: field name to value."""
        return _written(row, {name: field.on_erase for name, field in self.personal_fields().items()})

    def visible_blanks(self) -> dict[str, Any]:
        """What the erasure of somebody to whom rows are only visible writes over them: field name to value."""
        fates = {name: field.visible_erase for name, field in self.personal_fields().items() if field.visible_erase}
        return _written(self.model_class()(), fates)

    def fade(self, family: Family) -> int:
        """Erase what rows of others say about this person; the rows stay with their owners. Returns how many it touched."""
        blanks = self.visible_blanks()
        return self.visible_rows(family).update(**blanks) if blanks else 0


@dataclass(frozen=True)
class Processor:
    """A company that processes personal data for the shop (GDPR Art. 28). What was agreed with it, and where it stands, the
    operator says (`agreements`)."""

    slug: str
    name: str
    purpose: Purpose
    payload: Mapping[str, str]  # each key that leaves for it: the declared field `app.Model.field` that it carries
    after_erasure: str  # what it keeps by its own duty, in the customer's words
    eraser: Callable[[Family], str] | None = None  # asks it to erase; returns its receipt, raises where it refuses
    known_as: Callable[[Family], Iterable[str]] | None = None  # the ids by which it knows this person
    is_written: bool = (
        False  # it gets whole texts: a field that goes to it travels inside them, under no key of its own
    )
    about_nobody: Mapping[str, str] = dataclass_field(default_factory=dict)  # other keys: what each says
    erases: str = "What it holds for us and may let go."  # what its eraser makes it let go, in the customer's words
    needs_account: bool = True  # whether its eraser finds the person through the account, which then goes after it
    hosts: tuple[str, ...] = ()  # where its adapter may connect to, always over TLS (`disclosures.address`)
    is_used: Callable[[], bool] = lambda: True  # whether this shop, as it is set up, gives it anything
    is_a: str = "others that work for us"  # what kind of company it is (Cal. Civ. Code 1798.110(a)(4))
    corrector: Callable[[Family, Values], str] | None = None  # tells it what is right now; returns its receipt
    corrects: str = ""  # what a correction puts right there and who does it, or why nothing has to be, for the desk
    is_kind: bool = False  # not one company: each shop's profile names its own, as `kind:name` (`registry.processors`)
    writes_for_itself: bool = False  # may write to people for itself, too, since they said so (Cal. Civ. Code 1798.83)

    @property
    def kind(self) -> str:
        """What fields name as their recipient: the company, or the kind of which it is one."""
        return self.slug.partition(":")[0]


DECLARATIONS: Final[dict[str, Declaration]] = {}
NOT_PERSONAL: Final[dict[str, str]] = {}
PROCESSORS: Final[dict[str, Processor]] = {}
SAID_TWICE: Final[list[tuple[str, str]]] = []
"""What was declared again, and where; the first declaration stands and a check reports the second."""


def personal(
    category: Category,
    *,
    source: Source = Source.CUSTOMER,
    on_export: Export = Export.SHOW,
    on_erase: Fate = WITH_ROW,
    sensitive: bool = False,
    recipients: Iterable[str] = (),
    purposes: Iterable[Purpose] = (),
    retention: Retention | None = None,
    visible_export: Export | None = None,
    visible_erase: Fate | None = None,
) -> Field:
    """A field that says something about the person.

    *visible_export*, *visible_erase*: the same two statements for people to whom the row is only visible.
    """
    return Field(
        category, source, on_export, on_erase, sensitive, tuple(recipients), tuple(purposes), retention,
        visible_export, visible_erase,
    )  # fmt: skip


def link(reason: str, *, edge: Edge | None = None) -> Field | Link:
    """A relation that leads to the person or to another row of theirs; *edge* says what an erasure does with it."""
    if edge is Edge.DETACH:
        return Field(Category.LINKAGE, Source.DERIVED, Export.HIDE, BLANK, edge=edge)
    return Link(reason, edge)


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
    visible: Reach | None = None,
    after: Iterable[str] = (),
    describe: Callable[[Any], str] | None = None,
    blockers: Callable[[Family], Iterable[Blocker]] | None = None,
    eraser: Callable[[Family], int] | None = None,
    closer: Closer | None = None,
    is_evidence: bool = False,
    orphans: str = "",
    ended: Callable[[datetime], models.Q] | None = None,
    partitioned_by: str = "",
    allowed_by: str = "",
    known_by: Facts | None = None,
    corrects: Corrects | None = None,
    labels: Mapping[str, str] | None = None,
) -> Declaration:
    """Declare a model of personal data.

    *reach*: look-up path(s) from a row to `privacy.Subject`, or `ByValue(...)`: whose the row is.
    *visible*: the same for people who may see a row that is somebody else's; each field says what they see of it.
    *after*: labels of models whose step must be done before this one in an erasure.
    *eraser*: erases this person's rows where neither deleting nor overwriting rows is enough; returns how many.
    *closer*: closes this person's account for now, and says nothing where there is none; raises `Refused`.
    *is_evidence*: rows that prove what was done and survive an erasure with references only.
    *orphans*: whose rows reach no person at all, where every way there may be empty; their retention must be dated.
    *ended*: from a moment to the rows that the event of *retention* has left behind; nightly retention deletes them.
    *partitioned_by*: the field by whose month the table is partitioned; months past their time are dropped.
    *allowed_by*: what the person agreed to; whoever takes that back has no such rows any more.
    *known_by*: what its person is asked about a row where no password can show who they are.
    *corrects*: what the person may have put right, and how.
    *labels*: what people read instead of a field's name, where that is no plain word.
    """
    declaration = Declaration(
        model, label, reach, action, retention, tuple(purposes), dict(fields), visible, tuple(after),
        describe, blockers, eraser, closer, is_evidence, orphans, ended, partitioned_by, allowed_by, known_by,
        corrects, dict(labels or {}),
    )  # fmt: skip
    if _is_first(model):
        DECLARATIONS[model] = declaration
    return declaration


def declare_not_personal(model: str, reason: str) -> None:
    """Declare in one word that no row of *model* says anything about a person."""
    if _is_first(model):
        NOT_PERSONAL[model] = reason


def declare_processor(processor: Processor) -> None:
    """Enter a processor in the register."""
    if _is_first(processor.slug):
        PROCESSORS[processor.slug] = processor


def _is_first(name: str) -> bool:
    """Whether nobody spoke of *name* before; else the caller's place is noted for the check."""
    if name not in {*DECLARATIONS, *NOT_PERSONAL, *PROCESSORS}:
        return True
    caller = extract_stack(limit=3)[0]
    SAID_TWICE.append((name, f"{caller.filename}:{caller.lineno}"))
    return False


def _written(row: models.Model, fates: Mapping[str, Fate]) -> dict[str, Any]:
    """The values that *fates* write over a row; a fate that leaves its field alone writes none."""
    values: dict[str, Any] = {}
    for name, fate in fates.items():
        if fate.kind == "blank":
            values[name] = _empty(row._meta.get_field(name))
        elif fate.kind == "replace":
            values[name] = fate.value(row) if callable(fate.value) else fate.value
    return values


def _empty(field: Any) -> Any:
    """The value that says nothing: NULL where the column allows it, else an empty text."""
    return None if field.null else ""
