"""One request's life: received, verified, decided. Carrying it out is `rights.erasure` and `rights.access`.

The same verbs serve the account page, the public form, the API and the desk. A request that nobody has proved shows nothing,
changes nothing, and cannot stand in the way of the person it names.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from privacy import tasks
from privacy.ground import audit, doorbell, references, states
from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights import access, deadlines, emails, erasure, identity, planning
from privacy.rights.models import BY_LINK, GUESTS, Channel, DataRequest, Kind, State
from privacy.rights.states import REQUEST

log = logging.getLogger(__name__)

MAX_LINKS: Final = 3
BATCH: Final = 50
RETRY_AFTER_FAILURE: Final = timedelta(minutes=5)


class SubjectErased(Exception):
    """There is nobody left to ask for."""


class ReasonMissing(Exception):
    """A refusal without a reason is no refusal."""


class OwnRequest(Exception):
    """Staff do not decide about their own request."""


class NothingToDecide(Exception):
    """A copy is made without a decision; only an erasure is approved."""


def receive(
    kind: str,
    *,
    subject: Subject,
    contact: str,
    channel: str = Channel.ACCOUNT,
    needs_link: bool = True,
    by: audit.Actor,
    at: datetime,
) -> DataRequest:
    """Take a request in. Somebody's second request of a kind is joined with their open first one, which is returned.

    Computes every date with its derivation. From the public form, or by mail, it mails the link that proves the address, unless
    *needs_link* says that it is proven already; *at* is the moment of receipt, from which the clocks run. Raises `SubjectErased`.
    """
    person = subjects.root(subject)
    person.refresh_from_db()
    if person.is_erased:
        raise SubjectErased(f"{person} is erased")
    if existing := _open_of(person, kind, subject):
        return _ask_again(existing, by=by, at=at)
    reply, completion, derivation = deadlines.of(kind, residence=person.residence, received_at=at)
    try:
        with transaction.atomic():
            request = DataRequest.objects.create(
                reference=references.new("DSR"),
                subject=subject if channel in GUESTS else person,
                kind=kind,
                channel=channel,
                contact=contact,
                received_at=at,
                first_reply_due_at=reply,
                due_at=completion,
                derivation=derivation,
            )
            details = {"kind": kind, "channel": channel}
            audit.append("request.received", subject=request.subject_id, obj=request, details=details, by=by, at=at)
            if channel in BY_LINK and needs_link:
                _send_link(request, by=by, at=at)
            return request
    except IntegrityError:  # the other tab was first
        existing = _open_of(person, kind, subject)
        if existing is None:
            raise
        return existing


def verify(request: DataRequest, *, evidence: str, by: audit.Actor, at: datetime) -> DataRequest:
    """It is proven who asks; *evidence* is one of `IdentityCheck.Method`. Plans an erasure; has a copy made.

    Where the same person has an open proven request of the kind already, this one is joined with it, and that one returned.
    """
    with transaction.atomic():
        identity.note(request, evidence, by=by, at=at)
        if earlier := _proven_of(request):
            return _join(request, earlier, by=by, at=at)
        REQUEST.advance(request, State.VERIFIED, by=by, at=at, note=evidence)
        request.verified_at = at
        request.save(update_fields=["verified_at"])
        if request.is_erasure:
            planning.plan(request, at=at)
        else:
            doorbell.ring(tasks.carry_out_request, request_id=request.pk)
        emails.request_verified(request, by=by, at=at)
    return request


def approve(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """Decide that the person will be erased: nothing new is made from their data, and the grace runs.

    Until `execute_after` they may take it back; then the sweep finds it. Raises `OwnRequest`, `NothingToDecide`.
    """
    if not request.is_erasure:
        raise NothingToDecide(f"{request} asks for a copy")
    _refuse_own(request, by)
    with transaction.atomic():
        REQUEST.advance(request, State.APPROVED, by=by, at=at)
        request.approved_at, request.approved_by = at, audit.actor(by)
        request.execute_after = at + settings.LOUPE_ERASURE_GRACE
        request.first_replied_at = request.first_replied_at or at
        request.save(update_fields=["approved_at", "approved_by", "execute_after", "first_replied_at"])
        subjects.restrict(request.subject, by=by, at=at)
        planning.plan(request, at=at)
        emails.erasure_approved(request, by=by, at=at)
    return request


def refuse(request: DataRequest, *, reason: str, by: audit.Actor, at: datetime) -> DataRequest:
    """Decide that it will not be carried out, and say why. Raises `ReasonMissing`, `OwnRequest`."""
    if not reason.strip():
        raise ReasonMissing("a refusal names its reason")
    _refuse_own(request, by)
    with transaction.atomic():
        REQUEST.advance(request, State.REFUSED, by=by, at=at)
        request.refused_at, request.refused_by, request.refusal_reason = at, audit.actor(by), reason.strip()
        request.first_replied_at = request.first_replied_at or at
        request.save(update_fields=["refused_at", "refused_by", "refusal_reason", "first_replied_at"])
        emails.request_refused(request, by=by, at=at)
        _forget_contact(request)
    return request


def withdraw(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """The person takes it back; what an approval restricted is free again."""
    was_approved = request.state == State.APPROVED
    with transaction.atomic():
        REQUEST.advance(request, State.WITHDRAWN, by=by, at=at)
        if was_approved:
            subjects.lift(request.subject, by=by, at=at)
        emails.request_withdrawn(request, by=by, at=at)
        _forget_contact(request)
    return request


def end_unused(
    subject: Subject, *, contact: str, unused_since: datetime, by: audit.Actor, at: datetime
) -> DataRequest | None:
    """Have somebody erased whose account nobody used for as long as the shop keeps one: what they asked for, unasked.

    It is decided already, so the grace begins at once; `keep_used` takes it back. None where they asked for it themselves.
    """
    erasures = DataRequest.objects.of(subjects.family(subject)).filter(kind=Kind.ERASURE)
    if erasures.open().exists():
        return None
    with transaction.atomic():
        request = receive(Kind.ERASURE, subject=subject, contact=contact, channel=Channel.RETENTION, by=by, at=at)
        REQUEST.advance(request, State.VERIFIED, by=by, at=at, note=f"unused since {unused_since:%Y-%m-%d}")
        request.verified_at = at
        request.save(update_fields=["verified_at"])
        return approve(request, by=by, at=at)


def keep_used(subject: Subject, *, by: audit.Actor, at: datetime) -> None:
    """The account is used after all: take back an erasure that nobody but the calendar asked for."""
    unasked = DataRequest.objects.of(subjects.family(subject)).filter(channel=Channel.RETENTION, state=State.APPROVED)
    for request in unasked:
        with suppress(states.Changed):  # a worker has begun
            withdraw(request, by=by, at=at)


def lapse(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """Nobody proved it although its whole time has run: close it, and forget the address it named."""
    with transaction.atomic():
        REQUEST.advance(request, State.LAPSED, by=by, at=at)
        _forget_contact(request)
    return request


def carry_out(request_id: UUID, *, by: audit.Actor, at: datetime) -> None:
    """Do what a request asks for, if its time has come. Safe to call twice; a failure is noted and tried again later."""
    kind = DataRequest.objects.filter(pk=request_id).values_list("kind", flat=True).first()
    work = {Kind.ACCESS: access.build, Kind.ERASURE: erasure.execute}
    if kind is None:
        return
    try:
        work[Kind(kind)](request_id, by=by, at=at)
    except Exception:
        DataRequest.objects.filter(pk=request_id, state=State.EXECUTING).update(retry_at=at + RETRY_AFTER_FAILURE)
        raise


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Close what lapsed, and carry out what is due and missed its bell. Returns how many were due."""
    for request in DataRequest.objects.unproven_past(at):
        with suppress(states.Changed):
            lapse(request, by=by, at=at)
    due = list(DataRequest.objects.due_to_execute(at).order_by("due_at").values_list("pk", flat=True)[:BATCH])
    for request_id in due:
        try:
            carry_out(request_id, by=by, at=at)
        except Exception:  # one request's trouble must not keep the others waiting
            log.exception("request.failed", extra={"request": str(request_id)})
    return len(due)


