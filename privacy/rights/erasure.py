"""Carry an erasure out, step by step, and never say *complete* before it is.

`planning` wrote down what goes, `reasons` says what stays for now, `disposal` does the deleting and overwriting; this room
ticks the steps off. Each batch is a short transaction that locks its step, so a worker killed at any instant loses at most one
batch that was never committed, and the next one goes on behind it; two workers at once take turns and finish once. A step
that was planned for rows and met none, whose rows something unfinished or a legal hold keeps, or whose processor refuses,
leaves the request *partly done* with the reason, and is tried again by itself.

Deciding about requests is `rights.requests`; the proof afterwards is `proof.residue` and `proof.certificates`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import DatabaseError, OperationalError, models, transaction
from django.db.models.deletion import ProtectedError, RestrictedError

from privacy.consent import ledger as consents
from privacy.ground import audit, logs, states
from privacy.ground.models import AuditEvent
from privacy.proof import certificates, ledger, needles, residue
from privacy.register import disclosures, presence, registry, subjects, tombstones
from privacy.register.declare import Action, Declaration, Family, Processor, Refused
from privacy.rights import disposal, emails, holdings, letter, order, phrases, planning, reasons
from privacy.rights.locks import only_one
from privacy.rights.models import DataRequest, ErasureStep, State, StepKind, StepState
from privacy.rights.states import REQUEST

log = logging.getLogger(__name__)

RETRY_AFTER: Final = timedelta(minutes=15)
FOUND: Final = ("affected", "receipt", "retained", "until_on")


def execute(request_id: UUID, *, by: audit.Actor, at: datetime) -> DataRequest | None:
    """Carry out, or go on carrying out, one approved erasure. Safe to call at any time, any number of times, from anywhere.

    Returns the request as it stands, or None where there was nothing to do or another worker is doing it.
    """
    asked = DataRequest.objects.select_related("subject").filter(pk=request_id).first()
    if asked is None:
        return None
    with only_one("erasure", subjects.root(asked.subject).pk) as mine:  # two of their records may have asked
        if not mine:
            return None
        try:
            request = _begin(request_id, by=by, at=at)
        except states.Changed:  # taken back, or begun by somebody else, in this very moment
            return None
        if request is None:
            return None
        why = reasons.Asked(subjects.family(request.subject), at=at)
        ledger.write_erasure(request, why.family, at=at)  # on the disk before the first row goes
        for step in request.steps.filter(state=StepState.PENDING).exclude(kind=StepKind.CHECK):
            carry_out(step, why=why, by=by, at=at)
        return _end(request, by=by, at=at)


def _begin(request_id: UUID, *, by: audit.Actor, at: datetime) -> DataRequest | None:
    request = DataRequest.objects.select_related("subject").filter(pk=request_id).first()
    if request is None or not request.is_erasure:
        return None
    if request.state == State.EXECUTING:
        return request
    if request.state == State.APPROVED and request.execute_after is not None and request.execute_after <= at:
        family = subjects.family(request.subject)
        with transaction.atomic():
            REQUEST.advance(request, State.EXECUTING, by=by, at=at)
            consents.end(request.subject, by=by, at=at)
            here = presence.counted(family)
            steps = planning.plan(request, here=here, at=at)
            needles.collect(request, family, here=here, at=at)
            known = [*tombstones.values_of(family, here=here), *_answered_at(request)]
            tombstones.raise_for(family, known, at=at)
            _tick_off_empty(request, steps, here, by=by, at=at)
        return request
    if request.state == State.PARTLY_DONE and request.retry_at is not None and request.retry_at <= at:
        family = subjects.family(request.subject)
        with transaction.atomic():
            REQUEST.advance(request, State.EXECUTING, by=by, at=at)
            _reopen(request, family, at=at)
            needles.collect(request, family, here=presence.of(family), at=at)
        return request
    return None


def _reopen(request: DataRequest, family: Family, *, at: datetime) -> None:
    """Try blocked steps again, and every step whose place holds something again: a mail about the parcel that was on its way."""
    request.steps.filter(state=StepState.BLOCKED).update(state=StepState.PENDING, blocker="")
    now = reasons.active(family, at=at)
    for finding in residue.check(family):
        step = request.steps.get(target=finding.model)
        step.planned = _recounted(step, now)
        step.state, step.finished_at = StepState.PENDING, None
        step.save(update_fields=["planned", "state", "finished_at"])


def _recounted(step: ErasureStep, now: reasons.Reasons) -> int:
    """What a step is up to: what it did already, and what is there; kept rows are gone through once more, from the first."""
    declaration = registry.of(step.target)
    left = planning.count(declaration, now)
    return left if declaration.action is Action.KEEP_UNTIL else step.affected + left


def _tick_off_empty(
    request: DataRequest, steps: Iterable[ErasureStep], here: Collection[str], *, by: audit.Actor, at: datetime
) -> None:
    """Most tables hold nothing of most people: their steps are done together, as they are planned. Residue looks there again."""
    planned = [step for step in steps if (step.kind, step.state) == (StepKind.ROWS, StepState.PENDING)]
    empty = [step for step in planned if step.target not in here]
    request.steps.filter(pk__in=[step.pk for step in empty]).update(state=StepState.DONE, finished_at=at)
    details: dict[str, audit.Detail] = {"targets": [step.target for step in empty]}
    audit.append("erasure.nothing_there", subject=request.subject_id, obj=request, details=details, by=by, at=at)


def carry_out(step: ErasureStep, *, why: reasons.Asked, by: audit.Actor, at: datetime) -> None:
    """Do one step of this person's erasure to its end, or say what is in its way."""
    try:
        if step.kind == StepKind.PROCESSOR:
            _ask_processor(step, why, by=by, at=at)
        else:
            while _one_batch(step, why, by=by, at=at):
                pass
    except OperationalError:  # the database itself is away: nothing to note down, the sweep comes back
        raise
    except (ProtectedError, RestrictedError) as error:
        others = sorted({str(row._meta.verbose_name_plural) for row in _objects_in_the_way(error)})
        _refuse(step, f"Still referred to by {phrases.listed(others)}.", by=by, at=at)
    except Refused as refusal:
        _refuse(step, f"{step.label}: {logs.masked(str(refusal))[:300]}.", by=by, at=at)
    except (OSError, DatabaseError) as error:  # a file that could not be deleted, a wire that is cut
        log.exception("erasure.step_refused", extra={"request": str(step.request_id), "target": step.target})
        who = "The database" if isinstance(error, DatabaseError) else "Something below us"
        _refuse(step, f"{who} refused it ({type(error).__name__}).", by=by, at=at)


