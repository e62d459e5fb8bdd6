"""One request's life: received, verified, decided, completed. What a worker does for it is `rights.acts`.

The same verbs serve the account page, the public form, the API and the desk, for every kind in `rights.kinds`. A request that
nobody has proved shows nothing, changes nothing, and cannot stand in the way of the person it names. Nouns of their own: answering
in words (`rights.answers`), appeals (`rights.appeals`), on whose desk it lies (`rights.assignment`), what nobody asked for
(`rights.disuse`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from django.conf import settings
from django.db import transaction

from privacy import tasks
from privacy.consent import preferences
from privacy.ground import audit, doorbell, references
from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights import deadlines, duplicates, emails, grounds, identity, kinds, objection, phrases, planning
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.kinds import Kind, Proof
from privacy.rights.models import (
    BY_LINK,
    GUESTS,
    Channel,
    DataRequest,
    State,
    StepKind,
    StepState,
)
from privacy.rights.states import REQUEST

MAX_LINKS: Final = 3
LONGEST_AGO: Final = timedelta(days=90)

Wishes = duplicates.Wishes


class SubjectErased(Exception):
    """There is nobody left to ask for."""


class ReceiptImpossible(ValueError):
    """A letter cannot arrive tomorrow, and one of last winter is not entered as new."""


class TooMany(Exception):
    """So many of this kind are open for this person that another would only be noise."""


class ReasonMissing(Exception):
    """A refusal without a reason is no refusal."""


class OwnRequest(Exception):
    """Staff do not decide about their own request."""


class NothingToDecide(Exception):
    """What is carried out without a decision is not approved."""


class OpenSteps(Exception):
    """It is not done yet; `left` says what is open."""

    def __init__(self, left: Sequence[str]) -> None:
        super().__init__(f"It is not done yet: {phrases.listed(left)}.")
        self.left = left


class Turn(Protocol):
    """What follows for one kind when a request takes a step."""

    def __call__(self, request: DataRequest, *, by: audit.Actor, at: datetime) -> object: ...


def receive(
    kind: str,
    *,
    subject: Subject,
    contact: str,
    channel: str = Channel.ACCOUNT,
    wishes: Wishes | None = None,
    needs_link: bool = True,
    received_at: datetime | None = None,
    by: audit.Actor,
    at: datetime,
) -> DataRequest:
    """Take a request in. The same wish of the same person is joined with their open first one, which is returned.

    Computes every date with its derivation, from *received_at* where a letter or a call came before it was entered. From the public
    form, or by mail, it mails the link that proves the address, unless *needs_link* says that it is proven already; a kind that
    asks for no proof is verified at once. *wishes*: what exactly is asked, by the names in `Rule.asks`.

    Raises `SubjectErased`, `ReceiptImpossible`, `TooMany`.
    """
    since, rule = _receipt(received_at, at=at), kinds.rule(kind)
    with transaction.atomic():
        person = _one_at_a_time(subject)
        if existing := duplicates.of(person, kind, wishes, subject):
            return _ask_again(existing, since=since, by=by, at=at)
        if duplicates.are_too_many(person, rule):
            raise TooMany(f"{duplicates.MOST} are open")
        reply, completion, derivation = deadlines.of(kind, residence=person.residence, received_at=since)
        request = DataRequest.objects.create(
            reference=references.new("DSR"),
            subject=subject if channel in GUESTS else person,
            kind=kind,
            channel=channel,
            language=preferences.language_of(person),
            contact=contact,
            wishes=dict(wishes) if wishes else None,
            received_at=since,
            entered_at=None if since == at else at,
            first_reply_due_at=reply,
            due_at=completion,
            derivation=derivation,
        )
        details: dict[str, audit.Detail] = {"kind": kind, "channel": channel, "received": since.isoformat()}
        audit.append("request.received", subject=request.subject_id, obj=request, details=details, by=by, at=at)
        if rule.proof is Proof.NOTHING:
            return verify(request, evidence=IdentityCheck.Method.NOT_ASKED, by=by, at=at)
        if channel in BY_LINK and needs_link:
            _send_link(request, by=by, at=at)
        return request


def verify(request: DataRequest, *, evidence: str, by: audit.Actor, at: datetime) -> DataRequest:
    """It is proven who asks, and the request counts; *evidence* is one of `IdentityCheck.Method`.

    What needs no decision is carried out now. Where the same person has an open proven request for the same already, this one is
    joined with it, and that one returned.
    """
    with transaction.atomic():
        identity.note(request, evidence, by=by, at=at)
        if earlier := duplicates.proven(request):
            return _join(request, earlier, by=by, at=at)
        REQUEST.advance(request, State.VERIFIED, by=by, at=at, note=evidence)
        request.verified_at = at
        request.save(update_fields=["verified_at"])
        _turn(ON_VERIFIED, request, by=by, at=at)
        if request.rule.is_carried_out_at_once:
            doorbell.ring(tasks.carry_out_request, request_id=request.pk)
        if not request.rule.is_carried_out_at_once or request.is_copy:  # else the last mail follows on its heels
            emails.request_verified(request, by=by, at=at)
    return request


def approve(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """Decide that it will be carried out: an erasure after its grace, until which it can be taken back; everything else now.

    Raises `NothingToDecide`, `OwnRequest`, `SubjectErased`.
    """
    if not request.rule.is_decided:
        raise NothingToDecide(f"{request} needs no decision")
    refuse_own(request, by)
    with transaction.atomic():
        REQUEST.advance(request, State.APPROVED, by=by, at=at)
        _refuse_erased(request)
        request.approved_at, request.approved_by = at, audit.actor(by)
        request.execute_after = at + (settings.LOUPE_ERASURE_GRACE if request.is_erasure else timedelta(0))
        request.save(update_fields=["approved_at", "approved_by", "execute_after"])
        _turn(ON_APPROVED, request, by=by, at=at)
        if not request.is_erasure:
            doorbell.ring(tasks.carry_out_request, request_id=request.pk)
    return request


def refuse(request: DataRequest, *, ground: str, reason: str, by: audit.Actor, at: datetime) -> DataRequest:
    """Decide that it will not be carried out: on which of the law's grounds, and in our words why.

    Raises `grounds.NotOpen`, `ReasonMissing`, `OwnRequest`.
    """
    ground = grounds.check(ground, request)
    if not reason.strip():
        raise ReasonMissing("a refusal names its reason")
    refuse_own(request, by)
    with transaction.atomic():
        REQUEST.advance(request, State.REFUSED, by=by, at=at, note=ground)
        request.refused_at, request.refused_by = at, audit.actor(by)
        request.refusal_ground, request.refusal_reason = ground, reason.strip()
        request.first_replied_at = request.first_replied_at or at
        request.save(update_fields=["refused_at", "refused_by", "refusal_ground", "refusal_reason", "first_replied_at"])
        _turn(ON_REFUSED, request, by=by, at=at)
        emails.request_refused(request, by=by, at=at)
        _forget_contact(request)
    return request


def withdraw(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """The person takes it back; what it had set aside is free again."""
    with transaction.atomic():
        REQUEST.advance(request, State.WITHDRAWN, by=by, at=at)
        _turn(ON_TAKEN_BACK, request, by=by, at=at)
        emails.request_withdrawn(request, by=by, at=at)
        _forget_contact(request)
    return request


def complete(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """Say that it is done: the worker after its act, or staff with the last of its steps.

    Raises `OpenSteps` while anything is left to do, `OwnRequest`; nothing is half-done then.
    """
    if left := open_steps(request):
        raise OpenSteps(left)
    if request.rule.is_decided:
        refuse_own(request, by)
    with transaction.atomic():
        if request.state in (State.APPROVED, State.PARTLY_DONE):
            REQUEST.advance(request, State.EXECUTING, by=by, at=at)
        return _end(request, by=by, at=at)


def open_steps(request: DataRequest) -> list[str]:
    """What has to happen before it is complete, in words; nothing: it can be completed."""
    left = []
    if request.rule.is_decided and request.approved_at is None:
        left.append("the decision")
    if request.rule.is_answered and not request.answer:
        left.append("the answer")
    if request.is_copy and not hasattr(request, "package"):
        left.append("the copy")
    unfinished = request.steps.filter(state__in=[StepState.PENDING, StepState.BLOCKED])
    left += [step.label for step in unfinished]
    if request.is_erasure and not request.steps.filter(kind=StepKind.CHECK, state=StepState.DONE).exists():
        left.append("the look afterwards")
    return list(dict.fromkeys(left))


def refuse_own(request: DataRequest, by: audit.Actor) -> None:
    """Raises `OwnRequest` where *by* is the person who asks, under whichever of their records."""
    if isinstance(by, audit.Person) and by.subject_id in subjects.family(request.subject):
        raise OwnRequest("somebody else decides about your own request")


def lapse(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """Nobody proved it although its whole time has run: close it, and forget the address it named."""
    with transaction.atomic():
        REQUEST.advance(request, State.LAPSED, by=by, at=at)
        _forget_contact(request)
    return request


def _one_at_a_time(subject: Subject) -> Subject:
    """Who stands for the person; whoever asks in the same moment on another page waits until this transaction ends."""
    person = Subject.objects.select_for_update(no_key=True).get(pk=subjects.root(subject).pk)
    if person.is_erased:
        raise SubjectErased(f"{person} is erased")
    return person


def _receipt(received_at: datetime | None, *, at: datetime) -> datetime:
    since = received_at or at
    if since > at:
        raise ReceiptImpossible("it cannot have arrived in the future")
    if since < at - LONGEST_AGO:
        raise ReceiptImpossible(f"it arrived more than {LONGEST_AGO.days} days ago")
    return since


def _turn(turns: Mapping[str, Turn], request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """What follows for its kind, if anything does."""
    if turn := turns.get(request.kind):
        turn(request, by=by, at=at)


def _end(request: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    """The last step and the last mail; nobody needs the address any more."""
    request.completed_at, request.first_replied_at = at, request.first_replied_at or at
    request.save(update_fields=["completed_at", "first_replied_at"])
    REQUEST.advance(request, State.COMPLETED, by=by, at=at)
    if not request.rule.tells_itself:
        emails.request_completed(request, by=by, at=at)
    _forget_contact(request)
    return request


def _plan(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    planning.plan(request, at=at)


def _set_aside(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Nothing new is made from the data of somebody who will be erased, so that the plan misses nothing."""
    subjects.restrict(request.subject, by=by, at=at)
    planning.plan(request, at=at)
    request.first_replied_at = request.first_replied_at or at
    request.save(update_fields=["first_replied_at"])
    emails.erasure_approved(request, by=by, at=at)


