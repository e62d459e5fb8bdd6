"""Small words that several doors say."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.utils import dateformat

ISO_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
ISO_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def span(time: timedelta) -> str:
    """`72 hours`, `10 seconds`: a span in its largest whole unit, days only from a week on."""
    seconds = int(time.total_seconds())
    for size, unit in ((604_800, "week"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds and seconds % size == 0:
            number = seconds // size
            return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
    return "no time"


def said(value: Any) -> str:
    """A plain value as a person reads it: `yes`, `3 March 2033`, `3 March 2033, 14:05 UTC`, `mail, SMS`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {said(each)}" for name, each in value.items() if each not in (None, ""))
    if isinstance(value, list | tuple):
        return ", ".join(said(each) for each in value)
    text = str(value)
    try:
        if ISO_MOMENT.match(text):
            return dateformat.format(datetime.fromisoformat(text).astimezone(UTC), "j F Y, H:i") + " UTC"
        if ISO_DAY.fullmatch(text):
            return dateformat.format(date.fromisoformat(text), "j F Y")
    except ValueError:
        return text  # it only looked like a date
    return text
