"""How the desk stands: what is owed and until when, how fast answers were, and how many came in time. Counts only, nobody's name.

What is owed is counted at the moment it is asked for, from an index of what is open. What was answered in a quarter of a year is
counted at most every few minutes in each process (`past`), and a page says as of when. A day is one of the shop's own calendar. An
answer is what completes or refuses a request; what its person took back, what was joined with another, and what nobody ever proved
counts for no time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import connection
from django.db.models import Aggregate, Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce, TruncWeek
from psycopg2 import sql

from privacy.rights import clock
from privacy.rights.models import DataRequest, ErasureStep, State, StepState
from privacy.rights.states import OPEN

SOON: Final = timedelta(days=3)
PERIOD: Final = timedelta(days=90)
WEEKS: Final = 12
REMEMBERED_FOR: Final = timedelta(minutes=5)
IS_OPEN: Final = Q(state__in=OPEN)
ENDED_AT: Final = Coalesce("completed_at", "refused_at")
TOOK: Final = ExpressionWrapper(F("ended_at") - F("received_at"), output_field=DurationField())


_remembered: Final[list[Past]] = []  # one at most, in each process


class Median(Aggregate):
    """The middle of what is there, by Postgres."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Standing:
    """What the desk owes at one moment."""

    open: int
    overdue: int
    due_today: int
    replies_due: int
    half_used: int
    mostly_used: int
    unproven: int
    partly_done: int
    kinds: Mapping[str, int] = field(default_factory=dict, compare=False)
    """How many of each kind are open."""


@dataclass(frozen=True)
class Pace:
    """How answers came, over a period. No answers: no median, and no share."""

    answered: int
    in_time: int
    median: timedelta | None

    @property
    def median_days(self) -> float | None:
        """The median in days, to one place."""
        return None if self.median is None else round(self.median / timedelta(days=1), 1)

    @property
    def share_in_time(self) -> int | None:
        """Whole percent, rounded down: a hundred is said only when none was late."""
        return 100 * self.in_time // self.answered if self.answered else None


@dataclass(frozen=True)
class Past:
    """How answers came, as of a moment: of everything, of each kind that was answered, and by week."""

    at: datetime
    whole: Pace
    kinds: Mapping[str, Pace]
    weeks: list[Week]


@dataclass(frozen=True)
class Week:
    """One week: how many came, and how many were answered in time and late."""

    begins_on: date
    received: int
    in_time: int
    late: int


def due(at: datetime) -> Mapping[str, Q]:
    """The spans of time by which the queue is read; each counts what is open."""
    return {name: IS_OPEN & span for name, span in _spans(at).items()}


def _spans(at: datetime) -> Mapping[str, Q]:
    """The same of what is known to be open: asked again of every row, that costs as much as the spans themselves."""
    today = end_of_today(at)
    return {
        "late": Q(due_at__lt=at) | Q(first_replied_at=None, first_reply_due_at__lt=at),
        "today": Q(due_at__gte=at, due_at__lte=today),
        "soon": Q(due_at__lt=at + SOON),
        "week": Q(due_at__lt=at + timedelta(days=7)),
        "reply": Q(first_replied_at=None, first_reply_due_at__lte=today),
    }


def end_of_today(at: datetime) -> datetime:
    """The last moment of the shop's day."""
    calendar = clock.of_the_shop()
    return calendar.end_of(calendar.local(at).date())


def standing(*, at: datetime) -> Standing:
    """What is owed, in one question: by kind, and in all."""
    spans = _spans(at)
    counts = {
        "open": Count("pk"),
        "overdue": Count("pk", filter=spans["late"]),
        "due_today": Count("pk", filter=spans["today"]),
        "replies_due": Count("pk", filter=spans["reply"]),
        "half_used": Count("pk", filter=Q(escalated__gte=50)),
        "mostly_used": Count("pk", filter=Q(escalated__gte=80)),
        "unproven": Count("pk", filter=Q(state=State.RECEIVED)),
        "partly_done": Count("pk", filter=Q(state=State.PARTLY_DONE)),
    }
    rows = DataRequest.objects.filter(IS_OPEN).order_by().values_list("kind").annotate(**counts)
    by_kind = {kind: dict(zip(counts, numbers, strict=True)) for kind, *numbers in rows}
    sums = {name: sum(numbers[name] for numbers in by_kind.values()) for name in counts}
    return Standing(**sums, kinds={kind: numbers["open"] for kind, numbers in by_kind.items()})


