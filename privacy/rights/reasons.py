"""Why something of a person may stay: one algebra for laws, unfinished orders and legal holds.

A *reason* keeps certain fields of certain rows, in words the person reads, on a lawful basis, until a date or an event. Every
reason is of one shape, whoever gives it:

- a declaration that keeps fields when its person goes (`keep("tax law asks for it")`), until its retention has run;
- a blocker that an app hands over (an order on its way), until that is finished;
- a legal hold, until somebody releases it.

What an erasure takes of a row is all its fields minus the union of what its active reasons keep (`erased`). Reasons only ever
add up, so none needs to know of another, and when one ends, what no other keeps goes by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext

from privacy.ground import tongue
from privacy.register import presence, registry
from privacy.register.declare import EVERY_ROW, Action, Basis, Declaration, Family, Rows, WayOut
from privacy.rights import disposal, holdings, holds, phrases

Here = Mapping[str, presence.Held]
"""How many rows there are of each model of which there are any (`presence.counted`)."""


class Ground(Enum):
    """What kind of reason it is."""

    LAW = "a law asks for it"
    UNFINISHED = "something is not finished"
    HOLD = "a legal hold"


@dataclass(frozen=True)
class Reason:
    """One lawful reason for part of one model: *fields* of the rows that match *only*; None: those rows as a whole."""

    ground: Ground
    model: str
    words: str
    basis: Basis
    ends: str
    only: Q = EVERY_ROW
    fields: frozenset[str] | None = None
    reference: str = ""
    lasts: bool = False  # the erasure completes around it, and does not wait for its end
    way_out: WayOut | None = None

    def keeps(self, declaration: Declaration) -> frozenset[str]:
        """The personal fields that it keeps of a row."""
        return frozenset(declaration.personal_fields()) if self.fields is None else self.fields


def erased(declaration: Declaration, active: Iterable[Reason]) -> frozenset[str]:
    """The fields of a row that go now: all that are personal, minus the union of what its active reasons keep."""
    kept = (reason.keeps(declaration) for reason in active)
    return frozenset(declaration.personal_fields()).difference(*kept)


@dataclass(frozen=True)
class Reasons:
    """Every reason that is active for one person now, by the model of which it keeps something."""

    family: Family
    by_model: dict[str, tuple[Reason, ...]]
    here: Here | None = None  # the models of which there are rows, where somebody has looked

    def meets(self, declaration: Declaration) -> bool:
        """Whether there may be any row of this model to deal with."""
        return self.here is None or declaration.model in self.here

    def of(self, declaration: Declaration) -> tuple[Reason, ...]:
        """Every reason that keeps something of this model."""
        return self.by_model.get(declaration.model, ())

    def passing(self, declaration: Declaration) -> list[Reason]:
        """Those that an erasure waits for."""
        return [reason for reason in self.of(declaration) if not reason.lasts]

    def in_the_way(self, declaration: Declaration) -> list[Reason]:
        """Those it waits for that keep something which would go otherwise, now."""
        passing = self.passing(declaration) if self.meets(declaration) else []
        return [reason for reason in passing if self._withheld(declaration, reason).exists()]

    def withheld(self, declaration: Declaration, reason: Reason) -> int:
        """How many rows a reason keeps something of that would go otherwise."""
        return int(self._withheld(declaration, reason).order_by().values("pk").distinct().count())

    def erasable(self, declaration: Declaration) -> Rows:
        """The person's rows of which no reason keeps anything: they may go as a whole."""
        return declaration.rows(self.family).exclude(_any_of(self.of(declaration)))

    def goes_or_waits(self, declaration: Declaration) -> Rows:
        """The person's rows that go as a whole, now or when what they wait for is over."""
        return declaration.rows(self.family).exclude(_any_of(each for each in self.of(declaration) if each.lasts))

    def kept_fields(self, declaration: Declaration, keys: Sequence[Any]) -> dict[Any, frozenset[str]]:
        """For each row of a batch on which a reason rests: the fields that stay."""
        resting: dict[Any, list[Reason]] = defaultdict(list)
        everywhere = [reason for reason in self.of(declaration) if reason.only == EVERY_ROW]
        manager = declaration.model_class()._base_manager
        for reason in self.of(declaration):
            if reason.only != EVERY_ROW:
                for key in manager.filter(reason.only, pk__in=keys).values_list("pk", flat=True):
                    resting[key].append(reason)
        every = frozenset(declaration.personal_fields())
        return {key: every - erased(declaration, [*everywhere, *resting[key]]) for key in keys}

    def _withheld(self, declaration: Declaration, reason: Reason) -> Rows:
        rows = declaration.rows(self.family).filter(reason.only)
        if declaration.action is Action.DELETE_ROW or declaration.eraser is not None:
            return rows
        return rows.filter(disposal.filled(declaration, reason.fields))


