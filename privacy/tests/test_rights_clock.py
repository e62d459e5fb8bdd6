"""When answers are due. The table is the specification: read it like a calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.rights import clock

NEW_YORK = clock.Calendar("US", ZoneInfo("America/New_York"))
BERLIN = clock.Calendar("DE", ZoneInfo("Europe/Berlin"))

FIVE_DAYS = clock.BusinessDays(5)
TWO_DAYS_ELAPSED = clock.Hours(48)
THIRTY_DAYS = clock.Days(30)
ONE_MONTH = clock.CalendarMonths(1)

# Received and due as the wall clock in the shop shows them (New York).
CASES = """
2026-01-05 Mon 09:00 | 5 business days  | 2026-01-12 Mon 23:59 | a plain week: the weekend is not counted
2026-01-09 Fri 18:30 | 5 business days  | 2026-01-16 Fri 23:59 | Friday evening: five days start on Monday
2026-01-10 Sat 12:00 | 5 business days  | 2026-01-16 Fri 23:59 | Saturday
2026-01-11 Sun 12:00 | 5 business days  | 2026-01-16 Fri 23:59 | Sunday
2026-01-12 Mon 00:00 | 5 business days  | 2026-01-20 Tue 23:59 | Martin Luther King Jr. Day lies in between
2026-01-16 Fri 23:59 | 5 business days  | 2026-01-26 Mon 23:59 | a weekend, a holiday and a weekend
2026-02-10 Tue 10:00 | 5 business days  | 2026-02-18 Wed 23:59 | Washington's Birthday lies in between
2026-05-22 Fri 17:00 | 5 business days  | 2026-06-01 Mon 23:59 | Memorial Day lies in between
2026-06-30 Tue 10:00 | 5 business days  | 2026-07-08 Wed 23:59 | Independence Day falls on Saturday, observed on Friday
2026-09-04 Fri 20:00 | 5 business days  | 2026-09-14 Mon 23:59 | Labor Day lies in between
2026-11-25 Wed 12:00 | 5 business days  | 2026-12-03 Thu 23:59 | Thanksgiving is the first day skipped
2026-12-24 Thu 12:00 | 5 business days  | 2027-01-04 Mon 23:59 | Christmas and New Year lie in between
2028-02-28 Mon 12:00 | 5 business days  | 2028-03-06 Mon 23:59 | over a leap day
2026-03-06 Fri 12:00 | 5 business days  | 2026-03-13 Fri 23:59 | over the change to summer time
2026-01-09 Fri 18:30 | 48 hours         | 2026-01-11 Sun 18:30 | Friday evening: the weekend counts
2026-12-24 Thu 23:15 | 48 hours         | 2026-12-26 Sat 23:15 | Christmas counts
2026-12-31 Thu 08:00 | 48 hours         | 2027-01-02 Sat 08:00 | over New Year
2028-02-28 Mon 09:00 | 48 hours         | 2028-03-01 Wed 09:00 | over a leap day
2027-02-27 Sat 09:00 | 48 hours         | 2027-03-01 Mon 09:00 | the end of an ordinary February
2026-03-07 Sat 12:00 | 48 hours         | 2026-03-09 Mon 13:00 | an hour of wall clock is lost, none of elapsed time
2026-10-31 Sat 12:00 | 48 hours         | 2026-11-02 Mon 11:00 | an hour of wall clock is won
2027-02-01 Mon 10:00 | 30 days          | 2027-03-03 Wed 23:59 | 30 days from 1 February
2026-01-31 Sat 10:00 | 30 days          | 2026-03-02 Mon 23:59 | 30 days from 31 January
2026-05-15 Fri 10:00 | 30 days          | 2026-06-14 Sun 23:59 | our own promise is not extended by a Sunday
2028-02-01 Tue 10:00 | 30 days          | 2028-03-02 Thu 23:59 | 30 days from 1 February of a leap year
2027-02-01 Mon 10:00 | 1 calendar month | 2027-03-01 Mon 23:59 | 1 February is due on 1 March
2028-02-01 Tue 10:00 | 1 calendar month | 2028-03-01 Wed 23:59 | so it is in a leap year
2026-02-01 Sun 10:00 | 1 calendar month | 2026-03-02 Mon 23:59 | 1 March 2026 is a Sunday: the next working day
2027-01-31 Sun 10:00 | 1 calendar month | 2027-03-01 Mon 23:59 | no 31 February; the 28th is a Sunday
2025-01-31 Fri 10:00 | 1 calendar month | 2025-02-28 Fri 23:59 | no 31 February: its last day
2028-01-31 Mon 10:00 | 1 calendar month | 2028-02-29 Tue 23:59 | no 31 February: its last day, in a leap year
2028-01-30 Sun 10:00 | 1 calendar month | 2028-02-29 Tue 23:59 | no 30 February either
2028-02-29 Tue 10:00 | 1 calendar month | 2028-03-29 Wed 23:59 | the leap day itself
2026-03-31 Tue 10:00 | 1 calendar month | 2026-04-30 Thu 23:59 | no 31 April
2026-08-31 Mon 10:00 | 1 calendar month | 2026-09-30 Wed 23:59 | no 31 September
2026-06-04 Thu 10:00 | 1 calendar month | 2026-07-06 Mon 23:59 | Independence Day on a Saturday: Monday
2026-11-25 Wed 10:00 | 1 calendar month | 2026-12-28 Mon 23:59 | Christmas on a Friday: Monday
2026-12-01 Tue 10:00 | 1 calendar month | 2027-01-04 Mon 23:59 | New Year on a Friday: Monday
2026-12-15 Tue 10:00 | 1 calendar month | 2027-01-15 Fri 23:59 | over the year's end
2026-04-15 Wed 23:59 | 1 calendar month | 2026-05-15 Fri 23:59 | the minute before midnight belongs to its day
2026-04-16 Thu 00:00 | 1 calendar month | 2026-05-18 Mon 23:59 | the minute after belongs to the next
"""

PROMISES: dict[str, clock.Promise] = {
    "5 business days": FIVE_DAYS,
    "48 hours": TWO_DAYS_ELAPSED,
    "30 days": THIRTY_DAYS,
    "1 calendar month": ONE_MONTH,
}


def rows() -> list[tuple[str, str, str, str]]:
    """The table's lines as (received, promise, due, why)."""
    cells = [[cell.strip() for cell in line.split("|")] for line in CASES.strip().splitlines()]
    return [(received, promise, due, why) for received, promise, due, why in cells]


