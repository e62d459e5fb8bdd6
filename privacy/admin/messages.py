"""The desk's pages of what leaves the house: messages, those that wait for a human being first, and who received what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.enums import ActionVariant

from privacy.admin.decisions import MEANWHILE, Decides, Decision, calls
from privacy.admin.masks import Evidence
from privacy.messages import outcomes
from privacy.messages.models import Message
from privacy.register import disclosures
from privacy.register.models import Disclosure

State = Message.State
COLOURS: Final = {
    "sent": "success",
    "failed": "danger",
    "returned": "danger",
    "unknown": "warning",
    "stopped": "info",
    "listed": "info",
}


LOOK: Final = (
    "Look for its number in the mail server's log first. Nobody here can know whether it went: the server was handed the mail, and "
    "no answer came."
)


def _waits_in(*states: str) -> Callable[[Message], bool]:
    """Whether somebody has to say what became of it."""
    return lambda message: message.settled_at is None and message.state in states


MAY_SETTLE: Final = "privacy.change_message"
DECISIONS: Final = {
    "it_went": Decision(
        title="It went",
        explains=f"{LOOK} Say this where the log has it as accepted. Nothing more is sent.",
        permission=MAY_SETTLE,
        fits=_waits_in(State.UNKNOWN),
        do=calls(outcomes.it_went, "{row} is noted as sent."),
    ),
    "send_again": Decision(
        title="It did not go: send it",
        explains=f"{LOOK} Say this where the log does not have it. It is sent once more, if the person still agrees to it.",
        permission=MAY_SETTLE,
        fits=_waits_in(State.UNKNOWN),
        do=calls(outcomes.send_again, "{row} waits to be sent again."),
        variant=ActionVariant.PRIMARY,
    ),
    "settle": Decision(
        title="Dealt with",
        explains="It did not arrive and is not tried again; what it said is no longer here. Say this when the person knows by "
        "another way, or need not know.",
        permission=MAY_SETTLE,
        fits=_waits_in(State.FAILED, State.RETURNED),
        do=calls(outcomes.settle, "{row} is dealt with."),
        variant=ActionVariant.PRIMARY,
    ),
}


class WaitingFilter(admin.SimpleListFilter):
    """Those that somebody has to look at."""

    title = "waits for somebody"
    parameter_name = "waits"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(pk__in=Message.objects.for_staff().values("pk")) if self.value() else queryset


def warn_of_messages(request: HttpRequest) -> None:
    """Say what did not arrive, until somebody has dealt with it."""
    if waiting := Message.objects.for_staff().count():
        url = f"{reverse('admin:privacy_message_changelist')}?waits=yes"
        words = "1 message waits" if waiting == 1 else f"{waiting} messages wait"
        text = '<a href="{}">{} for somebody</a>: given up, returned, or perhaps sent.'
        messages.error(request, format_html(text, url, words))


@admin.register(Message)
class MessageAdmin(Decides, Evidence):
    """Messages by kind and state. What they say rests sealed until they are over, and is blank afterwards."""

    warnings = (warn_of_messages,)
    list_display = (
        "kind",
        "channel",
        "reference",
        "state_label",
        "created_at",
        "sent_at",
        "stopped_because",
    )
    list_filter = (WaitingFilter, "state", "channel", "kind")
    search_fields = ("=reference", "=id")
    ordering = ("-created_at",)
    decisions = DECISIONS
    refusals = {outcomes.Settled: MEANWHILE}
    fields = (
        "id", "kind", "channel", "reference", "state", "stopped_because", "created_at", "sent_at", "attempts",
        "next_attempt_at", "settled_at",
    )  # fmt: skip
    show_full_result_count = False

    def describe(self, row: Message) -> str:
        """What it is, and how far."""
        return f"{row.kind}, {row.get_state_display().lower()}, number {row.pk}"

    @display(description="state", label=COLOURS, ordering="state")
    def state_label(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()


@admin.register(Disclosure)
class DisclosureAdmin(Evidence):
    """Who received what about whom, by number; the person reads the same in words."""

    list_display = ("at", "receiver", "purpose", "host", "reference", "actor")
    list_filter = ("processor", "purpose")
    search_fields = ("=reference", "=subject_id")
    ordering = ("-at", "-pk")
    fields = ("at", "receiver", "purpose", "host", "keys", "reference", "actor")
    show_full_result_count = False

    @display(description="receiver", ordering="processor")
    def receiver(self, row: Disclosure) -> str:
        return disclosures.name_of(row.processor)
