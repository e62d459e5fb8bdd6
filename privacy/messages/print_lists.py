"""Print lists: how a letter leaves the outbox, and how letters leave the house.

A letter that the gate lets pass is put on the list of its kind and occasion. Nothing has left by that, so nobody has received
anything yet. Staff take a list out to print it themselves or to have it printed; the gate is asked about each letter once more,
since weeks may lie between, and from then on the letter counts as sent. A list may be taken out again until the time of its
letters has run; then the addresses are gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from privacy.consent.vocabulary import Channel
from privacy.ground import audit, references
from privacy.messages import gate
from privacy.messages.kinds import KINDS
from privacy.messages.models import Message
from privacy.messages.print_models import ListedLetter, PrintList
from privacy.register import disclosures, registry

PROCESSOR: Final = "print"
"""The printing house, for a shop that has one."""
MOST: Final = 500
"""Letters on one list. What comes after them begins another."""
CONTENT: Final = "letter"
"""What a letter says, by the name that the printing house's declaration has for it. The other keys are parts of its address."""
POST: Final = Channel.POST
NOBODY_TOOK_IT: Final = "nobody printed it in time"

State, Printer, Sending = PrintList.State, PrintList.Printer, Message.State


class Over(Exception):
    """The time of its letters has run: no address is left on it."""


class Nobody(Exception):
    """There is no letter on it that may still go."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """One letter as it is printed."""

    address: Sequence[str]
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What staff carry away: the list, its letters, and why others stay here."""

    print_list: PrintList
    letters: list[Addressed]
    left_out: dict[str, int] = field(default_factory=dict)


# Onto a list


@transaction.atomic
def put(message: Message, *, at: datetime) -> bool:
    """Put a letter that the gate let pass on its list. False where somebody else has it, or an erasure took it away.

    *Writes* both rows in one transaction: whatever is killed, a letter stands on one list, once.
    """
    claimed = {"state": Sending.QUEUED, "next_attempt_at": message.next_attempt_at}
    mine = Message.objects.filter(pk=message.pk, **claimed)
    payload = message.payload
    if not mine.update(state=Sending.LISTED, payload=None, stopped_because="", attempts=F("attempts") + 1):
        return False
    ListedLetter.objects.create(
        pk=message.pk,
        print_list=_filling(message.kind, message.reference, at=at),
        subject_id=message.subject_id,
        address=payload["to"].splitlines(),
        content={"title": payload["title"], "text": payload["text"]},
        put_at=at,
    )
    return True


def _filling(kind: str, about: str, *, at: datetime) -> PrintList:
    """The list that letters of this kind and occasion come on to, with room for one more, which is counted here."""
    found = PrintList.objects.select_for_update().filter(kind=kind, about=about, state=State.FILLING).first()
    if found is None:
        try:
            with transaction.atomic():
                found = PrintList.objects.create(reference=references.new("PL"), kind=kind, about=about, opened_at=at)
        except IntegrityError:  # another worker opened it at the same moment
            return _filling(kind, about, at=at)
    found.size += 1
    found.state = State.FULL if found.size >= MOST else State.FILLING
    found.save(update_fields=["size", "state"])
    return found


# Out of the house


def take_out(
    print_list: PrintList, *, printer: PrintList.Printer, with_text: bool, by: audit.Actor, at: datetime
) -> TakenOut:
    """Hand a list over to be printed: whole letters, or (*with_text* false) their addresses alone.

    *Writes* that its letters went, a disclosure for each where the printing house gets it, and the trail; strikes off whoever must
    not be written to any more. *Raises* `Over`, `Nobody`, `agreements.NotAgreed`.
    """
    with transaction.atomic():
        locked = PrintList.objects.select_for_update().get(pk=print_list.pk)
        if locked.state == State.OVER:
            raise Over
        going, left_out = _looked_through(locked)
        if going:
            _hand_over(locked, going, printer=printer, with_text=with_text, by=by, at=at)
            _note(locked, going, left_out, with_text=with_text, by=by, at=at)
    if not going:
        raise Nobody
    return TakenOut(locked, [_addressed(each) for each in going], dict(left_out))


