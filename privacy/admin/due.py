"""How a date of a request looks at the desk: its colour by the time that is left, its derivation on hover and focus."""

from __future__ import annotations

from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil

from privacy.rights.clock import of_the_shop
from privacy.rights.figures import SOON
from privacy.rights.models import DataRequest


def due(asked: DataRequest, at: datetime) -> SafeString:
    """Until when it has to be done."""
    return _coloured(asked, asked.due_at, "completion", is_met=not asked.is_open, at=at)


def first_reply_due(asked: DataRequest, at: datetime) -> SafeString:
    """Until when its person has to hear from us."""
    is_met = asked.first_replied_at is not None or not asked.is_open
    return _coloured(asked, asked.first_reply_due_at, "first reply", is_met=is_met, at=at)


def look(moment: datetime, at: datetime) -> str:
    """`late`, `soon`, or nothing."""
    if moment < at:
        return "late"
    return "soon" if moment < at + SOON else ""


def _coloured(asked: DataRequest, moment: datetime, clock: str, *, is_met: bool, at: datetime) -> SafeString:
    words = next((each["words"] for each in asked.derivation if each["clock"] == clock and each["governs"]), "")
    left = f"{timesince(moment, at, depth=1)} late" if moment < at else f"in {timeuntil(moment, at, depth=1)}"
    colour = "" if is_met else look(moment, at)
    return format_html(
        '<abbr class="due{}" tabindex="0" title="{}"><span>{}</span>{}</abbr>',
        f" due--{colour}" if colour else "",
        words,
        f"{of_the_shop().local(moment):%-d %b %Y}",
        "" if is_met else format_html(", <span>{}</span>", left),
    )
