"""What becomes of a message that did not simply arrive: given up, perhaps sent, returned, complained about.

What a machine cannot know it does not guess: for marketing that was perhaps sent, a member of staff says what the mail server's log
says. What the mail service reports is believed about mails of ours alone; an address where nobody is gets nothing more, and one
whose owner called a mail spam gets no more marketing.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from privacy.consent.vocabulary import Channel, Surface
from privacy.ground import audit
from privacy.ground.models import AuditEvent
from privacy.messages import stopping, suppressions
from privacy.messages.models import Message
from privacy.messages.suppressions import Reason
from privacy.register import subjects

log = logging.getLogger(__name__)

State = Message.State
COMPLAINED_ABOUT: Final = "message.complained_about"
OUR_NUMBER: Final = re.compile(r"<?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:@[^\s<>]*)?>?")


class Settled(Exception):
    """It does not wait for a decision, or not any more."""


# What staff say


def it_went(message: Message, *, by: audit.Actor, at: datetime) -> Message:
    """Marketing that was perhaps sent did arrive at the server: its content is blanked. *Raises* `Settled`."""
    facts = {"state": State.SENT, "payload": None, "sent_at": at}
    return _said(message, from_=State.UNKNOWN, event="message.it_went", facts=facts, by=by, at=at)


def send_again(message: Message, *, by: audit.Actor, at: datetime) -> Message:
    """It did not arrive: it waits once more, and the gate asks once more. *Raises* `Settled`."""
    facts = {"state": State.QUEUED, "attempts": 0, "next_attempt_at": at}
    return _said(message, from_=State.UNKNOWN, event="message.sent_again", facts=facts, by=by, at=at)


def settle(message: Message, *, by: audit.Actor, at: datetime) -> Message:
    """Somebody has dealt with a message that was given up or came back. *Raises* `Settled`."""
    if message.state not in (State.FAILED, State.RETURNED):
        raise Settled(message)
    return _said(message, from_=State(message.state), event="message.settled", facts={"settled_at": at}, by=by, at=at)


@transaction.atomic
def _said(
    message: Message, *, from_: Message.State, event: str, facts: Mapping[str, object], by: audit.Actor, at: datetime
) -> Message:
    waiting = Message.objects.for_staff().filter(pk=message.pk, state=from_)
    if not waiting.update(**facts):
        raise Settled(message)
    message.refresh_from_db()
    audit.append(event, subject=message.subject_id, obj=message, by=by, at=at)
    return message


# What the mail service says


def number_in(*candidates: str) -> UUID | None:
    """The row's number in what a mail service calls a mail: its own metadata, or our Message-ID."""
    for text in candidates:
        if found := OUR_NUMBER.fullmatch(text.strip().lower()):
            return UUID(found[1])
    return None


def returned(number: UUID, *, address: str, is_dead: bool, why: str, by: audit.Actor, at: datetime) -> bool:
    """A mail of ours came back. *is_dead*: there is nobody at the address, so that nothing goes there any more.

    *why*: the mail service's word for it, without a name or an address in it. Returns whether the mail was one of ours.
    """
    message = _ours(number)
    if message is None:
        return False
    with transaction.atomic():
        back = Message.objects.filter(pk=number, state=State.SENT)
        if back.update(state=State.RETURNED, stopped_because=why[:80]):
            audit.append(
                "message.returned", subject=message.subject_id, obj=message, details={"why": why}, by=by, at=at
            )
            log.error("message.returned", extra={"row": str(number), "kind": message.kind, "why": why})
        if is_dead:
            suppressions.raise_for(message.channel, address, reason=Reason.BOUNCED, by=by, at=at)
    return True


def complained(number: UUID, *, address: str, by: audit.Actor, at: datetime) -> bool:
    """Its reader called a mail of ours spam: no marketing goes there any more, and every yes behind it is taken back.

    Only their own confirmed opt-in ends that. Returns whether the mail was one of ours; told twice is once.
    """
    message = _ours(number)
    if message is None:
        return False
    with transaction.atomic():
        suppressions.raise_for(message.channel, address, reason=Reason.COMPLAINED, by=by, at=at)
        reader = [] if message.subject_id is None else [subjects.of_number(message.subject_id)]
        stopping.withdraw(reader, Channel(message.channel), surface=Surface.SPAM_REPORT, by=by, at=at)
        if not AuditEvent.objects.about(audit.name_of(message)).filter(event=COMPLAINED_ABOUT).exists():
            audit.append(COMPLAINED_ABOUT, subject=message.subject_id, obj=message, by=by, at=at)
    return True


def _ours(number: UUID) -> Message | None:
    """The row of a mail that left the house."""
    left = [State.SENDING, State.SENT, State.UNKNOWN, State.RETURNED]
    return Message.objects.filter(pk=number, state__in=left).first()
