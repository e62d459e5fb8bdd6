"""What the shop learns from sums, and no other way: how many came, what they looked at, how many searches found nothing.

Each report has one view of the database, and the view keeps the rules (migration `shop` 0003): no person, no cell of fewer than
`LEAST` people, no day or month that is still going on. Once a night what the view tells of periods that are over is kept
(`KeptSum`), for ever and as it is; pages and files show what is kept. So a sum never changes when somebody in it is erased, and no
difference tells of them. docs/analytics.md says how people are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection
from django.db.models import Max

from shop.models import KeptSum

LEAST: Final = 10
"""How many people a cell needs; the views say the same, and a test compares them."""


class Cell(NamedTuple):
    """One line of a report: a day, week or month, what was done to what, how often, and by how many people."""

    since: date
    kind: str
    what: str
    times: int
    people: int


@dataclass(frozen=True)
class Report:
    """One table of sums. *is_for_partners*: it may be given to shops that carry our pieces, and published."""

    slug: str
    title: str
    words: str
    period: str  # how one line is called: day, week, month
    counted: str  # what `times` counts
    query: str  # selects since, kind, what, times, people from one view
    is_for_partners: bool = False
    waits: timedelta = timedelta(0)  # how long after the beginning of a period its line is final

    def live(self) -> list[Cell]:
        """What the view tells now, newest first; within a period the most frequent first."""
        with connection.cursor() as cursor:
            cursor.execute(f"{self.query} ORDER BY 1 DESC, 4 DESC, 3")
            return [Cell(*row) for row in cursor.fetchall()]

    def keep(self, *, at: datetime) -> int:
        """Keep the lines of periods that are over and were not kept yet. Returns how many."""
        closed = KeptSum.objects.filter(report=self.slug).aggregate(last=Max("since"))["last"] or date.min
        newest = (at - self.waits).date()
        lines = [KeptSum(report=self.slug, **cell._asdict()) for cell in self.live() if closed < cell.since <= newest]
        KeptSum.objects.bulk_create(lines, batch_size=1_000)
        return len(lines)

    def cells(self, *, most: int = 400) -> list[Cell]:
        """The newest *most* lines that are kept, newest first; within a period the most frequent first."""
        kept = KeptSum.objects.filter(report=self.slug).order_by("-since", "-times", "what")
        return [Cell(*line) for line in kept.values_list(*Cell._fields)[:most]]

    def table(self) -> Iterator[list[str]]:
        """Headings and every line, for a file."""
        yield [self.period, "did", "what", self.counted, "people"]
        yield from ([str(value) for value in cell] for cell in self.cells(most=100_000))


VISITORS: Final = Report(
    slug="visitors",
    title="Visitors",
    words="How many people came by on a day.",
    period="day",
    counted="visitors",
    query="SELECT day, 'visited', '', people, people FROM shop_report_visitors",
    is_for_partners=True,
)
ACTIVITY: Final = Report(
    slug="activity",
    title="Looked at, looked for, put into the bag",
    words="What happened in the shop window in a month, by piece, stone, shelf and page.",
    period="month",
    counted="times",
    query="SELECT month, kind, object_ref, times, people FROM shop_report_activity",
)
