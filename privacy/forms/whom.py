"""Whom staff mean: the forms of the desk name nobody, and still find the one person something is about."""

from __future__ import annotations

from typing import Final

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights.models import DataRequest

NOBODY: Final = (
    "Nobody is known by that: give the reference of a privacy request, or a whole e-mail address that was confirmed."
)


class WhomForm(forms.Form):
    """Begins with the person it is about."""

    person = forms.CharField(
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="The reference of a privacy request (DSR-…), or the person's whole e-mail address.",
    )

    def clean_person(self) -> Subject:
        """The person record behind a reference or a confirmed address."""
        found = _meant(self.cleaned_data["person"].strip())
        if found is None:
            raise forms.ValidationError(NOBODY)
        return found


def _meant(said: str) -> Subject | None:
    if "@" not in said:
        asked = DataRequest.objects.filter(reference=said.upper()).select_related("subject").first()
        return asked.subject if asked else None
    proven = [each for each in subjects.candidates("email", value=said) if _has_proved(each)]
    return proven[0] if len(proven) == 1 else None


def _has_proved(subject: Subject) -> bool:
    family = subjects.family(subject)
    return subject.identifiers.model.objects.filter(subject__in=family, kind="email", proven_at__isnull=False).exists()
