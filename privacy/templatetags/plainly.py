"""`{{ value|plainly }}`: a value that is held about somebody, as a person reads it."""

from __future__ import annotations

from typing import Any

from django import template

from privacy import words

register = template.Library()


@register.filter
def plainly(value: Any) -> str:
    """`True` is "yes", an ISO moment is "3 March 2033, 14:05 UTC", a list is its members; other values are themselves."""
    return words.said(value)