def moment(written: str, calendar: clock.Calendar = NEW_YORK) -> datetime:
    """`2026-01-05 Mon 09:00` on the shop's wall clock; the weekday must be true."""
    parsed = datetime.strptime(written, "%Y-%m-%d %a %H:%M")
    assert parsed.strftime("%a") == written.split()[1], f"{written}: that date is a {parsed:%A}"
    return parsed.replace(tzinfo=calendar.zone)


@pytest.mark.parametrize(("received", "promise", "due", "why"), rows(), ids=[f"{r[0]} {r[1]}" for r in rows()])
@pytest.mark.promise("JE-95", "JE-136")
def test_the_table(received: str, promise: str, due: str, why: str) -> None:
    """Each line of the table."""
    answer = PROMISES[promise].due(moment(received).astimezone(ZoneInfo("UTC")), NEW_YORK)
    assert answer.at.astimezone(NEW_YORK.zone).strftime("%Y-%m-%d %a %H:%M") == due, why


def test_the_day_is_the_shops_day_not_utc() -> None:
    """22:30 on Sunday in New York is already Monday in UTC, and still Sunday for us."""
    received = datetime(2026, 1, 5, 3, 30, tzinfo=ZoneInfo("UTC"))
    assert FIVE_DAYS.due(received, NEW_YORK).at.date() == date(2026, 1, 9)