def _refuse(step: ErasureStep, words: str, *, by: audit.Actor, at: datetime) -> None:
    """Something raised, and its batch was taken back; what was committed before counts."""
    step.refresh_from_db(fields=["affected"])
    _block(step, words, by=by, at=at)


def _one_batch(step: ErasureStep, why: reasons.Asked, *, by: audit.Actor, at: datetime) -> bool:
    """One short transaction; the step's own lock makes workers take turns. Returns whether there may be more."""
    declaration = registry.of(step.target)
    with transaction.atomic():
        locked, is_beside_blocked = _locked(step)
        if locked.state != StepState.PENDING:
            return False
        if is_beside_blocked and (needed := _still_needed(locked)) and holdings.count(declaration, why.family):
            _block(locked, needed, by=by, at=at)
            return False
        now = why.now()
        went = _dispose(locked, declaration, now)
        why.used_for(went.rows)
        if not went.may_be_more and _settle(locked, declaration, now, went, by=by, at=at):
            return False
        locked.save(update_fields=["affected", "cursor"])
        return True


def _locked(step: ErasureStep) -> tuple[ErasureStep, bool]:
    """The step as it stands, nobody else's until the transaction ends, with whether another one is blocked."""
    blocked = ErasureStep.objects.filter(request=models.OuterRef("request"), state=StepState.BLOCKED)
    with_others = ErasureStep.objects.annotate(is_beside_blocked=models.Exists(blocked))
    locked = with_others.select_for_update(of=("self",)).get(pk=step.pk)
    locked.request = step.request
    return locked, locked.is_beside_blocked


