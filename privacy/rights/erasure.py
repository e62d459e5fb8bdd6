"""Erase a person: plan everything first, then carry it out step by step, and never say *complete* before it is.

`preview` says what would go and what would stay; `plan` writes that down, one row for each declaration and processor; `execute`
ticks the rows off. Each batch is a short transaction that locks its step, so a worker killed at any instant loses at most one
batch that was never committed, and the next one goes on behind it; two workers at once take turns and finish once. A step
that was planned for rows and met none, or whose processor refuses, leaves the request *partly done* with the reason.

Deciding about requests is `rights.requests`; the proof afterwards is `proof.residue` and `proof.certificates`.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, OperationalError, models, transaction
from django.db.models.deletion import ProtectedError, RestrictedError

from privacy.ground import audit, logs, states
from privacy.proof import certificates, ledger, needles, residue
from privacy.register import profiles, registry, subjects
from privacy.register.declare import Action, Declaration, Family, Processor
from privacy.register.models import Subject
from privacy.rights import emails, holdings, order
from privacy.rights.locks import only_one
from privacy.rights.models import DataRequest, ErasureStep, State, StepKind, StepState
from privacy.rights.states import REQUEST, WITHDRAWABLE

log = logging.getLogger(__name__)

BATCH: Final = 500
RETRY_AFTER: Final = timedelta(minutes=15)
RESIDUE: Final = "residue"


class NotErasable(Exception):
    """The request asks for something else, or its subject is gone already."""


@dataclass(frozen=True)
class Share:
    """One declaration's share of a plan, before it becomes a step."""

    kind: StepKind
    target: str
    label: str
    state: StepState = StepState.PENDING
    planned: int = 0
    goes: str = ""
    stays: str = ""
    why: str = ""
    until_on: date | None = None
    retained: list[dict[str, str | int]] = field(default_factory=list)
    blocker: str = ""
    is_record: bool = False


# Planning


def preview(subject: Subject) -> list[Share]:
    """What an erasure of this person would do now, in the order of its steps. Writes nothing."""
    family = subjects.family(subject)
    held = _held_up(family)
    shares = [_share_of_processor(processor) for processor in registry.processors()]
    shares += [_share(declaration, family, held) for declaration in order.of_erasure()]
    return [*shares, Share(StepKind.CHECK, RESIDUE, "Residue check", goes="Every place above is looked at once more.")]


def plan(request: DataRequest) -> list[ErasureStep]:
    """Write the plan down as steps, replacing an earlier plan that nothing of was carried out yet."""
    if not request.is_erasure:
        raise NotErasable(f"{request} is no erasure")
    with transaction.atomic():
        request.steps.all().delete()
        steps = [
            ErasureStep(request=request, position=position, **_columns(share))
            for position, share in enumerate(preview(request.subject), start=1)
        ]
        return ErasureStep.objects.bulk_create(steps)


def _columns(share: Share) -> dict[str, Any]:
    # A blocker seen while planning is shown, and asked about again when the step's turn comes; what is kept waits for nothing.
    return {**vars(share), "blocker": "" if share.state is StepState.KEPT else share.blocker}


def _share(declaration: Declaration, family: Family, held: dict[str, str]) -> Share:
    planned = holdings.count(declaration, family)
    common: dict[str, Any] = {
        "kind": StepKind.ROWS,
        "target": declaration.model,
        "label": declaration.label,
        "planned": planned,
        "blocker": _obstacle(declaration, held) if planned else "",
    }
    if declaration.action is Action.DELETE_ROW and not declaration.is_evidence:
        return Share(goes=f"Everything: {_listed(_categories(declaration))}.", **common)
    written = [
        name for name, each in declaration.personal_fields().items() if each.on_erase.kind in ("blank", "replace")
    ]
    retained = _retained(declaration, family) if planned else []
    return Share(
        state=StepState.PENDING if written or declaration.eraser or declaration.visible else StepState.KEPT,
        goes=_sentence(holdings.field_words(declaration, written)),
        stays=_sentence(holdings.field_words(declaration, sorted(declaration.kept_fields())))
        or "References and dates.",
        why=_why(declaration),
        until_on=max((date.fromisoformat(str(each["until"])) for each in retained if each["until"]), default=None),
        retained=retained,
        is_record=declaration.is_evidence,
        **common,
    )


def _share_of_processor(processor: Processor) -> Share:
    return Share(
        kind=StepKind.PROCESSOR,
        target=processor.slug,
        label=processor.name,
        state=StepState.PENDING if processor.eraser else StepState.KEPT,
        goes="What it holds for us and may let go." if processor.eraser else "",
        stays=processor.after_erasure,
        why="The processor's own legal duties." if processor.after_erasure else "",
    )


