"""The language of our letters, asked beside another question: at the checkout, and where somebody asks without an account.

What they are written to in is chosen already: the one they chose before, else the one their browser asks for. Only what was
sent with the form is kept, and only where it changes something (`preferences.speak`).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest

from privacy.consent import preferences
from privacy.ground import tongue
from privacy.register.models import Subject


class LanguageField(forms.ChoiceField):
    """One of the languages we write in; nothing where the form was sent without it."""

    def __init__(self, **kwargs: Any) -> None:
        errors = {"invalid_choice": "Choose one of these."}
        given = {
            "label": "Language of our letters",
            "choices": settings.LANGUAGES,
            "required": False,
            "error_messages": errors,
        }
        super().__init__(**{**given, **kwargs})


def is_asked() -> bool:
    """Whether there is anything to choose."""
    return len(preferences.languages()) > 1


def expected(request: HttpRequest, subject: Subject | None = None) -> str:
    """What to begin with: what this person chose, else what their browser asks for."""
    return (subject and preferences.chosen_language(subject)) or tongue.asked_by(request)
