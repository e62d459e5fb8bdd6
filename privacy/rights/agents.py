"""Somebody asks for somebody else, with their written permission: a relative, a lawyer, a service (11 CCR 7063, GDPR Art. 12).

The permission is enclosed, and the person is mailed who asks for what: they confirm it, or say that they know nothing of it. Until
then nothing is shown and nothing happens. Answers and copies go to the person, never to the agent. To opt out, nobody is asked
anything: the permission is enough, and it holds at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.files import File
from django.db import transaction
from django.db.models import F

from privacy.rights import attachments, identity, intake_emails, requests, strangers
from privacy.rights.attachment_models import Agent, Attachment
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.models import Channel, DataRequest, State
from privacy.rights.requests import Wishes

FORM: Final = "system:agent-form"


@dataclass(frozen=True)
class Mandate:
    """Who asks, and the paper that says they may."""

    name: str
    email: str
    permission: File[Any]


def ask(kind: str, *, address: str, mandate: Mandate, wishes: Wishes | None = None, at: datetime) -> DataRequest | None:
    """Take in what *mandate* asks for the person at *address*; the clocks run from now.

    *Mails* the person who asks for what, with the link that confirms it, unless the kind asks for no proof; and the agent that it
    arrived. The same agent asking for the same again has the link mailed again, up to three times. None where the address has had
    enough for a day. *Raises* `uploads.NotAccepted`; then nothing is kept.
    """
    attachments.check(mandate.permission)
    for waiting in strangers.every_waiting(kind, wishes=wishes, address=address):
        if (known := of(waiting)) and known.email == mandate.email:
            _ask_the_person(waiting, known, at=at)
            return waiting
    if strangers.has_had_enough(kind, address=address, at=at):
        return None
    with transaction.atomic():
        request = requests.receive(
            kind,
            subject=strangers.new(address, by=FORM, at=at),
            contact=address,
            channel=Channel.AGENT,
            wishes=wishes,
            needs_link=False,
            by=FORM,
            at=at,
        )
        agent = Agent.objects.create(request=request, name=mandate.name, email=mandate.email, asked_at=at)
        attachments.add(request, mandate.permission, kind=Attachment.Kind.PERMISSION, by=FORM, at=at)
        identity.note(request, IdentityCheck.Method.AGENT_PERMISSION, by=FORM, at=at)
        if request.state == State.RECEIVED:
            _ask_the_person(request, agent, at=at)
        intake_emails.agent_received(request, agent, by=FORM, at=at)
    return request


def _ask_the_person(request: DataRequest, agent: Agent, *, at: datetime) -> None:
    """Mail them the link, as seldom as to anybody: three times for one request."""
    asked = DataRequest.objects.filter(pk=request.pk, links_sent__lt=requests.MAX_LINKS)
    if asked.update(links_sent=F("links_sent") + 1):
        intake_emails.agent_asks(request, agent, by=FORM, at=at)


def disown(request: DataRequest, *, at: datetime) -> DataRequest:
    """The person knows nothing of it: nothing happens. *Raises* `states.NotAllowed` where it is over."""
    return requests.withdraw(request, by=request.subject, at=at)


def of(request: DataRequest) -> Agent | None:
    """Who asks for the person, where they do not ask themselves."""
    agent: Agent | None = getattr(request, "agent", None)
    return agent
