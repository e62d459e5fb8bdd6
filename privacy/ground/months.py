"""Calendar months in UTC: where one starts and where the next one does."""

from __future__ import annotations

from datetime import UTC, datetime


def start(moment: datetime) -> datetime:
    """The first moment of the month that *moment* is in."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def later(starts: datetime, number: int = 1) -> datetime:
    """The first moment of the month *number* months after the one that starts then; before it for a negative number."""
    year, month = divmod(starts.year * 12 + starts.month - 1 + number, 12)
    return starts.replace(year=year, month=month + 1)
