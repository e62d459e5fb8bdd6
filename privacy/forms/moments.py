"""A time that staff type: read by the shop's own clock, the one that every page of the desk shows.

The clock is the profile's (`clocks.time_zone`), with its summer time. In the night in which it is put forward an hour is missing,
and in the one in which it is put back an hour comes twice: a time in either is refused with what to type instead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import lazy
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from privacy.rights.clock import of_the_shop

MISSING: Final = "There was no {typed} on {day}: the clocks were put forward. They showed {instead} instead."
TWICE: Final = "{typed} came twice on {day}: the clocks were put back. Take {before} for the first of them, {after} for the second."
A_MINUTE: Final = timedelta(minutes=1)


def place(zone: ZoneInfo) -> str:
    """`Los Angeles`: whose clock it is."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def by_the_clock(words: str) -> str:
    """What stands beside such a field: by which clock it is read, and *words*."""
    return f"By the clock in {place(of_the_shop().zone)}. {words}".rstrip()


class ShopMoment(forms.SplitDateTimeField):
    """A day and a time by the shop's clock; its value is a moment."""

    widget = UnfoldAdminSplitDateTimeWidget

    def __init__(self, *, help_text: str = "", **kwargs: Any) -> None:
        super().__init__(help_text=lazy(by_the_clock, str)(help_text), **kwargs)

    def compress(self, data_list: Any) -> datetime | None:
        """The moment of what was typed. *Raises* `ValidationError` for a time that was missing or came twice."""
        with timezone.override(UTC):
            typed = super().compress(data_list)
        return at_the_clock(typed.replace(tzinfo=None), of_the_shop().zone) if typed else None

    def prepare_value(self, value: Any) -> Any:
        """How a moment stands in the field."""
        is_moment = isinstance(value, datetime) and timezone.is_aware(value)
        return of_the_shop().local(value).replace(tzinfo=None) if is_moment else value


def at_the_clock(shown: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which a clock in *zone* shows that time. *Raises* `ValidationError` where it never or twice does."""
    first, second = _readings(shown, zone)
    if first == second:
        return first
    facts = {"typed": f"{shown:%H:%M}", "day": f"{shown:%-d %B %Y}"}
    if first > second:
        raise ValidationError(MISSING.format(**facts, instead=f"{first.astimezone(zone):%H:%M}"), code="missing")
    before, after = _next_once(shown, -A_MINUTE, zone), _next_once(shown, A_MINUTE, zone)
    raise ValidationError(TWICE.format(**facts, before=f"{before:%H:%M}", after=f"{after:%H:%M}"), code="twice")


def _readings(shown: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The moment by the clock as it stood before a change, and as it stands after one; the same where nothing changes."""
    first, second = (shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _next_once(shown: datetime, step: timedelta, zone: ZoneInfo) -> datetime:
    """The nearest time that the clock shows once only."""
    while len(set(_readings(shown, zone))) > 1:
        shown += step
    return shown
