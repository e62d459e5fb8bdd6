"""Counting what visitors look at: our own table, only with their consent, and nothing that tells a browser from another.

A page says what was seen on it, signed; the browser sends that back (`POST /seen/`), and only then is anything written. So a page
that was remembered for everybody is counted for each who sees it, the consent that counts is the one of that moment, and
nobody can have anything written that no page of ours has said. Without a script nothing is counted but what goes into the bag.

Months past their time are dropped by `privacy.rights.partitions`; what one person asks to have erased goes by their subject, and so
does everything of somebody who takes the consent back (`privacy.rights.withdrawal`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.core import signing
from django.db.models import Max

from privacy.consent import ledger
from privacy.consent.choice import Category, Choice
from privacy.consent.ledger import Thing
from privacy.consent.vocabulary import Matter
from privacy.models import Subject
from privacy.register.vocabulary import Purpose
from shop.models import Activity

Kind = Activity.Kind
THE_DAY: Final = "visit/day"
PIECE: Final = "product/"
SIGNER: Final = signing.Signer(salt="shop.activity")


class Forged(ValueError):
    """Not what a page of ours said."""


def said(kind: Kind, what: str) -> str:
    """What a page asks the browser to send back when it was seen."""
    return SIGNER.sign(f"{kind}/{what}")


def read(text: str) -> tuple[Kind, str]:
    """The kind and the reference that a page said. Raises `Forged`."""
    try:
        kind, _, what = SIGNER.unsign(text).partition("/")
        return Kind(kind), what
    except (signing.BadSignature, ValueError) as error:
        raise Forged from error


def record(kind: Kind, *, what: str, choice: Choice, by: UUID | None, at: datetime) -> Activity | None:
    """Note that a visitor did something, if they agreed to be counted; else nothing is written and None returned.

    *what* is a reference such as `product/solitaire-ring`, never what somebody typed: the database refuses anything else.
    *by* is the subject of somebody signed in, and None for everybody else.
    """
    if not choice.allows(Category.PERFORMANCE):
        return None
    return Activity.objects.create(kind=kind, object_ref=what, subject_id=by, at=at)


def record_visit(*, seen_on: str, choice: Choice, by: UUID | None, at: datetime) -> Activity | None:
    """Note that a browser came by, once a day: *seen_on* is the day it was last told, as its cookie has it."""
    if seen_on == day_of(at):
        return None
    return record(Kind.VISITED, what=THE_DAY, choice=choice, by=by, at=at)


def objects(subject: Subject) -> bool:
    """Whether this person must not be counted, whatever the browser's choice: they say no, or their data rest."""
    if subject.is_paused or not Subject.objects.usable_for(Purpose.STATISTICS).filter(pk=subject.pk).exists():
        return True
    state = ledger.standing(subject).get(Thing(Matter.PERFORMANCE))
    return state is not None and not state.is_granted


def day_of(at: datetime) -> str:
    """The day a visit counts for: all that the cookie of a counted browser holds."""
    return at.astimezone(UTC).date().isoformat()


def left_of_day(at: datetime) -> timedelta:
    """How long that cookie lives."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight - at


def pieces_seen(family: Collection[UUID], *, most: int) -> list[tuple[str, datetime]]:
    """The pieces that one person looked at last, as slug and moment, newest first; the ids come from `subjects.family`."""
    mine = Activity.objects.usable_for(Purpose.RECOMMENDATIONS).filter(subject_id__in=family)
    seen = mine.filter(kind=Activity.Kind.VIEWED, object_ref__startswith=PIECE)
    newest = seen.values("object_ref").annotate(last=Max("at")).order_by("-last")[:most]
    return [(row["object_ref"].removeprefix(PIECE), row["last"]) for row in newest]
