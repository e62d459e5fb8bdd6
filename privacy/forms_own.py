"""What exactly somebody signed in asks for: the same fields as everywhere, with what we know of them filled in as choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms

from privacy import forms_wishes
from privacy.consent import ledger
from privacy.consent.vocabulary import Matter
from privacy.register import objections
from privacy.register.models import Subject
from privacy.register.vocabulary import Purpose
from privacy.rights import kinds
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
        self.kind = kind
        for name, field in forms_wishes.fields_of(kinds.rule(kind).asks).items():
            self.fields[name] = KNOWN[name](person, field) if name in KNOWN else field
        if text := self.fields.get("text"):
            text.label, text.required = SPOKEN.get(kind, text.label), kind in NEEDED
            text.error_messages["required"] = "Write a few words first."

    @property
    def wishes(self) -> dict[str, str]:
        """What was asked, as the request keeps it."""
        return forms_wishes.wishes_in(self.cleaned_data, kinds.rule(self.kind).asks)


def _matter(person: Subject, field: forms.Field) -> forms.Field:
    """Only what they agreed to, and everything at once."""
    agreed = {Matter(state.matter) for state in ledger.standing(person).values() if state.is_granted}
    choices = [("", "Everything"), *((matter.value, matter.words) for matter in Matter if matter in agreed)]
    return forms.ChoiceField(label=field.label, choices=choices, required=False, widget=forms.RadioSelect)


def _purpose(person: Subject, field: forms.Field) -> forms.Field:
    """What people object to most comes first, and the first is chosen."""
    every = [*USUAL, *sorted(objections.OPEN_TO - set(USUAL), key=lambda each: each.name)]
    choices = [(objections.key(each), each.words[:1].upper() + each.words[1:]) for each in every]
    return forms.ChoiceField(label=field.label, choices=choices, initial=choices[0][0], widget=forms.RadioSelect)


USUAL: Final = (Purpose.MARKETING, Purpose.RECOMMENDATIONS, Purpose.STATISTICS)
KNOWN: Final[Mapping[str, Callable[[Subject, forms.Field], forms.Field]]] = {"matter": _matter, "purpose": _purpose}
"""Fields that read better with what we know: their choices, or the order of them."""
