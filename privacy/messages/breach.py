"""Telling the people whom a breach concerns (GDPR Art. 34): whom is measured from the register, what is written by staff.

A draft holds words and which tables leaked; it names nobody. `count` measures whom it would reach and changes nothing; `send`
measures again, writes the ledger and begins. The incident as a whole, and the notice to the authority, are `rights.incidents`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from privacy.ground import audit, digests, doorbell, references, states
from privacy.messages import addressees, announcements
from privacy.messages.addressees import Addressee
from privacy.messages.announcement_models import Announcement
from privacy.register import activities, scope, subjects
from privacy.register.scope import Scope, Window
from privacy.tasks import announce

#: What Art. 34(2) with 33(3)(b) to (d) asks for, beside the contact, which the profile has.
WORDS: Final = {
    "happened": "What happened",
    "consequences": "What may follow from it",
    "measures": "What we did and do about it",
    "advice": "What people can do themselves",
}
BATCH: Final = 500


class NothingLeaked(Exception):
    """A breach concerns some table, or some processor."""


class NobodyToTell(Exception):
    """It concerns nobody whom a mail would reach."""


@dataclass
class Count:
    """Whom a notice would reach."""

    people: int = 0
    records: int = 0
    addresses: int = 0
    unreachable: int = 0  # people of whom no address is known: tell them publicly (Art. 34(3)(c))
    by_residence: dict[str, int] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    risk: str = ""


def draft(
    *,
    targets: Sequence[str],
    processor: str = "",
    start: datetime | None = None,
    end: datetime | None = None,
    words: Mapping[str, str],
    looked: bool = False,
    by: audit.Actor,
    at: datetime,
) -> Announcement:
    """Write a notice down without telling anybody. *Raises* NothingLeaked, `announcements.Unsaid`, `scope.Unknown`.

    *looked*: whether misused accounts of staff are behind it, so that no table need have leaked.
    """
    if not targets and not processor and not looked:
        raise NothingLeaked
    said = announcements.said(words, WORDS)
    made = Announcement.objects.create(
        reference=references.new("AN"),
        occasion=Announcement.Occasion.BREACH,
        words=said,
        scope=written(targets, processor=processor, start=start, end=end),
        created_at=at,
    )
    audit.append("announcement.drafted", obj=made, details={"targets": list(targets)}, by=by, at=at)
    return made


def written(
    targets: Sequence[str], *, processor: str, start: datetime | None, end: datetime | None
) -> dict[str, list[str] | str]:
    """What leaked, as it is stored. *Raises* `scope.Unknown`."""
    scope.choose(targets, processor=processor)
    return {
        "targets": list(targets),
        "processor": processor,
        "start": start.isoformat() if start else "",
        "end": end.isoformat() if end else "",
    }


def count(announcement: Announcement) -> Count:
    """Whom it would reach, measured now. Changes nothing."""
    return reach(announcement.scope)


def reach(said: Mapping[str, Any], *, looked: Sequence[str] = ()) -> Count:
    """Whom a notice about this would reach (a draft's `scope`, and accounts whose looks count), measured now. Changes nothing."""
    with _measured(said, looked) as found:
        counted, seen = _counted(found), set[bytes]()
        for chunk in _in_batches(scope.people()):
            reached = set[UUID]()
            for root, addressee in _addressees(chunk):
                reached.add(root)
                seen.add(digests.raw_of("email", digests.normal_email(addressee.email))[0])
            counted.unreachable += len(chunk) - len(reached)
        counted.addresses = len(seen)
    return counted


@transaction.atomic
def send(announcement: Announcement, *, looked: Sequence[str] = (), by: audit.Actor, at: datetime) -> Announcement:
    """Begin to tell everybody it concerns. *Writes* the ledger; rings. *Raises* NobodyToTell, `states.NotAllowed`.

    *looked*: actors of the trail whose looks concern whoever was looked at.
    """
    announcement = Announcement.objects.select_for_update().get(pk=announcement.pk)
    if (announcement.state, announcement.occasion) != (Announcement.State.DRAFT, Announcement.Occasion.BREACH):
        raise states.NotAllowed(f"{announcement} is {announcement.state}")
    with _measured(announcement.scope, looked) as found:
        offered = sum(
            announcements.enter(announcement, (each for _, each in _addressees(chunk)), at=at)
            for chunk in _in_batches(scope.people())
        )
    if not offered:
        raise NobodyToTell
    announcement.scope |= {"people": found.people, "data": [part.words for part in found.parts]}
    announcement.state, announcement.begun_at = Announcement.State.POSTING, at
    announcement.save(update_fields=["scope", "state", "begun_at"])
    details: dict[str, audit.Detail] = {"people": found.people, "addresses": announcement.deliveries.count()}
    audit.append("announcement.begun", obj=announcement, details=details, by=by, at=at)
    doorbell.ring(announce, announcement_id=announcement.pk)
    return announcement


def data_of(announcement: Announcement) -> list[str]:
    """What leaked, in the words of the register: `Orders: e-mail, recipient`."""
    chosen = scope.choose(announcement.scope["targets"], processor=announcement.scope["processor"])
    return [
        f"{declaration.label}: {', '.join(activities.field_name(declaration, name) for name in names)}"
        for declaration, names in chosen.values()
    ]


# Inside


@contextmanager
def _measured(said: Mapping[str, Any], looked: Sequence[str]) -> Iterator[Scope]:
    chosen = scope.choose(said["targets"], processor=said["processor"])
    with scope.measured(chosen, _window(said["start"], said["end"]), looked=looked) as found:
        yield found


def _window(start: str, end: str) -> Window | None:
    return Window(datetime.fromisoformat(start), datetime.fromisoformat(end)) if start and end else None


def _counted(found: Scope) -> Count:
    return Count(
        people=found.people,
        records=sum(part.rows for part in found.parts),
        by_residence=dict(found.by_residence),
        data=[part.words for part in found.parts],
        categories=found.categories,
        risk=found.risk,
    )


def _addressees(roots: Sequence[UUID]) -> Iterator[tuple[UUID, Addressee]]:
    """The addresses of these people, each with the person it belongs to."""
    families = subjects.families(roots)
    for each in addressees.of(families.keys()):
        yield families[each.subject_id], each


def _in_batches(people: Iterator[UUID]) -> Iterator[list[UUID]]:
    while chunk := list(islice(people, BATCH)):
        yield chunk
