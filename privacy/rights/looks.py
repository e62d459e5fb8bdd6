"""Who looked: each time a member of staff saw somebody's personal values, in the audit trail and in that person's own words.

The person reads which desk looked, when, at what and why; never the name of the member of staff.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import models, transaction

from privacy.ground import audit
from privacy.ground.models import AuditEvent
from privacy.register import activities, registry
from privacy.register.declare import Family
from privacy.register.models import Subject
from privacy.register.subjects import Reason
from privacy.rights import locks

SEEN: Final = audit.SEEN
REVEALED: Final = audit.REVEALED
REFUSED: Final = "data.reveal_refused"
FOR_THEIR_WORK: Final = "needed for their work"
#: How many pages one member of staff may have revealed within a span: enough for a day's work, too few to carry a list away.
LIMITS: Final = ((timedelta(hours=1), 30), (timedelta(days=1), 100))


class TooMany(Exception):
    """A member of staff has revealed as much as they may for now; `until`: when the next one is possible."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(frozen=True)
class Look:
    """One look: when, which desk, at what, why."""

    at: datetime
    who: str
    what: str
    why: str


class OnTheirWayOut(Exception):
    """The person is being erased: nothing of theirs is revealed any more."""


@transaction.atomic
def record(
    subject: models.Model | UUID | None,
    *,
    model: str,
    fields: Sequence[str],
    reason: str = "",
    obj: models.Model | str = "",
    by: audit.Actor,
    at: datetime,
) -> AuditEvent:
    """Write down that *by* saw these fields of a row of *model*: revealed for a *reason*, or open to their desk.

    A field of another model on the same page is named in full: `orders.OrderLine.engraving`. Raises
    `OnTheirWayOut`, `TooMany`.
    """
    if reason:
        _stay_away_from_the_leaving(subject)
        _stay_within_limits(by, at)
    details: dict[str, audit.Detail] = {"model": model, "fields": list(fields), "role": desk_of(by)}
    return audit.append(
        REVEALED if reason else SEEN, subject=subject, obj=obj or model, note=reason, details=details, by=by, at=at
    )


def note_refusal(by: audit.Actor, *, at: datetime) -> AuditEvent:
    """Write down that somebody wanted to reveal more than they may."""
    return audit.append(REFUSED, details={"role": desk_of(by)}, by=by, at=at)


def _stay_away_from_the_leaving(subject: models.Model | UUID | None) -> None:
    """Raises `OnTheirWayOut` from the approval of an erasure until it is done; what is kept after it is kept for a duty."""
    leaving = Subject.objects.filter(restricted_for__contains=[Reason.ERASURE], erased_at=None)
    if subject is not None and leaving.filter(pk=subject if isinstance(subject, UUID) else subject.pk).exists():
        raise OnTheirWayOut


def _stay_within_limits(by: audit.Actor, at: datetime) -> None:
    """Raises `TooMany`. Two pages opened at one moment are counted one after the other."""
    actor = audit.actor(by)
    locks.take_turns("reveal", actor)
    revealed = AuditEvent.objects.filter(event=REVEALED, actor=actor).order_by("-at", "-pk")
    for span, most in LIMITS:
        if oldest := revealed.filter(at__gt=at - span)[most - 1 : most].first():
            raise TooMany(oldest.at + span)


def of(family: Family, *, most: int | None = None) -> list[Look]:
    """Every look at this person's data, the newest first."""
    events = AuditEvent.objects.filter(subject_id__in=family, event__in=audit.LOOKS).order_by("-at", "-pk")
    return [
        Look(each.at, str(each.details.get("role") or "staff"), _what(each.details), each.note or FOR_THEIR_WORK)
        for each in events[:most]
    ]


def desk_of(by: audit.Actor) -> str:
    """The desk somebody works at: their roles, never their name."""
    groups: Any = getattr(by, "groups", None)
    names = sorted(groups.values_list("name", flat=True)) if groups is not None else []
    return ", ".join(names) or "staff"


def _what(details: dict[str, Any]) -> str:
    """`Orders: e-mail, recipient, address; Pieces ordered: engraving`."""
    named: dict[str, list[str]] = {}
    for field in details["fields"]:
        model, _, name = field.rpartition(".")
        if declaration := registry.find(model or details["model"]):
            named.setdefault(declaration.label, []).append(activities.field_name(declaration, name))
    return "; ".join(f"{label}: {', '.join(names)}" for label, names in named.items())
