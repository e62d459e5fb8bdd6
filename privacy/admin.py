"""The privacy desk: the queue of requests by due date, one request on one page, and the evidence, which is only read.

The desk names nobody: it works with references, dates and counts, and shows the address masked. Each decision is a page of its
own with a form, so that nothing is decided by following a link.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince, timeuntil
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from privacy import (  # they register their pages
    admin_announcements,  # noqa: F401
    admin_campaigns,  # noqa: F401
    admin_consent,  # noqa: F401
    admin_holds,  # noqa: F401
    admin_inbox,  # noqa: F401
    admin_messages,
    admin_policy,  # noqa: F401
)
from privacy.admin_masks import Evidence
from privacy.admin_proof import WarnsOfResidue
from privacy.forms import ExtensionForm, PlainForm, RefusalForm
from privacy.ground import digests, states
from privacy.ground.models import AuditEvent
from privacy.register.models import Identifier
from privacy.rights import erasure, extension, requests
from privacy.rights.models import DataRequest, ErasureStep, State, StepKind
from privacy.rights.states import OPEN, REQUEST

SOON: Final = timedelta(days=3)
STATE_COLOURS: Final = {
    "received": "info",
    "verified": "warning",
    "approved": "info",
    "executing": "info",
    "partly_done": "danger",
    "completed": "success",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One page of the desk: from which states, for which kinds, with which form, calling which verb."""

    title: str
    explains: str
    done: str
    froms: Collection[str]
    form: type[forms.Form]
    do: Callable[[DataRequest, dict[str, Any], Any, datetime], None]
    only_erasure: bool = True

    def fits(self, request: DataRequest) -> bool:
        """Whether the request stands where this can be decided."""
        return request.state in self.froms and (request.is_erasure or not self.only_erasure)


def _leading_to(state: str) -> frozenset[str]:
    return frozenset(start for start in REQUEST.table if REQUEST.allows(start, state))


