"""Two reports about children in the demo: a parent's, in all its three steps, and one that waits to be looked into.

They are made by the same verbs as real ones, at times that have passed. Safe to run again: with any report there, nothing is added.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from privacy.rights import answers, child_reports, intake
from privacy.rights.models import DataRequest, Kind

DEMO: Final = "system:demo"
DESK: Final = "staff:demo"
MAX, PETRA, RITA = "max@example.com", "petra@example.com", "rita@example.com"
MAX_ASKS: Final = "Hello, I am in fourth grade. Do you know which of my friends looked at the ring with the frog?"
MAX_IS_TOLD: Final = "No. We do not know who your friends are, and nobody can see what somebody else looked at."
PETRA_ASKS: Final = "My son wrote to you. He is ten. Please delete what you have of him."
RITA_TELLS: Final = "A pupil of mine told me that she has an account with you. She is eleven."


def load(*, at: datetime) -> int:
    """Make both reports. Returns how many are new."""
    if DataRequest.objects.filter(kind__in=child_reports.KINDS).exists():
        return 0
    _told(at - timedelta(days=5))
    _waiting(at - timedelta(hours=4))
    return 2


def _told(then: datetime) -> None:
    """Max wrote to the shop; Petra, his mother, had it deleted, and was told."""
    question = _asked(Kind.QUESTION, MAX, at=then - timedelta(days=2), text=MAX_ASKS)
    answers.give(question, text=MAX_IS_TOLD, by=DESK, at=then - timedelta(days=1))
    report = _asked(Kind.PARENTAL, PETRA, at=then, about=MAX, text=PETRA_ASKS)
    child_reports.confirm(report, address=MAX, how="parent", by=DESK, at=then + timedelta(hours=3))
    child_reports.carry_out(report.pk, by=DEMO, at=then + timedelta(hours=3, minutes=1))


def _waiting(then: datetime) -> None:
    """A teacher's report: nobody is touched by it before somebody has looked."""
    _asked(Kind.CHILD_REPORT, RITA, at=then, about="frida@example.com", text=RITA_TELLS)


def _asked(kind: Kind, address: str, *, at: datetime, **wishes: str) -> DataRequest:
    """Somebody without an account asked, and opened the link where the kind asks for one."""
    request = intake.ask(kind, address=address, wishes=wishes, at=at)
    assert request is not None
    return intake.confirm(request.pk, at=at + timedelta(minutes=20)) if intake.can_confirm(request) else request