def _retained(declaration: Declaration, family: Family) -> list[dict[str, str | int]]:
    rows = holdings.rows_of(declaration, family).iterator(chunk_size=BATCH)
    ends = Counter(_day(declaration.retention.until(row)) for row in rows)
    return [{"until": day, "count": number} for day, number in sorted(ends.items())]


def _held_up(family: Family) -> dict[str, str]:
    """What is unfinished, by the model it holds: `{"orders.Order": "Order LP-… is on its way."}`."""
    found = {}
    for declaration in registry.all_declared():
        words = [blocker.words for blocker in declaration.blockers(family)] if declaration.blockers else []
        if words:
            found[declaration.model] = " ".join(words)
    return found


def _obstacle(declaration: Declaration, held: dict[str, str]) -> str:
    touching = [declaration.model, *sorted(order.passes_through(declaration))]
    return next((held[model] for model in touching if model in held), "")


def _still_needed(step: ErasureStep) -> str:
    """The account and its identifiers wait for every blocked step that finds its rows through them."""
    if step.target not in order.IDENTITY:
        return ""
    blocked = step.request.steps.filter(state=StepState.BLOCKED).exclude(kind=StepKind.CHECK).exclude(pk=step.pk)
    waiting = [each.label for each in blocked if _finds_by_identity(each)]
    return f"Waits for {_listed(waiting)}." if waiting else ""


def _finds_by_identity(step: ErasureStep) -> bool:
    if step.kind == StepKind.PROCESSOR:
        return True
    declaration = registry.of(step.target)
    return callable(declaration.reach) or not order.passes_through(declaration).isdisjoint(order.ACCOUNT)


# Carrying out


def execute(request_id: UUID, *, by: audit.Actor, at: datetime) -> DataRequest | None:
    """Carry out, or go on carrying out, one approved erasure. Safe to call at any time, any number of times, from anywhere.

    Returns the request as it stands, or None where there was nothing to do or another worker is doing it.
    """
    with only_one("erasure", request_id) as mine:
        if not mine:
            return None
        try:
            request = _begin(request_id, by=by, at=at)
        except states.Changed:  # taken back, or begun by somebody else, in this very moment
            return None
        if request is None:
            return None
        ledger.write_erasure(request, subjects.family(request.subject), at=at)  # on the disk before the first row goes
        for step in request.steps.filter(state=StepState.PENDING).exclude(kind=StepKind.CHECK):
            carry_out(step, by=by, at=at)
        return _end(request, by=by, at=at)


def _begin(request_id: UUID, *, by: audit.Actor, at: datetime) -> DataRequest | None:
    request = DataRequest.objects.select_related("subject").filter(pk=request_id).first()
    if request is None or not request.is_erasure:
        return None
    if request.state == State.EXECUTING:
        return request
    if request.state == State.APPROVED and request.execute_after is not None and request.execute_after <= at:
        with transaction.atomic():
            REQUEST.advance(request, State.EXECUTING, by=by, at=at)
            plan(request)
            needles.collect(request, subjects.family(request.subject), at=at)
        return request
    if request.state == State.PARTLY_DONE and request.retry_at is not None and request.retry_at <= at:
        with transaction.atomic():
            REQUEST.advance(request, State.EXECUTING, by=by, at=at)
            _reopen(request)
            needles.collect(request, subjects.family(request.subject), at=at)
        return request
    return None


def _reopen(request: DataRequest) -> None:
    """Try blocked steps again, and every step whose place holds something again: a mail about the parcel that was on its way."""
    request.steps.filter(state=StepState.BLOCKED).update(state=StepState.PENDING, blocker="")
    family = subjects.family(request.subject)
    for finding in residue.check(family):
        step = request.steps.get(target=finding.model)
        declaration = registry.of(finding.model)
        if declaration.action is Action.KEEP_UNTIL:  # kept rows are gone through once more, from the first
            step.affected, step.cursor = 0, ""
        step.planned = step.affected + holdings.count(declaration, family)
        step.state, step.finished_at = StepState.PENDING, None
        step.save(update_fields=["affected", "cursor", "planned", "state", "finished_at"])


def carry_out(step: ErasureStep, *, by: audit.Actor, at: datetime) -> ErasureStep:
    """Do one step to its end, or say what is in its way."""
    ErasureStep.objects.filter(pk=step.pk).update(attempts=models.F("attempts") + 1)
    try:
        if step.kind == StepKind.PROCESSOR:
            _ask_processor(step, by=by, at=at)
        else:
            _work_through(step, by=by, at=at)
    except OperationalError:  # the database itself is away: nothing to note down, the sweep comes back
        raise
    except (ProtectedError, RestrictedError) as error:
        others = sorted({str(row._meta.verbose_name_plural) for row in _objects_in_the_way(error)})
        _block(step, f"Still referred to by {_listed(others)}.", by=by, at=at)
    except DatabaseError as error:
        log.exception("erasure.step_refused", extra={"request": str(step.request_id), "target": step.target})
        _block(step, f"The database refused it ({type(error).__name__}).", by=by, at=at)
    step.refresh_from_db()
    return step


