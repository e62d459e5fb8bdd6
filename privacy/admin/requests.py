"""The privacy desk: the queue of requests by due date, one request on one page.

The desk names nobody: it works with references, dates and counts, and shows the address masked.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from privacy.admin import due as dates
from privacy.admin import request_page
from privacy.admin.decisions import Decides, Decision
from privacy.admin.finding import FoundByAddress
from privacy.admin.intake import TakesCalls
from privacy.admin.lists import staff
from privacy.admin.masks import Evidence
from privacy.admin.messages import warn_of_messages
from privacy.admin.proof import warn_of_residue
from privacy.admin.request_decisions import DECISIONS, MAY_DECIDE, REFUSALS
from privacy.ground import audit, states
from privacy.rights import assignment, conversation, figures, requests, wished
from privacy.rights.models import DataRequest
from privacy.rights.states import OPEN

STATE_COLOURS: Final = {
    "received": "info",
    "verified": "warning",
    "approved": "info",
    "executing": "info",
    "partly_done": "danger",
    "completed": "success",
}


#: The lines of a request's page; fields side by side stand in one.
LINES: Final[dict[str | None, tuple[tuple[str, ...], ...]]] = {
    None: (("kind", "state"), ("channel", "desk"), ("address",), ("wished",)),
    "Dates": (("arrived", "reply_due"), ("due", "grace"), ("ended",)),
    "Decision": (
        ("decided", "joined_to"), ("said",), ("refusal_ground",), ("refusal_reason",), ("extended",), ("extension_reason",),
    ),
}  # fmt: skip
#: What most requests have not, by what it is read from: without it there is no line.
SELDOM: Final = {
    "wished": ("wishes",),
    "said": ("answer",),
    "grace": ("execute_after",),
    "decided": ("approved_by", "refused_by"),
    "joined_to": ("joined_to_id",),
    "ended": ("completed_at",),
    "extended": ("extended_at",),
    **{name: (name,) for name in ("refusal_ground", "refusal_reason", "extension_reason")},
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


class UsedFilter(admin.SimpleListFilter):
    """By how much of its time has run, at the marks at which staff are reminded."""

    title = "time used"
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("50", "Half or more"), ("80", "Four fifths or more"), ("100", "All of it")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DataRequest]) -> QuerySet[DataRequest]:
        chosen = self.value() if self.value() in {value for value, _ in self.lookup_choices} else None
        return queryset.filter(state__in=OPEN, escalated__gte=int(chosen)) if chosen else queryset


class DeskFilter(admin.SimpleListFilter):
    """By whose desk it lies on."""

    title = "desk"
    parameter_name = "desk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "Mine"), ("nobody", "Nobody's yet"), ("others", "A colleague's")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DataRequest]) -> QuerySet[DataRequest]:
        me = audit.actor(staff(request))
        spans = {"mine": Q(assigned_to=me), "nobody": Q(assigned_to=""), "others": ~Q(assigned_to__in=["", me])}
        span = spans.get(self.value() or "")
        return queryset if span is None else queryset.filter(span)


@admin.register(DataRequest)
class RequestAdmin(FoundByAddress, Decides, TakesCalls, Evidence):
    """The queue, sorted by what is due; colours only for the time that is left."""

    warnings = (warn_of_messages, warn_of_residue)
    list_display = ("reference", "kind", "state_label", "reply_due", "due", "used", "desk", "received")
    list_filter = (StandingFilter, DueFilter, UsedFilter, DeskFilter, "kind", "state", "channel")
    list_per_page = 50
    show_full_result_count = False
    list_before_template = "admin/privacy/keys.html"
    actions = ("take_chosen",)
    search_fields = ("reference__exact",)  # by its index; a reference is written in capitals
    search_help_text = "The whole reference, or the whole e-mail address the person uses"
    ordering = ("due_at", "pk")
    decisions = DECISIONS
    refusals = REFUSALS
    decide_template = "admin/privacy/request_decide.html"
    shows = {
        "address": ("contact",),
        "decided": ("approved_by", "refused_by"),
        "wished": ("wishes",),
        "said": ("answer",),
    }
    change_form_before_template = "admin/privacy/request_person.html"
    change_form_after_template = "admin/privacy/request.html"
    inlines = (request_page.MessageInline,)
    arrived = dates.of("received_at", "received")
    ended = dates.of("completed_at", "completed")
    extended = dates.of("extended_at", "given more time")

    def get_fieldsets(self, request: HttpRequest, obj: DataRequest | None = None) -> Any:
        """Only lines that say something."""
        parts = {
            title: [[name for name in line if _says(obj, name)] for line in lines] for title, lines in LINES.items()
        }
        return [(title, {"fields": [line for line in lines if line]}) for title, lines in parts.items() if any(lines)]

    def get_inlines(self, request: HttpRequest, obj: DataRequest | None) -> list[Any]:
        """The messages, where there are any."""
        return list(self.inlines) if obj is not None and obj.conversation.exists() else []

    def describe(self, row: DataRequest) -> str:
        """Its reference, what is asked, and how far it is."""
        return f"{row}, {row.get_kind_display().lower()}, {row.get_state_display().lower()}"

    def decision_context(self, request: HttpRequest, row: DataRequest, decision: Decision[Any]) -> dict[str, Any]:
        """The plan and the clocks."""
        return request_page.told(row, timezone.now())

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One request on one page. Whoever may decide has read its messages by opening it."""
        asked, at = self.get_object(request, object_id), timezone.now()
        known = request_page.told(asked, at) if isinstance(asked, DataRequest) else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **known})
        if isinstance(asked, DataRequest) and request.user.has_perm(MAY_DECIDE):
            conversation.read(asked, by=staff(request), at=at)
        return page

    @admin.action(description="Take them", permissions=["take"])
    def take_chosen(self, request: HttpRequest, queryset: QuerySet[DataRequest]) -> None:
        """Lay what lies on nobody's desk on one's own, and say how many stayed where they were."""
        by, chosen, taken = staff(request), list(queryset), 0
        for asked in chosen:
            with suppress(states.NotAllowed, states.Changed, requests.OwnRequest):
                assignment.assign(asked, to=by, seen="", by=by, at=timezone.now())
                taken += 1
        messages.info(request, f"{taken} on your desk, {len(chosen) - taken} left where they were.")

    @display(description="state", label=STATE_COLOURS, ordering="state")
    def state_label(self, asked: DataRequest) -> tuple[str, str]:
        return asked.state, asked.get_state_display()

    @display(description="due", ordering="due_at")
    def due(self, asked: DataRequest) -> str:
        return dates.due(asked, timezone.now())

    @display(description="time used", ordering="escalated")
    def used(self, asked: DataRequest) -> str:
        return dates.used(asked)

    @display(description="first reply due", ordering="first_reply_due_at")
    def reply_due(self, asked: DataRequest) -> str:
        return dates.first_reply_due(asked, timezone.now())

    @display(description="answer goes to")
    def address(self, asked: DataRequest) -> str:
        return asked.contact or "forgotten"

    @display(description="wants")
    def wished(self, asked: DataRequest) -> str:
        if isinstance(asked.wishes, dict):
            return format_html_join(SafeString("<br>"), "{}: {}", wished.of(asked))
        return _lines(asked.wishes)

    @display(description="answered")
    def said(self, asked: DataRequest) -> str:
        return _lines(asked.answer)

    @display(description="received", ordering="received_at")
    def received(self, asked: DataRequest) -> str:
        return dates.day(asked.received_at)

    @display(description="on the desk of", ordering="assigned_to")
    def desk(self, asked: DataRequest) -> str:
        return asked.assigned_to or "nobody yet"

    @display(description="carried out after")
    def grace(self, asked: DataRequest) -> str:
        return dates.moment(asked.execute_after)

    @display(description="decided by")
    def decided(self, asked: DataRequest) -> str:
        return asked.approved_by or asked.refused_by


def _says(asked: DataRequest | None, name: str) -> bool:
    """Whether the field has anything to show on this request's page."""
    return asked is not None and (name not in SELDOM or any(getattr(asked, read) for read in SELDOM[name]))


def _lines(value: Any) -> str:
    """What was written, line by line."""
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in str(value or "").splitlines()))
