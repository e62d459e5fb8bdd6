"""The desk's page for demands of authorities: entered by one, approved by another, handed over as a file, or refused.

The person is found by a whole address that was confirmed, or by the reference of a request; the desk names nobody.
"""

from __future__ import annotations

import json
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDateWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from privacy.admin.decisions import Decides, Decision, calls, stands_in
from privacy.admin.lists import staff
from privacy.admin.masks import Evidence
from privacy.forms.moments import ShopMoment
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from privacy.forms.whom import WhomForm
from privacy.ground import states
from privacy.register import registry
from privacy.register.demand_models import Demand
from privacy.rights import demands, holds

MAY_ANSWER: Final = "privacy.answer_demand"
MAY_APPROVE: Final = "privacy.approve_demand"
COLOURS: Final = {"received": "warning", "approved": "info", "handed_over": "success"}
State = Demand.State


class DemandForm(WhomForm):
    """Who demands what about whom, on which ground, by which law or order."""

    authority = FreeText(label="Who demands it", max_length=120, widget=UnfoldAdminTextInputWidget)
    case = forms.CharField(label="Its file number", max_length=80, required=False, widget=UnfoldAdminTextInputWidget)
    ground = forms.ChoiceField(choices=Demand.Ground.choices, widget=UnfoldAdminRadioSelectWidget)
    order = FreeText(
        label="By which law or order",
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="The provision, or the order and its date.",
    )
    scope = forms.MultipleChoiceField(
        label="Which records",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="No more than the order names: nothing else can be handed over.",
    )
    received_at = ShopMoment(label="Received")
    is_secret = forms.BooleanField(
        label="The person must not be told",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Only where the order itself forbids it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = self.fields["scope"]
        assert isinstance(scope, forms.ChoiceField)
        scope.choices = [(each.model, each.label) for each in registry.all_declared() if not each.is_evidence]


class KeepForm(DecisionForm):
    """Until when nobody need look at the hold again."""

    review_on = forms.DateField(label="Look at it again on", widget=UnfoldAdminDateWidget)


class RefuseForm(DecisionForm):
    """Why nothing is given."""

    reason = FreeText(max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}))


def _is_open(demand: Demand) -> bool:
    return bool(demands.DEMAND.table[demand.state])


DECISIONS: Final = {
    "approve": Decision(
        title="Approve",
        explains="You say that its ground and its order hold, and that it asks for no more than they allow. Whoever entered it "
        "cannot. Nothing is given by that.",
        permission=MAY_APPROVE,
        fits=stands_in({State.RECEIVED}),
        do=calls(demands.approve, "{row} is approved."),
        variant=ActionVariant.PRIMARY,
    ),
    "keep": Decision(
        title="Keep what it asks for",
        explains="A legal hold: neither an erasure nor retention deletes it until the demand is answered.",
        permission=MAY_ANSWER,
        fits=lambda demand: _is_open(demand) and demand.hold_id is None,
        do=calls(demands.keep, "{done.hold} holds what it asks for."),
        form=KeepForm,
    ),
    "refuse": Decision(
        title="Refuse",
        explains="Nothing is given, and what was held for it is let go. Write down why.",
        permission=MAY_ANSWER,
        fits=_is_open,
        do=calls(demands.refuse, "{row} is refused."),
        form=RefuseForm,
        variant=ActionVariant.DANGER,
    ),
    "lift": Decision(
        title="The person may be told",
        explains="Their page and their copy say from now on who demanded what, on which ground, and what was given.",
        permission=MAY_ANSWER,
        fits=lambda demand: demand.is_secret,
        do=calls(demands.lift_secrecy, "The person reads of {row} from now on."),
    ),
}


