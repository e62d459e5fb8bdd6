"""How long rows live, as data: a rule is dated, or it ends with a named event. Nothing is open-ended.

A dated rule is a span after a moment on the row, or on a row it hangs on; the same rule answers in Python for one row (`until`)
and in SQL for all of them (`past_due`). An event-bound rule has no date: the verb that makes the event true ends the row.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import LessThanOrEqual

from privacy.ground import months as calendar
from privacy.register import profiles

Unless = tuple[str, tuple[Any, ...]]
"""A look-up path, and the values there (None: nothing) at which a row is not finished."""

MOST_DAYS_CLIPPED = timedelta(days=3)  # 31 March less a month is 28 February


@dataclass(frozen=True)
class Span:
    """So many calendar years, months, or days: a number, or the name under which the shop's profile holds it."""

    unit: Literal["years", "months", "days"]
    amount: int | str

    @property
    def number(self) -> int:
        """How many units, as the shop's profile stands now."""
        if isinstance(self.amount, int):
            return self.amount
        return profiles.current().retention[f"{self.amount}_{self.unit}"]

    @property
    def words(self) -> str:
        """`7 years`, `1 month`."""
        return f"{self.number} {self.unit.removesuffix('s') if self.number == 1 else self.unit}"

    def after(self, start: datetime) -> datetime:
        """The moment this long after *start*; the last of the month where the day does not exist, as Postgres has it."""
        return _moved(start, self, by=self.number)

    def before(self, end: datetime) -> datetime:
        """The moment this long before *end*."""
        return _moved(end, self, by=-self.number)


@dataclass(frozen=True)
class Retention:
    """When a row has to go: *span* after the first of *anchors* that is filled, or once *event* has happened."""

    anchors: tuple[str, ...] = ()
    span: Span | None = None
    event: str = ""
    event_model: str = ""  # the model on which the event happens
    says: str = ""  # how the customer reads it, where the span alone would not say enough
    unless: Unless | None = None  # what is not finished, whatever its age
    by_month: bool = False  # counts from the first day of the anchor's month, so that a month's rows go together

    def __str__(self) -> str:
        if self.says:
            return self.says
        if self.span is None:
            return f"until {self.event}"
        return f"{self.span.words} at most" if self.by_month else self.span.words

    @property
    def in_full(self) -> str:
        """The rule with what starts its clock: `7 years after completed_at (while that is empty, placed_at) of its order`."""
        if self.span is None:
            return f"until {self.event} ({self.event_model})"
        starts = [anchor.rpartition("__")[2] for anchor in self.anchors]
        parents = self.anchors[0].split("__")[:-1]
        fallback = f" (while that is empty, {starts[1]})" if starts[1:] else ""
        of_parent = " of its " + "'s ".join(parents) if parents else ""
        after = f"{self.span.words} after" if self.span.number else "as soon as it is"
        return f"{after} {starts[0]}{fallback}{of_parent}"

    @property
    def is_dated(self) -> bool:
        """Whether the rule counts from a date; else it waits for its event."""
        return self.span is not None

    def until(self, row: models.Model) -> datetime | None:
        """When the time of *row* has run; None while that depends on an event, or nothing has started the clock."""
        return self.until_by({path: _value(row, path) for path in self.paths})

    @property
    def paths(self) -> tuple[str, ...]:
        """Everything of a row that decides when its time has run."""
        return tuple(dict.fromkeys([*self.anchors, *([self.unless[0]] if self.unless else [])]))

    def until_by(self, values: Mapping[str, Any]) -> datetime | None:
        """The same as `until` for a row of which the values at `paths` are known."""
        if self.unless is not None and values[self.unless[0]] in self.unless[1]:
            return None
        start = next((moment for path in self.anchors if (moment := _moment(values[path]))), None)
        if start and self.by_month:
            start = calendar.start(start)
        return self.span.after(start) if self.span and start else None

    def past_due(self, at: datetime) -> Q:
        """Matches the rows whose time has run at *at*; no row of a rule that ends with an event."""
        due, earlier_are_empty = Q(pk__in=[]), _counting(self.unless)
        if self.span is not None:
            for anchor in self.anchors:
                run_out = _month_run_out if self.by_month else _run_out
                due |= earlier_are_empty & run_out(anchor, self.span, at)
                earlier_are_empty &= Q(**{f"{anchor}__isnull": True})
        return due

    @classmethod
    def years(cls, name: str, *, anchor: str, fallback: str = "") -> Retention:
        """The profile's `[retention] <name>_years` after *anchor*, or after *fallback* while *anchor* is empty."""
        return cls(_filled(anchor, fallback), Span("years", name))

    @classmethod
    def months(cls, months: int | str, *, anchor: str, fallback: str = "") -> Retention:
        """So many calendar months after *anchor*, or the profile's `<months>_months`."""
        return cls(_filled(anchor, fallback), Span("months", months))

    @classmethod
    def whole_months(cls, months: int | str, *, anchor: str) -> Retention:
        """At most so many months after *anchor*: everything of one calendar month goes together, with its first day."""
        return cls((anchor,), Span("months", months), by_month=True)

    @classmethod
    def days(cls, days: int, *, anchor: str, fallback: str = "", words: str = "") -> Retention:
        """*days* after *anchor*; *words* where the customer should read more than the number."""
        return cls(_filled(anchor, fallback), Span("days", days), says=words)

    @classmethod
    def while_account(cls) -> Retention:
        """As long as the account exists."""
        return cls(
            event="the account is closed", event_model=settings.AUTH_USER_MODEL, says="while you have an account"
        )

    @classmethod
    def until_event(cls, event: str, *, model: str) -> Retention:
        """Until *event* ("the parcel is delivered") has happened on the row of *model* that it hangs on."""
        return cls(event=event, event_model=model)

    @classmethod
    def as_its(cls, parent: str, retention: Retention) -> Retention:
        """As long as the row at the relation *parent*, whose rule is *retention*."""
        unless = retention.unless and (f"{parent}__{retention.unless[0]}", retention.unless[1])
        return replace(retention, anchors=tuple(f"{parent}__{anchor}" for anchor in retention.anchors), unless=unless)

    def not_while(self, path: str, *values: Any) -> Retention:
        """The same rule, but for rows that are not finished: those with one of *values* (None: empty) at *path* stay."""
        return replace(self, unless=(path, tuple(values)))


