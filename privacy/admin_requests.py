"""The privacy desk: the queue of requests by due date, one request on one page.

The desk names nobody: it works with references, dates and counts, and shows the address masked.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import display

from privacy import admin_due, admin_messages
from privacy.admin_decisions import Decides, Decision
from privacy.admin_intake import TakesCalls
from privacy.admin_proof import WarnsOfResidue
from privacy.admin_request_decisions import DECISIONS, REFUSALS
from privacy.ground import digests
from privacy.ground.models import AuditEvent
from privacy.register.models import Identifier
from privacy.rights import figures
from privacy.rights.models import DataRequest, ErasureStep, StepKind
from privacy.rights.states import OPEN

STATE_COLOURS: Final = {
    "received": "info",
    "verified": "warning",
    "approved": "info",
    "executing": "info",
    "partly_done": "danger",
    "completed": "success",
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

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("late", "Overdue"),
            ("today", "Today"),
            ("soon", "In 3 days"),
            ("week", "In 7 days"),
            ("reply", "First reply, today"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DataRequest]) -> QuerySet[DataRequest]:
        span = figures.due(timezone.now()).get(self.value() or "")
        return queryset if span is None else queryset.filter(span)


@admin.register(DataRequest)
class RequestAdmin(Decides, TakesCalls, WarnsOfResidue):
    """The queue, sorted by what is due; colours only for the time that is left."""

    list_display = ("reference", "kind", "state_label", "reply_due", "due", "received_at", "channel")
    list_filter = (StandingFilter, DueFilter, "kind", "state", "channel")
    search_fields = ("=reference",)
    search_help_text = "The whole reference, or the whole e-mail address the person uses"
    ordering = ("due_at", "pk")
    decisions = DECISIONS
    refusals = REFUSALS
    decide_template = "admin/privacy/request_decide.html"
    shows = {"address": ("contact",), "decided": ("approved_by", "refused_by")}
    change_form_after_template = "admin/privacy/request.html"
    fieldsets = (
        (None, {"fields": ("reference", "kind", "state", "channel", "address", "identity")}),
        ("Dates", {"fields": ("received_at", "reply_due", "due", "grace", "completed_at")}),
        (
            "Decision",
            {"fields": ("decided", "refusal_ground", "refusal_reason", "extended_at", "extension_reason", "joined_to")},
        ),
    )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue, under what else waits for somebody."""
        admin_messages.warn_of_messages(request)
        return super().changelist_view(request, extra_context)

    def describe(self, row: DataRequest) -> str:
        """Its reference, what is asked, and how far it is."""
        return f"{row}, {row.get_kind_display().lower()}, {row.get_state_display().lower()}"

    def decision_context(self, request: HttpRequest, row: DataRequest, decision: Decision[Any]) -> dict[str, Any]:
        """The plan and the clocks."""
        return _told(row)

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

    @display(description="state", label=STATE_COLOURS, ordering="state")
    def state_label(self, asked: DataRequest) -> tuple[str, str]:
        return asked.state, asked.get_state_display()

    @display(description="due", ordering="due_at")
    def due(self, asked: DataRequest) -> str:
        return admin_due.due(asked, timezone.now())

    @display(description="first reply due", ordering="first_reply_due_at")
    def reply_due(self, asked: DataRequest) -> str:
        return admin_due.first_reply_due(asked, timezone.now())

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
