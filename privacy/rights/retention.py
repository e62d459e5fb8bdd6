"""Let go of what nobody may keep any longer: one run over every declaration, driven by its dates.

The same batches as an erasure (`rights.disposal`), in the same order (`rights.order`), with another reason to begin: rows whose
retention has run are deleted, unless a legal hold lies on them. A row on which something younger hangs (an order whose certificate
is kept longer) loses what says who somebody is, and goes with the last of it. Fields with a shorter time are emptied.

Whoever is erased already is erased a second time here: what the law kept of their orders goes on the day its years are over.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, OperationalError, models, transaction
from django.db.models import Exists, OuterRef

from privacy.ground import audit, logfiles
from privacy.register import profiles, registry
from privacy.register.declare import Declaration, Retention, Rows
from privacy.rights import disposal, holdings, holds, order, partitions
from privacy.rights.locks import only_one

log = logging.getLogger(__name__)

CHUNK: Final = 20_000  # keys looked up at once; what deletes them is `disposal.BATCH` at a time
LOG_FILES: Final = "log files"
HOLD: Final = "a legal hold"
IN_USE: Final = "in use just now"


class Unknown(LookupError):
    """No model of that name holds personal data."""


class Running(Exception):
    """Another run is at work."""


@dataclass(frozen=True)
class Line:
    """What a run found of one model and what it did: rows past due, how many went, and why the others stayed."""

    model: str
    label: str
    rule: str
    past_due: int
    done: int = 0
    held: Mapping[str, int] = field(default_factory=dict)

    @property
    def free(self) -> int:
        """How many of those past due nothing keeps."""
        return self.past_due - sum(self.held.values())


def run(*, apply: bool, model: str = "", by: audit.Actor, at: datetime) -> list[Line]:
    """Go through every declaration, or the one of *model*; without *apply*, count and write nothing.

    One audit event for each model of which something was past due. Killed at any instant, the next run goes on where it was.
    Raises `Unknown`, `Running`.
    """
    if not apply:
        return list(_lines(model, apply=False, by=by, at=at))
    with only_one("retention", "run") as mine:
        if not mine:
            raise Running("another run is at work")
        return list(_lines(model, apply=True, by=by, at=at))


def past_due_total(at: datetime) -> int:
    """How much is still here that nobody may keep any longer: 0 after every night's run."""
    return sum(line.free for line in run(apply=False, by="system:probe", at=at))


def _lines(model: str, *, apply: bool, by: audit.Actor, at: datetime) -> Iterator[Line]:
    chosen = [declaration for declaration in order.of_erasure() if model in ("", declaration.model)]
    if not chosen and model != LOG_FILES:
        raise Unknown(f"{model} is not declared as personal data")
    for declaration in chosen:
        found = [*_of_fields(declaration, at), _of_rows(declaration, at)]
        if apply:
            found = [_carried_out(part, by=by, at=at) for part in found]
        yield from (part.line for part in found)
    if model in ("", LOG_FILES):
        yield _of_log_files(apply=apply, at=at)


# What goes


def due(declaration: Declaration, at: datetime) -> Rows:
    """The rows that go: their time has run, no legal hold lies on them, and nothing that stays hangs on them."""
    rows = _unheld(declaration, at)
    for child, path in dependents(declaration):
        rows = rows.filter(~Exists(_staying(child, at, seen_from=declaration).filter(**{path: OuterRef("pk")})))
    return rows


def dependents(declaration: Declaration) -> Iterator[tuple[Declaration, str]]:
    """What hangs on rows of this model by a key that takes it along, or holds them: each model and the field."""
    for child in registry.all_declared():
        for column in child.model_class()._meta.concrete_fields:
            if column.related_model is declaration.model_class() and _binds(column):
                yield child, column.name


def _binds(column: models.Field[Any, Any]) -> bool:
    relation = column.remote_field
    return isinstance(relation, models.ManyToOneRel) and relation.on_delete in (models.CASCADE, models.PROTECT)


def _unheld(declaration: Declaration, at: datetime) -> Rows:
    return declaration.past_due(at).exclude(holds.held(declaration, at=at))


def _staying(declaration: Declaration, at: datetime, *, seen_from: Declaration) -> Rows:
    """The rows that do not go. Rows that hang on others of their own kind are asked once, not round and round."""
    going = _unheld(declaration, at) if declaration is seen_from else due(declaration, at)
    return declaration.model_class()._base_manager.exclude(pk__in=_keys(going))


@dataclass(frozen=True)
class _Part:
    """One line and the work behind it."""

    line: Line
    declaration: Declaration
    rows: Rows
    emptied: tuple[str, ...] = ()  # the fields to empty; none: whole rows go


def _of_rows(declaration: Declaration, at: datetime) -> _Part:
    past = declaration.past_due(at)
    line = Line(declaration.model, declaration.label, str(declaration.retention), past.count())
    if not line.past_due:  # most nights, of most models
        return _Part(line, declaration, past)
    going = due(declaration, at)
    held = past.filter(holds.held(declaration, at=at)).count()
    waiting = line.past_due - held - going.count()
    younger = sorted({child.label for child, _ in dependents(declaration)})
    reasons = {HOLD: held, f"waits for what hangs on it ({', '.join(younger)})": waiting}
    return _Part(replace(line, held={why: count for why, count in reasons.items() if count}), declaration, going)