def test_another_country_keeps_its_own_holidays() -> None:
    """German Unity Day is a working day in New York."""
    received = moment("2026-10-01 Thu 09:00", BERLIN)
    assert clock.CalendarMonths(1).due(moment("2025-09-03 Wed 09:00", BERLIN), BERLIN).at.date() == date(2025, 10, 6)
    assert clock.CalendarMonths(1).due(moment("2025-09-03 Wed 09:00"), NEW_YORK).at.date() == date(2025, 10, 3)
    assert FIVE_DAYS.due(received, BERLIN).at.date() == date(2026, 10, 8)


def test_a_part_of_a_country_keeps_its_own_holidays_too() -> None:
    """Epiphany is a public holiday in Bavaria, not in Berlin."""
    bavaria = clock.Calendar("DE-BY", ZoneInfo("Europe/Berlin"))
    assert clock.BusinessDays(1).due(moment("2026-01-05 Mon 09:00", bavaria), bavaria).at.date() == date(2026, 1, 7)
    assert clock.BusinessDays(1).due(moment("2026-01-05 Mon 09:00", BERLIN), BERLIN).at.date() == date(2026, 1, 6)


def test_an_unknown_country_has_weekends_only() -> None:
    """A shop in a country without a calendar still gets an honest date."""
    nowhere = clock.Calendar("ZZ", ZoneInfo("UTC"))
    assert FIVE_DAYS.due(moment("2026-12-24 Thu 12:00", nowhere), nowhere).at.date() == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("promise", "received", "words"),
    [
        (
            FIVE_DAYS,
            "2026-01-16 Fri 09:00",
            "Received Friday 16 January 2026; 5 business days after that day, Saturday 17 January, Sunday 18 January, "
            "Martin Luther King Jr. Day (Monday 19 January), Saturday 24 January and Sunday 25 January not being working days: "
            "Monday 26 January 2026, end of day.",
        ),
        (
            TWO_DAYS_ELAPSED,
            "2026-01-09 Fri 18:30",
            "Received Friday 9 January 2026 at 18:30; 48 hours later, weekends and holidays included: "
            "Sunday 11 January 2026 at 18:30.",
        ),
        (
            THIRTY_DAYS,
            "2027-02-01 Mon 09:00",
            "Received Monday 1 February 2027; 30 calendar days after that day: Wednesday 3 March 2027, end of day.",
        ),
        (
            ONE_MONTH,
            "2027-02-01 Mon 09:00",
            "Received Monday 1 February 2027; the same date 1 month later: Monday 1 March 2027, end of day (Regulation 1182/71).",
        ),
        (
            ONE_MONTH,
            "2027-01-31 Sun 09:00",
            "Received Sunday 31 January 2027; no such date, so the last day of that month: Sunday 28 February 2027; "
            "that is a Sunday, so the next working day: Monday 1 March 2027, end of day (Regulation 1182/71).",
        ),
        (
            ONE_MONTH,
            "2026-11-25 Wed 10:00",
            "Received Wednesday 25 November 2026; the same date 1 month later: Friday 25 December 2026; "
            "that is Christmas Day, so the next working day: Monday 28 December 2026, end of day (Regulation 1182/71).",
        ),
    ],
)
def test_every_date_carries_its_derivation(promise: clock.Promise, received: str, words: str) -> None:
    """The words a customer and a staff member read."""
    assert promise.due(moment(received), NEW_YORK).words == words


MOMENTS = st.datetimes(
    min_value=datetime(2024, 1, 1), max_value=datetime(2039, 12, 31), timezones=st.just(ZoneInfo("UTC"))
)


@given(received=MOMENTS, later=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40)))
def test_a_later_request_is_never_due_earlier(received: datetime, later: timedelta) -> None:
    """Every clock is monotonous."""
    for promise in PROMISES.values():
        assert promise.due(received, NEW_YORK).at <= promise.due(received + later, NEW_YORK).at
