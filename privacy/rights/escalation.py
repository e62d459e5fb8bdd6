"""Reminding staff while there is time: at half of a request's time, at four fifths, and when it has run.

Whoever works the request hears of it, else the whole desk (`rights.desk_people`), once at each of the three, and the share stands
on the request. A person gets one mail for everything that a sweep found, not one for each. A sweep that comes late reminds of the
latest share only. More time (`rights.extension`) moves the mark back to what has run of it, and the later shares are told anew.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F

from privacy.ground import audit
from privacy.rights import desk_people, escalation_emails
from privacy.rights.models import DataRequest

SHARES: Final = (100, 80, 50)
"""Of the time from receipt to the due date, in percent; the latest first."""
BATCH: Final = 500


@dataclass(frozen=True)
class Reminder:
    """One request, and how much of its time has run."""

    request: DataRequest
    share: int


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Remind of every open request that has passed another share of its time. Returns of how many."""
    with transaction.atomic():
        reached = [reminder for share in SHARES for reminder in _reached(share, by=by, at=at)]
        lists: dict[Any, list[Reminder]] = defaultdict(list)
        for reminder in reached:
            for colleague in desk_people.of(reminder.request):
                lists[colleague].append(reminder)
        for colleague, reminders in lists.items():
            urgent = sorted(reminders, key=lambda each: each.request.due_at)
            escalation_emails.requests_due(colleague, urgent, by=by, at=at)
    return len(reached)


def mark(*, received_at: datetime, due_at: datetime, at: datetime) -> int:
    """The latest of the shares that has run at *at*; 0 before the first."""
    return next((share for share in SHARES if at - received_at >= (due_at - received_at) * (share / 100)), 0)


def _reached(share: int, *, by: audit.Actor, at: datetime) -> list[Reminder]:
    """Mark the requests that have used *share* of their time and were not reminded of it: each is found by one sweep alone."""
    time = ExpressionWrapper(F("due_at") - F("received_at"), output_field=DurationField())
    used = ExpressionWrapper(time * (share / 100), output_field=DurationField())
    found = DataRequest.objects.open().filter(escalated__lt=share, received_at__lte=at - used)
    rows = list(
        found.select_related("subject").select_for_update(of=("self",), skip_locked=True).order_by("due_at")[:BATCH]
    )
    for request in rows:
        request.escalated = share
        details: dict[str, audit.Detail] = {"share": share}
        audit.append("request.escalated", subject=request.subject_id, obj=request, details=details, by=by, at=at)
    DataRequest.objects.filter(pk__in=[request.pk for request in rows]).update(escalated=share)
    return [Reminder(request, share) for request in rows]
