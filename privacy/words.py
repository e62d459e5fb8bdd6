"""Small words that several doors say."""

from __future__ import annotations

from datetime import timedelta


def span(time: timedelta) -> str:
    """`72 hours`, `10 seconds`: a span in its largest whole unit, days only from a week on."""
    seconds = int(time.total_seconds())
    for size, unit in ((604_800, "week"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds and seconds % size == 0:
            number = seconds // size
            return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return "no time"
