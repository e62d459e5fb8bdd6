"""How a message leaves: taken by one worker, asked about at the gate, written down as begun, handed over, written down as gone.

The attempt is committed before anything is sent, and the Message-ID is fixed by the row. Where a worker dies in between, nobody
knows whether the message went: a transactional one goes again, and is one mail to a reader's program; marketing never does, and
waits for the staff as *perhaps sent*. A worker has one message on its way at a time, so a death leaves one such row.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from privacy.messages import attempts, foresight, gate, kinds, print_lists, suppressions
from privacy.messages.channels import PRINTED, ways_out
from privacy.messages.kinds import KINDS
from privacy.messages.models import Message, MessageQuerySet
from privacy.messages.transports import InDoubt, NotSent, Parcel, Transport
from privacy.register import disclosures
from privacy.register.models import Disclosure

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
ANSWERED_WITHIN: Final = timedelta(days=30)
"""What was perhaps sent, and what it said, waits so long for the staff."""

State = Message.State


def claim(*, at: datetime, only: UUID | None = None) -> list[Message]:
    """Take what is due for this worker alone: others pass it by until the lease ends. Nothing of it is begun.

    Marketing is only taken where nothing else is due, so that no order's mail waits behind a newsletter.
    """
    due = Message.objects.due(at)
    if only is not None:
        return _taken(due.filter(pk=only), at=at)
    return _taken(due.exclude(kind__in=kinds.marketing()), at=at) or _taken(due, at=at)


@transaction.atomic
def _taken(due: MessageQuerySet, *, at: datetime) -> list[Message]:
    taken = list(due.select_for_update(skip_locked=True)[:BATCH])
    Message.objects.filter(pk__in=[each.pk for each in taken]).update(next_attempt_at=at + LEASE)
    for each in taken:
        each.next_attempt_at = at + LEASE
    return taken


def recover(*, at: datetime) -> None:
    """See to what workers that died had begun: transactional messages go again, marketing waits for the staff."""
    left = Message.objects.abandoned(at)
    if unknown := left.filter(kind__in=kinds.at_most_once()).update(state=State.UNKNOWN):
        log.error("message.perhaps_sent", extra={"count": unknown})
    for message in left.filter(attempts__gt=len(BACKOFF)):
        _give_up(message, "its worker died each time")
    left.update(state=State.QUEUED, next_attempt_at=at)
    unanswered = Message.objects.filter(state=State.UNKNOWN, next_attempt_at__lte=at - ANSWERED_WITHIN)
    unanswered.update(state=State.STOPPED, payload=None, stopped_because="nobody said whether it went")


def send_all(taken: list[Message], *, at: datetime) -> int:
    """Send a batch one by one, over connections that stay open meanwhile. Returns how many went.

    *Raises* what went wrong inside the house, after every other message had its turn.
    """
    began = time.monotonic()
    problems: list[Exception] = []
    with ways_out() as way:
        worker = Worker(way, at, marks=foresight.marks(taken))
        for message in taken:
            if time.monotonic() - began > BATCH_SECONDS:
                break  # the lease of the rest ends by itself
            try:
                worker.attempt(message)
            except Exception as problem:  # noqa: BLE001 - one message must not keep the others
                problems.append(problem)
        worker.finish()
    if problems:
        raise problems[0]
    return worker.sent


class Worker:
    """Somebody who sends one message after the other.

    That a message went is written down with the next attempt, in one statement and one commit; so a worker never has more than one
    message on its way, and a message costs one write. *marks*: what the gate let go when it was asked about the batch.
    """

    def __init__(self, way: Callable[[str], Transport], at: datetime, *, marks: Mapping[UUID, str]) -> None:
        self.way, self.at, self.marks = way, at, marks
        self.sent = 0
        self._gone: Message | None = None

    def attempt(self, message: Message) -> None:
        """One attempt: the gate, the row, the wire."""
        mark = self.marks.get(message.pk)
        if (mark and self._hand_over(message, mark=mark)) or not self._may_go(message):
            return
        if message.channel in PRINTED:
            self.sent += print_lists.put(message, at=self.at)
        else:
            self._hand_over(message)

    def finish(self) -> None:
        """Write down that the last one went."""
        if self._gone is not None:
            _close(self._gone, State.SENT, sent_at=self.at)
            self._gone = None

    def _may_go(self, message: Message) -> bool:
        """Ask the gate about this one message, now; what it stops is over."""
        if objection := gate.objection(message) or gate.too_soon(message, at=self.at):
            _close(message, State.STOPPED, because=objection)
        return not objection

    def _hand_over(self, message: Message, *, mark: str = "") -> bool:
        """The row, then the wire. False where no attempt was begun, and nothing was sent."""
        transport = self.way(message.channel)
        parcel = _packed(message, transport)
        given = _disclosure(message, parcel, transport, at=self.at)
        has_begun = attempts.begin(message, given, gone=self._gone, mark=mark, at=self.at)
        self._gone = None
        if not has_begun:
            return False
        message.attempts += 1
        message.state = State.SENDING
        try:
            transport.hand_over(parcel)
        except NotSent as refusal:
            _postpone(message, refusal, at=self.at)
        except InDoubt as doubt:
            _leave_open(message, doubt, at=self.at)
        else:
            self._gone = message
            self.sent += 1
        return True


def _packed(message: Message, transport: Transport) -> Parcel:
    """Made ready, or given up: what cannot be written once never can."""
    try:
        return transport.pack(message)
    except Exception as error:
        _give_up(message, f"cannot be written: {type(error).__name__}")
        raise


def _disclosure(message: Message, parcel: Parcel, transport: Transport, *, at: datetime) -> Disclosure:
    """Who is given what about whom by an attempt. *Raises* `disclosures.NotAllowed`, `payloads.NotDeclared`."""
    return disclosures.drafted(
        transport.processor,
        subject_id=message.subject_id,
        keys=parcel.keys,
        purpose=KINDS[message.kind].purpose,
        host=disclosures.address(transport.processor, transport.address()),
        reference=str(message.pk),
        by="system:outbox",
        at=at,
    )


def _close(message: Message, state: Message.State, *, because: str = "", sent_at: datetime | None = None) -> None:
    """End a message's life and blank what it held."""
    mine = Message.objects.filter(pk=message.pk, state=message.state)
    mine.update(state=state, payload=None, stopped_because=because, sent_at=sent_at)


