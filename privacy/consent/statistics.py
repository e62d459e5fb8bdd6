"""How people answer what the shop asks: yes, no and taken back, by matter, channel and surface, counted from the ledger.

Numbers only. Whether a yes is as easy to take back as to give shows here too: what was taken back, and how soon (GDPR Art. 7(3)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, Q, QuerySet

from privacy.consent.models import ConsentRecord, ConsentState
from privacy.consent.vocabulary import Matter, Surface

Decision = ConsentRecord.Decision


@dataclass(frozen=True)
class Answers:
    """What was said about one thing since a day."""

    name: str
    granted: int
    refused: int
    withdrawn: int

    @property
    def asked(self) -> int:
        """How often somebody answered a question: taking something back answers none."""
        return self.granted + self.refused

    @property
    def share(self) -> int | None:
        """Of those who answered, how many said yes, in percent; nothing where nobody answered."""
        return round(100 * self.granted / self.asked) if self.asked else None


@dataclass(frozen=True)
class Standing:
    """What people allow now about one thing."""

    name: str
    channel: str
    yes: int
    no: int


@dataclass(frozen=True)
class Statistics:
    """Everything the page of the desk shows."""

    since: datetime
    by_matter: list[Answers]
    by_surface: list[Answers]
    standing: list[Standing]
    kept_for: timedelta | None  # how long a yes stood before it was taken back, on average; nothing: none was


def of(*, since: datetime) -> Statistics:
    """What was answered since then, and what stands now."""
    said = ConsentRecord.objects.filter(at__gte=since)
    taken_back = said.filter(decision=Decision.WITHDRAWN, replaces__isnull=False)
    return Statistics(
        since=since,
        by_matter=_answers(said, "matter", _matter),
        by_surface=_answers(said, "surface", _surface),
        standing=_standing(),
        kept_for=taken_back.aggregate(stood=Avg(F("at") - F("replaces__at")))["stood"],
    )


def _answers(said: QuerySet[ConsentRecord], field: str, named: Callable[[str], str]) -> list[Answers]:
    rows = (
        said.order_by()
        .values(field)
        .annotate(
            granted=Count("pk", filter=Q(decision=Decision.GRANTED)),
            refused=Count("pk", filter=Q(decision=Decision.REFUSED)),
            withdrawn=Count("pk", filter=Q(decision=Decision.WITHDRAWN)),
        )
    )
    found = [Answers(named(row[field]), row["granted"], row["refused"], row["withdrawn"]) for row in rows]
    return sorted(found, key=lambda each: (-each.asked, each.name))


def _standing() -> list[Standing]:
    rows = ConsentState.objects.order_by().values("matter", "channel")
    counted = rows.annotate(yes=Count("pk", filter=Q(is_granted=True)), no=Count("pk", filter=Q(is_granted=False)))
    found = [Standing(_matter(row["matter"]), row["channel"], row["yes"], row["no"]) for row in counted]
    return sorted(found, key=lambda each: (each.name, each.channel))


def _matter(value: str) -> str:
    return Matter(value).words


def _surface(value: str) -> str:
    return Surface(value).words
