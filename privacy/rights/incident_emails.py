"""The mail that staff get as the 72 hours of a leak run: a reference and a date, nobody's name and nothing of what leaked."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from privacy.ground import audit
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.register.vocabulary import Purpose
from privacy.rights.incident_models import Incident

INCIDENT_DUE: Final = Kind(
    "privacy.incident_due", purpose=Purpose.SECURITY, label="For staff: a leak, and its hours", reaches_restricted=True
)


def incident_due(colleague: Any, incident: Incident, *, by: audit.Actor, at: datetime) -> None:
    """Tell one member of staff how much is left until an authority has to have heard of it."""
    page = reverse("admin:privacy_incident_change", args=[incident.pk])
    context = {
        "incident": incident,
        "is_overdue": incident.due_at <= at,
        "is_new": incident.alarm == Incident.Alarm.OPENED,
        "hours_left": int((incident.due_at - at).total_seconds() // 3600),
        "why": _("your work at the privacy desk"),
        "action_url": f"{settings.LOUPE_PUBLIC_URL}{page}",
        "action_label": _("Open the incident"),
    }
    reference = incident.reference
    to, subject = colleague.email, colleague.subject
    outbox.post(INCIDENT_DUE, to=to, subject=subject, context=context, reference=reference, by=by, at=at)
