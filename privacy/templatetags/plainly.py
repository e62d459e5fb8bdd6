"""`{{ value|plainly }}`: a value that is held about somebody, as a person reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template

from privacy import words
from privacy.rights import clock

register = template.Library()


@register.filter
def plainly(value: Any) -> str:
    """`True` is "yes", an ISO moment is "3 March 2033, 14:05 UTC", a list is its members; other values are themselves."""
    return words.said(value)


@register.filter
def shop_day(moment: datetime) -> str:
    """The shop's own day on which a moment falls: until when something is due, the way it was counted."""
    return clock.day_of(moment)
