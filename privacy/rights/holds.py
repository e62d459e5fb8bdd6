"""Legal holds: what must not be deleted for now because of a claim, although somebody asked for it or its time has run.

A hold names a person, and of them everything, one kind of thing, or one row with all that hangs on it. It has a reason that the
person reads, an owner who answers for it, and a date on which somebody looks again. Erasure and retention both ask here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from privacy import tasks
from privacy.ground import audit, doorbell, references
from privacy.register import registry, subjects
from privacy.register.declare import EVERY_ROW, Declaration, Family
from privacy.register.models import Subject
from privacy.rights import clock, order
from privacy.rights.models import DataRequest, LegalHold, LegalHoldQuerySet, State


class NoSuchThing(ValueError):
    """The scope names a model that holds nothing about people, or a row that is not this person's."""


class ReviewOver(ValueError):
    """The day on which somebody looks again has passed: nobody would."""


class ReleasedAlready(Exception):
    """Nothing is held by it any more."""


@dataclass(frozen=True)
class Scope:
    """How much of a person is held: everything, one *model* (`app.Model`), or one *row* of it and what hangs on that row."""

    model: str = ""
    row: str = ""


EVERYTHING = Scope()


@transaction.atomic
def place(
    subject: Subject, *, scope: Scope, reason: str, owner: str, review_on: date, by: audit.Actor, at: datetime
) -> LegalHold:
    """Hold something of a person from now on. Raises `NoSuchThing`, `ReviewOver`."""
    check_review(review_on, at=at)
    person = subjects.root(subject)
    _refuse_what_is_not_there(scope, subjects.family(person))
    hold = LegalHold.objects.create(
        reference=references.new("LH"),
        subject=person,
        model=scope.model,
        row=scope.row,
        reason=reason.strip(),
        owner=owner.strip(),
        review_on=review_on,
        placed_at=at,
        placed_by=audit.actor(by),
    )
    details: dict[str, audit.Detail] = {"model": scope.model, "review_on": review_on.isoformat()}
    audit.append("hold.placed", subject=person, obj=hold, details=details, by=by, at=at)
    return hold


def check_review(review_on: date, *, at: datetime) -> None:
    """Raises `ReviewOver` for a day that is over where the shop is."""
    if review_on < clock.of_the_shop().local(at).date():
        raise ReviewOver("Somebody looks at it again on a day to come, and that one has passed")


@transaction.atomic
def release(hold: LegalHold, *, by: audit.Actor, at: datetime) -> LegalHold:
    """Hold it no longer; an erasure that waited for this goes on at once. Raises `ReleasedAlready`."""
    rows = LegalHold.objects.filter(pk=hold.pk, released_at=None)
    if not rows.update(released_at=at, released_by=audit.actor(by)):
        raise ReleasedAlready(hold.reference)
    hold.refresh_from_db()
    audit.append("hold.released", subject=hold.subject_id, obj=hold, by=by, at=at)
    waiting = DataRequest.objects.of(subjects.family(hold.subject)).filter(state=State.PARTLY_DONE)
    for request in waiting:
        DataRequest.objects.filter(pk=request.pk, state=State.PARTLY_DONE).update(retry_at=at)
        doorbell.ring(tasks.carry_out_request, request_id=request.pk)
    return hold


def of(family: Family, *, at: datetime) -> LegalHoldQuerySet:
    """The holds on one person that are active."""
    return LegalHold.objects.active(at).filter(subject_id__in=family)


def held(declaration: Declaration, *, at: datetime | None = None) -> Q:
    """Matches the rows of a model that any active hold covers; for retention, which must pass them over."""
    active = LegalHold.objects.filter(released_at=None) if at is None else LegalHold.objects.active(at)
    return _any_of(declaration, active.select_related("subject"))


def covered(hold: LegalHold, declaration: Declaration) -> Q | None:
    """Which of the person's rows of a model a hold covers; None: none of that kind."""
    if not hold.model or (hold.model == declaration.model and not hold.row):
        return EVERY_ROW
    if hold.model == declaration.model:
        return Q(pk=hold.row)
    way = order.way_to(declaration, hold.model)
    if not way:
        return None
    return Q(**{way: hold.row}) if hold.row else EVERY_ROW


def _any_of(declaration: Declaration, active: Iterable[LegalHold]) -> Q:
    found = Q(pk__in=[])
    for hold in active:
        only = covered(hold, declaration)
        if only is not None:
            rows = declaration.rows(subjects.family(hold.subject)).filter(only)
            found |= Q(pk__in=rows.order_by().values("pk"))
    return found


def _refuse_what_is_not_there(scope: Scope, family: Family) -> None:
    if not scope.model:
        return
    try:
        declaration = registry.of(scope.model)
        rows = declaration.rows(family)
        found = rows.filter(pk=scope.row) if scope.row else rows
    except KeyError:
        raise NoSuchThing(f"{scope.model} holds nothing about people") from None
    except ValueError:
        raise NoSuchThing(f"{scope.row} is no key of {scope.model}") from None
    if scope.row and not found.exists():
        raise NoSuchThing(f"{scope.model} {scope.row} is not this person's")
