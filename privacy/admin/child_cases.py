"""The registers about children: what became of each report, in its three steps, and what is not collected any more. Only read.

Reports are decided on the page of their request (`privacy.admin.children`). From here one thing can still be done: tell a parent
who was found later.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from privacy.admin import child_steps
from privacy.admin import due as dates
from privacy.admin.decisions import Decides, Decision
from privacy.admin.masks import Evidence
from privacy.forms.children import ParentForm
from privacy.ground import digests
from privacy.register import registry
from privacy.register.stop_models import CollectionStop
from privacy.rights import child_reports, requests
from privacy.rights.child_models import ChildCase
from privacy.rights.desk_people import MAY_DECIDE
from privacy.rights.models import DataRequest, State

Finding = ChildCase.Finding
COLOURS: Final = {"child": "danger", "shown": "info", "nothing": "info", "older": "success"}


def _tell(case: ChildCase, typed: dict[str, Any], by: Any, at: datetime) -> str:
    told = child_reports.tell_parent(case, address=typed["address"], by=by, at=at)
    return "The parent is told." if told.told_at else "The parent is told as soon as everything is deleted."


TELL: Final = Decision(
    title="Tell a parent",
    explains="A parent was found after all. They are mailed that what we held about their child is deleted: now, or with the "
    "last of it. The address is used for that mail and forgotten. Be sure that it is the parent's.",
    permission=MAY_DECIDE,
    fits=lambda case: case.finding == Finding.CHILD and case.told_at is None,
    do=_tell,
    form=ParentForm,
)


def warn_of_reports(request: HttpRequest) -> None:
    """Say how many reports wait to be looked into."""
    waiting = DataRequest.objects.filter(kind__in=child_reports.KINDS, state=State.VERIFIED)
    if count := waiting.count():
        chosen = f"state__exact={State.VERIFIED}&kind__in={','.join(child_reports.KINDS)}"
        link = f"{reverse('admin:privacy_datarequest_changelist')}?{chosen}"
        words = "1 report waits" if count == 1 else f"{count} reports wait"
        messages.warning(request, format_html('<a class="desk__link" href="{}">{} to be looked into</a>.', link, words))


@admin.register(ChildCase)
class ChildCaseAdmin(Decides, Evidence):
    """What became of every report about a child, the latest first."""

    warnings = (warn_of_reports,)
    list_display = ("report", "found", "verified", "deleted", "told", "due")
    list_filter = (
        "finding",
        "how",
        ("deleted_at", admin.EmptyFieldListFilter),
        ("told_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("request__reference__exact",)
    search_help_text = "The whole reference of the report"
    list_select_related = ("request",)
    ordering = ("-verified_at", "-pk")
    decisions = {"tell_parent": TELL}
    refusals = {
        child_reports.ChildsOwn: "We were told that this is a child's own address. Nobody writes to a child.",
        child_reports.NobodyToTell: "A parent was told, or there is nothing to tell.",
        requests.OwnRequest: "This is your own report. Somebody else decides about it.",
    }
    shows = {"waits_for": ("parent",)}
    change_form_before_template = "admin/privacy/child_case.html"
    fieldsets = ((None, {"fields": (("report", "due"), ("finding", "how"), "waits_for")}),)
    verified = dates.of("verified_at", "looked into")
    deleted = dates.of("deleted_at")
    told = dates.of("told_at", "parent told")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One report on one page, in its three steps."""
        case, at = self.get_object(request, object_id), timezone.now()
        known: dict[str, Any] = {}
        if isinstance(case, ChildCase):
            asked = case.request
            page_of_it = reverse("admin:privacy_datarequest_change", args=[asked.pk])
            known = {"asked": asked, "child_steps": child_steps.steps(asked, case, at), "request_page": page_of_it}
            known["due"] = dates.due(asked, at)
        page: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **known})
        return page

    def describe(self, row: ChildCase) -> str:
        """Of which report, and what was found."""
        return f"Report {row.request}, {row.get_finding_display().lower()}"

    @display(description="report", ordering="request__reference")
    def report(self, case: ChildCase) -> str:
        return f"{case.request}, {case.request.get_kind_display().lower()}"

    @display(description="found", label=COLOURS, ordering="finding")
    def found(self, case: ChildCase) -> tuple[str, str]:
        return case.finding, case.get_finding_display()

    @display(description="due", ordering="request__due_at")
    def due(self, case: ChildCase) -> str:
        return dates.due(case.request, timezone.now())

    @display(description="a parent to be told reads mail at")
    def waits_for(self, case: ChildCase) -> str:
        return case.parent or "nobody known, or told already"


@admin.register(CollectionStop)
class CollectionStopAdmin(Evidence):
    """What no form takes any more, because it was a child's: when from, and until when. Of the address there is only a digest."""

    list_display = ("what", "raised", "until", "key_version")
    list_filter = ("kind",)
    search_fields = ("subject_id__exact",)
    search_help_text = "A whole e-mail address or telephone number: is it refused?"
    ordering = ("-raised_at", "-pk")
    fields = ("what", "raised", "until", "key_version", "subject_id")
    raised = dates.of("raised_at", "refused since")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """An address or a number is looked up by its keyed digest: it stands in no column."""
        term = search_term.strip()
        kind: Any = "email" if "@" in term else "phone"
        known = [digest.value for digest in digests.all_of(kind, term)] if term else []
        return (queryset.filter(kind=kind, digest__in=known) if term else queryset), False

    @display(description="refused", ordering="kind")
    def what(self, stop: CollectionStop) -> str:
        return f"an {stop.get_kind_display()}" if stop.kind == "email" else "a telephone number"

    @display(description="until")
    def until(self, stop: CollectionStop) -> str:
        """The day on which its retention has run."""
        declaration = registry.find("privacy.CollectionStop")
        return dates.moment(declaration.retention.until(stop)) if declaration else ""
