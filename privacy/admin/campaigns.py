"""The newsletter desk: write, look, count, try out, send; and what became of it, in numbers.

Writing is one permission, sending another. Each decision is a page of its own with a form, so that nothing is sent by following a
link. Nobody who reads a newsletter is named anywhere here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.contrib.forms.widgets import WysiwygWidget
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectMultipleWidget, UnfoldAdminSplitDateTimeWidget

from privacy.admin.decisions import Decides, Decision
from privacy.admin.masks import Evidence
from privacy.forms.pages import DecisionForm
from privacy.ground import digests
from privacy.messages import campaigns, mailchimp, pieces, previews, writing
from privacy.messages.campaigns import CAMPAIGN, State
from privacy.messages.newsroom import Campaign, MailchimpMember
from privacy.messages.stoplist import Suppression

MAY_WRITE: Final = "privacy.change_campaign"
MAY_SEND: Final = "privacy.send_campaign"
STATE_COLOURS: Final = {"scheduled": "info", "sending": "warning", "paused": "danger", "sent": "success"}


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What a newsletter says. Pictures come with the pieces that are chosen; the text holds none."""

    pieces = forms.MultipleChoiceField(
        required=False,
        widget=UnfoldAdminSelectMultipleWidget,
        help_text="Shown below the text with picture, name and link. A piece that is sold out by then is left out.",
    )

    class Meta:
        model = Campaign
        fields = ("topic", "channel", "title", "preheader", "body", "pieces")
        widgets = {"body": WysiwygWidget}
        help_texts = {"topic": "Only people who agreed to this very topic get it."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "pieces" in self.fields:  # not on the page of one that is only shown
            self.fields["pieces"].choices = pieces.choices()  # type: ignore[attr-defined]

    def clean_body(self) -> str:
        """Text that has something to say, without what a newsletter may not hold."""
        body = writing.sanitised(self.cleaned_data["body"])
        if writing.is_empty(body):
            raise forms.ValidationError("Nothing is left of this text that a newsletter may hold.")
        return body


class WhenForm(DecisionForm):
    """When it goes."""

    for_ = forms.SplitDateTimeField(
        label="Send at",
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="In UTC. Left empty, it goes at once.",
    )


def _try_out(campaign: Campaign, typed: dict[str, Any], by: Any, at: datetime) -> str:
    campaigns.try_out(campaign, to=by.email, subject=by.subject, by=by, at=at)
    return "It is on its way to your own address, and to nobody else."


def _schedule(campaign: Campaign, typed: dict[str, Any], by: Any, at: datetime) -> str:
    campaigns.schedule(campaign, for_=typed["for_"] or at, by=by, at=at)
    return (
        f"It goes {'at once' if campaign.scheduled_for == at else f'at {campaign.scheduled_for:%-d %B %Y, %H:%M} UTC'}."
    )


def _take_back(campaign: Campaign, typed: dict[str, Any], by: Any, at: datetime) -> str:
    campaigns.take_back(campaign, by=by, at=at)
    return "It is a draft again."


def _pause(campaign: Campaign, typed: dict[str, Any], by: Any, at: datetime) -> str:
    taken = campaigns.pause(campaign, by=by, at=at)
    return f"It is paused; {taken} mails were taken out of the outbox."


def _go_on(campaign: Campaign, typed: dict[str, Any], by: Any, at: datetime) -> str:
    campaigns.go_on(campaign, by=by, at=at)
    return "It goes on. Nobody gets it twice."


def _cancel(campaign: Campaign, typed: dict[str, Any], by: Any, at: datetime) -> str:
    stopped = campaigns.cancel(campaign, by=by, at=at)
    return f"It is cancelled; {stopped} mails that waited were stopped."


def _leading_to(state: str) -> frozenset[str]:
    return frozenset(start for start in CAMPAIGN.table if CAMPAIGN.allows(start, state))


def _is_in(froms: Collection[str]) -> Callable[[Campaign], bool]:
    return lambda campaign: campaign.state in froms


DECISIONS: Final = {
    "try_out": Decision(
        title="Send me a test",
        explains="The draft goes to your own address.",
        permission=MAY_WRITE,
        fits=_is_in({State.DRAFT, State.SCHEDULED}),
        do=_try_out,
    ),
    "schedule": Decision(
        title="Send",
        explains="It goes to everybody who agreed and is not left out, as they stand when each mail leaves.",
        permission=MAY_SEND,
        fits=_is_in(_leading_to(State.SCHEDULED)),
        do=_schedule,
        form=WhenForm,
        variant=ActionVariant.PRIMARY,
    ),
    "take_back": Decision(
        title="Back to draft",
        explains="Nothing was sent yet, and nothing will be.",
        permission=MAY_SEND,
        fits=_is_in({State.SCHEDULED}),
        do=_take_back,
    ),
    "pause": Decision(
        title="Pause",
        explains="Mails that have not left yet are taken out of the outbox.",
        permission=MAY_SEND,
        fits=_is_in({State.SENDING}),
        do=_pause,
        variant=ActionVariant.PRIMARY,
    ),
    "go_on": Decision(
        title="Go on",
        explains="Whoever has it already is passed over.",
        permission=MAY_SEND,
        fits=_is_in({State.PAUSED}),
        do=_go_on,
        variant=ActionVariant.PRIMARY,
    ),
    "cancel": Decision(
        title="Cancel",
        explains="Nothing more is sent. What has left cannot be called back.",
        permission=MAY_SEND,
        fits=_is_in(_leading_to(State.CANCELLED)),
        do=_cancel,
        variant=ActionVariant.DANGER,
    ),
}


@admin.register(Campaign)
class CampaignAdmin(Decides, ModelAdmin):
    """Newsletters, the newest first."""

    form = CampaignForm
    list_display = ("title", "state_label", "topic", "scheduled_for", "begun_at", "finished_at", "reference")
    list_filter = ("state", "topic")
    search_fields = ("=reference", "title")
    ordering = ("-created_at",)
    actions_detail = ("audience",)
    decisions = DECISIONS
    refusals = {campaigns.NotReady: ""}
    decide_template = "admin/privacy/campaign_decide.html"
    change_form_after_template = "admin/privacy/campaign.html"

    def get_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        """What is written; one that was decided shows its words below, as a mail."""
        words = ("topic", "channel", "title", "preheader")
        if obj is None or obj.is_draft:
            return (*words, "body", "pieces")
        return ("reference", "state", *words, "scheduled_for", "begun_at", "finished_at")

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """A draft can be written; what was decided is only shown."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """What was sent stays on record; a draft is cancelled."""
        return False

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """One verb keeps it, sanitised."""
        campaigns.write(obj, by=request.user, at=timezone.now())  # type: ignore[arg-type]

    def describe(self, row: Campaign) -> str:
        """Its title, and how far it is."""
        return f"{row}, {row.get_state_display().lower()}"

    def decision_context(self, request: HttpRequest, row: Campaign, decision: Decision[Any]) -> dict[str, Any]:
        """Before it is sent: whom that reaches."""
        count = campaigns.count(row, at=timezone.now()) if decision is DECISIONS["schedule"] else None
        return {"campaign": row, "count": count}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The newsletter, how it looks in a mailbox, and what became of it."""
        campaign = self.get_object(request, object_id)
        told = _told(campaign, request.user) if isinstance(campaign, Campaign) else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **told})
        return page

    @action(description="Who would get it", url_path="audience", permissions=["try_out"])
    def audience(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How many would get it now, and why others do not."""
        campaign = self.get_object(request, object_id)
        if not isinstance(campaign, Campaign):
            raise Http404
        context = {**self.admin_site.each_context(request), "title": f"Who would get it: {campaign}", "opts": self.opts}
        context |= {
            "campaign": campaign,
            "count": campaigns.count(campaign, at=timezone.now()),
            "back": reverse("admin:privacy_campaign_change", args=[campaign.pk]),
        }
        return render(request, "admin/privacy/campaign_audience.html", context)

    @display(description="state", label=STATE_COLOURS, ordering="state")
    def state_label(self, campaign: Campaign) -> tuple[str, str]:
        return campaign.state, campaign.get_state_display()


def _told(campaign: Campaign, viewer: Any) -> dict[str, Any]:
    """How it looks, and what became of it."""
    mail = writing.written(campaign, writing.Reader(viewer.subject_id, viewer.email, None))
    letter = previews.Letter(writing.TEST, viewer.email, mail.title, mail.text, pieces.on_a_page(mail.html))
    return {
        "letter": letter,
        "schemes": [(look.value, letter.as_seen(look)) for look in previews.Look],
        "results": None if campaign.is_draft else campaigns.results(campaign),
        "campaign": campaign,
    }


@admin.register(Suppression)
class SuppressionAdmin(Evidence):
    """Addresses that are not written to, as fingerprints. One is looked up by typing the whole address; none can be read."""

    list_display = ("channel", "reason", "raised_at", "lifted_at")
    list_filter = ("channel", "reason")
    fields = readonly_fields = ("channel", "reason", "raised_at", "lifted_at", "key_version")
    search_fields = ("=digest",)
    search_help_text = "The whole e-mail address or telephone number"
    ordering = ("-raised_at",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the fingerprints of what was typed, under every live key."""
        typed = search_term.strip()
        if not typed:
            return queryset, False
        known = [digest.value for digest in digests.all_of("email" if "@" in typed else "phone", typed)]
        return queryset.filter(digest__in=known), False


@admin.register(MailchimpMember)
class MailchimpMemberAdmin(Evidence):
    """Contacts at Mailchimp and what it refused. Only for a shop that uses it."""

    list_display = ("__str__", "state", "refused_because", "changed_at")
    list_filter = ("state",)
    ordering = ("-changed_at",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return mailchimp.is_used() and super().has_module_permission(request)