class _Later(models.Func):
    """Calendar arithmetic in the database: 29 February and one year are 28 February there too."""

    template = "(%(expressions)s + make_interval(%(unit)s => %(number)s))"
    output_field = models.DateTimeField()


def _counting(unless: Unless | None) -> Q:
    """Rows that are finished."""
    if unless is None:
        return Q()
    path, values = unless
    empty = Q(**{f"{path}__isnull": True})
    named = Q(**{f"{path}__in": [value for value in values if value is not None]})
    return ~(named | empty) if None in values else empty | ~named


def _run_out(anchor: str, span: Span, at: datetime) -> Q:
    """Rows whose *anchor* lies at least *span* back. The first half may use an index, the second counts exactly."""
    if span.unit == "days":
        return Q(**{f"{anchor}__lte": span.before(at)})
    about = Q(**{f"{anchor}__lte": span.before(at) + MOST_DAYS_CLIPPED})
    return about & Q(LessThanOrEqual(_Later(F(anchor), unit=span.unit, number=span.number), at))


def _month_run_out(anchor: str, span: Span, at: datetime) -> Q:
    """Rows of months of which the first day lies at least *span* back."""
    return Q(**{f"{anchor}__lt": calendar.later(calendar.start(span.before(calendar.start(at))))})


def _moved(start: datetime, span: Span, *, by: int) -> datetime:
    if span.unit == "days":
        return start + timedelta(days=by)
    year, month = divmod(start.year * 12 + start.month - 1 + by * (12 if span.unit == "years" else 1), 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


def _value(row: Any, path: str) -> Any:
    """What stands at the end of a look-up path; None where the path or its end is empty."""
    for hop in path.split("__"):
        row = getattr(row, hop, None)  # also where nothing points back at it
    return row


def _moment(value: Any) -> datetime | None:
    """A date or time as a moment in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.combine(value, time.min, UTC) if isinstance(value, date) else None


def _filled(*anchors: str) -> tuple[str, ...]:
    return tuple(anchor for anchor in anchors if anchor)
