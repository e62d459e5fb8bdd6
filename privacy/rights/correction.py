"""Something we hold about somebody is wrong: it is put right, and whoever received it from us is told (GDPR Art. 16 and 19).

What can be put right is declared (`Declaration.corrects`), and the verb of the app that holds it does it, so that the rules of the
account page are the rules here. Invoices and everything else that says what was agreed stay as they were issued. A member of staff
approves it first. Then come steps, as in an erasure: one for the row, one for each processor that was given this very field about
this very person. A processor with a `corrector` is told by software. What software cannot do (words instead of a field, a processor
without a `corrector`) staff do, and note how (`note_by_hand`); until they have, the request is not complete. Words may be about
anything that was given away: software then tells after the hand has put it right, and the hand is told whom else to tell.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DatabaseError, transaction

from privacy import tasks
from privacy.ground import audit, doorbell, logs
from privacy.register import activities, disclosures, registry, subjects
from privacy.register.declare import Corrects, Declaration, Family, Processor, Unfit
from privacy.register.models import Disclosure
from privacy.rights import requests
from privacy.rights.locks import only_one
from privacy.rights.models import DataRequest, ErasureStep, State, StepKind, StepState
from privacy.rights.states import REQUEST

log = logging.getLogger(__name__)

RETRY: Final = timedelta(hours=1)
TELL_BY_HAND: Final = "Tell {name} by hand, then note here how."
DO_BY_HAND: Final = "Put right by hand what they wrote, then note here how."
DO_AND_TELL_BY_HAND: Final = (
    "Put right by hand what they wrote, tell {names} where they were given it, then note here how."
)
GONE: Final = "What you wanted corrected is not with us any more, so there was nothing to put right."
AS_YOU_WROTE: Final = "{label} now stands as you wrote it. Invoices stay as they were issued."
UNFIT: Final = "{label} could not be put right: {why}"
READ: Final = "We read what you wrote and put it right by hand. Invoices stay as they were issued."


class NotOpen(ValueError):
    """No such row of theirs, or a field that a correction does not change."""


class ReceiptMissing(ValueError):
    """What was done by hand counts once somebody says how."""


class NothingByHand(Exception):
    """Nothing of it waits for a person."""


@dataclass(frozen=True)
class Entry:
    """One value that its person may have corrected."""

    declaration: Declaration
    row: Any
    field: str

    @property
    def name(self) -> str:
        """How a form and a request name it: `accounts.Address:12:city`."""
        return f"{self.declaration.model}:{self.row.pk}:{self.field}"

    @property
    def label(self) -> str:
        """`Saved addresses: town or city`."""
        return f"{self.declaration.label}: {activities.field_name(self.declaration, self.field)}"

    @property
    def value(self) -> str:
        """What stands there now."""
        return str(getattr(self.row, self.field) or "")


# What can be asked


def entries(family: Family) -> Iterator[Entry]:
    """Every value of this person that a correction may change, kind by kind."""
    for declaration in registry.all_declared():
        if corrects := declaration.corrects:
            for row in declaration.rows(family).filter(corrects.only).order_by("pk"):
                yield from (Entry(declaration, row, name) for name in corrects.fields)


def find(family: Family, name: str) -> Entry:
    """The value that a form names; never one of somebody else. *Raises* `NotOpen`."""
    model, _, rest = name.partition(":")
    key, _, field = rest.rpartition(":")
    declaration = registry.find(model)
    corrects = declaration.corrects if declaration else None
    if declaration is None or corrects is None or field not in corrects.fields:
        raise NotOpen(name)
    try:
        row = declaration.rows(family).filter(corrects.only).get(pk=key)
    except (ObjectDoesNotExist, ValidationError, ValueError):
        raise NotOpen(name)
    return Entry(declaration, row, field)


def check(family: Family, name: str, value: str) -> Entry:
    """Whether *value* could stand there, before anybody decides. *Raises* `NotOpen`, `Unfit`."""
    entry = find(family, name)
    column = entry.row._meta.get_field(entry.field)
    try:
        column.clean(value.strip(), entry.row)
    except ValidationError as refusal:
        raise Unfit(" ".join(refusal.messages))
    return entry


def receivers(family: Family, entry: Entry) -> list[Processor]:
    """Which processors were given this field about this person, by name."""
    return _given(family, {f"{entry.declaration.model}.{entry.field}"})


def _receivers_of_words(family: Family) -> tuple[list[Processor], list[Processor]]:
    """Which processors words may concern: those that software tells, and those that were given anything that can be put right."""
    able = {each.slug: each for each in registry.processors() if each.corrector is not None}
    theirs = Disclosure.objects.filter(subject_id__in=family, processor__in=able)
    software = [able[slug] for slug in sorted(set(theirs.order_by().values_list("processor", flat=True)))]
    declared = ((each.model, each.corrects) for each in registry.all_declared())
    paths = {f"{model}.{name}" for model, corrects in declared if corrects for name in corrects.fields}
    return software, [each for each in _given(family, paths) if each.corrector is None]


def _given(family: Family, paths: Collection[str]) -> list[Processor]:
    """Who received any of these fields about this person. Whole texts that were sent on are no record to correct."""
    theirs = Disclosure.objects.filter(subject_id__in=family)
    told = []
    for processor in registry.processors():
        keys = [key for key, field in processor.payload.items() if field in paths]
        if keys and not processor.is_written and theirs.filter(processor=processor.slug, keys__overlap=keys).exists():
            told.append(processor)
    return told


# Carrying it out


def carry_out(request_id: UUID, *, by: audit.Actor, at: datetime) -> None:
    """Correct what was approved and tell the processors. Safe to call twice: a worker that died is followed by the next."""
    with only_one("correction", request_id) as mine:
        request = DataRequest.objects.select_related("subject").get(pk=request_id)
        ready = (State.APPROVED, State.PARTLY_DONE, State.EXECUTING)
        if not mine or request.state not in ready:
            return
        if request.state != State.EXECUTING:
            REQUEST.advance(request, State.EXECUTING, by=by, at=at)
        family = subjects.family(request.subject)
        if not request.steps.exists():
            _put_right(request, family, by=by, at=at)
        if not request.steps.filter(
            kind=StepKind.ROWS, state=StepState.BLOCKED
        ).exists():  # nobody is told what is still wrong
            for step in request.steps.filter(kind=StepKind.PROCESSOR).exclude(state=StepState.DONE):
                _tell(step, request, family, by=by, at=at)
        _end(request, by=by, at=at)


def by_hand(request: DataRequest) -> ErasureStep | None:
    """The first step that waits for a person, or None. One that software tries again is not among them."""
    waiting = request.steps.filter(state=StepState.BLOCKED).order_by("position")
    return next((step for step in waiting if not _has_corrector(step)), None)


@transaction.atomic
def note_by_hand(request: DataRequest, *, receipt: str, by: audit.Actor, at: datetime) -> ErasureStep:
    """Staff did the next step that waits for them; *receipt* says how (a ticket, a letter) and names nobody.

    With the last step the request is complete; what software still has to tell, it tells now. *Raises* `ReceiptMissing`,
    `NothingByHand`, and as `requests.complete` does.
    """
    if not receipt.strip():
        raise ReceiptMissing("say how it was done")
    request = DataRequest.objects.select_for_update(of=("self",)).select_related("subject").get(pk=request.pk)
    step = by_hand(request)
    if step is None or request.state != State.PARTLY_DONE:
        raise NothingByHand(request.reference)
    _done(step, receipt.strip(), by=by, at=at)
    if not requests.open_steps(request):
        requests.complete(request, by=by, at=at)
    elif by_hand(request) is None:
        DataRequest.objects.filter(pk=request.pk).update(retry_at=at)
        doorbell.ring(tasks.carry_out_request, request_id=request.pk)
    return step


@dataclass(frozen=True)
class _Outcome:
    """What came of it: for staff, for the person, and who has to be told."""

    label: str
    words: str
    told: Sequence[Processor] = ()
    by_hand: str = ""  # what a person has to do before it is put right


@transaction.atomic
def _put_right(request: DataRequest, family: Family, *, by: audit.Actor, at: datetime) -> None:
    """The row, once: the step that says so is written in the same transaction."""
    outcome = _changed(request, family, by=by, at=at)
    request.answer = outcome.words
    request.save(update_fields=["answer"])
    _plan(request, outcome, at=at)
    details: dict[str, audit.Detail] = {"what": outcome.label}
    audit.append("correction.made", subject=request.subject_id, obj=request, details=details, by=by, at=at)


def _changed(request: DataRequest, family: Family, *, by: audit.Actor, at: datetime) -> _Outcome:
    wishes = request.wishes or {}
    name, value = str(wishes.get("field", "")), str(wishes.get("value", "")).strip()
    try:
        entry = find(family, name)
    except NotOpen:
        is_value = registry.find(name.partition(":")[0]) is not None
        return _Outcome("A value that is gone", GONE) if is_value else _of_words(family)
    try:
        check(family, name, value)
        _corrects(entry).change(entry.row, {entry.field: value}, by, at)
    except Unfit as refusal:
        return _Outcome(entry.label, UNFIT.format(label=entry.label, why=refusal))
    return _Outcome(entry.label, AS_YOU_WROTE.format(label=entry.label), receivers(family, entry))


def _of_words(family: Family) -> _Outcome:
    """Words instead of a field: staff put it right, and tell whom software cannot."""
    software, others = _receivers_of_words(family)
    names = ", ".join(each.name for each in others)
    by_hand = DO_AND_TELL_BY_HAND.format(names=names) if names else DO_BY_HAND
    return _Outcome("What they wrote", READ, software, by_hand)


def _plan(request: DataRequest, outcome: _Outcome, *, at: datetime) -> None:
    """The step of the row, done or left to staff, and one for whoever has to be told."""
    steps = [
        ErasureStep(
            request=request, position=1, kind=StepKind.ROWS, target="correction", label=outcome.label[:120], planned=1,
            **({"state": StepState.BLOCKED, "blocker": outcome.by_hand} if outcome.by_hand
               else {"state": StepState.DONE, "affected": 1, "finished_at": at}),
        ),
        *(
            ErasureStep(
                request=request, position=position, kind=StepKind.PROCESSOR, target=processor.slug,
                label=f"Tell {processor.name}"[:120],
            )
            for position, processor in enumerate(outcome.told, start=2)
        ),
    ]  # fmt: skip
    ErasureStep.objects.bulk_create(steps)


def _tell(step: ErasureStep, request: DataRequest, family: Family, *, by: audit.Actor, at: datetime) -> None:
    """Network call outside any transaction; a processor may be told the same twice."""
    processor = registry.processor(step.target)
    if processor.corrector is None:
        _block(step, TELL_BY_HAND.format(name=processor.name))
        return
    ErasureStep.objects.filter(pk=step.pk).update(attempts=step.attempts + 1)
    try:
        with disclosures.occasion(subject_id=request.subject_id, reference=request.reference, by=by, at=at):
            receipt = processor.corrector(family, _wished(request))
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it raises, it did not confirm; the words go to staff
        log.warning("correction.processor_refused", extra={"processor": processor.slug, "error": type(error).__name__})
        _block(step, f"{processor.name} did not confirm: {logs.masked(str(error))[:300] or type(error).__name__}")
    else:
        _done(step, receipt, by=by, at=at)


def _end(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Complete, or partly done: then software tries again what software does, and staff do the rest."""
    if not requests.open_steps(request):
        requests.complete(request, by=by, at=at)
        return
    is_ours = any(_has_corrector(step) for step in request.steps.filter(state=StepState.BLOCKED))
    DataRequest.objects.filter(pk=request.pk).update(retry_at=at + RETRY if is_ours else None)
    REQUEST.advance(request, State.PARTLY_DONE, by=by, at=at)