class _Went(NamedTuple):
    """What a batch did: how many rows, and whether it was as large as a batch may be."""

    rows: int
    may_be_more: bool


def _dispose(step: ErasureStep, declaration: Declaration, now: reasons.Reasons) -> _Went:
    """Delete or overwrite the next rows that nothing keeps."""
    if declaration.eraser is not None:
        erased = 0 if now.in_the_way(declaration) else declaration.eraser(now.family)
        step.affected += erased
        return _Went(erased, False)
    if declaration.action is Action.DELETE_ROW:
        deleted = disposal.delete_batch(declaration, now.erasable(declaration))
        step.affected += deleted
        return _Went(deleted, deleted >= disposal.BATCH)
    if not step.cursor:  # kept rows are gone through from the first once more
        step.affected = 0
    key = declaration.model_class()._meta.pk
    batch = disposal.overwrite_batch(
        declaration,
        declaration.rows(now.family),
        keeping=lambda keys: now.kept_fields(declaration, keys),
        after=key.to_python(step.cursor) if step.cursor else None,
    )
    step.affected += batch.rows
    step.cursor = "" if batch.was_last else str(batch.last)
    return _Went(batch.rows, not batch.was_last)


def _settle(
    step: ErasureStep, declaration: Declaration, now: reasons.Reasons, went: _Went, *, by: audit.Actor, at: datetime
) -> bool:
    """No row seems to be left: say what is in the way of the others, or be done. False where it is worth another look."""
    if obstacles := now.in_the_way(declaration):
        _block(step, phrases.together(reason.words for reason in obstacles), by=by, at=at)
        return True
    is_deleted = declaration.action is Action.DELETE_ROW and declaration.eraser is None
    may_be_left = is_deleted and step.affected < step.planned  # what came since, the residue check finds
    if may_be_left and (busy := planning.count(declaration, now)):
        if went.rows:  # somebody worked on them until now
            return False
        _block(step, f"{busy} being worked on by somebody else.", by=by, at=at)
        return True
    has_waited = step.request.retry_at is not None  # else the plan was made just now
    if declaration.action is Action.KEEP_UNTIL and step.stays and has_waited:
        step.retained = planning.ends(declaration, now.family)
        step.until_on = planning.latest(step.retained)
    step.affected += declaration.fade(now.family)
    _finish(step, by=by, at=at)
    return True


def _still_needed(step: ErasureStep) -> str:
    """Rows wait for every blocked step whose rows hang on them, and what a person is found by for all that look for it."""
    others = step.request.steps.filter(state=StepState.BLOCKED).exclude(kind=StepKind.CHECK).exclude(pk=step.pk)
    waiting = [each.label for each in others if _needs(each, step.target)]
    return f"Waits for {phrases.listed(waiting)}." if waiting else ""


def _needs(blocked: ErasureStep, model: str) -> bool:
    if blocked.kind == StepKind.PROCESSOR:
        return model in order.IDENTITY and _processor(blocked.target).needs_account
    declaration = registry.of(blocked.target)
    if model in {*order.points_at(declaration), *order.passes_through(declaration)}:
        return registry.of(model).action is Action.DELETE_ROW
    return model == order.IDENTIFIER and callable(declaration.reach)


def _finish(step: ErasureStep, *, by: audit.Actor, at: datetime) -> None:
    """Done, unless rows were planned and none was met: then something else moved them, and a person must look."""
    if step.planned and not step.affected:
        _block(step, f"{step.planned} planned, none found: look where they went, then check again.", by=by, at=at)
        return
    step.state, step.finished_at, step.blocker, step.cursor = StepState.DONE, at, "", ""
    step.attempts += 1
    step.save(update_fields=[*("state", "finished_at", "blocker", "cursor", "attempts"), *FOUND])
    _note("erasure.step_done", step, by=by, at=at)