def _give_back(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    subjects.lift(request.subject, by=by, at=at)


def _join(request: DataRequest, earlier: DataRequest, *, by: audit.Actor, at: datetime) -> DataRequest:
    REQUEST.advance(request, State.JOINED, by=by, at=at, note=earlier.reference)
    request.joined_to, request.verified_at, request.contact = earlier, at, None
    request.save(update_fields=["joined_to", "verified_at", "contact"])
    duplicates.count_from(earlier, request.received_at, at=at)
    return earlier


def _ask_again(request: DataRequest, *, since: datetime, by: audit.Actor, at: datetime) -> DataRequest:
    details: dict[str, audit.Detail] = {"received": since.isoformat()}
    audit.append("request.asked_again", subject=request.subject_id, obj=request, details=details, by=by, at=at)
    duplicates.count_from(request, since, at=at)
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


def _refuse_erased(request: DataRequest) -> None:
    if subjects.root(request.subject).is_erased:
        raise SubjectErased(f"{request} is of somebody erased")


def _forget_contact(request: DataRequest) -> None:
    request.contact = None
    request.save(update_fields=["contact"])


ON_VERIFIED: Final[Mapping[str, Turn]] = {Kind.ERASURE: _plan, Kind.OBJECTION: objection.begin}
"""What follows at once when it is proven who asks; a room named here must not import this one."""
ON_APPROVED: Final[Mapping[str, Turn]] = {Kind.ERASURE: _set_aside}
"""What follows when staff say yes, before a worker begins."""
ON_REFUSED: Final[Mapping[str, Turn]] = {Kind.OBJECTION: objection.override}
"""What follows when staff say no."""
ON_TAKEN_BACK: Final[Mapping[str, Turn]] = {Kind.ERASURE: _give_back, Kind.OBJECTION: objection.take_back}
"""What follows when its person takes it back, approved or not."""