@admin.register(Demand)
class DemandAdmin(Decides, Evidence):
    """Every demand, the latest first."""

    list_display = ("reference", "authority", "ground", "state_label", "received_at", "entered_by", "approved_by")
    list_filter = ("state", "ground", "is_secret")
    search_fields = ("=reference", "=case")
    ordering = ("-received_at",)
    decisions = DECISIONS
    refusals = {demands.OwnEntry: "", demands.NotSaid: "", demands.HeldAlready: "", holds.ReviewOver: ""}
    actions_list = ("enter",)
    actions_detail = ("hand_over",)
    fieldsets = (
        (None, {"fields": ("reference", "state", "authority", "case", "ground", "order", "records", "is_secret", "hold")}),
        (
            "Trail",
            {
                "fields": (
                    "received_at", "entered_by", "approved_at", "approved_by", "handed_over_at", "refused_at", "refusal_reason",
                )
            },
        ),
    )  # fmt: skip

    def has_enter_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm(MAY_ANSWER))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what was approved can be handed over."""
        every: list[Any] = super().get_actions_detail(request, object_id)
        is_approved = Demand.objects.filter(pk=object_id, state=State.APPROVED).exists()
        return [each for each in every if is_approved or not each.action_name.endswith("_hand_over")]

    @action(description="Enter a demand", url_path="enter", permissions=["enter"])
    def enter(self, request: HttpRequest) -> HttpResponse:
        """Write down what was demanded. Nothing is given by that."""
        form = DemandForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and (made := _entered(form, request)):
            messages.success(request, f"{made} is entered. Somebody else approves it.")
            return HttpResponseRedirect(reverse("admin:privacy_demand_change", args=[made.pk]))
        context = {**self.admin_site.each_context(request), "title": "Enter a demand", "opts": self.opts, "form": form}
        context |= {"back": reverse("admin:privacy_demand_changelist"), "button": "Enter it"}
        context["explains"] = (
            "Somebody demands what the shop holds about a person. Nothing is given by this page: a second person looks first."
        )
        return render(request, "admin/privacy/demand.html", context)

    @action(description="Hand over", url_path="hand-over", permissions=["enter"], variant=ActionVariant.PRIMARY)
    def hand_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A file with what was approved, once."""
        demand = self.get_object(request, object_id)
        if not isinstance(demand, Demand):
            raise Http404
        back = reverse("admin:privacy_demand_change", args=[demand.pk])
        if demand.state != State.APPROVED:
            messages.warning(request, f"{demand} is {demand.get_state_display().lower()}: nothing was handed over.")
            return HttpResponseRedirect(back)
        if request.method == "POST":
            return _file(demand, request, back)
        context = {**self.admin_site.each_context(request), "title": f"Hand over: {demand}", "opts": self.opts}
        context |= {"back": back, "button": "Hand over and download"}
        context["explains"] = (
            f"A file with these records of the person, for {demand.authority}: {self.records(demand)}. It is made once and kept "
            "nowhere; the person reads that it was given, unless they must not be told."
        )
        return render(request, "admin/privacy/demand.html", context)

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, demand: Demand) -> tuple[str, str]:
        return demand.state, demand.get_state_display()

    @display(description="which records")
    def records(self, demand: Demand) -> str:
        return ", ".join(each.label for model in demand.scope if (each := registry.find(model)))

    def person_of(self, row: Any) -> Any:
        """Whom a look at the page is about; of a secret one nobody is told."""
        return None if row.is_secret else row.subject_id


def _entered(form: DemandForm, request: HttpRequest) -> Demand | None:
    """Call the verb; what it refuses is told on the form."""
    typed = dict(form.cleaned_data)
    try:
        return demands.receive(typed.pop("person"), **typed, by=staff(request), at=timezone.now())
    except (demands.NotSaid, demands.NoSuchRecords) as refused:
        form.add_error(None, str(refused))
    return None


def _file(demand: Demand, request: HttpRequest, back: str) -> HttpResponse:
    try:
        given = demands.hand_over(demand, by=staff(request), at=timezone.now())
    except states.NotAllowed:
        messages.warning(request, f"{demand} was answered meanwhile: nothing was handed over.")
        return HttpResponseRedirect(back)
    response = HttpResponse(json.dumps(given, indent=2, ensure_ascii=False), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{demand.reference}.json"'
    return response
