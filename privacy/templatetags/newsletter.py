"""`{% newsletter_words %}`: what somebody agrees to with the form in the footer, as it is recorded."""

from __future__ import annotations

from django import template

from privacy.consent import notices
from privacy.messages import newsletter

register = template.Library()


@register.simple_tag
def newsletter_words() -> str:
    """The text of the form; asks the database nothing."""
    return notices.text(newsletter.NOTICE)
