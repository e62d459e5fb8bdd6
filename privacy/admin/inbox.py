"""The desk's page of mails to the shop: what waits, in the order in which it is due; who wrote, and what, is masked."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from privacy.admin import due as dates
from privacy.admin.decisions import Decides, Decision, calls
from privacy.admin.finding import FoundByAddress
from privacy.admin.masks import Evidence
from privacy.forms.pages import DecisionForm
from privacy.forms.texts import FreeText
from privacy.messages.arrivals import InboundMail, MailState
from privacy.rights import mailroom
from privacy.rights.models import Kind

COLOURS: Final = {"new": "info", "waiting": "warning", "done": "success", "ignored": "info"}
HIDDEN: Final = "masked: reveal it for a reason"


class AnswerForm(DecisionForm):
    """What staff write back."""

    text = FreeText(
        label="Answer",
        max_length=10_000,
        help_text="The person reads these words, under the shop's letterhead. Their own mail is not quoted.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 10}),
    )


class OpenForm(DecisionForm):
    """Which right the mail means."""

    kind = forms.ChoiceField(
        label="They want to", choices=[(kind.value, kind.label) for kind in Kind], widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """What its subject says, if that names a right, is chosen already."""
        super().__init__(*args, **kwargs)
        if self.row is not None and (meant := mailroom.ASKED_FOR.get(self.row.route)):
            self.initial["kind"] = meant


class PutAwayForm(DecisionForm):
    """Why nothing is sent from here."""

    note = FreeText(
        label="Note",
        max_length=200,
        help_text="For the trail: what was done, such as answered by telephone. Name nobody.",
        widget=UnfoldAdminTextInputWidget,
    )


class AskedTooOften(Exception):
    """The address has had enough requests for a day."""


def _waits(mail: InboundMail) -> bool:
    return mail.state == MailState.WAITING


def _waits_from_somebody(mail: InboundMail) -> bool:
    """Whether there is somebody to answer."""
    return _waits(mail) and bool(mail.sender)


def _open_request(mail: InboundMail, typed: dict[str, Any], by: Any, at: datetime) -> str:
    if mailroom.open_request(mail, typed["kind"], by=by, at=at) is None:
        raise AskedTooOften
    return f"{mail} has become a request."


MAY_ANSWER: Final = "privacy.change_inboundmail"
DECISIONS: Final = {
    "answer": Decision(
        title="Answer",
        explains="It goes to the one address that the mail is from, by the outbox, and the mail is done.",
        permission=MAY_ANSWER,
        fits=_waits_from_somebody,
        do=calls(mailroom.answer, "{row} is answered."),
        form=AnswerForm,
        variant=ActionVariant.PRIMARY,
    ),
    "open_request": Decision(
        title="Open a request",
        explains="The request counts from the moment the mail arrived. A link goes to its sender, and nothing happens before it is "
        "pressed.",
        permission=MAY_ANSWER,
        fits=_waits_from_somebody,
        do=_open_request,
        form=OpenForm,
    ),
    "put_away": Decision(
        title="Put away",
        explains="Nothing is sent from here, and the mail waits no more.",
        permission=MAY_ANSWER,
        fits=_waits,
        do=calls(mailroom.put_away, "{row} is put away."),
        form=PutAwayForm,
    ),
}


class StandingFilter(admin.SimpleListFilter):
    """What waits, unless somebody asks for other mails."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("done", "Done"), ("ignored", "Left alone"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        """Django's `All` means *waiting* here."""
        everything, *others = super().choices(changelist)
        yield {**everything, "display": "Waiting"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[InboundMail]) -> QuerySet[InboundMail]:
        if self.value() == "all":
            return queryset
        wanted = {self.value()} if self.value() else {MailState.NEW, MailState.WAITING}
        return queryset.filter(state__in=wanted)


@admin.register(InboundMail)
class InboundMailAdmin(FoundByAddress, Decides, Evidence):
    """The queue: mails about data first, then by what is due."""

    list_display = ("reference", "route_label", "due", "state_label", "received", "missing")
    list_filter = (StandingFilter, "route", "via")
    search_fields = ("=reference", "=about")
    search_help_text = "The whole reference of the mail or of what it led to, or the whole e-mail address"
    decisions = DECISIONS
    refusals = {
        AskedTooOften: "This address has had enough requests for a day. Answer it, or try again tomorrow.",
        mailroom.AnswerMissing: "An empty answer is none.",
    }
    shows = {"written_by": ("sender",), "title": ("letter",), "words": ("letter",), "files": ("letter",)}
    fieldsets = (
        (None, {"fields": ("reference", "route", "because", "about", "state", "due")}),
        ("The mail", {"fields": ("written_by", "proven", "title", "words", "files", "missing", "cards_masked")}),
        ("Dates", {"fields": ("received", "kept", "handled", "handled_by", "via", "size_bytes")}),
    )
    show_full_result_count = False
    received = dates.of("received_at")
    kept = dates.of("kept_at")
    handled = dates.of("handled_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundMail]:
        """In the order in which they are answered."""
        return InboundMail.objects.in_turn()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("turn", "due_at", "-received_at", "pk")

    def describe(self, row: InboundMail) -> str:
        """What it is, since when, and how far."""
        what, how_far = row.get_route_display().lower(), row.get_state_display().lower()
        return f"{row}, {what}, arrived {dates.moment(row.received_at)}, {how_far}"

    @display(description="what it is", ordering="route", label={"yes": "warning", "no": "info"})
    def route_label(self, mail: InboundMail) -> tuple[str, str]:
        return "yes" if mail.is_urgent else "no", mail.get_route_display()

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, mail: InboundMail) -> tuple[str, str]:
        return mail.state, mail.get_state_display()

    @display(description="due", ordering="due_at")
    def due(self, mail: InboundMail) -> str:
        if mail.due_at is None:
            return ""
        now = timezone.now()
        waits = mail.state == MailState.WAITING
        left = f"{timesince(mail.due_at, now)} late" if mail.due_at < now else f"in {timeuntil(mail.due_at, now)}"
        look = " due--late" if waits and mail.due_at < now else ""
        words = dates.day(mail.due_at) + (f", {left}" if waits else "")
        return format_html('<span class="due{}">{}</span>', look, words)

    @display(description="is it from there?")
    def proven(self, mail: InboundMail) -> str:
        return "our mail server vouches for it" if mail.is_proven else "nobody knows: anybody can write any address"

    @display(description="not here")
    def missing(self, mail: InboundMail) -> str:
        """What of the mail only the mailbox has."""
        files = f"{mail.enclosures} enclosed" if mail.enclosures else ""
        return ", ".join(filter(None, [files, "" if mail.is_whole else "the rest of a large mail"]))

    @display(description="from")
    def written_by(self, mail: InboundMail) -> str:
        return mail.sender or "nobody who could be answered"

    @display(description="subject")
    def title(self, mail: InboundMail) -> str:
        return _read(mail, "subject")

    @display(description="text")
    def words(self, mail: InboundMail) -> str:
        return format_html_join(SafeString("<br>"), "{}", ((line,) for line in _read(mail, "text").splitlines()))

    @display(description="enclosed, not kept")
    def files(self, mail: InboundMail) -> str:
        return ", ".join(f"{each['name'] or 'a mail'} ({each['kind']})" for each in mail.says("enclosed") or [])


def _read(mail: InboundMail, name: str) -> str:
    """A part of the letter; a word where it is masked, nothing where nothing was kept."""
    return mail.says(name) or (HIDDEN if mail.letter == {} else "")
