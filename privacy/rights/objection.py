"""Somebody does not want their data used for something (GDPR Art. 21): what stops at once, what is weighed, how it ends.

The use stops when it is proven who asks, before anybody has read a word. What stands on consent is not weighed, marketing least of
all (Art. 21(3)): a worker completes it. An interest of ours is weighed by a person: approved, the objection stands; refused with a
ground that names why our interest weighs more, the use goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from privacy import tasks
from privacy.consent import ledger
from privacy.consent.vocabulary import Channel as By
from privacy.consent.vocabulary import Matter, Surface
from privacy.ground import audit, doorbell
from privacy.messages import suppressions
from privacy.register import objections, subjects
from privacy.register.models import Subject
from privacy.register.vocabulary import Purpose
from privacy.rights.models import DataRequest, State
from privacy.rights.states import REQUEST

DECIDED_BY = "system:objections"
"""Who approves where there is nothing to weigh."""


def offered() -> list[tuple[str, str]]:
    """What can be objected to, as the forms ask it: marketing first."""
    first = [Purpose.MARKETING, Purpose.RECOMMENDATIONS, Purpose.STATISTICS]
    rest = [purpose for purpose in Purpose if purpose in objections.OPEN_TO and purpose not in first]
    return [(objections.key(purpose), purpose.words) for purpose in (*first, *rest)]


def purpose_of(request: DataRequest) -> Purpose:
    """What it is about; somebody who only says *stop* means marketing."""
    asked = str((request.wishes or {}).get("purpose", "")).upper()
    purpose = Purpose.__members__.get(asked, Purpose.MARKETING)
    return purpose if purpose in objections.OPEN_TO else Purpose.MARKETING


def begin(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """It is proven who asks: the use stops now, and what needs no weighing is on its way to being done."""
    person, purpose = subjects.root(request.subject), purpose_of(request)
    ledger.one_at_a_time(person)  # a yes given in this very moment comes before or after, never between
    _take_back(person, purpose, request, by=by, at=at)
    if objections.note(person, purpose, by=by, at=at) != objections.Standing.UPHELD:
        return
    REQUEST.advance(request, State.APPROVED, by=DECIDED_BY, at=at, note="nothing to weigh")
    request.approved_at, request.approved_by = at, DECIDED_BY
    request.execute_after = at + timedelta(0)
    request.save(update_fields=["approved_at", "approved_by", "execute_after"])
    doorbell.ring(tasks.carry_out_request, request_id=request.pk)


def carry_out(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """It was approved: what rested while it was weighed stays at rest."""
    person, purpose = subjects.root(request.subject), purpose_of(request)
    objections.decide(person, purpose, objections.Standing.UPHELD, by=by, at=at)


def override(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """It was refused: the use goes on, for the ground that the person has read."""
    person, purpose = subjects.root(request.subject), purpose_of(request)
    objections.decide(person, purpose, objections.Standing.OVERRIDDEN, by=by, at=at)


def take_back(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """The person does not object any more. What they took back stays taken back: a yes is given by saying yes."""
    if request.verified_at is not None:  # else it never stopped anything
        objections.end(subjects.root(request.subject), purpose_of(request), by=by, at=at)


def _take_back(person: Subject, purpose: Purpose, request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Every yes that stands for this purpose; for marketing also the address itself, whoever else it was written down with."""
    for thing in [each for each in ledger.standing(person) if Matter(each.matter).purpose is purpose]:
        ledger.withdraw(
            person,
            thing.matter,
            channel=thing.channel,
            about=thing.about,
            surface=Surface.OPT_OUT_LINK,
            reason=request.reference,
            by=by,
            at=at,
        )
    if purpose is Purpose.MARKETING and request.contact:
        for channel in (By.EMAIL, By.POST):
            suppressions.raise_for(channel, request.contact, reason=suppressions.Reason.UNSUBSCRIBED, by=by, at=at)
