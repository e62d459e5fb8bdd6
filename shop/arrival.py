"""When a piece can be there: working days at the bench, then the days on the road. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

#: Working days from our door to the customer's.
DELIVERY_DAYS: Final = 2
SATURDAY: Final = 5


def working_days_after(start: date, days: int) -> date:
    """The date so many working days (Monday to Friday) after `start`."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < SATURDAY:
            days -= 1
    return day


def arrives_on(lead_days: int, *, today: date) -> date:
    """The date a piece with this lead time reaches a customer who orders today."""
    return working_days_after(today, lead_days + DELIVERY_DAYS)


def in_words(day: date) -> str:
    """A date as one says it: "Friday 4 December"."""
    return f"{day:%A} {day.day} {day:%B}"
