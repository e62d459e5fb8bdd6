"""What exactly somebody signed in asks for: the same fields as everywhere, with what we know of them filled in as choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms

from privacy.consent import ledger
from privacy.consent.vocabulary import Matter
from privacy.forms.wishes import fields_of, wishes_in
from privacy.register import subjects
from privacy.register.declare import Unfit
from privacy.register.models import Subject
from privacy.register.vocabulary import Purpose
from privacy.rights import correction, kinds
from privacy.rights.kinds import Kind

SPOKEN: Final[Mapping[Kind, str]] = {
    Kind.CORRECTION: "Anything else we should know",
    Kind.RESTRICTION: "Anything else we should know",
    Kind.OBJECTION: "Your reasons, if you like to give any",
    Kind.CHILD_REPORT: "What do you know?",
    Kind.PARENTAL: "What should happen with the data of your child?",
    Kind.COMPLAINT: "What happened?",
    Kind.QUESTION: "Your question",
}
"""What the field for one's own words is called."""
NEEDED: Final = frozenset({Kind.CHILD_REPORT, Kind.PARENTAL, Kind.COMPLAINT, Kind.QUESTION})
"""Kinds that say nothing without words."""


class OwnWishForm(forms.Form):
    """The fields of one kind, for one person."""

    def __init__(self, kind: Kind, person: Subject, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.kind, self.person = kind, person
        for name, field in fields_of(kinds.rule(kind).asks).items():
            self.fields[name] = KNOWN[name](person, field) if name in KNOWN else field
        if text := self.fields.get("text"):
            text.label, text.required = SPOKEN.get(kind, text.label), kind in NEEDED
            text.error_messages["required"] = "Write a few words first."

    def clean(self) -> dict[str, Any]:
        """A correction names a value and what it should say, or says it in words."""
        typed = super().clean() or {}
        if self.kind == Kind.CORRECTION and not self.errors:
            self._check_correction(str(typed.get("field", "")), str(typed.get("value", "")).strip())
        return typed

    def _check_correction(self, name: str, value: str) -> None:
        if not name and not str(self.cleaned_data.get("text", "")).strip():
            self.add_error("text", "Say in your words what is wrong, and what it should say.")
        elif name:
            try:
                correction.check(subjects.family(self.person), name, value)
            except Unfit as refusal:
                self.add_error("value", str(refusal))
            except correction.NotOpen:
                self.add_error("field", "It is not there any more. Look at your data again.")

    @property
    def wishes(self) -> dict[str, str]:
        """What was asked, as the request keeps it."""
        return wishes_in(self.cleaned_data, kinds.rule(self.kind).asks)


def _field(person: Subject, field: forms.Field) -> forms.Field:
    """Every value of theirs that can be put right, with what it says now."""
    known = correction.entries(subjects.family(person))
    choices = [(each.name, f"{each.label}: {each.value or 'empty'}") for each in known]
    first = choices[0][0] if choices else ""
    return forms.ChoiceField(
        label=field.label, choices=[*choices, ("", "Something else")], initial=first, required=False
    )


def _value(person: Subject, field: forms.Field) -> forms.Field:
    """What it should say; for something else their own words do."""
    field.required = False
    return field


def _matter(person: Subject, field: forms.Field) -> forms.Field:
    """Only what they agreed to, and everything at once."""
    agreed = {Matter(state.matter) for state in ledger.standing(person).values() if state.is_granted}
    choices = [("", "Everything"), *((matter.value, matter.words) for matter in Matter if matter in agreed)]
    return forms.ChoiceField(label=field.label, choices=choices, required=False, widget=forms.RadioSelect)


def _purpose(person: Subject, field: forms.Field) -> forms.Field:
    """What people object to most comes first, and the first is chosen."""
    assert isinstance(field, forms.ChoiceField)
    return forms.ChoiceField(
        label=field.label, choices=field.choices, initial=Purpose.MARKETING.name.lower(), widget=forms.RadioSelect
    )


KNOWN: Final[Mapping[str, Callable[[Subject, forms.Field], forms.Field]]] = {
    "field": _field,
    "matter": _matter,
    "purpose": _purpose,
    "value": _value,
}
"""Fields that read better with what we know: their choices, or the order of them."""
