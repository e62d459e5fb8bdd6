"""The desk's pages of what leaves the house: messages, those that wait for a human being first, and who received what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from privacy.admin_masks import Evidence
from privacy.messages import outcomes
from privacy.messages.models import Message
from privacy.register import disclosures
from privacy.register.models import Disclosure

State = Message.State
COLOURS: Final = {"sent": "success", "failed": "danger", "returned": "danger", "unknown": "warning", "stopped": "info"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a member of staff can say about a message that waits for them."""

    title: str
    explains: str
    done: str
    states: tuple[str, ...]
    do: Callable[..., Message]


LOOK: Final = (
    "Look for its number in the mail server's log first. Nobody here can know whether it went: the server was handed the mail, and "
    "no answer came."
)
ANSWERS: Final = {
    "it_went": Answer(
        "It went",
        f"{LOOK} Say this where the log has it as accepted. Nothing more is sent.",
        "is noted as sent",
        (State.UNKNOWN,),
        outcomes.it_went,
    ),
    "send_again": Answer(
        "It did not go: send it",
        f"{LOOK} Say this where the log does not have it. It is sent once more, if the person still agrees to it.",
        "waits to be sent again",
        (State.UNKNOWN,),
        outcomes.send_again,
    ),
    "settle": Answer(
        "Dealt with",
        "It did not arrive and is not tried again; what it said is no longer here. Say this when the person knows by another way, "
        "or need not know.",
        "is dealt with",
        (State.FAILED, State.RETURNED),
        outcomes.settle,
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
    """Put what did not arrive on top of the page, until somebody has dealt with it."""
    if request.method != "GET":
        return
    if waiting := Message.objects.for_staff().count():
        url = f"{reverse('admin:privacy_message_changelist')}?waits=yes"
        words = "1 message waits" if waiting == 1 else f"{waiting} messages wait"
        text = '<a href="{}">{} for somebody</a>: given up, returned, or perhaps sent.'
        messages.error(request, format_html(text, url, words))


@admin.register(Message)
class MessageAdmin(Evidence):
    """Messages by kind and state. What they say rests sealed until they are over, and is blank afterwards."""

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
    actions_detail = ("it_went", "send_again", "settle")
    fields = (
        "id", "kind", "channel", "reference", "state", "stopped_because", "created_at", "sent_at", "attempts",
        "next_attempt_at", "settled_at",
    )  # fmt: skip
    show_full_result_count = False

    def has_settle_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("privacy.change_message"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what can be said of a message in its state."""
        message = Message.objects.for_staff().filter(pk=object_id).first()
        every: list[Any] = super().get_actions_detail(request, object_id)
        answers = {f"privacy_message_{name}": answer for name, answer in ANSWERS.items()}
        return [
            each
            for each in every
            if each.action_name not in answers or (message and message.state in answers[each.action_name].states)
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, under the warning."""
        warn_of_messages(request)
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    @action(description="It went", url_path="it-went", permissions=["settle"])
    def it_went(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The mail server has it."""
        return self._say("it_went", request, object_id)

    @action(
        description="It did not go: send it",
        url_path="send-again",
        permissions=["settle"],
        variant=ActionVariant.PRIMARY,
    )
    def send_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The mail server does not have it."""
        return self._say("send_again", request, object_id)

    @action(description="Dealt with", url_path="settle", permissions=["settle"], variant=ActionVariant.PRIMARY)
    def settle(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Nothing is left to do."""
        return self._say("settle", request, object_id)

    def _say(self, name: str, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first what it means, call the verb once, come back to the message."""
        message, answer = self.get_object(request, object_id), ANSWERS[name]
        if not isinstance(message, Message):
            raise Http404
        back = reverse("admin:privacy_message_change", args=[message.pk])
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": f"{answer.title}: {message}",
                "opts": self.opts,
            }
            return render(
                request, "admin/privacy/settle.html", {**context, "asked": message, "answer": answer, "back": back}
            )
        now: datetime = timezone.now()
        try:
            answer.do(message, by=request.user, at=now)
        except outcomes.Settled:
            messages.warning(request, f"{message} does not wait for this any more: nothing was changed.")
        else:
            messages.success(request, f"{message} {answer.done}.")
        return HttpResponseRedirect(back)

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
