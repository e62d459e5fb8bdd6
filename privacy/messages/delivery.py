"""How a message leaves: taken by one worker, asked about at the gate, written down as begun, handed over, written down as gone.

The attempt is committed before anything is sent, and the Message-ID is fixed by the row. Where a worker dies in between, nobody
knows whether the message went: a transactional one goes again, and is one mail to a reader's program; marketing never does, and
waits for the staff as *perhaps sent*. A worker has one message on its way at a time, so a death leaves one such row.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from privacy.messages import gate, kinds, suppressions
from privacy.messages.channels import ways_out
from privacy.messages.kinds import KINDS
from privacy.messages.models import Message
from privacy.messages.transports import InDoubt, NotSent, Parcel, Transport
from privacy.register import disclosures

log = logging.getLogger(__name__)

BACKOFF: Final = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
]
LEASE: Final = timedelta(minutes=10)
"""How long what a worker took is its own: one that says nothing for so long has died."""
BATCH: Final = 100
BATCH_SECONDS: Final = 120.0
"""A worker begins nothing more of its batch then, well before its lease ends."""

Way = Callable[[str], Transport]


def claim(*, at: datetime, only: UUID | None = None) -> list[Message]:
    """Take what is due for this worker alone: others pass it by until the lease ends. Nothing of it is begun."""
    due = Message.objects.due(at) if only is None else Message.objects.due(at).filter(pk=only)
    with transaction.atomic():
        taken = list(due.select_for_update(skip_locked=True)[:BATCH])
        Message.objects.filter(pk__in=[each.pk for each in taken]).update(next_attempt_at=at + LEASE)
    for each in taken:
        each.next_attempt_at = at + LEASE
    return taken


def recover(*, at: datetime) -> None:
    """See to what workers that died had begun: transactional messages go again, marketing waits for the staff."""
    left = Message.objects.abandoned(at)
    if unknown := left.filter(kind__in=kinds.at_most_once()).update(state=Message.State.UNKNOWN):
        log.error("message.perhaps_sent", extra={"count": unknown})
    for message in left.filter(attempts__gt=len(BACKOFF)):
        _give_up(message, "its worker died each time")
    left.update(state=Message.State.QUEUED, next_attempt_at=at)


def send_all(taken: list[Message], *, at: datetime) -> int:
    """Send a batch one by one, over connections that stay open meanwhile. Returns how many went.

    *Raises* what went wrong inside the house, after every other message had its turn.
    """
    began, sent = time.monotonic(), 0
    problems: list[Exception] = []
    with ways_out() as way:
        for message in taken:
            if time.monotonic() - began > BATCH_SECONDS:
                break  # the lease of the rest ends by itself
            try:
                sent += _send(message, way, at=at)
            except Exception as problem:  # noqa: BLE001 - one message must not keep the others
                problems.append(problem)
    if problems:
        raise problems[0]
    return sent


def _send(message: Message, way: Way, *, at: datetime) -> bool:
    """One attempt: the gate, the row, the wire, the row."""
    if objection := gate.objection(message) or gate.too_soon(message, at=at):
        return _close(message, Message.State.STOPPED, because=objection)
    transport = way(message.channel)
    parcel = _packed(message, transport)
    if not _begin(message, parcel, transport, at=at):
        return False  # somebody else has it, or an erasure took it away
    try:
        transport.hand_over(parcel)
    except NotSent as refusal:
        return _postpone(message, refusal, at=at)
    except InDoubt as doubt:
        return _leave_open(message, doubt, at=at)
    return _close(message, Message.State.SENT, sent_at=at)


def _packed(message: Message, transport: Transport) -> Parcel:
    """Made ready, or given up: what cannot be written once never can."""
    try:
        return transport.pack(message)
    except Exception as error:
        _give_up(message, f"cannot be written: {type(error).__name__}")
        raise


@transaction.atomic
def _begin(message: Message, parcel: Parcel, transport: Transport, *, at: datetime) -> bool:
    """Commit that an attempt is being made, and who is given what by it. False where this worker's claim is over."""
    mine = Message.objects.filter(pk=message.pk, state=Message.State.QUEUED, next_attempt_at=message.next_attempt_at)
    message.attempts += 1
    message.state = Message.State.SENDING
    if not mine.update(state=Message.State.SENDING, attempts=message.attempts):
        return False
    disclosures.record(
        transport.processor,
        subject_id=message.subject_id,
        keys=parcel.keys,
        purpose=KINDS[message.kind].purpose,
        host=disclosures.address(transport.processor, transport.address()),
        reference=str(message.pk),
        by="system:outbox",
        at=at,
    )
    return True


def _close(message: Message, state: Message.State, *, because: str = "", sent_at: datetime | None = None) -> bool:
    """End a message's life and blank what it held. Returns whether it went."""
    mine = Message.objects.filter(pk=message.pk, state=message.state)
    mine.update(state=state, payload=None, stopped_because=because, sent_at=sent_at)
    return state is Message.State.SENT


def _give_up(message: Message, why: str) -> bool:
    """The end of trying. The staff see it on their desk, whoever reads the logs there."""
    log.error("message.given_up", extra={**_about(message), "why": why})
    return _close(message, Message.State.FAILED, because=why)


def _postpone(message: Message, refusal: NotSent, *, at: datetime) -> bool:
    """Try again later, or give up after the last wait; nothing more goes to an address where nobody is."""
    if refusal.is_dead:
        suppressions.raise_for(
            message.channel, message.payload["to"], reason=suppressions.Reason.BOUNCED, by="system:outbox", at=at
        )
    if refusal.is_final or message.attempts > len(BACKOFF):
        return _give_up(message, refusal.why)
    return _wait(message, refusal.why, at=at)


def _leave_open(message: Message, doubt: InDoubt, *, at: datetime) -> bool:
    """Nobody knows whether it went. Marketing waits for the staff, everything else goes again."""
    if message.kind in kinds.at_most_once():
        log.error("message.perhaps_sent", extra={**_about(message), "why": doubt.why})
        Message.objects.filter(pk=message.pk, state=Message.State.SENDING).update(state=Message.State.UNKNOWN)
        return False
    return _postpone(message, NotSent(doubt.why), at=at)


def _wait(message: Message, why: str, *, at: datetime) -> bool:
    log.warning("message.postponed", extra={**_about(message), "why": why})
    Message.objects.filter(pk=message.pk, state=Message.State.SENDING).update(
        state=Message.State.QUEUED, next_attempt_at=at + BACKOFF[message.attempts - 1]
    )
    return False


def _about(message: Message) -> dict[str, Any]:
    return {"row": str(message.pk), "kind": message.kind, "attempt": message.attempts}
