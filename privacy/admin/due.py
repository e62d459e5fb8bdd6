"""How dates look at the desk: on the shop's own clock, in the colour of the time that is left, derived on hover and focus."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from unfold.decorators import display

from privacy.rights.clock import of_the_shop
from privacy.rights.figures import SOON
from privacy.rights.models import DataRequest


def day(moment: datetime) -> str:
    """The shop's day on which it falls, short enough for a column."""
    return f"{of_the_shop().local(moment):%-d %b %Y}"


def moment(at: datetime | None) -> str:
    """A moment on the shop's wall clock, with its zone; nothing where there is none."""
    return f"{of_the_shop().local(at):%-d %B %Y, %H:%M %Z}" if at else ""


def of(name: str, words: str = "") -> Callable[[Any, Any], str]:
    """A column or line of an admin for the moment in the field *name*."""

    def shown(self: Any, row: Any) -> str:
        return moment(getattr(row, name))

    described: Callable[[Any, Any], str] = display(
        shown, description=words or name.removesuffix("_at").replace("_", " "), ordering=name
    )
    return described


#: What is said of a request of which so much of its time had run when staff were last reminded, in percent; and in which colour.
USED: Final = {50: ("half of its time", ""), 80: ("four fifths of its time", "soon"), 100: ("all of its time", "late")}


def used(asked: DataRequest) -> SafeString:
    """How much of its time has run, at the marks at which staff are reminded; nothing before the first, or once it has ended."""
    words, colour = USED.get(asked.escalated if asked.is_open else 0, ("", ""))
    return format_html('<span class="due{}">{}</span>', f" due--{colour}" if colour else "", words)


def due(asked: DataRequest, at: datetime) -> SafeString:
    """Until when it has to be done."""
    return _coloured(asked, asked.due_at, "completion", is_met=not asked.is_open, at=at)


def first_reply_due(asked: DataRequest, at: datetime) -> SafeString:
    """Until when its person has to hear from us."""
    is_met = asked.first_replied_at is not None or not asked.is_open
    return _coloured(asked, asked.first_reply_due_at, "first reply", is_met=is_met, at=at)


def look(until: datetime, at: datetime) -> str:
    """`late`, `soon`, or nothing."""
    if until < at:
        return "late"
    return "soon" if until < at + SOON else ""


def _coloured(asked: DataRequest, until: datetime, clock: str, *, is_met: bool, at: datetime) -> SafeString:
    words = next((each["words"] for each in asked.derivation if each["clock"] == clock and each["governs"]), "")
    left = f"{timesince(until, at, depth=1)} late" if until < at else f"in {timeuntil(until, at, depth=1)}"
    colour = "" if is_met else look(until, at)
    return format_html(
        '<abbr class="due{}" tabindex="0" title="{}"><span>{}</span>{}</abbr>',
        f" due--{colour}" if colour else "",
        words,
        day(until),
        "" if is_met else format_html(", <span>{}</span>", left),
    )