def _work_through(step: ErasureStep, *, by: audit.Actor, at: datetime) -> None:
    declaration = registry.of(step.target)
    family = subjects.family(step.request.subject)
    obstacle = _obstacle(declaration, _held_up(family)) or _still_needed(step)
    if obstacle and holdings.count(declaration, family):
        _block(step, obstacle, by=by, at=at)
        return
    while _one_batch(step, declaration, family, by=by, at=at):
        pass


def _one_batch(step: ErasureStep, declaration: Declaration, family: Family, *, by: audit.Actor, at: datetime) -> bool:
    """One short transaction; the step's own lock makes workers take turns. Returns whether there may be more."""
    with transaction.atomic():
        locked = ErasureStep.objects.select_for_update().get(pk=step.pk)
        if locked.state != StepState.PENDING:
            return False
        if declaration.eraser is not None:
            locked.affected += declaration.eraser(family) + declaration.fade(family)
            _finish(locked, by=by, at=at)
            return False
        keys = _next_keys(declaration, family, locked)
        if not keys:
            locked.affected += declaration.fade(family)
            _finish(locked, by=by, at=at)
            return False
        locked.affected += _erase_rows(declaration, keys)
        if declaration.action is Action.KEEP_UNTIL:  # a deleted row's key may itself be a secret, as a session's is
            locked.cursor = str(keys[-1])
        locked.save(update_fields=["affected", "cursor"])
        return True


def _next_keys(declaration: Declaration, family: Family, step: ErasureStep) -> list[Any]:
    rows = declaration.rows(family).order_by("pk").values_list("pk", flat=True).distinct()
    if declaration.action is Action.KEEP_UNTIL and step.cursor:  # kept rows stay in the way: go on behind the last one
        rows = rows.filter(pk__gt=declaration.model_class()._meta.pk.to_python(step.cursor))
    return list(rows[:BATCH])


def _erase_rows(declaration: Declaration, keys: list[Any]) -> int:
    rows = declaration.model_class()._base_manager.filter(pk__in=keys)
    if declaration.action is Action.DELETE_ROW:
        _, by_model = rows.delete()
        return by_model.get(declaration.model, 0)
    affected = 0
    for row in rows.select_for_update():
        affected += rows.filter(pk=row.pk).update(**declaration.blanks(row))
    return affected


def _finish(step: ErasureStep, *, by: audit.Actor, at: datetime) -> None:
    """Done, unless rows were planned and none was met: then something else moved them, and a person must look."""
    if step.planned and not step.affected:
        _block(step, f"{step.planned} planned, none found: look where they went, then check again.", by=by, at=at)
        return
    step.state, step.finished_at, step.blocker = StepState.DONE, at, ""
    step.save(update_fields=["state", "finished_at", "blocker", "affected", "receipt"])
    _note("erasure.step_done", step, by=by, at=at)


def _ask_processor(step: ErasureStep, *, by: audit.Actor, at: datetime) -> None:
    """Network call outside any transaction; processors' erasers may be asked twice for the same person."""
    processor = next(each for each in registry.processors() if each.slug == step.target)
    assert processor.eraser is not None
    try:
        receipt = processor.eraser(subjects.family(step.request.subject))
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it raises, it did not confirm; the words go to staff and customer
        log.warning("erasure.processor_refused", extra={"processor": processor.slug, "error": type(error).__name__})
        words = logs.masked(str(error))[:300] or type(error).__name__
        _block(step, f"{processor.name} did not confirm: {words}", by=by, at=at)
        return
    with transaction.atomic():
        locked = ErasureStep.objects.select_for_update().get(pk=step.pk)
        if locked.state == StepState.PENDING:
            locked.receipt = receipt[:200]
            _finish(locked, by=by, at=at)


def _block(step: ErasureStep, words: str, *, by: audit.Actor, at: datetime) -> None:
    with transaction.atomic():
        changed = ErasureStep.objects.filter(pk=step.pk, state=StepState.PENDING)
        if changed.update(state=StepState.BLOCKED, blocker=words, affected=step.affected):
            _note("erasure.step_blocked", step, by=by, at=at)


