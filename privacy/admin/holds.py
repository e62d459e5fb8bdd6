"""The desk's page for legal holds: place one, release one, see which has to be looked at again.

The person is found by a whole address that was confirmed, or by the reference of a request; the desk names nobody.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from privacy.admin.decisions import MEANWHILE, Decides, Decision, calls
from privacy.admin.lists import staff
from privacy.admin.masks import EnteredByVerb
from privacy.forms.texts import FreeText
from privacy.forms.whom import WhomForm
from privacy.register import registry
from privacy.rights import holds
from privacy.rights.models import LegalHold


def kinds_of_things() -> list[tuple[str, str]]:
    """What can be held: everything, or one kind of row."""
    kinds = [(each.model, each.label) for each in registry.all_declared() if not each.is_evidence]
    return [("", "Everything about the person"), *kinds]


class HoldForm(WhomForm, forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Whom, what, why, whose, and when somebody looks again."""

    model = forms.ChoiceField(
        label="What is held", choices=kinds_of_things, required=False, widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = LegalHold
        fields = ("person", "model", "row", "reason", "owner", "review_on")
        widgets = {
            "row": UnfoldAdminTextInputWidget,
            "reason": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "owner": UnfoldAdminTextInputWidget,
            "review_on": UnfoldAdminDateWidget,
        }
        field_classes = dict.fromkeys(("row", "reason", "owner"), FreeText)
        help_texts = {
            "reason": "The person reads these words: name the claim, and nobody else.",
            "owner": "Who answers for it: a role, such as privacy desk.",
        }

    def clean_review_on(self) -> date:
        """A day on which somebody still can."""
        review_on: date = self.cleaned_data["review_on"]
        try:
            holds.check_review(review_on, at=timezone.now())
        except holds.ReviewOver as refused:
            raise forms.ValidationError(f"{refused}.")
        return review_on


RELEASE: Final = Decision(
    title="Release",
    explains="Once it is released, nothing of this is kept for it any more: an erasure that waited goes on at once, and retention "
    "deletes what is past its time. This cannot be taken back; a new hold can be placed on what is still there.",
    permission="privacy.place_legalhold",
    fits=lambda hold: hold.is_active,
    do=calls(holds.release, "{row} is released. An erasure that waited for it goes on by itself."),
    variant=ActionVariant.PRIMARY,
)


@admin.register(LegalHold)
class LegalHoldAdmin(Decides, EnteredByVerb):
    """Every hold, those first that somebody has to look at again soonest."""

    form = HoldForm
    may_enter = "privacy.place_legalhold"
    list_display = ("reference", "what", "owner", "review_on", "placed_at", "is_holding")
    list_filter = ("owner", ("released_at", admin.EmptyFieldListFilter))
    search_fields = ("=reference",)
    ordering = ("released_at", "review_on")
    decisions = {"release": RELEASE}
    refusals = {holds.ReleasedAlready: MEANWHILE}
    fieldsets = (
        (None, {"fields": ("reference", "what", "row", "reason", "owner", "review_on")}),
        ("Trail", {"fields": ("placed_at", "placed_by", "released_at", "released_by")}),
    )

    def describe(self, row: LegalHold) -> str:
        """What it keeps and why, as the person reads it."""
        return row.words.rstrip(".")

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> LegalHold:
        """Place it by the verb; a scope that names nothing of this person is said beside the form."""
        typed = form.cleaned_data
        return holds.place(
            typed["person"],
            scope=holds.Scope(typed["model"], typed["row"]),
            reason=typed["reason"],
            owner=typed["owner"],
            review_on=typed["review_on"],
            by=staff(request),
            at=timezone.now(),
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the verb refuses is no error of the page."""
        try:
            page: HttpResponse = super().add_view(request, form_url, extra_context)
        except holds.NoSuchThing as refusal:
            messages.error(request, f"Nothing was held: {refusal}.")
            return HttpResponseRedirect(request.path)
        return page

    @display(description="what is held")
    def what(self, hold: LegalHold) -> str:
        label = dict(kinds_of_things()).get(hold.model, hold.model)
        return f"{label} (one row)" if hold.row else label

    @display(description="holds", boolean=True)
    def is_holding(self, hold: LegalHold) -> bool:
        return hold.is_active