def active(family: Family, *, here: Here | None = None, at: datetime) -> Reasons:
    """Everything that keeps something of this person at this moment. *here*: what `presence.counted` found, if it was asked."""
    by_model: dict[str, list[Reason]] = defaultdict(list)
    for reason in (*_of_law(), *_of_blockers(family), *_of_holds(family, at=at)):
        by_model[reason.model].append(reason)
    return Reasons(family, {model: tuple(every) for model, every in by_model.items()}, here)


ASKED_ANEW_AFTER: Final = 10 * disposal.BATCH
"""For how many rows reasons hold before they are asked anew: an ordinary erasure asks once, a large one while it goes on."""


class Asked:
    """The reasons of one person for a worker that goes on for a while."""

    def __init__(self, family: Family, *, at: datetime) -> None:
        self.family, self._at = family, at
        self._known: Reasons | None = None
        self._rows = 0

    def now(self) -> Reasons:
        """What is active; no older than so many rows, so that a hold placed meanwhile holds."""
        if self._known is None or self._rows >= ASKED_ANEW_AFTER:
            self._known, self._rows = active(self.family, at=self._at), 0
        return self._known

    def used_for(self, rows: int) -> None:
        """So many rows went on what was known."""
        self._rows += rows

    def ask_anew(self) -> None:
        """Something is about to happen that may be a reason."""
        self._known = None


def unfinished(family: Family, *, at: datetime) -> list[Waiting]:
    """What an erasure of this person would have to wait for now, and what that keeps meanwhile."""
    now = active(family, at=at)
    found: dict[tuple[str, str, WayOut | None], list[str]] = defaultdict(list)
    for declaration in registry.all_declared():
        for reason in now.passing(declaration):
            if number := now.withheld(declaration, reason):
                about = (reason.words, reason.ends, reason.way_out)
                found[about].append(_kept_words(declaration, reason, number))
    return [Waiting(words, ends, tuple(kept), way_out) for (words, ends, way_out), kept in found.items()]


@dataclass(frozen=True)
class Waiting:
    """Something an erasure waits for, as the person and staff read it."""

    words: str
    ends: str
    kept: tuple[str, ...]
    way_out: WayOut | None = None


def _kept_words(declaration: Declaration, reason: Reason, number: int) -> str:
    blanked = [name for name, field in declaration.personal_fields().items() if field.on_erase.kind == "blank"]
    names = [name for name in blanked if name in reason.keeps(declaration)]
    if declaration.action is Action.DELETE_ROW or not names:
        return f"{tongue.translated(declaration.label)} ({number})"
    words = [tongue.translated(each) for each in holdings.field_words(declaration, names)]
    return f"{tongue.translated(declaration.label)} ({number}): {phrases.listed(words)}"


def _of_law() -> Iterator[Reason]:
    """What the declarations keep by themselves, with the words each field gives."""
    for declaration in registry.all_declared():
        if declaration.action is not Action.KEEP_UNTIL:
            continue
        by_words: dict[tuple[str, Basis], set[str]] = defaultdict(set)
        for name, field in declaration.personal_fields().items():
            if field.on_erase.kind == "keep":
                by_words[field.on_erase.reason, field.on_erase.basis or Basis.LEGAL_OBLIGATION].add(name)
        for (words, basis), names in by_words.items():
            ends = str(declaration.retention)
            yield Reason(Ground.LAW, declaration.model, words, basis, ends, fields=frozenset(names), lasts=True)


def _of_blockers(family: Family) -> Iterator[Reason]:
    """What the apps say is unfinished."""
    for declaration in registry.all_declared():
        for blocker in declaration.blockers(family) if declaration.blockers else ():
            if not blocker.keeps:
                yield Reason(
                    Ground.UNFINISHED, declaration.model, blocker.words, blocker.basis, blocker.ends,
                    reference=blocker.reference, lasts=blocker.lasts, way_out=blocker.way_out,
                )  # fmt: skip
            for kept in blocker.keeps:
                yield Reason(
                    Ground.UNFINISHED, kept.model, blocker.words, blocker.basis, blocker.ends, kept.only,
                    frozenset(kept.fields) or None, blocker.reference, blocker.lasts, blocker.way_out,
                )  # fmt: skip


def _of_holds(family: Family, *, at: datetime) -> Iterator[Reason]:
    for hold in holds.of(family, at=at):
        for declaration in registry.all_declared():
            rows = None if declaration.is_evidence else holds.covered(hold, declaration)
            if rows is not None:
                yield Reason(
                    Ground.HOLD, declaration.model, hold.words, Basis.LEGITIMATE_INTEREST, gettext("when the hold is released"),
                    rows, reference=hold.reference,
                )  # fmt: skip


def _any_of(every: Iterable[Reason]) -> Q:
    """The rows on which any of these reasons rests; none for none."""
    return reduce(or_, (reason.only for reason in every), Q(pk__in=[]))
