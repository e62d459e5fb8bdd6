"""`{{ value|plainly }}`: a value that is held about somebody, as a person reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template

from privacy import words
from privacy.register import subjects
from privacy.rights import clock, deadlines, grounds
from privacy.rights.models import DataRequest

register = template.Library()


@register.filter
def plainly(value: Any) -> str:
    """`True` is "yes", an ISO moment is "3 March 2033, 14:05 UTC", a list is its members; other values are themselves."""
    return words.said(value)


@register.filter
def counted(request: DataRequest) -> deadlines.Derivation:
    """How each date of a request came about, in the letter's language; `which` says which clock it is."""
    kept = [{**each, "which": each["clock"]} for each in request.derivation]
    residence = subjects.root(request.subject).residence
    return deadlines.in_words(request.kind, residence=residence, received_at=request.received_at, kept=kept)


@register.filter
def appeal(request: DataRequest) -> str:
    """What its person can do who thinks that our no is wrong, in the letter's language."""
    return grounds.appeal(subjects.root(request.subject).residence)


@register.filter
def shop_moment(moment: datetime) -> str:
    """`3 March 2033, 14:05 EST`, by the shop's own clock, in the letter's language."""
    return clock.moment_of(moment)


@register.filter
def shop_day(moment: datetime) -> str:
    """The shop's own day on which a moment falls: until when something is due, the way it was counted."""
    return clock.day_of(moment)
