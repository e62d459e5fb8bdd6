"""Data that are kept and not used because their person asked for it (GDPR Art. 18), and how that ends.

The person ends it with one click, at any time. We end it only after a notice with a reason, at least `NOTICE` before (Art. 18(3));
until then they may object, which is a person at the desk pressing *Go on keeping them aside*. What is not used meanwhile,
`register.usable` leaves out; orders in hand are still delivered, and every right goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from privacy.ground import audit, states
from privacy.messages import addressees
from privacy.register import subjects
from privacy.register.declare import Family
from privacy.register.models import Subject
from privacy.register.subjects import Reason
from privacy.rights import restriction_emails
from privacy.rights.models import DataRequest
from privacy.rights.restriction_models import Restriction

NOTICE: Final = timedelta(days=7)
Ground = Restriction.Ground


class ReasonMissing(ValueError):
    """The person is told why it ends."""


class TooSoon(ValueError):
    """Between the notice and the end lie seven days at least."""


class OwnRestriction(Exception):
    """Staff do not end their own restriction from the desk; they have the button of every customer."""


@transaction.atomic
def carry_out(request: DataRequest, *, by: audit.Actor, at: datetime) -> Restriction:
    """Set the person's data aside. Where they are already, the ground asked for last is noted and the first date stays."""
    person = _locked(request.subject)
    subjects.restrict(person, reason=Reason.ASKED, by=by, at=at)
    ground = _ground(request)
    standing = of(subjects.family(person))
    if standing is not None:
        _forget_announcement(standing)
        standing.ground = ground
        standing.save()
        audit.append("restriction.asked_again", subject=person, obj=request, details={"ground": ground}, by=by, at=at)
        return standing
    audit.append("restriction.begun", subject=person, obj=request, details={"ground": ground}, by=by, at=at)
    return Restriction.objects.create(
        reference=request.reference, subject=person, ground=ground, contact=request.contact, since=at
    )


def announce(
    restriction: Restriction, *, reason: str, ends_at: datetime | None = None, by: audit.Actor, at: datetime
) -> Restriction:
    """Tell the person that their data will be used again, from when, and why. Nothing changes until then.

    *Raises* `ReasonMissing`, `TooSoon`, `OwnRestriction`, and `states.Changed` where it is announced or over.
    """
    ends_at = ends_at or at + NOTICE
    if not reason.strip():
        raise ReasonMissing("the person is told why it ends")
    if ends_at < at + NOTICE:
        raise TooSoon(f"it ends {NOTICE.days} days after the notice at the soonest")
    if isinstance(by, audit.Person) and by.subject_id in subjects.family(restriction.subject):
        raise OwnRestriction
    with transaction.atomic():
        standing = _standing(restriction)
        if standing.is_announced:
            raise states.Changed(f"{restriction} is announced already")
        standing.announced_at, standing.announced_by = at, audit.actor(by)
        standing.reason, standing.ends_at = reason.strip(), ends_at
        standing.save()
        details: dict[str, audit.Detail] = {"ends": ends_at.isoformat()}
        audit.append("restriction.announced", subject=standing.subject_id, obj=standing, details=details, by=by, at=at)
        restriction_emails.restriction_ends(standing, to=_address(standing), by=by, at=at)
    return standing


@transaction.atomic
def go_on(restriction: Restriction, *, by: audit.Actor, at: datetime) -> Restriction:
    """Take a notice back: the data stay aside. *Raises* `states.Changed` where nothing is announced."""
    standing = _standing(restriction)
    if not standing.is_announced:
        raise states.Changed(f"{restriction} has no end to take back")
    _forget_announcement(standing)
    standing.save()
    audit.append("restriction.goes_on", subject=standing.subject_id, obj=standing, by=by, at=at)
    return standing


@transaction.atomic
def end(subject: Subject, *, by: audit.Actor, at: datetime) -> bool:
    """The person themself has had enough of it: it ends now, without a notice. False where nothing stood."""
    standing = of(subjects.family(_locked(subject)))
    if standing is None:
        return False
    _forget_announcement(standing)  # it ends by their own word
    _lift(standing, by=by, at=at)
    return True


def lift_due(*, by: audit.Actor, at: datetime) -> int:
    """End those whose notice has run. Returns how many."""
    due = Restriction.objects.standing().filter(ends_at__lte=at, subject__erased_at=None)
    return sum(_lift_one(number, by=by, at=at) for number in due.values_list("pk", flat=True))


def of(family: Family) -> Restriction | None:
    """The restriction that stands for this person, or None."""
    return Restriction.objects.standing().filter(subject__in=family).order_by("since", "pk").first()


@transaction.atomic
def _lift_one(number: int, *, by: audit.Actor, at: datetime) -> bool:
    """Asked once more under the lock: it may have been taken back, or ended, in this very moment."""
    due = Restriction.objects.standing().filter(pk=number, ends_at__lte=at)
    standing = due.select_for_update(of=("self",), skip_locked=True).first()
    if standing is None:
        return False
    _lift(standing, by=by, at=at)
    return True


def _lift(standing: Restriction, *, by: audit.Actor, at: datetime) -> None:
    to = _address(standing)
    subjects.lift(standing.subject, reason=Reason.ASKED, by=by, at=at)
    standing.lifted_at, standing.lifted_by, standing.contact = at, audit.actor(by), None
    standing.save()
    audit.append("restriction.lifted", subject=standing.subject_id, obj=standing, by=by, at=at)
    restriction_emails.restriction_ended(standing, to=to, by=by, at=at)


def _standing(restriction: Restriction) -> Restriction:
    """The row as it is now, locked. *Raises* `states.Changed` where it is over."""
    rows = Restriction.objects.standing().select_for_update(of=("self",)).filter(pk=restriction.pk)
    if (found := rows.first()) is None:
        raise states.Changed(f"{restriction} is over")
    return found


def _locked(subject: Subject) -> Subject:
    """Whoever stands for them; two windows take turns."""
    return Subject.objects.select_for_update(no_key=True).get(pk=subjects.root(subject).pk)


def _forget_announcement(standing: Restriction) -> None:
    standing.announced_at = standing.ends_at = None
    standing.announced_by = standing.reason = ""


def _address(restriction: Restriction) -> str | None:
    """Where its person reads mail now: an address that they proved, the account's first; else the one they asked from."""
    family = subjects.family(restriction.subject)
    known = (each.email for each in addressees.of(family) if subjects.has_proved(restriction.subject, value=each.email))
    return next(known, None) or restriction.contact


def _ground(request: DataRequest) -> str:
    """What they named; nobody has to name anything here."""
    asked = (request.wishes or {}).get("ground", "")
    return Ground(asked) if asked in Ground.values else Ground.ASKED