def _open_of(person: Subject, kind: str, subject: Subject) -> DataRequest | None:
    """Their open request of this kind: any proven one, or an unproven one made under the very same subject."""
    mine = DataRequest.objects.of(subjects.family(person)).open().filter(kind=kind)
    return mine.exclude(state=State.RECEIVED).first() or mine.filter(subject__in=[subject, person]).first()


def _proven_of(request: DataRequest) -> DataRequest | None:
    family = subjects.family(request.subject)
    others = DataRequest.objects.of(family).open().filter(kind=request.kind).exclude(state=State.RECEIVED)
    return others.exclude(pk=request.pk).first()


def _join(request: DataRequest, earlier: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    REQUEST.advance(request, State.JOINED, by=by, at=at, note=earlier.reference)
    request.joined_to, request.verified_at, request.contact = earlier, at, None
    request.save(update_fields=["joined_to", "verified_at", "contact"])
    return earlier


def _ask_again(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    audit.append("request.asked_again", subject=request.subject_id, obj=request, by=by, at=at)
    if request.state == State.RECEIVED and request.channel in BY_LINK:
        _send_link(request, by=by, at=at)
    return request


def _send_link(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """At most three times for one request, so that a stranger cannot flood an address with our mail."""
    if request.links_sent >= MAX_LINKS:
        return
    request.links_sent += 1
    request.save(update_fields=["links_sent"])
    emails.request_received(request, by=by, at=at)


def _refuse_own(request: DataRequest, by: audit.Actor) -> None:
    if isinstance(by, audit.Person) and by.subject_id in subjects.family(request.subject):
        raise OwnRequest("somebody else decides about your own request")


def _forget_contact(request: DataRequest) -> None:
    request.contact = None
    request.save(update_fields=["contact"])
