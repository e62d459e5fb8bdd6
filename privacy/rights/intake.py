"""The rules for people whom only an address names: the public form, and mails to us. Anybody can write somebody else's address.

What the visitor sees never depends on what was typed. A request starts on a subject of its own with an unproven address, so
it reaches nobody's rows; the link in the mail proves the address, and only then are the rows of that address joined.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from privacy.ground import digests
from privacy.register import subjects
from privacy.register.models import Identifier, Subject
from privacy.rights import facts, identity, intake_emails, requests
from privacy.rights.models import GUESTS, Channel, DataRequest, State

FORM: Final = "system:request-form"
MAIL: Final = "system:mailroom"
QUIET_AFTER: Final = 5
QUIET_FOR: Final = timedelta(hours=24)


class AlreadyUsed(Exception):
    """The link did its work before, or the request has ended."""


def ask(kind: str, *, address: str, at: datetime) -> DataRequest | None:
    """Somebody typed *address* into the public form. Mails a link to it; None where that address has had enough for a day.

    Typing an address again sends the link again, up to three times; after five requests in a day the form stays silent.
    """
    if waiting := _waiting(kind, address):
        return requests.receive(kind, subject=waiting.subject, contact=address, channel=Channel.FORM, by=FORM, at=at)
    if _recent(address, at) >= QUIET_AFTER:
        return None
    with transaction.atomic():
        stranger = subjects.new(by=FORM, at=at)
        subjects.identify(stranger, "email", value=address, by=FORM, at=at)
        return requests.receive(kind, subject=stranger, contact=address, channel=Channel.FORM, by=FORM, at=at)


def by_mail(
    kind: str, *, address: str, stranger: Subject, is_proven: bool, received_at: datetime, at: datetime
) -> DataRequest | None:
    """Somebody mailed us from *address*; the clocks run from *received_at*. *stranger*: the mail's own person record.

    Mails a link to that address, as `ask` does and as seldom; where our own mail server vouched for it, none is needed. A request
    of that kind which waits for its link is asked again. None where the address has had enough for a day.
    """
    mailed = Channel.MAIL
    if not is_proven:
        waiting = _waiting(kind, address)
        if waiting is None and _recent(address, at) >= QUIET_AFTER:
            return None
        subject, channel = (waiting.subject, waiting.channel) if waiting else (stranger, mailed)
        return requests.receive(kind, subject=subject, contact=address, channel=channel, by=MAIL, at=received_at)
    with transaction.atomic():
        request = requests.receive(
            kind, subject=stranger, contact=address, channel=mailed, needs_link=False, by=MAIL, at=received_at
        )
        if request.state != State.RECEIVED:
            return request
        return _accept(request, subjects.Proof.MAIL_AUTHENTICATED, at=at)


def confirm(request_id: UUID, *, at: datetime) -> DataRequest:
    """The link was followed and its button pressed: the address is theirs. The link works once.

    The request is verified now, or waits for two facts (`awaits_facts`). Returns the request that now stands for them, which may
    be an earlier one. Raises `AlreadyUsed`.
    """
    with transaction.atomic():
        request = DataRequest.objects.select_for_update(of=("self",)).select_related("subject").get(pk=request_id)
        if not can_confirm(request):
            raise AlreadyUsed
        return _accept(request, subjects.Proof.LINK_CLICKED, at=at)


def answer_facts(request_id: UUID, answers: Mapping[str, str], *, at: datetime) -> DataRequest:
    """Two facts, for somebody whose address is proved: the request is verified, and what else of theirs waited for the same.

    Returns the request that now stands for them. Raises `AlreadyUsed`, and what `facts.check` raises.
    """
    request = DataRequest.objects.select_related("subject").get(pk=request_id)
    if not awaits_facts(request):
        raise AlreadyUsed
    person = request.subject
    facts.check(request, answers, by=person, at=at)
    with transaction.atomic():
        every = [requests.verify(each, evidence=facts.METHOD, by=person, at=at) for each in _waiting_alike(request)]
        return every[-1]


def can_confirm(request: DataRequest) -> bool:
    """Whether its mailed link still does something."""
    return request.state == State.RECEIVED and not _has_proved_address(request)


def awaits_facts(request: DataRequest) -> bool:
    """Whether the address is proved, and the two facts are not."""
    return request.state == State.RECEIVED and _has_proved_address(request)


def _accept(request: DataRequest, proof: subjects.Proof, *, at: datetime) -> DataRequest:
    """The address is theirs: join what was typed with it. Take the request up, or ask for two facts first."""
    person = request.subject
    subjects.prove(person, "email", value=request.contact, proof=proof, by=person, at=at)
    if facts.asked_of(request) is None:
        return requests.verify(request, evidence=proof.value, by=person, at=at)
    identity.note(request, proof.value, by=person, at=at)
    intake_emails.request_facts(request, by=person, at=at)
    return request


def _has_proved_address(request: DataRequest) -> bool:
    return request.identity_checks.filter(passed=True).exclude(method=facts.METHOD).exists()


def _waiting_alike(request: DataRequest) -> list[DataRequest]:
    """Every request of this person and kind that waits for facts, the oldest first: its clocks are the ones that count."""
    mine = DataRequest.objects.of(subjects.family(request.subject)).filter(kind=request.kind, state=State.RECEIVED)
    return [each for each in mine.select_related("subject").order_by("received_at", "pk") if _has_proved_address(each)]


def _typed(address: str) -> list[UUID]:
    """The subjects on which this address was typed; whoever they are, no row of theirs is shown."""
    values = [digest.value for digest in digests.all_of("email", address)]
    found = Identifier.objects.filter(kind="email", digest__in=values, proven_at=None)
    return list(found.values_list("subject_id", flat=True))


def _waiting(kind: str, address: str) -> DataRequest | None:
    asked = DataRequest.objects.of(_typed(address)).filter(channel__in=GUESTS, state=State.RECEIVED, kind=kind)
    return asked.select_related("subject").first()


def _recent(address: str, at: datetime) -> int:
    asked = DataRequest.objects.of(_typed(address)).filter(channel__in=GUESTS)
    return asked.filter(received_at__gt=at - QUIET_FOR).count()
