"""The reminder that staff get: references and dates, nobody's name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from privacy.ground import audit
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.register.vocabulary import Purpose

if TYPE_CHECKING:
    from privacy.rights.escalation import Reminder

REQUESTS_DUE: Final = Kind(
    "privacy.requests_due", purpose=Purpose.RIGHTS, label="For staff: time runs", reaches_restricted=True
)


def requests_due(colleague: Any, reminders: Sequence[Reminder], *, by: audit.Actor, at: datetime) -> None:
    """Tell one member of staff which requests need them, the most urgent first."""
    page = reverse("admin:privacy_datarequest_changelist")
    context = {
        "reminders": reminders,
        "late": sum(each.share >= 100 for each in reminders),
        "at": at,
        "why": _("your work at the privacy desk"),
        "action_url": f"{settings.LOUPE_PUBLIC_URL}{page}",
        "action_label": _("Open the desk"),
    }
    outbox.post(REQUESTS_DUE, to=colleague.email, subject=colleague.subject, context=context, by=by, at=at)