def _hand_over(
    print_list: PrintList,
    going: list[ListedLetter],
    *,
    printer: PrintList.Printer,
    with_text: bool,
    by: audit.Actor,
    at: datetime,
) -> None:
    """From here on its letters went; the time of their addresses runs from the first time."""
    if printer == Printer.HOUSE:
        _disclose(print_list, going, with_text=with_text, by=by, at=at)
    listed = Message.objects.filter(pk__in=[each.pk for each in going], state=Sending.LISTED)
    listed.update(state=Sending.SENT, sent_at=at)
    print_list.state, print_list.printer = State.TAKEN, printer
    print_list.taken_at = print_list.taken_at or at
    print_list.times_taken += 1
    print_list.save(update_fields=["state", "printer", "taken_at", "times_taken"])


def _note(
    print_list: PrintList,
    going: list[ListedLetter],
    left_out: Mapping[str, int],
    *,
    with_text: bool,
    by: audit.Actor,
    at: datetime,
) -> None:
    details: dict[str, audit.Detail] = {
        "letters": len(going),
        "left_out": sum(left_out.values()),
        "printer": str(print_list.printer),
        "with_text": with_text,
        "time": print_list.times_taken,
    }
    audit.append("print_list.taken_out", obj=print_list, details=details, by=by, at=at)


def _looked_through(print_list: PrintList) -> tuple[list[ListedLetter], Counter[str]]:
    """Those that may go at this moment; the others are struck off, each with its reason."""
    rows = list(print_list.letters.select_for_update().order_by("put_at", "pk"))
    states = dict(Message.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "state"))
    going, left_out = [], Counter[str]()
    for row in rows:
        is_ours = states.get(row.pk) in (Sending.LISTED, Sending.SENT)
        why = gate.objection(_as_message(row, print_list)) if is_ours else "taken back"
        if why:
            left_out[why] += 1
            _strike(row, because=why)
        else:
            going.append(row)
    return going, left_out


def _as_message(row: ListedLetter, print_list: PrintList) -> Message:
    """What the gate is asked about: the message as it was when it was put on the list."""
    to = "\n".join(row.address)
    return Message(pk=row.pk, kind=print_list.kind, channel=POST, subject_id=row.subject_id, payload={"to": to})


def _strike(row: ListedLetter, *, because: str) -> None:
    """Take a letter off its list. One that went before stays sent; its address is gone from here all the same."""
    Message.objects.filter(pk=row.pk, state=Sending.LISTED).update(state=Sending.STOPPED, stopped_because=because)
    row.delete()


def _disclose(
    print_list: PrintList, going: list[ListedLetter], *, with_text: bool, by: audit.Actor, at: datetime
) -> None:
    keys = [key for key in registry.processor(PROCESSOR).payload if with_text or key != CONTENT]
    for row in going:
        disclosures.record(
            PROCESSOR,
            subject_id=row.subject_id,
            keys=keys,
            purpose=KINDS[print_list.kind].purpose,
            host="by hand",
            reference=print_list.reference,
            by=by,
            at=at,
        )


def _addressed(row: ListedLetter) -> Addressed:
    return Addressed(row.address, row.content["title"], row.content["text"])


# Back from a list, and the end of its time


def take_back(stopped: QuerySet[Message]) -> int:
    """Take the letters of messages that were stopped off their lists. Returns how many stood on one."""
    gone, _ = ListedLetter.objects.filter(pk__in=stopped.filter(state=Sending.STOPPED).values("pk")).delete()
    return gone


@transaction.atomic
def close_ended(*, at: datetime) -> int:
    """Close lists of which the time of every letter has run, and stop the letters that nobody took out. Returns how many of these.

    The rows of such letters, with the addresses, go in the next run of retention (`rights.retention`).
    """
    open_ones = PrintList.objects.exclude(state=State.OVER).select_for_update()
    locked = [each.pk for each in open_ones]  # nothing is put on one from here on
    due = registry.of("privacy.ListedLetter").past_due(at)
    alive = ListedLetter.objects.exclude(pk__in=due.values("pk"))
    listed = Message.objects.filter(state=Sending.LISTED).exclude(pk__in=alive.values("pk"))
    stopped = listed.update(state=Sending.STOPPED, stopped_because=NOBODY_TOOK_IT)
    over = PrintList.objects.filter(pk__in=locked).exclude(pk__in=alive.values("print_list"))
    over.update(state=State.OVER)
    return stopped