def _end(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """Complete the request, or leave it partly done. The residue check belongs to completing."""
    if request.steps.filter(state=StepState.BLOCKED).exclude(kind=StepKind.CHECK).exists():
        return _pause(request, by=by, at=at)
    with transaction.atomic():
        locked = DataRequest.objects.select_for_update().select_related("subject").get(pk=request.pk)
        if locked.state != State.EXECUTING:
            return locked
        check = locked.steps.select_for_update().get(kind=StepKind.CHECK)
        # Identifiers go with the subject's last step, inside this transaction: until it commits, nothing is called done.
        family = subjects.family(locked.subject)
        findings = residue.check(family, addresses=[locked.contact] if locked.contact else [])
        if findings:
            _block(check, " ".join(finding.words for finding in findings), by=by, at=at)
            return _pause(locked, by=by, at=at)
        subjects.mark_erased(locked.subject, by=by, at=at)
        _finish(check, by=by, at=at)
        return _complete(locked, by=by, at=at)


def _pause(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    with transaction.atomic():
        REQUEST.advance(request, State.PARTLY_DONE, by=by, at=at)
        request.retry_at = at + RETRY_AFTER
        request.save(update_fields=["retry_at"])
    return request


def _complete(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    _close_others(request, by=by, at=at)
    certificate = certificates.issue(_facts(request), by=by, at=at)
    emails.erased(request, certificate, by=by, at=at)
    request.completed_at, request.contact, request.retry_at = at, None, None
    request.save(update_fields=["completed_at", "contact", "retry_at"])
    return REQUEST.advance(request, State.COMPLETED, by=by, at=at)


def _close_others(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """What else the person had asked for has nobody left to answer to."""
    others = DataRequest.objects.of(subjects.family(request.subject)).open().exclude(pk=request.pk)
    for other in others.filter(state__in=WITHDRAWABLE):
        REQUEST.advance(other, State.JOINED, by=by, at=at, note=request.reference)
        other.joined_to, other.contact = request, None
        other.save(update_fields=["joined_to", "contact"])


def _facts(request: DataRequest) -> certificates.Facts:
    steps = list(request.steps.all())
    assert request.approved_at is not None
    return certificates.Facts(
        subject_id=request.subject_id,
        request_reference=request.reference,
        shop_name=profiles.current().shop_name,
        received_at=request.received_at,
        approved_at=request.approved_at,
        erased=[
            {"what": step.label, "rows": step.affected, "fields": step.goes}
            for step in steps
            if step.kind == StepKind.ROWS and step.affected and not step.is_record
        ],
        retained=[
            {"what": step.label, "fields": step.stays, "reason": step.why, "rows": step.planned, "until": step.retained}
            for step in steps
            if step.kind == StepKind.ROWS and step.stays and step.planned and not step.is_record
        ],
        processors=[
            {"name": step.label, "receipt": step.receipt, "keeps": step.stays}
            for step in steps
            if step.kind == StepKind.PROCESSOR
        ],
        coverage={
            "models": sum(step.kind == StepKind.ROWS for step in steps),
            "steps": len(steps),
            "residue": 0,
            "backups": "not covered: copies made before the erasure expire with their own age",
        },
    )


def check_again(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """A member of staff looked at a blocked erasure: count its blocked steps afresh and go on at the next sweep."""
    family = subjects.family(request.subject)
    with transaction.atomic():
        for step in request.steps.select_for_update().filter(state=StepState.BLOCKED, kind=StepKind.ROWS):
            step.planned = step.affected + holdings.count(registry.of(step.target), family)
            step.save(update_fields=["planned"])
            _note("erasure.step_recounted", step, by=by, at=at)
        DataRequest.objects.filter(pk=request.pk, state=State.PARTLY_DONE).update(retry_at=at)
    request.refresh_from_db()
    return request


def _note(event: str, step: ErasureStep, *, by: audit.Actor, at: datetime) -> None:
    details: dict[str, audit.Detail] = {
        "step": step.position,
        "target": step.target,
        "planned": step.planned,
        "affected": step.affected,
    }
    request = step.request
    audit.append(event, subject=request.subject_id, obj=request, details=details, by=by, at=at)


# Words


def _why(declaration: Declaration) -> str:
    reasons = [each.on_erase.reason for each in declaration.kept_fields().values()]
    if declaration.is_evidence:
        reasons.append("it shows what was done, with references and dates only")
    return _sentence(list(dict.fromkeys(reasons)), joint="; ")


def _categories(declaration: Declaration) -> list[str]:
    return list(dict.fromkeys(str(each.category).lower() for each in declaration.personal_fields().values()))


def _sentence(words: Sequence[str], joint: str = ", ") -> str:
    text = joint.join(words)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + f" and {words[-1]}" if len(words) > 1 else "".join(words)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.date().isoformat()


def _objects_in_the_way(error: ProtectedError | RestrictedError) -> Iterable[models.Model]:
    return error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
