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
from django.utils import dateformat
from django.utils.translation import gettext, ngettext

from privacy.ground import tongue
from privacy.register import profiles
from privacy.rights import phrases

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
    return tongue.day(of_the_shop().local(moment).date())


def moment_of(moment: datetime) -> str:
    """`19 December 2026, 14:05 EST`: the same with the hour on the shop's wall clock."""
    local = of_the_shop().local(moment)
    return f"{dateformat.format(local, gettext('j F Y, H:i'))} {local:%Z}"


@dataclass(frozen=True)
class Due:
    """A date and how we came to it: `rule` in English, `words` in the language that is being written.

    Both carry dates only, so they may be shown and kept.
    """

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
        facts = {"start": _long(start), "count": self.count, "days": phrases.listed(skipped), "end": _long(day)}
        words = (
            ngettext(
                "Received {start}; {count} business day after that day, {days} not being working days: {end}, end of day.",
                "Received {start}; {count} business days after that day, {days} not being working days: {end}, end of day.",
                self.count,
            )
            if skipped
            else ngettext(
                "Received {start}; {count} business day after that day: {end}, end of day.",
                "Received {start}; {count} business days after that day: {end}, end of day.",
                self.count,
            )
        )
        return Due(calendar.end_of(day), _count(self.count, "business day"), words.format(**facts))


@dataclass(frozen=True)
class Hours:
    """So many hours of elapsed time: nights, weekends and holidays count, and a change to summer time does not stretch it."""

    count: int
    since: str = "Received"

    def due(self, received_at: datetime, calendar: Calendar) -> Due:
        """The same minute, that many hours later."""
        at = received_at + timedelta(hours=self.count)
        words = ngettext(
            "{since} {start}; {count} hour later, weekends and holidays included: {end}.",
            "{since} {start}; {count} hours later, weekends and holidays included: {end}.",
            self.count,
        ).format(
            since=tongue.translated(self.since),
            start=_minute(calendar.local(received_at)),
            count=self.count,
            end=_minute(calendar.local(at)),
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
        words = ngettext(
            "Received {start}; {count} calendar day after that day: {end}, end of day.",
            "Received {start}; {count} calendar days after that day: {end}, end of day.",
            self.count,
        ).format(start=_long(start), count=self.count, end=_long(day))
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
            ngettext("the same date {count} month later", "the same date {count} months later", self.count)
            if exists
            else gettext("no such date, so the last day of that month")
        ).format(count=self.count)
        words = (
            gettext("Received {start}; {reached}: {same}, end of day (Regulation 1182/71).")
            if day == same
            else gettext(
                "Received {start}; {reached}: {same}; that is {no_working_day}, so the next working day: {end}, end of day "
                "(Regulation 1182/71)."
            )
        ).format(
            start=_long(start),
            reached=reached,
            same=_long(same),
            no_working_day=_no_year(calendar, same),
            end=_long(day),
        )
        return Due(calendar.end_of(day), _count(self.count, "calendar month"), words)


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
    return dateformat.format(day, gettext("l j F"))


def _long(day: date) -> str:
    return dateformat.format(day, gettext("l j F Y"))


def _minute(moment: datetime) -> str:
    return gettext("{day} at {time}").format(day=_long(moment.date()), time=f"{moment:%H:%M}")


def _no_year(calendar: Calendar, day: date) -> str:
    return calendar.holiday(day) or gettext("a {weekday}").format(weekday=dateformat.format(day, "l"))