def past(*, at: datetime) -> Past:
    """How answers came, as of *at* or a few minutes before. Inside a transaction nothing is remembered: it may never be."""
    if not connection.in_atomic_block:
        for known in _remembered:
            if timedelta(0) <= at - known.at < REMEMBERED_FOR:
                return known
    whole, kinds = pace(at=at)
    counted = Past(at, whole, kinds, by_week(at=at))
    if not connection.in_atomic_block:
        _remembered[:] = [counted]
    return counted


def pace(*, at: datetime, over: timedelta = PERIOD) -> tuple[Pace, dict[str, Pace]]:
    """How fast answers were: of everything, and of each kind that was answered. Two questions."""
    rows = DataRequest.objects.annotate(ended_at=ENDED_AT).filter(ended_at__gt=at - over, ended_at__lte=at)
    counts = {
        "answered": Count("pk"),
        "in_time": Count("pk", filter=Q(ended_at__lte=F("due_at"))),
        "median": Median(TOOK),
    }
    kinds = rows.order_by().values_list("kind").annotate(**counts)
    return Pace(**rows.aggregate(**counts)), {kind: Pace(*figures) for kind, *figures in kinds}


def by_week(*, at: datetime, weeks: int = WEEKS) -> list[Week]:
    """The last so many weeks, this one last; weeks without anything are there too. Two questions."""
    calendar = clock.of_the_shop()
    today = calendar.local(at).date()
    mondays = [today - timedelta(days=today.weekday() + 7 * back) for back in reversed(range(weeks))]
    begins = [datetime.combine(monday, time.min, tzinfo=calendar.zone) for monday in mondays]
    received, since = _received(begins, at), begins[0]
    gone = DataRequest.objects.annotate(ended_at=ENDED_AT).filter(ended_at__gte=since, ended_at__lte=at).order_by()
    in_time = Count("pk", filter=Q(ended_at__lte=F("due_at")))
    gone_by = {
        week: (every, good)
        for week, every, good in gone.annotate(week=TruncWeek("ended_at", tzinfo=calendar.zone))
        .values_list("week")
        .annotate(every=Count("pk"), good=in_time)
    }
    answered = {week.date(): counts for week, counts in gone_by.items()}
    return [
        Week(monday, came, good, every - good)
        for monday, came in zip(mondays, received, strict=True)
        for every, good in [answered.get(monday, (0, 0))]
    ]


def _received(begins: list[datetime], at: datetime) -> list[int]:
    """How many came in each week up to *at*: counted in the index of receipts, which a grouping by week would not be."""
    question = sql.SQL(
        "SELECT (SELECT count(*) FROM {requests} WHERE received_at >= week.begins AND received_at < week.ends) "
        "FROM unnest(%s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY AS week (begins, ends, nth) ORDER BY nth"
    ).format(requests=sql.Identifier(DataRequest._meta.db_table))
    ends = [*begins[1:], at + timedelta(microseconds=1)]
    with connection.cursor() as cursor:
        cursor.execute(question, [begins, ends])
        return [count for (count,) in cursor.fetchall()]


def next_due(*, most: int = 8) -> list[DataRequest]:
    """What is due first."""
    return list(DataRequest.objects.filter(IS_OPEN).order_by("due_at", "pk")[:most])


def blocked(*, most: int = 8) -> list[ErasureStep]:
    """The steps that stand in the way of what is partly done, those first whose request is due first."""
    steps = ErasureStep.objects.filter(request__state=State.PARTLY_DONE, state=StepState.BLOCKED)
    return list(steps.select_related("request").order_by("request__due_at", "request_id", "position")[:most])
