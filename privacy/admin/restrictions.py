"""The desk's page for data that are kept aside because their person asked for it: see them, announce an end, take that back."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextareaWidget

from privacy.admin.decisions import Decides, Decision, calls
from privacy.admin.masks import MaskedAdmin
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from privacy.rights import clock, restriction
from privacy.rights.models import Restriction

MAY_LIFT: Final = "privacy.lift_restriction"


class EndForm(DecisionForm):
    """Why a restriction ends, and on which day: the person reads both."""

    reason = FreeText(
        max_length=2000,
        help_text="The person reads these very words.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
    )
    ends_on = forms.DateField(
        label="Ends on",
        required=False,
        help_text=f"Empty: {restriction.NOTICE.days} days from now, which is the soonest.",
        widget=UnfoldAdminDateWidget,
    )


def _announce(row: Restriction, typed: dict[str, Any], by: Any, at: datetime) -> str:
    told = restriction.announce(row, reason=typed["reason"], ends_at=_end_of(typed["ends_on"]), by=by, at=at)
    return f"The person is told that it ends on {told.ends_at:%-d %B %Y}. Nothing changes until then."


def _end_of(day: Any) -> datetime | None:
    """The first moment after a day of the shop."""
    midnight = time.min.replace(tzinfo=clock.of_the_shop().zone)
    return datetime.combine(day + timedelta(days=1), midnight) if day else None


ANNOUNCE: Final = Decision(
    title="Announce its end",
    explains="The person is told today that their data will be used again, from when, and why. Nothing changes until then; once "
    "the notice has run, the data are used again by themselves.",
    permission=MAY_LIFT,
    fits=lambda row: row.lifted_at is None and not row.is_announced,
    do=_announce,
    form=EndForm,
)
GO_ON: Final = Decision(
    title="Go on keeping them aside",
    explains="The announced end is taken back, because the person says no to it or it was a mistake. Tell them so as well.",
    permission=MAY_LIFT,
    fits=lambda row: row.lifted_at is None and row.is_announced,
    do=calls(restriction.go_on, "The data stay aside."),
    variant=ActionVariant.PRIMARY,
)


@admin.register(Restriction)
class RestrictionAdmin(Decides, MaskedAdmin):
    """Every restriction that was asked for, the standing ones first."""

    list_display = ("reference", "ground", "since", "ends_at", "is_standing")
    list_filter = ("ground", ("lifted_at", admin.EmptyFieldListFilter), ("announced_at", admin.EmptyFieldListFilter))
    search_fields = ("=reference",)
    ordering = ("-lifted_at", "since")
    decisions = {"announce": ANNOUNCE, "go_on": GO_ON}
    refusals = {
        restriction.ReasonMissing: "Say why it ends: the person reads it.",
        restriction.TooSoon: f"Between the notice and the end lie {restriction.NOTICE.days} days at least.",
        restriction.OwnRestriction: "These are your own data. You end it on your own privacy page, without a notice.",
    }
    fieldsets = (
        (None, {"fields": ("reference", "ground", "since")}),
        ("Its end", {"fields": ("announced_at", "announced_by", "reason", "ends_at", "lifted_at", "lifted_by")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def describe(self, row: Restriction) -> str:
        """Since when, why, and until when."""
        end = f", until {row.ends_at:%-d %B %Y}" if row.ends_at else ""
        return f"Kept aside since {row.since:%-d %B %Y}{end}: {row.get_ground_display().lower()}"

    @display(description="stands", boolean=True)
    def is_standing(self, row: Restriction) -> bool:
        return row.lifted_at is None