def _ask_processor(step: ErasureStep, why: reasons.Asked, *, by: audit.Actor, at: datetime) -> None:
    """Network call outside any transaction; processors' erasers may be asked twice for the same person."""
    processor = _processor(step.target)
    assert processor.eraser is not None
    why.ask_anew()  # it may tell of a dispute
    try:
        with disclosures.occasion(subject_id=step.request.subject_id, reference=step.request.reference, by=by, at=at):
            receipt = processor.eraser(why.family)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it raises, it did not confirm; the words go to staff and customer
        log.warning("erasure.processor_refused", extra={"processor": processor.slug, "error": type(error).__name__})
        words = logs.masked(str(error))[:300] or type(error).__name__
        _block(step, f"{processor.name} did not confirm: {words}", by=by, at=at)
        return
    with transaction.atomic():
        locked, _ = _locked(step)
        if locked.state == StepState.PENDING:
            locked.receipt = receipt[:200]
            _finish(locked, by=by, at=at)


def _block(step: ErasureStep, words: str, *, by: audit.Actor, at: datetime) -> None:
    with transaction.atomic():
        changed = ErasureStep.objects.filter(pk=step.pk, state=StepState.PENDING)
        attempts = models.F("attempts") + 1
        if changed.update(state=StepState.BLOCKED, blocker=words, affected=step.affected, cursor="", attempts=attempts):
            _note("erasure.step_blocked", step, by=by, at=at)


def _end(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """Complete the request, or leave it partly done. The residue check belongs to completing."""
    with transaction.atomic():
        locked = DataRequest.objects.select_for_update().select_related("subject").get(pk=request.pk)
        if locked.state != State.EXECUTING:  # another worker ended it, or another request of theirs
            return locked
        if locked.steps.filter(state=StepState.BLOCKED).exclude(kind=StepKind.CHECK).exists():
            return _pause(locked, by=by, at=at)
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
    """Partly done: said once, since the account may be gone with everything else that could go, and tried again by itself."""
    with transaction.atomic():
        is_news = not AuditEvent.objects.about(request.reference).filter(event="request.partly_done").exists()
        REQUEST.advance(request, State.PARTLY_DONE, by=by, at=at)
        if is_news:
            emails.erasure_waits(request, by=by, at=at)
        request.retry_at = at + RETRY_AFTER
        request.save(update_fields=["retry_at"])
    return request


def _complete(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    _close_others(request, by=by, at=at)
    certificate = certificates.issue(letter.facts(request), by=by, at=at)
    emails.erased(request, certificate, by=by, at=at)
    request.completed_at, request.contact, request.retry_at = at, None, None
    request.save(update_fields=["completed_at", "contact", "retry_at"])
    return REQUEST.advance(request, State.COMPLETED, by=by, at=at)


def _close_others(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """What else the person had asked for has nobody left to answer to."""
    others = DataRequest.objects.of(subjects.family(request.subject)).open().exclude(pk=request.pk)
    for other in others:
        REQUEST.advance(other, State.JOINED, by=by, at=at, note=request.reference)
        other.joined_to, other.contact = request, None
        other.save(update_fields=["joined_to", "contact"])


def check_again(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """A member of staff looked at a blocked erasure: count its blocked steps afresh and go on at the next sweep."""
    now = reasons.active(subjects.family(request.subject), at=at)
    with transaction.atomic():
        for step in request.steps.select_for_update().filter(state=StepState.BLOCKED, kind=StepKind.ROWS):
            step.planned = _recounted(step, now)
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


def _processor(slug: str) -> Processor:
    return next(each for each in registry.processors() if each.slug == slug)


def _answered_at(request: DataRequest) -> list[tuple[tombstones.Kind, str]]:
    return [("email", request.contact)] if request.contact else []


def _objects_in_the_way(error: ProtectedError | RestrictedError) -> Iterable[models.Model]:
    return error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