def _give_up(message: Message, why: str) -> None:
    """The end of trying. The staff see it on their desk, whoever reads the logs there."""
    log.error("message.given_up", extra={**_about(message), "why": why})
    _close(message, State.FAILED, because=why)


def _postpone(message: Message, refusal: NotSent, *, at: datetime) -> None:
    """Try again later, or give up after the last wait; nothing more goes to an address where nobody is."""
    if refusal.is_dead:
        suppressions.raise_for(
            message.channel, message.payload["to"], reason=suppressions.Reason.BOUNCED, by="system:outbox", at=at
        )
    if refusal.is_final or message.attempts > len(BACKOFF):
        _give_up(message, refusal.why)
    else:
        _wait(message, refusal.why, at=at)


def _leave_open(message: Message, doubt: InDoubt, *, at: datetime) -> None:
    """Nobody knows whether it went. Marketing waits for the staff, everything else goes again."""
    if message.kind in kinds.at_most_once():
        log.error("message.perhaps_sent", extra={**_about(message), "why": doubt.why})
        Message.objects.filter(pk=message.pk, state=State.SENDING).update(state=State.UNKNOWN)
    else:
        _postpone(message, NotSent(doubt.why), at=at)


def _wait(message: Message, why: str, *, at: datetime) -> None:
    log.warning("message.postponed", extra={**_about(message), "why": why})
    Message.objects.filter(pk=message.pk, state=State.SENDING).update(
        state=State.QUEUED, next_attempt_at=at + BACKOFF[message.attempts - 1]
    )


def _about(message: Message) -> dict[str, Any]:
    return {"row": str(message.pk), "kind": message.kind, "attempt": message.attempts}