def _wished(request: DataRequest) -> dict[str, str]:
    """`app.Model.field` to the value that is right; nothing where they said it in words."""
    wishes = request.wishes or {}
    model, _, rest = str(wishes.get("field", "")).partition(":")
    if registry.find(model) is None:
        return {}
    return {f"{model}.{rest.rpartition(':')[2]}": str(wishes.get("value", "")).strip()}


def _corrects(entry: Entry) -> Corrects:
    corrects = entry.declaration.corrects
    assert corrects is not None  # `find` gave it out
    return corrects


def _has_corrector(step: ErasureStep) -> bool:
    """Whether software tells this one."""
    return step.kind == StepKind.PROCESSOR and registry.processor(step.target).corrector is not None


def _block(step: ErasureStep, why: str) -> None:
    step.state, step.blocker = StepState.BLOCKED, why
    step.save(update_fields=["state", "blocker"])


def _done(step: ErasureStep, receipt: str, *, by: audit.Actor, at: datetime) -> None:
    step.state, step.receipt, step.blocker, step.finished_at = StepState.DONE, receipt[:200], "", at
    step.affected = step.planned
    step.save(update_fields=["state", "receipt", "blocker", "finished_at", "affected"])
    details: dict[str, audit.Detail] = {"what": step.target}
    audit.append(
        "correction.step_done", subject=step.request.subject_id, obj=step.request, details=details, by=by, at=at
    )
