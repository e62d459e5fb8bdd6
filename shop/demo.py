"""Visits of the demo: as many browsers a day as a small shop has, and nothing that tells one from another."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from shop.activity import THE_DAY
from shop.models import Activity

DAYS: Final = 60
BY_WEEKDAY: Final = (24, 22, 26, 25, 31, 44, 38)
QUIET: Final = 6  # on every seventeenth day: too few to be told


def load(*, at: datetime) -> int:
    """Make the visits of the last weeks. Returns how many are new; with any visit there, nothing is added."""
    if Activity.objects.filter(kind=Activity.Kind.VISITED).exists():
        return 0
    days = [at - timedelta(days=back) for back in range(1, DAYS + 1)]
    rows = [
        Activity(kind=Activity.Kind.VISITED, object_ref=THE_DAY, at=day) for day in days for _ in range(_how_many(day))
    ]
    return len(Activity.objects.bulk_create(rows, batch_size=1_000))


def _how_many(day: datetime) -> int:
    """Weekends are busier, and no two weeks are alike."""
    number = day.toordinal()
    return QUIET if number % 17 == 0 else BY_WEEKDAY[day.weekday()] + number * 7 % 11 - 5
