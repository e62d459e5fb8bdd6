"""The first page of the desk: what is owed and until when, what is in the way, how fast answers were.

For whoever may see requests; others get Django's list of pages. Each figure leads to the rows that it counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from privacy.admin import due as dates
from privacy.admin.incidents import warn_of_incidents
from privacy.admin.lists import warn
from privacy.admin.messages import warn_of_messages
from privacy.admin.proof import warn_of_residue
from privacy.admin.reviews import warn_of_reviews
from privacy.messages.arrivals import InboundMail
from privacy.rights import figures
from privacy.rights.clock import of_the_shop
from privacy.rights.figures import Pace, Past, Standing, Week
from privacy.rights.models import DataRequest, ErasureStep, Kind

MAY_SEE: Final = "privacy.view_datarequest"
MAY_SEE_LEAKS: Final = "privacy.view_incident"
A_DAY: Final = timedelta(days=1)
NO_ANSWERS: Final = Pace(answered=0, in_time=0, median=None)
QUEUE: Final = "admin:privacy_datarequest_changelist"

#: The desk's own face (`desk.css`) has to be named: a canvas inherits none.
TICKS: Final = {"color": "#8b8278", "font": {"family": '"Instrument Sans", Arial, sans-serif', "size": 12}}
COUNTS: Final = {"stacked": True, "beginAtZero": True, "grid": {"lineWidth": 0.5}, "ticks": {**TICKS, "precision": 0}}
NAMES: Final = {"stacked": True, "grid": {"display": False}, "ticks": {**TICKS, "maxRotation": 0, "autoSkip": True}}
LEGEND: Final = {"display": True, "align": "end", "labels": {"boxWidth": 10, "boxHeight": 10, **TICKS}}
LOOKS: Final = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "maxBarThickness": 18,
    "plugins": {"legend": LEGEND},
}
#: How Unfold's charts look here: weeks side by side, kinds below each other, whole numbers only.
UPRIGHT: Final = json.dumps({**LOOKS, "scales": {"x": NAMES, "y": COUNTS}})
LYING: Final = json.dumps(
    {**LOOKS, "indexAxis": "y", "scales": {"x": COUNTS, "y": {**NAMES, "ticks": {**TICKS, "autoSkip": False}}}}
)


@dataclass(frozen=True)
class Figure:
    """One number with its words, and the list behind it. `look` is the colour of time left, where there is any to lose."""

    number: int
    words: str
    link: str
    look: str = ""


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows besides the menu (Unfold's `DASHBOARD_CALLBACK`)."""
    if not request.user.has_perm(MAY_SEE):
        return context
    warn(request, warn_of_residue, warn_of_messages, warn_of_reviews)
    if request.user.has_perm(MAY_SEE_LEAKS):
        warn(request, warn_of_incidents)
    at = timezone.now()
    owed = figures.standing(at=at)
    past = figures.past(at=at)
    return context | {
        "title": "Today",
        "sentence": _sentence(owed),
        "figures": [*_figures(owed), _letters(at)],
        "next_due": _next_due(figures.next_due(), at),
        "blocked": _blocked(figures.blocked()),
        "pace": past.whole,
        "as_of": f"{of_the_shop().local(past.at):%H:%M %Z}",
        "period_days": figures.PERIOD.days,
        "kinds": _kinds(owed, past),
        "kinds_chart": _chart_of_kinds(owed, past),
        "weeks": _weeks(past.weeks),
        "weeks_chart": _chart_of_weeks(past.weeks),
        "upright": UPRIGHT,
        "lying": LYING,
    }


def _sentence(owed: Standing) -> str:
    """The day in one sentence."""
    if not owed.open:
        return "Nothing waits. Nobody is owed an answer."
    late = f"{_requests(owed.overdue)} overdue" if owed.overdue else "nothing is overdue"
    today = f"{_requests(owed.due_today)} due today" if owed.due_today else "nothing more is due today"
    sentence = f"{late}, {today}."
    return sentence[0].upper() + sentence[1:]


def _requests(count: int) -> str:
    return "1 request is" if count == 1 else f"{count} requests are"