def _of_fields(declaration: Declaration, at: datetime) -> Iterator[_Part]:
    """Fields whose own time is shorter than their row's, and everything personal on rows that wait for something younger."""
    by_rule: dict[Retention, list[str]] = defaultdict(list)
    for name in declaration.blank_fields():
        by_rule[declaration.retention_of(name)].append(name)
    for rule, names in by_rule.items():
        rows = declaration.model_class()._base_manager.filter(rule.past_due(at), disposal.filled(declaration, names))
        if rows.exists():
            rows = rows.exclude(holds.held(declaration, at=at)).exclude(pk__in=_keys(due(declaration, at)))
        if (count := rows.count()) or rule != declaration.retention:
            label = f"{declaration.label}: {', '.join(holdings.field_words(declaration, names))}"
            yield _Part(Line(declaration.model, label, str(rule), count), declaration, rows, tuple(names))


def _of_log_files(*, apply: bool, at: datetime) -> Line:
    home, days = Path(settings.LOUPE_HOME), profiles.current().retention["logs_days"]
    files = logfiles.past_due(home, days=days, at=at)
    line = Line(LOG_FILES, "Log files", f"{days} days", len(files))
    if not apply:
        return line
    logfiles.cut(home, at=at)
    for file in files:
        file.unlink(missing_ok=True)
    return replace(line, done=len(files))


def _keys(rows: Rows) -> Rows:
    return rows.order_by().values("pk")


# Doing it


def _carried_out(part: _Part, *, by: audit.Actor, at: datetime) -> _Part:
    """Do the work behind a line, and say in the audit trail how much it was. A part with nothing to do writes nothing."""
    line = part.line
    if not line.past_due:
        return part
    why = IN_USE
    try:
        done = _emptied(part) if part.emptied else _dropped(part.declaration, at) + _deleted(part, by=by, at=at)
    except OperationalError:  # the database itself is away: the next run goes on
        raise
    except DatabaseError as error:  # one table's trouble must not keep the others
        log.exception("retention.refused", extra={"model": line.model})
        done, why = (
            line.past_due - part.declaration.past_due(at).count(),
            f"the database refused it ({type(error).__name__})",
        )
    left = {why: line.free - done} if done < line.free else {}
    line = replace(line, done=done, held={**line.held, **left})
    details: dict[str, audit.Detail] = {"past_due": line.past_due, "done": done, "held": sum(line.held.values())}
    if part.emptied:
        details["fields"] = list(part.emptied)
    audit.append("retention.ran", obj=line.model, details=details, by=by, at=at)
    return replace(part, line=line)


def _dropped(declaration: Declaration, at: datetime) -> int:
    """Whole months of a partitioned table, dropped; the rows of one that somebody holds or uses are left to the batches."""
    if not declaration.partitioned_by:
        return 0
    past = partitions.drop(declaration, held=holds.held(declaration, at=at), at=at)
    return sum(each.rows for each in past if not each.held_because)


def _deleted(part: _Part, *, by: audit.Actor, at: datetime) -> int:
    """Everything that goes, batch by batch, until nothing is left or everything left is in use."""
    done, rows = 0, _leaves(part)
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        batches = (keys[start : start + disposal.BATCH] for start in range(0, len(keys), disposal.BATCH))
        went = sum(_batch(part.declaration, batch, by=by, at=at) for batch in batches)
        if not went:
            break
        done += went
    return done


def _leaves(part: _Part) -> Rows:
    """Of rows that hang on one another, those on which none hangs."""
    rows, manager = part.rows, part.declaration.model_class()._base_manager
    for child, path in dependents(part.declaration):
        if child is part.declaration:
            rows = rows.filter(~Exists(manager.filter(**{path: OuterRef("pk")})))
    return rows


def _batch(declaration: Declaration, keys: list[Any], *, by: audit.Actor, at: datetime) -> int:
    """One short transaction. What people know by its reference is named in the audit trail as it goes."""
    rows = declaration.past_due(at).filter(pk__in=keys)
    with _letting_go(declaration):
        if _is_known_by_name(declaration):
            free = list(rows.order_by("pk").select_for_update(skip_locked=True))
            for row in free:
                audit.append("retention.ended", subject=row.subject_id, obj=row, by=by, at=at)
            rows = rows.filter(pk__in=[row.pk for row in free])
        return disposal.delete_batch(declaration, rows)


def _letting_go(declaration: Declaration) -> AbstractContextManager[None]:
    """The transaction in which rows go: evidence needs one that says so to the database."""
    return audit.expiring() if declaration.is_evidence else transaction.atomic()


def _is_known_by_name(declaration: Declaration) -> bool:
    """Whether its rows are what a person calls by a reference: an order, not its payment."""
    return not declaration.is_evidence and declaration.reach == "subject" and "reference" in declaration.kept_fields()


def _emptied(part: _Part) -> int:
    """The fields of a part, emptied on all its rows."""
    others = frozenset(part.declaration.personal_fields()) - frozenset(part.emptied)
    done, last = 0, None
    while True:
        batch = disposal.overwrite_batch(
            part.declaration, part.rows, keeping=lambda keys: dict.fromkeys(keys, others), after=last
        )
        done, last = done + batch.rows, batch.last
        if batch.was_last:
            return done
