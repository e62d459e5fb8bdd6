"""Mails to staff as the 72 hours of a leak run: when it is opened, when 24 and when 6 hours are left, and when they have run.

Each is sent once to whoever may handle leaks, while no authority has heard of it. A sweep that comes late tells of the latest only,
and what was told stands on the incident. Nothing is told about one of which no authority has to hear.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from privacy.ground import audit
from privacy.rights import desk_people, incident_emails
from privacy.rights.incident_models import Incident

Alarm = Incident.Alarm
LEFT: Final = (
    (Alarm.OVERDUE, timedelta(0)),
    (Alarm.SIX_HOURS, timedelta(hours=6)),
    (Alarm.ONE_DAY, timedelta(hours=24)),
    (Alarm.OPENED, timedelta(hours=72)),
)
"""What is told when so much of the time is left, or less; the latest first."""


def ring(incident: Incident, *, by: audit.Actor, at: datetime) -> bool:
    """Tell what staff have to hear now and have not heard. Returns whether there was anything."""
    with transaction.atomic():
        mine = unheard_of().select_for_update(of=("self",), skip_locked=True).filter(pk=incident.pk).first()
        alarm = None if mine is None else _reached(mine, at)
        if mine is None or alarm is None or alarm <= mine.alarm:
            return False
        mine.alarm = incident.alarm = alarm
        mine.save(update_fields=["alarm"])
        audit.append("incident.alarmed", obj=mine, details={"alarm": alarm.name.lower()}, by=by, at=at)
        for colleague in desk_people.handling_incidents():
            incident_emails.incident_due(colleague, mine, by=by, at=at)
    return True


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Tell of every leak whose time has come nearer. Returns of how many."""
    return sum(ring(incident, by=by, at=at) for incident in unheard_of().exclude(alarm=Alarm.OVERDUE))


def unheard_of() -> QuerySet[Incident]:
    """Leaks of which an authority should hear, as far as anybody weighed it, and none did; the first due first."""
    untold = Incident.objects.filter(notices=None).exclude(state=Incident.State.CLOSED)
    return untold.exclude(risk=Incident.Risk.NONE).order_by("due_at")


def _reached(incident: Incident, at: datetime) -> Incident.Alarm | None:
    return next((alarm for alarm, left in LEFT if at >= incident.due_at - left), None)