def _figures(owed: Standing) -> list[Figure]:
    return [
        Figure(owed.overdue, "overdue", _queue("due=late"), "late" if owed.overdue else ""),
        Figure(owed.due_today, "due today", _queue("due=today"), "soon" if owed.due_today else ""),
        Figure(owed.replies_due, "first reply due by tonight", _queue("due=reply"), "soon" if owed.replies_due else ""),
        Figure(owed.half_used, "half of their time used, or more", _queue("used=50")),
        Figure(owed.mostly_used, "four fifths used, or more", _queue("used=80"), "soon" if owed.mostly_used else ""),
        Figure(owed.unproven, "waiting for identity", _queue("state__exact=received")),
        Figure(owed.partly_done, "partly done", _queue("state__exact=partly_done")),
        Figure(owed.open, "open in all", _queue("")),
    ]


def _letters(at: datetime) -> Figure:
    """Mails to the shop: late when one of them lies there for more than a day."""
    waiting, late = InboundMail.objects.left_lying(at).count(), InboundMail.objects.left_lying(at - A_DAY).count()
    words = f"mails to answer, {late} for more than a day" if late else "mails to answer"
    return Figure(waiting, words, reverse("admin:privacy_inboundmail_changelist"), "late" if late else "")


def _queue(query: str) -> str:
    return f"{reverse(QUEUE)}?{query}" if query else reverse(QUEUE)


def _next_due(asked: list[DataRequest], at: datetime) -> dict[str, Any]:
    rows = [
        [_to(each), dates.due(each, at), dates.used(each), each.get_kind_display(), each.get_state_display()]
        for each in asked
    ]
    return {"headers": ["Request", "Due", "Time used", "Asked", "State"], "rows": rows}


def _blocked(steps: list[ErasureStep]) -> dict[str, Any]:
    return {
        "headers": ["Request", "What waits", "What is in its way"],
        "rows": [[_to(step.request), step.label, step.blocker] for step in steps],
    }


def _to(asked: DataRequest) -> SafeString:
    """Its reference, which leads to its page."""
    return format_html(
        '<a class="desk__link" href="{}">{}</a>', reverse("admin:privacy_datarequest_change", args=[asked.pk]), asked
    )


def _kinds(owed: Standing, past: Past) -> dict[str, Any]:
    """A line for each kind that was asked for."""
    return {
        "headers": ["Asked", "Open", "Answered", "In time", "Median"],
        "rows": [
            [label, opened, each.answered, _share(each), _days(each)] for label, opened, each in _named(owed, past)
        ],
    }


def _named(owed: Standing, past: Past) -> list[tuple[str, int, Pace]]:
    """Each kind of which anything is open or was answered: its name, how many are open, how answers came."""
    there = [kind for kind in Kind if kind in owed.kinds or kind in past.kinds]
    return [(str(kind.label), owed.kinds.get(kind, 0), past.kinds.get(kind, NO_ANSWERS)) for kind in there]


def _share(pace: Pace) -> str:
    return "" if pace.share_in_time is None else f"{pace.share_in_time} %"


def _days(pace: Pace) -> str:
    return "" if pace.median_days is None else f"{pace.median_days} days"


def _weeks(weeks: list[Week]) -> dict[str, Any]:
    """The chart in words, the newest week first."""
    return {
        "headers": ["Week from", "Received", "Answered in time", "Answered late"],
        "rows": [[f"{each.begins_on:%-d %B}", each.received, each.in_time, each.late] for each in reversed(weeks)],
    }


def _chart_of_weeks(weeks: list[Week]) -> str:
    """Answers on top of each other, and beside them what came."""
    series = [
        _series("Received", [each.received for each in weeks], "var(--color-base-400)", stack="received"),
        _series("Answered in time", [each.in_time for each in weeks], "var(--color-green-500)", stack="answered"),
        _series("Answered late", [each.late for each in weeks], "var(--color-red-500)", stack="answered"),
    ]
    return json.dumps({"labels": [f"{each.begins_on:%-d %b}" for each in weeks], "datasets": series})


def _chart_of_kinds(owed: Standing, past: Past) -> str:
    named = _named(owed, past)
    series = [
        _series("Open", [opened for _, opened, _ in named], "var(--color-base-400)"),
        _series("Answered in time", [each.in_time for *_, each in named], "var(--color-green-500)"),
        _series("Answered late", [each.answered - each.in_time for *_, each in named], "var(--color-red-500)"),
    ]
    return json.dumps({"labels": [label for label, *_ in named], "datasets": series})


def _series(label: str, data: list[int], colour: str, **more: str) -> dict[str, Any]:
    return {"label": label, "data": data, "backgroundColor": colour, **more}
