"""What staff say about a leak, form by form: what leaked, what was found out, what it may do, who is told, what is left to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from privacy.forms.moments import ShopMoment
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from privacy.ground import audit
from privacy.messages import breach
from privacy.register import registry
from privacy.register.models import Subject
from privacy.rights import incident_notices
from privacy.rights.incident_models import Incident, IncidentAction, IncidentEntry

EXPLAINS = {
    "happened": "In plain words: what, when, how it was noticed. Names nobody.",
    "consequences": "What somebody could do with it.",
    "measures": "What is done already, and what will be.",
    "advice": "Steps that help. Never ask them to click anything.",
}


class WhatLeaked(forms.Form):
    """Which kinds of record, or which company's share, made in which window."""

    targets = forms.MultipleChoiceField(
        label="What leaked",
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Whole kinds of record.",
    )
    processor = forms.ChoiceField(
        label="Or everything that one company receives", required=False, widget=UnfoldAdminSelectWidget
    )
    start = ShopMoment(
        label="Rows made from",
        required=False,
        help_text="Empty: all of them.",
    )
    end = ShopMoment(label="Rows made until", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds, companies = self.fields["targets"], self.fields["processor"]
        assert isinstance(kinds, forms.ChoiceField)
        assert isinstance(companies, forms.ChoiceField)
        kinds.choices = [(each.model, each.label) for each in registry.all_declared() if each.personal_fields()]
        companies.choices = [("", "None"), *((each.slug, each.name) for each in registry.processors())]

    def clean(self) -> dict[str, Any]:
        """A window has two ends."""
        typed = super().clean() or {}
        if bool(typed.get("start")) != bool(typed.get("end")):
            raise forms.ValidationError("A window has two ends; leave both empty for all rows.")
        return typed


class Misused(WhatLeaked):
    """The same, and whose staff account was misused: whatever it looked at then."""

    accounts = forms.MultipleChoiceField(
        label="Staff accounts that were misused",
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Everybody whose values such an account saw or revealed within the window is concerned.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = self.fields["accounts"]
        assert isinstance(accounts, forms.ChoiceField)
        staff: Any = get_user_model()._default_manager.filter(is_staff=True).order_by("pk")
        accounts.choices = [(str(each.subject_id), audit.actor(each)) for each in staff]

    def clean_accounts(self) -> list[Subject]:
        """The person records behind them."""
        return list(Subject.objects.filter(pk__in=self.cleaned_data["accounts"]))


class OpenForm(Misused):
    """A leak is written down. What leaked may be said later."""

    title = FreeText(
        label="In a few words",
        max_length=120,
        widget=UnfoldAdminTextInputWidget,
        help_text="What happened; names nobody.",
    )
    noticed_at = ShopMoment(
        label="Noticed",
        help_text="When somebody here first knew. The 72 hours run from then.",
    )
    field_order = ("title", "noticed_at")


class ScopeForm(Misused, DecisionForm):
    """What leaked, as it is known now."""

    def __init__(self, *args: Any, row: Incident, **kwargs: Any) -> None:
        said = {**row.scope, "accounts": [str(each.subject_id) for each in row.accounts.all()]}
        super().__init__(*args, row=row, initial=said, **kwargs)


class EntryForm(DecisionForm):
    """One line of the timeline."""

    kind = forms.ChoiceField(choices=IncidentEntry.Kind.choices, widget=UnfoldAdminSelectWidget)
    text = FreeText(
        label="What", max_length=3000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}), help_text="Names nobody."
    )
    happened_at = ShopMoment(label="When it happened")


class ContainForm(DecisionForm):
    """It goes on no longer."""

    how = FreeText(max_length=3000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))
    contained_at = ShopMoment(label="Since when")


class RiskForm(DecisionForm):
    """How much it may harm people."""

    risk = forms.ChoiceField(choices=Incident.Risk.choices, widget=UnfoldAdminRadioSelectWidget)
    reason = FreeText(
        label="Why",
        max_length=3000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="What somebody could do with it, how likely, and to whom.",
    )


class WordsForm(DecisionForm):
    """The four texts of both notices. What is not known yet may stay empty; the people are told only when all is said."""

    def __init__(self, *args: Any, row: Incident, **kwargs: Any) -> None:
        super().__init__(*args, row=row, initial=row.words, **kwargs)
        for name, label in breach.WORDS.items():
            self.fields[name] = FreeText(
                label=label,
                max_length=3000,
                required=False,
                help_text=EXPLAINS[name],
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            )


class AuthorityForm(DecisionForm):
    """What an authority was told. The draft stands in it and may be changed to what was really handed in."""

    authority = FreeText(max_length=120, widget=UnfoldAdminTextInputWidget)
    text = FreeText(label="The notice, word for word", widget=UnfoldAdminTextareaWidget(attrs={"rows": 30}))
    told_at = ShopMoment(label="Handed in")
    receipt = forms.CharField(
        label="Its own reference", max_length=80, required=False, widget=UnfoldAdminTextInputWidget
    )
    late_because = FreeText(
        label="Why later than 72 hours",
        max_length=3000,
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Only for a first notice after that time (Art. 33(1)).",
    )

    def suggest(self, count: breach.Count, *, at: datetime) -> None:
        """Put the draft of that moment in, and name the authorities of where people live."""
        named = [f"{each.name} ({each.place})" for each in incident_notices.competent(count)]
        self.fields["authority"].help_text = "Where people live whom it concerns: " + ("; ".join(named) or "not known")
        self.initial["text"] = incident_notices.for_authority(self.row, count, at=at)


class SpareForm(DecisionForm):
    """Why people are not written to although the risk is high."""

    because = forms.ChoiceField(choices=Incident.Spared.choices, widget=UnfoldAdminRadioSelectWidget)
    reason = FreeText(label="In what way", max_length=3000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


class TaskForm(DecisionForm):
    """Something to do."""

    task = FreeText(label="What", max_length=200, widget=UnfoldAdminTextInputWidget)
    owner = FreeText(
        label="Who does it", max_length=60, widget=UnfoldAdminTextInputWidget, help_text="A role, such as privacy desk."
    )
    due_on = forms.DateField(label="Until", widget=UnfoldAdminDateWidget)


class FinishForm(DecisionForm):
    """Which of them is done, and how it went."""

    action = forms.ModelChoiceField(
        label="What", queryset=IncidentAction.objects.none(), widget=UnfoldAdminSelectWidget
    )
    outcome = FreeText(label="How it went", max_length=3000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))

    def __init__(self, *args: Any, row: Incident, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        todo: Any = self.fields["action"]
        todo.queryset = row.actions.filter(done_at=None)
        todo.label_from_instance = lambda each: each.task


class CloseForm(DecisionForm):
    """What was learned."""

    lessons = FreeText(label="What we learned", max_length=3000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


class ReopenForm(DecisionForm):
    """Why it is not over."""

    reason = FreeText(label="Why", max_length=3000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))
