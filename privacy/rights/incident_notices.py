"""The drafts of what is said about a leak: to an authority (GDPR Art. 33(3)), and to the people (Art. 34(2)).

Both say the same words; the authority also reads how many people and records, of which kinds, where, and when it was noticed.
What is not known yet says so, since it may follow later (Art. 33(4)). Drafts only: `incidents` records or sends them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.template.loader import render_to_string

from privacy.messages import announcements, breach
from privacy.messages.announcement_models import Announcement
from privacy.messages.kinds import Kind
from privacy.register import authorities, profiles
from privacy.register.authorities import Authority
from privacy.rights.incident_models import Incident

AUTHORITY: Final = "privacy/incident/authority.txt"


def for_authority(incident: Incident, count: breach.Count, *, at: datetime) -> str:
    """What Art. 33(3) asks for, from what is known at this moment."""
    known: dict[str, Any] = {
        "incident": incident,
        "count": count,
        "shop": profiles.current(),
        "said": {name: incident.words.get(name, "") for name in breach.WORDS},
        "window": _window(incident),
        "is_late": at > incident.due_at,
        "entries": incident.entries.exclude(kind="told"),
        "residences": sorted(count.by_residence.items()),
    }
    return render_to_string(AUTHORITY, known).strip() + "\n"


def for_people(incident: Incident, count: breach.Count) -> tuple[Kind, dict[str, Any]]:
    """The kind of their mail, and what its templates say: the very letter that `tell_people` would send."""
    return announcements.letter(
        Announcement(
            occasion=Announcement.Occasion.BREACH,
            words={name: incident.words.get(name, "") for name in breach.WORDS},
            scope={"data": count.data},
        )
    )


def competent(count: breach.Count) -> list[Authority]:
    """The authorities of the places where people live whom it concerns, those with most people first."""
    return [authority for residence in count.by_residence for authority in authorities.of(residence)]


def _window(incident: Incident) -> list[datetime]:
    return [datetime.fromisoformat(incident.scope[name]) for name in ("start", "end") if incident.scope[name]]