def _approve(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> None:
    requests.approve(asked, by=by, at=at)


def _refuse(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> None:
    requests.refuse(asked, reason=typed["reason"], by=by, at=at)


def _extend(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> None:
    extension.extend(asked, reason=typed["reason"], by=by, at=at)


def _check_again(asked: DataRequest, typed: dict[str, Any], by: Any, at: datetime) -> None:
    erasure.check_again(asked, by=by, at=at)


DECISIONS: Final = {
    "approve": Decision(
        "Approve",
        "The account is locked for purchases at once, the person is told what stays and why, and the grace runs. "
        "Until it ends they can take it back; then the worker carries the plan out.",
        "is approved",
        _leading_to(State.APPROVED),
        PlainForm,
        _approve,
    ),
    "refuse": Decision(
        "Refuse with reason",
        "The person is told these words, and how to object. Nothing is changed.",
        "is refused",
        _leading_to(State.REFUSED),
        RefusalForm,
        _refuse,
        only_erasure=False,
    ),
    "extend": Decision(
        "Take more time",
        "The person is told these words and the new date, which is the last one the laws allow. It works once, and only "
        "before the present date.",
        "has more time",
        extension.EXTENDABLE,
        ExtensionForm,
        _extend,
        only_erasure=False,
    ),
    "check_again": Decision(
        "Check again",
        "The blocked steps are counted afresh and tried once more. Do this after you looked at what is in their way.",
        "is tried again",
        frozenset({State.PARTLY_DONE}),
        PlainForm,
        _check_again,
    ),
}


class StandingFilter(admin.SimpleListFilter):
    """Open requests unless somebody asks for others: the queue is what is still owed."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("ended", "Ended"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """Django's `All` means *open* here."""
        everything, *others = super().choices(changelist)
        yield {**everything, "display": "Open"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[DataRequest]) -> QuerySet[DataRequest]:
        if self.value() == "all":
            return queryset
        return queryset.exclude(state__in=OPEN) if self.value() == "ended" else queryset.filter(state__in=OPEN)


class DueFilter(admin.SimpleListFilter):
    """By the time that is left."""

    title = "due"
    parameter_name = "due"
    within: Final = {"late": timedelta(0), "today": timedelta(days=1), "soon": SOON, "week": timedelta(days=7)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", "Overdue"), ("today", "In 24 hours"), ("soon", "In 3 days"), ("week", "In 7 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DataRequest]) -> QuerySet[DataRequest]:
        span = self.within.get(self.value() or "")
        return queryset if span is None else queryset.filter(state__in=OPEN, due_at__lt=timezone.now() + span)


@admin.register(DataRequest)
class RequestAdmin(WarnsOfResidue):
    """The queue, sorted by what is due; colours only for the time that is left."""

    list_display = ("reference", "kind", "state_label", "reply_due", "due", "received_at", "channel")
    list_filter = (StandingFilter, DueFilter, "kind", "state", "channel")
    search_fields = ("=reference",)
    search_help_text = "The whole reference, or the whole e-mail address the person uses"
    ordering = ("due_at", "pk")
    actions_detail = ("approve", "refuse", "extend", "check_again")
    shows = {"address": ("contact",), "decided": ("approved_by", "refused_by")}
    change_form_after_template = "admin/privacy/request.html"
    fieldsets = (
        (None, {"fields": ("reference", "kind", "state", "channel", "address", "identity")}),
        ("Dates", {"fields": ("received_at", "reply_due", "due", "grace", "completed_at")}),
        ("Decision", {"fields": ("decided", "refusal_reason", "extended_at", "extension_reason", "joined_to")}),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue, under what else waits for somebody."""
        admin_messages.warn_of_messages(request)
        return super().changelist_view(request, extra_context)

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("privacy.change_datarequest"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what the request's state allows."""
        asked = DataRequest.objects.filter(pk=object_id).first()
        every = super().get_actions_detail(request, object_id)
        decisions = {f"privacy_datarequest_{name}": decision for name, decision in DECISIONS.items()}
        return [
            each
            for each in every
            if asked and (each.action_name not in decisions or decisions[each.action_name].fits(asked))
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """An e-mail address is looked up by its keyed digest: it stands in no column."""
        if "@" not in search_term:
            found: tuple[QuerySet[Any], bool] = super().get_search_results(
                request, queryset, search_term.strip().upper()
            )
            return found
        values = [digest.value for digest in digests.all_of("email", search_term)]
        typed = Identifier.objects.filter(kind="email", digest__in=values).values("subject_id")
        return queryset.filter(subject_id__in=typed), False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One request on one page: plan, clocks, trail."""
        asked = self.get_object(request, object_id)
        told = _told(asked) if isinstance(asked, DataRequest) else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})
        return page

    @action(description="Approve", url_path="approve", permissions=["decide"], variant=ActionVariant.PRIMARY)
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The person will be erased."""
        return self._decide("approve", request, object_id)

    @action(description="Refuse with reason", url_path="refuse", permissions=["decide"], variant=ActionVariant.DANGER)
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """It will not be carried out."""
        return self._decide("refuse", request, object_id)

    @action(description="Take more time", url_path="extend", permissions=["decide"])
    def extend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """It takes longer, once."""
        return self._decide("extend", request, object_id)

    @action(description="Check again", url_path="check-again", permissions=["decide"])
    def check_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Try the blocked steps once more."""
        return self._decide("check_again", request, object_id)

    def _decide(self, name: str, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for what the verb needs, call it once, come back to the request."""
        asked, decision = self.get_object(request, object_id), DECISIONS[name]
        if not isinstance(asked, DataRequest):
            raise Http404
        back = reverse("admin:privacy_datarequest_change", args=[asked.pk])
        if not decision.fits(asked):
            messages.warning(request, f"{asked} is {asked.get_state_display().lower()}: nothing was changed.")
            return HttpResponseRedirect(back)
        form = decision.form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid() and _done(decision, asked, form, request):
            messages.success(request, f"{asked} {decision.done}.")
            return HttpResponseRedirect(back)
        context = {**self.admin_site.each_context(request), "title": f"{decision.title}: {asked}", "opts": self.opts}
        context |= {"form": form, "decision": decision, "asked": asked, "back": back, **_told(asked)}
        return render(request, "admin/privacy/decide.html", context)

    @display(description="state", label=STATE_COLOURS, ordering="state")
    def state_label(self, asked: DataRequest) -> tuple[str, str]:
        return asked.state, asked.get_state_display()

    @display(description="due", ordering="due_at")
    def due(self, asked: DataRequest) -> str:
        return _coloured(asked, asked.due_at, "completion", is_met=not asked.is_open)

    @display(description="first reply due", ordering="first_reply_due_at")
    def reply_due(self, asked: DataRequest) -> str:
        is_met = asked.first_replied_at is not None or not asked.is_open
        return _coloured(asked, asked.first_reply_due_at, "first reply", is_met=is_met)

    @display(description="answer goes to")
    def address(self, asked: DataRequest) -> str:
        return asked.contact or "forgotten"

    @display(description="identity")
    def identity(self, asked: DataRequest) -> str:
        return f"proved {asked.verified_at:%-d %B %Y, %H:%M} UTC" if asked.verified_at else "not proved yet"

    @display(description="carried out after")
    def grace(self, asked: DataRequest) -> str:
        return f"{asked.execute_after:%-d %B %Y, %H:%M} UTC" if asked.execute_after else ""

    @display(description="decided by")
    def decided(self, asked: DataRequest) -> str:
        return asked.approved_by or asked.refused_by


@admin.register(AuditEvent)
class AuditEventAdmin(Evidence):
    """The trail: who did what to which reference, when."""

    list_display = ("at", "event", "object_ref", "actor")
    list_filter = ("event",)
    search_fields = ("=object_ref", "=actor", "=event")
    ordering = ("-at", "-pk")
    show_full_result_count = False


def _done(decision: Decision, asked: DataRequest, form: forms.Form, request: HttpRequest) -> bool:
    """Call the verb; what it refuses is told on the form."""
    try:
        decision.do(asked, form.cleaned_data, request.user, timezone.now())
    except (states.NotAllowed, states.Changed):
        form.add_error(None, "Somebody else has just decided this, or the person took it back. Look at it again.")
    except requests.OwnRequest:
        form.add_error(None, "This is your own request. Somebody else decides about it.")
    except extension.Once:
        form.add_error(None, "It was given more time before. The law knows no second time.")
    except extension.TooLate:
        form.add_error(None, "Its time has run: more time had to be told before that.")
    return form.is_valid()


def _told(asked: DataRequest) -> dict[str, Any]:
    """The tables under the request: its plan, its clocks, its trail."""
    steps = list(asked.steps.all())
    rows = [step for step in steps if step.planned or step.kind != StepKind.ROWS]
    trail = AuditEvent.objects.about(asked.reference)[:100]
    return {
        "plan": {
            "headers": ["#", "What", "Rows", "Goes", "Stays", "Why", "Until", "State"],
            "rows": [_plan_row(step) for step in rows],
        },
        "empty_steps": len(steps) - len(rows),
        "clocks": {
            "headers": ["Clock", "Rule", "How the date came about"],
            "rows": [
                [each["clock"], f"{each['rule']}{' (counts)' if each['governs'] else ''}", each["words"]]
                for each in asked.derivation
            ],
        },
        "trail": {
            "headers": ["When", "What", "By", "Note"],
            "rows": [[f"{each.at:%Y-%m-%d %H:%M:%S}", each.event, each.actor, each.note] for each in trail],
        },
    }


def _plan_row(step: ErasureStep) -> list[Any]:
    rows = f"{step.affected} of {step.planned}" if step.affected else str(step.planned)
    state = step.get_state_display()
    words = f"{state}: {step.blocker}" if step.blocker else state
    until = f"{step.until_on:%-d %B %Y}" if step.until_on else ""
    return [
        step.position,
        step.label,
        rows if step.kind == StepKind.ROWS else "",
        step.goes,
        step.stays,
        step.why,
        until,
        words,
    ]


def _coloured(asked: DataRequest, moment: datetime, clock: str, *, is_met: bool) -> str:
    """The date, its colour by the time left, and its derivation on hover and focus."""
    now = timezone.now()
    words = next((each["words"] for each in asked.derivation if each["clock"] == clock and each["governs"]), "")
    left = f"{timesince(moment, now)} late" if moment < now else f"in {timeuntil(moment, now)}"
    look = "" if is_met else " due--late" if moment < now else " due--soon" if moment < now + SOON else ""
    date = f"{moment:%-d %b %Y}"
    return format_html(
        '<abbr class="due{}" tabindex="0" title="{}">{}{}</abbr>', look, words, date, "" if is_met else f", {left}"
    )
