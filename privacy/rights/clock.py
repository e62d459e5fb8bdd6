"""When an answer is due, and the words that derive the date.

Dates in, dates out; it reads neither the wall clock nor the database. `rights.deadlines` says which promises apply;
this room only counts. Every day is counted on the shop's own calendar (zone and public holidays), because that is where the
people who answer are.

Sources: GDPR Art. 12(3); Regulation (EEC, Euratom) 1182/71 Art. 3, for how a month is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

import holidays

from privacy.register import profiles

SATURDAY = 5
LAST_MOMENT = time(23, 59, 59)


@dataclass(frozen=True)
class Calendar:
    """Where the days are counted: a country, or a part of one (`US`, `US-CA`), for its public holidays, and a time zone."""

    country: str
    zone: ZoneInfo

    def local(self, moment: datetime) -> datetime:
        """The same moment on the shop's wall clock."""
        return moment.astimezone(self.zone)

    def holiday(self, day: date) -> str:
        """The name of the public holiday on that day, or nothing."""
        return str(_holidays(self.country, day.year).get(day) or "")

    def is_working_day(self, day: date) -> bool:
        """Neither Saturday, Sunday nor a public holiday."""
        return day.weekday() < SATURDAY and not self.holiday(day)

    def why_skipped(self, day: date) -> str:
        """`Saturday 31 January`, or `Thanksgiving Day (Thursday 26 November)`."""
        name = self.holiday(day)
        return f"{name} ({_short(day)})" if name else _short(day)

    def end_of(self, day: date) -> datetime:
        """The last second of that day, as a moment."""
        return datetime.combine(day, LAST_MOMENT, tzinfo=self.zone)


def of_the_shop() -> Calendar:
    """The shop's own calendar, as its profile names it."""
    clocks = profiles.current().clocks
    return Calendar(clocks.holidays, ZoneInfo(clocks.time_zone))


def day_of(moment: datetime) -> str:
    """`19 December 2026`: the day of the shop on which a moment falls, as a date that was counted is told to people."""
    return f"{of_the_shop().local(moment):%-d %B %Y}"


@dataclass(frozen=True)
class Due:
    """A date and how we came to it. `words` carries dates only, so it may be shown and kept."""

    at: datetime
    rule: str
    words: str

    def as_record(self, *, governs: bool) -> dict[str, str | bool]:
        """How the derivation is stored beside a request, and shown to staff and customer."""
        return {"at": self.at.isoformat(), "rule": self.rule, "words": self.words, "governs": governs}


class Promise(Protocol):
    """Something that turns the moment of receipt into a due date."""

    def due(self, received_at: datetime, calendar: Calendar) -> Due: ...


@dataclass(frozen=True)
class BusinessDays:
    """So many working days; the day of receipt is not counted (Reg. 1182/71 Art. 3(1))."""

    count: int

    def due(self, received_at: datetime, calendar: Calendar) -> Due:
        """The end of the last of them."""
        start = calendar.local(received_at).date()
        day, left, skipped = start, self.count, list[str]()
        while left:
            day += timedelta(days=1)
            if calendar.is_working_day(day):
                left -= 1
            else:
                skipped.append(calendar.why_skipped(day))
        because = f", {_listed(skipped)} not being working days" if skipped else ""
        words = f"Received {_long(start)}; {_count(self.count, 'business day')} after that day{because}: {_long(day)}, end of day."
        return Due(calendar.end_of(day), f"{_count(self.count, 'business day')}", words)


@dataclass(frozen=True)
class Hours:
    """So many hours of elapsed time: nights, weekends and holidays count, and a change to summer time does not stretch it."""

    count: int
    since: str = "Received"

    def due(self, received_at: datetime, calendar: Calendar) -> Due:
        """The same minute, that many hours later."""
        at = received_at + timedelta(hours=self.count)
        words = (
            f"{self.since} {_minute(calendar.local(received_at))}; {_count(self.count, 'hour')} later, "
            f"weekends and holidays included: {_minute(calendar.local(at))}."
        )
        return Due(at.astimezone(calendar.zone), _count(self.count, "hour"), words)


@dataclass(frozen=True)
class Days:
    """So many calendar days after the day of receipt. The shop's own promise, so a weekend does not extend it."""

    count: int

    def due(self, received_at: datetime, calendar: Calendar) -> Due:
        """The end of the last day."""
        start = calendar.local(received_at).date()
        day = start + timedelta(days=self.count)
        words = (
            f"Received {_long(start)}; {_count(self.count, 'calendar day')} after that day: {_long(day)}, end of day."
        )
        return Due(calendar.end_of(day), _count(self.count, "calendar day"), words)


@dataclass(frozen=True)
class CalendarMonths:
    """The law's month: the same date of the following month, or its last day, or the next working day (Reg. 1182/71 Art. 3)."""

    count: int = 1

    def due(self, received_at: datetime, calendar: Calendar) -> Due:
        """The end of that date, moved past a weekend or public holiday (Art. 3(4))."""
        start = calendar.local(received_at).date()
        same, exists = _months_later(start, self.count)
        day = same
        while not calendar.is_working_day(day):
            day += timedelta(days=1)
        reached = (
            f"the same date {_count(self.count, 'month')} later"
            if exists
            else "no such date, so the last day of that month"
        )
        moved = "" if day == same else f"; that is {_no_year(calendar, same)}, so the next working day: {_long(day)}"
        words = f"Received {_long(start)}; {reached}: {_long(same)}{moved}, end of day (Regulation 1182/71)."
        return Due(calendar.end_of(day), f"{_count(self.count, 'calendar month')}", words)


@lru_cache(maxsize=64)
def _holidays(where: str, year: int) -> dict[date, str]:
    country, _, part = where.partition("-")
    try:
        return dict(holidays.country_holidays(country, subdiv=part or None, years=year))
    except NotImplementedError:  # a country the library does not know has weekends only
        return {}


def _months_later(start: date, months: int) -> tuple[date, bool]:
    year, month0 = divmod(start.year * 12 + start.month - 1 + months, 12)
    for day in range(start.day, 0, -1):
        try:
            return date(year, month0 + 1, day), day == start.day
        except ValueError:
            continue
    raise AssertionError("every month has a first day")  # pragma: no cover


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _short(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _long(day: date) -> str:
    return f"{_short(day)} {day.year}"


def _minute(moment: datetime) -> str:
    return f"{_long(moment.date())} at {moment:%H:%M}"


def _no_year(calendar: Calendar, day: date) -> str:
    return f"{calendar.holiday(day)}" if calendar.holiday(day) else f"a {day:%A}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
