"""What people do not want their data used for (GDPR Art. 21), one purpose at a time.

To direct marketing nobody has to give a reason and nobody weighs anything: it stands at once. For other purposes the use rests
while somebody weighs the objection, and goes on only where it was overridden. What is used anyway, `usable` leaves out; what
somebody agrees to again later ends their objection to it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from privacy.ground import audit
from privacy.register import subjects
from privacy.register.declare import Family
from privacy.register.models import Subject
from privacy.register.objection_models import Objection
from privacy.register.vocabulary import Basis, Purpose

Standing = Objection.Standing
AT_ONCE: Final = frozenset(purpose for purpose in Purpose if purpose.basis is Basis.CONSENT)
"""Whoever may take a yes back need not be weighed; marketing is among them (Art. 21(3))."""
OPEN_TO: Final = AT_ONCE | {purpose for purpose in Purpose if purpose.basis is Basis.LEGITIMATE_INTEREST}
"""What can be objected to at all: a contract or a law is no matter of weighing (Art. 21(1))."""


class NotOpen(ValueError):
    """This purpose stands on a contract or on a law: there is nothing to object to."""


def note(subject: Subject, purpose: Purpose, *, by: audit.Actor, at: datetime) -> Objection.Standing:
    """Somebody objects. Returns whether that stands, or is weighed first. An earlier word of theirs keeps its date.

    *Raises* `NotOpen`.
    """
    if purpose not in OPEN_TO:
        raise NotOpen(purpose.name)
    standing = Standing.UPHELD if purpose in AT_ONCE else Standing.PENDING
    facts = {"purpose": key(purpose), "since": at, "standing": standing}
    rows = [Objection(subject_id=each, **facts) for each in subjects.family(subject)]
    Objection.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["subject", "purpose"], update_fields=["standing"]
    )
    _told("objection.noted", subject, purpose, standing, by=by, at=at)
    return standing


def decide(subject: Subject, purpose: Purpose, standing: Objection.Standing, *, by: audit.Actor, at: datetime) -> None:
    """It was weighed. What stands without weighing is not touched."""
    waiting = Objection.objects.filter(subject__in=subjects.family(subject), purpose=key(purpose))
    if waiting.filter(standing=Standing.PENDING).update(standing=standing):
        _told("objection.decided", subject, purpose, standing, by=by, at=at)


def end(subject: Subject, purpose: Purpose, *, by: audit.Actor, at: datetime) -> None:
    """They agreed to it again, or took the objection back. Does nothing where there is none."""
    gone, _ = Objection.objects.filter(subject__in=subjects.family(subject), purpose=key(purpose)).delete()
    if gone:
        audit.append("objection.ended", subject=subject, obj=subject, details={"purpose": key(purpose)}, by=by, at=at)


def stands(subject: Subject, purpose: Purpose) -> bool:
    """Whether this person's data must not be used for *purpose* because they object to it."""
    return Objection.objects.standing().filter(subject=subject, purpose=key(purpose)).exists()


def of(family: Family) -> dict[Purpose, Objection]:
    """What one person objects to, the oldest row for each purpose."""
    rows = Objection.objects.filter(subject__in=family).order_by("-since", "-pk")
    return {Purpose[row.purpose.upper()]: row for row in rows}


def in_words(family: Family) -> list[tuple[str, bool]]:
    """What this person's data are not used for because they object to it, and whether that is still being weighed."""
    heeded = {purpose: row for purpose, row in of(family).items() if row.standing != Standing.OVERRIDDEN}
    return [(purpose.words, row.standing == Standing.PENDING) for purpose, row in heeded.items()]


def key(purpose: Purpose) -> str:
    """How rows name a purpose."""
    return purpose.name.lower()


def _told(
    event: str, subject: Subject, purpose: Purpose, standing: Objection.Standing, *, by: audit.Actor, at: datetime
) -> None:
    details: dict[str, audit.Detail] = {"purpose": key(purpose), "standing": standing.value}
    audit.append(event, subject=subject, obj=subject, details=details, by=by, at=at)
