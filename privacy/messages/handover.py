"""Telling every customer that the shop passes to somebody else, and which policy goes on protecting their data.

A draft is pinned to the version of the policy that is published when it is written: that is the one people are told of, and the
trail keeps it. Whom it reaches is everybody, as for a change of the policy. Handing the data over is not done here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction

from privacy.ground import audit, doorbell, references, states
from privacy.messages import announcements
from privacy.messages.announcement_models import Announcement
from privacy.register import policy_versions
from privacy.tasks import announce

WORDS: Final = {
    "owner": "Who takes over",
    "happens": "What happens, and when",
    "data": "Which data pass on",
    "choice": "What people can do before",
}


class NoPolicy(Exception):
    """There is no published version that could go on protecting anybody."""


def draft(words: Mapping[str, str], *, by: audit.Actor, at: datetime) -> Announcement:
    """Write the notice down without telling anybody. *Raises* NoPolicy, `announcements.Unsaid`."""
    version = policy_versions.newest()
    if version is None:
        raise NoPolicy
    made = Announcement.objects.create(
        reference=references.new("AN"),
        occasion=Announcement.Occasion.OWNER,
        version=version,
        words=announcements.said(words, WORDS),
        created_at=at,
    )
    audit.append("announcement.drafted", obj=made, details={"version": version.number}, by=by, at=at)
    return made


@transaction.atomic
def send(announcement: Announcement, *, by: audit.Actor, at: datetime) -> Announcement:
    """Begin to tell everybody. *Writes* its state; rings. *Raises* `states.NotAllowed`."""
    announcement = Announcement.objects.select_for_update().get(pk=announcement.pk)
    if (announcement.state, announcement.occasion) != (Announcement.State.DRAFT, Announcement.Occasion.OWNER):
        raise states.NotAllowed(f"{announcement} is {announcement.state}")
    announcement.state, announcement.begun_at = Announcement.State.GATHERING, at
    announcement.save(update_fields=["state", "begun_at"])
    audit.append("announcement.begun", obj=announcement, by=by, at=at)
    doorbell.ring(announce, announcement_id=announcement.pk)
    return announcement
