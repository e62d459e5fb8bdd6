"""Taking requests in from people whom only an address names: the public form, mails to us, what staff heard or opened, agents.

What a visitor sees never depends on what was typed. A request starts on a subject of its own with an unproven address
(`rights.strangers`), so it reaches nobody's rows; the link in the mail proves the address, and only then are the rows of that
address joined. Where values would be shown or changed, two facts about an order come on top (`rights.facts`). The clocks run from
receipt on every channel: from the moment a letter arrived, not from when somebody entered it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from privacy.consent import preferences
from privacy.ground import audit
from privacy.messages import suppressions
from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights import facts, identity, intake_emails, requests, strangers
from privacy.rights.attachment_models import Agent
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.models import Channel, DataRequest, State
from privacy.rights.requests import Wishes

FORM: Final = "system:request-form"
MAIL: Final = "system:mailroom"
PROOFS: Final = (subjects.Proof.LINK_CLICKED, subjects.Proof.MAIL_AUTHENTICATED)
"""What shows that an address is theirs; named like the methods of `IdentityCheck`."""


class AlreadyUsed(Exception):
    """The link did its work before, or the request has ended."""


def ask(
    kind: str, *, address: str, wishes: Wishes | None = None, language: str = "", at: datetime
) -> DataRequest | None:
    """Somebody typed *address* into the public form. Mails a link to it; None where that address has had enough for a day.

    *language*: the one they chose for our letters; empty where they were not asked.

    Typing the same again sends the link again, up to three times; after five requests of a kind in a day the form stays silent.
    """
    waiting = strangers.waiting(kind, wishes=wishes, address=address)
    if waiting is None and strangers.has_had_enough(kind, address=address, at=at):
        return None
    with transaction.atomic():
        subject = waiting.subject if waiting else strangers.new(address, by=FORM, at=at)
        if language:
            preferences.speak(subject, language, by=FORM, at=at)
        return requests.receive(
            kind, subject=subject, contact=address, channel=Channel.FORM, wishes=wishes, by=FORM, at=at
        )


def by_mail(
    kind: str,
    *,
    address: str,
    stranger: Subject,
    is_proven: bool,
    wishes: Wishes | None = None,
    received_at: datetime,
    at: datetime,
) -> DataRequest | None:
    """Somebody mailed us from *address*; the clocks run from *received_at*. *stranger*: the mail's own person record.

    Mails a link to that address, as `ask` does and as seldom; where our own mail server vouched for it, none is needed. A request
    for the same that waits for its link is asked again. None where the address has had enough for a day.
    """
    waiting = None if is_proven else strangers.waiting(kind, wishes=wishes, address=address)
    if not (is_proven or waiting) and strangers.has_had_enough(kind, address=address, at=at):
        return None
    with transaction.atomic():
        request = requests.receive(
            kind,
            subject=waiting.subject if waiting else stranger,
            contact=address,
            channel=waiting.channel if waiting else Channel.MAIL,
            wishes=wishes,
            needs_link=not is_proven,
            received_at=min(max(received_at, at - requests.LONGEST_AGO), at),
            by=MAIL,
            at=at,
        )
        if not is_proven or request.state != State.RECEIVED:
            return request
        return _accept(request, subjects.Proof.MAIL_AUTHENTICATED, at=at)


def by_staff(
    kind: str,
    *,
    address: str,
    channel: str,
    wishes: Wishes | None = None,
    received_at: datetime,
    by: audit.Actor,
    at: datetime,
) -> DataRequest:
    """Staff enter what somebody said on the telephone or wrote in a letter (*channel*), with the moment at which that reached us.

    It is proved like any other: by the link that is mailed to *address*, never by the voice or the paper. A request for the same
    that waits for its link is asked again. Raises `requests.ReceiptImpossible`.
    """
    waiting = strangers.waiting(kind, wishes=wishes, address=address)
    with transaction.atomic():
        return requests.receive(
            kind,
            subject=waiting.subject if waiting else strangers.new(address, by=by, at=at),
            contact=address,
            channel=Channel(channel),
            wishes=wishes,
            received_at=received_at,
            by=by,
            at=at,
        )


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
    if proof == subjects.Proof.LINK_CLICKED:
        suppressions.reached(request.contact, by=person, at=at)
    if Agent.objects.filter(request=request, confirmed_at=None).update(confirmed_at=at):
        identity.note(request, IdentityCheck.Method.AGENT_CONFIRMED, by=person, at=at)
    if facts.asked_of(request) is None:
        return requests.verify(request, evidence=proof.value, by=person, at=at)
    identity.note(request, proof.value, by=person, at=at)
    intake_emails.request_facts(request, by=person, at=at)
    return request


def _has_proved_address(request: DataRequest) -> bool:
    return request.identity_checks.filter(passed=True, method__in=[each.value for each in PROOFS]).exists()


def _waiting_alike(request: DataRequest) -> list[DataRequest]:
    """Every request of this person and kind that waits for facts, the oldest first: its clocks are the ones that count."""
    mine = DataRequest.objects.of(subjects.family(request.subject)).filter(kind=request.kind, state=State.RECEIVED)
    return [each for each in mine.select_related("subject").order_by("received_at", "pk") if _has_proved_address(each)]
