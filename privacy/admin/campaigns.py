"""The newsletter desk: write, look, count, try out, send; and what became of it, in numbers.

Writing is one permission, sending another. Each decision is a page of its own with a form, so that nothing is sent by following a
link. Nobody who reads a newsletter is named anywhere here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from privacy.admin import due as dates
from privacy.admin.decisions import Decides, Decision, calls, stands_in
from privacy.admin.masks import Evidence
from privacy.consent.vocabulary import Channel
from privacy.forms.campaigns import FIRST, OTHERS, WORDS_OF_WAY, CampaignForm, WhenForm, fields_in
from privacy.ground import digests
from privacy.messages import campaigns, mailchimp, pieces, previews, print_lists, stationery, writing
from privacy.messages.campaigns import CAMPAIGN, State
from privacy.messages.newsroom import Campaign, CampaignWay, MailchimpMember
from privacy.messages.stoplist import Suppression

MAY_WRITE: Final = "privacy.change_campaign"
MAY_SEND: Final = "privacy.send_campaign"
OWN: Final = {Channel.EMAIL: "your own address", Channel.SMS: "your own number"}
NO_NUMBER: Final = " Your account has no telephone number, so no text message was sent."
STATE_COLOURS: Final = {"scheduled": "info", "sending": "warning", "paused": "danger", "sent": "success"}


def _try_out(campaign: Campaign, typed: dict[str, Any], by: Any, at: datetime) -> str:
    sent = {each.channel for each in campaigns.try_out(campaign, to=by.email, subject=by.subject, by=by, at=at)}
    told = [words for channel, words in OWN.items() if channel in sent]
    missing = campaign.way(Channel.SMS) is not None and Channel.SMS not in sent
    return f"On its way to {' and '.join(told) or 'nobody'}, and to nobody else.{NO_NUMBER if missing else ''}"


def _schedule(campaign: Campaign, typed: dict[str, Any], by: Any, at: datetime) -> str:
    campaigns.schedule(campaign, for_=typed["for_"] or at, by=by, at=at)
    return f"It goes {'at once' if campaign.scheduled_for == at else f'at {dates.moment(campaign.scheduled_for)}'}."


def _can_be_tried(campaign: Campaign) -> bool:
    return campaign.state in {State.DRAFT, State.SCHEDULED} and any(campaign.way(each) for each in OWN)


DECISIONS: Final = {
    "try_out": Decision(
        title="Send me a test",
        explains="It goes to you alone, in each language that is written: a mail to your own address, a text message to the number "
        "of your account.",
        permission=MAY_WRITE,
        fits=_can_be_tried,
        do=_try_out,
    ),
    "schedule": Decision(
        title="Send",
        explains="It goes to everybody who agreed and is not left out, as they stand when each message leaves. Letters come "
        "on print lists, which somebody takes out.",
        permission=MAY_SEND,
        fits=stands_in(CAMPAIGN.leading_to(State.SCHEDULED)),
        do=_schedule,
        form=WhenForm,
        variant=ActionVariant.PRIMARY,
    ),
    "take_back": Decision(
        title="Back to draft",
        explains="Nothing was sent yet, and nothing will be.",
        permission=MAY_SEND,
        fits=stands_in({State.SCHEDULED}),
        do=calls(campaigns.take_back, "It is a draft again."),
    ),
    "pause": Decision(
        title="Pause",
        explains="What has not left yet is taken back: out of the outbox, and off print lists that nobody took out.",
        permission=MAY_SEND,
        fits=stands_in({State.SENDING}),
        do=calls(campaigns.pause, "It is paused; {done} messages were taken back."),
        variant=ActionVariant.PRIMARY,
    ),
    "go_on": Decision(
        title="Go on",
        explains="Whoever has it already is passed over.",
        permission=MAY_SEND,
        fits=stands_in({State.PAUSED}),
        do=calls(campaigns.go_on, "It goes on. Nobody gets it twice."),
        variant=ActionVariant.PRIMARY,
    ),
    "cancel": Decision(
        title="Cancel",
        explains="Nothing more is sent. What has left cannot be called back.",
        permission=MAY_SEND,
        fits=stands_in(CAMPAIGN.leading_to(State.CANCELLED)),
        do=calls(campaigns.cancel, "It is cancelled; {done} messages that waited were stopped."),
        variant=ActionVariant.DANGER,
    ),
}


@admin.register(Campaign)
class CampaignAdmin(Decides, ModelAdmin):
    """Newsletters, the newest first."""

    form = CampaignForm
    list_display = ("title", "state_label", "topic", "travels", "scheduled_for", "begun_at", "finished_at", "reference")
    list_filter = ("state", "topic")
    search_fields = ("=reference", "title")
    ordering = ("-created_at",)
    actions_detail = ("audience", "specimen")
    decisions = DECISIONS
    refusals = {campaigns.NotReady: ""}
    decide_template = "admin/privacy/campaign_decide.html"
    change_form_after_template = "admin/privacy/campaign.html"

    def get_fieldsets(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        """What is written, with a tab for each language; what was decided, or may only be looked at, shows its words below."""
        words = ("title", "preheader")
        if obj is not None and not self.has_change_permission(request, obj):
            shown = ("reference", "state", "topic", "travels", *words, "scheduled_for", "begun_at", "finished_at")
            return ((None, {"fields": shown}),)
        apart = {way: name for way, name in WORDS_OF_WAY.items() if way in campaigns.offered()}
        first = (FIRST[1], {"classes": ["tab"], "fields": (*words, "body", *apart.values())})
        return (
            (None, {"fields": ("topic", "ways", "pieces")}),
            first,
            *((name, {"classes": ["tab"], "fields": fields_in(code, apart)}) for code, name in OTHERS),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        return ("travels",) if obj is not None and not self.has_change_permission(request, obj) else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        every: QuerySet[Campaign] = super().get_queryset(request)
        return every.prefetch_related("ways")

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """A draft can be written; what was decided is only shown."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """What was sent stays on record; a draft is cancelled."""
        return False

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """One verb keeps it, sanitised."""
        told = {"ways": form.chosen, "translations": form.translations}
        campaigns.write(obj, **told, by=request.user, at=timezone.now())  # type: ignore[arg-type]

    def describe(self, row: Campaign) -> str:
        """Its title, and how far it is."""
        return f"{row}, {row.get_state_display().lower()}"

    def decision_context(self, request: HttpRequest, row: Campaign, decision: Decision[Any]) -> dict[str, Any]:
        """Before it is sent: whom that reaches."""
        counts = campaigns.counts(row, at=timezone.now()) if decision is DECISIONS["schedule"] else []
        return {"campaign": row, "counts": counts}

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
            "counts": campaigns.counts(campaign, at=timezone.now()),
            "back": reverse("admin:privacy_campaign_change", args=[campaign.pk]),
        }
        return render(request, "admin/privacy/campaign_audience.html", context)

    @action(description="The letter as PDF", url_path="letter", permissions=["try_out"])
    def specimen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The letter as it is printed, to an address that nobody has."""
        campaign = self.get_object(request, object_id)
        if not isinstance(campaign, Campaign) or campaign.way(Channel.POST) is None:
            raise Http404
        every = [writing.written(campaign, nobody(code), Channel.POST) for code in writing.languages_of(campaign)]
        addressed = [print_lists.Addressed(SPECIMEN, letter.title, letter.text) for letter in every]
        pdf = stationery.letters(addressed, title=f"Specimen {campaign.reference}", at=timezone.now())
        return HttpResponse(pdf, content_type="application/pdf")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """No letter to look at where it travels otherwise."""
        every: list[Any] = super().get_actions_detail(request, object_id)
        is_posted = CampaignWay.objects.filter(campaign=object_id, channel=Channel.POST).exists()
        return [each for each in every if is_posted or not each.action_name.endswith("_specimen")]

    @display(description="travels")
    def travels(self, campaign: Campaign) -> str:
        return ", ".join(way.get_channel_display() for way in campaigns.ways_of(campaign))

    @display(description="state", label=STATE_COLOURS, ordering="state")
    def state_label(self, campaign: Campaign) -> tuple[str, str]:
        return campaign.state, campaign.get_state_display()


SPECIMEN: Final = ("A. Specimen", "1 Example Street", "Anytown 10000")


def nobody(language: str) -> writing.Reader:
    """Somebody who reads it in that language, and is no one."""
    return writing.Reader(UUID(int=0), "", None, language)


def _told(campaign: Campaign, viewer: Any) -> dict[str, Any]:
    """How it looks by each way in each language, and what became of it."""
    names = dict(settings.LANGUAGES)
    written = writing.languages_of(campaign)
    return {
        "results": [] if campaign.is_draft else campaigns.results(campaign),
        "campaign": campaign,
        "looks": [
            {
                "in_language": f", {names[code]}" if len(written) > 1 else "",
                "code": code,
                **_looks(campaign, code, viewer),
            }
            for code in written
        ],
    }


def _looks(campaign: Campaign, language: str, viewer: Any) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if campaign.way(Channel.EMAIL):
        mail = writing.written(campaign, writing.Reader(viewer.subject_id, viewer.email, None, language))
        letter = previews.Letter(writing.TEST, viewer.email, mail.title, mail.text, pieces.on_a_page(mail.html))
        told |= {"letter": letter, "schemes": [(look.value, letter.as_seen(look)) for look in previews.Look]}
    if campaign.way(Channel.SMS):
        told["text"] = writing.written(campaign, nobody(language), Channel.SMS).text
        told["length"] = campaigns.length_of(campaign, language)
    if campaign.way(Channel.POST):
        told["paper"] = writing.written(campaign, nobody(language), Channel.POST)
    return told


@admin.register(Suppression)
class SuppressionAdmin(Evidence):
    """Addresses that are not written to, as fingerprints. One is looked up by typing the whole address; none can be read."""

    list_display = ("channel", "reason", "raised_at", "lifted_at")
    list_filter = ("channel", "reason")
    fields = readonly_fields = ("channel", "reason", "raised_at", "lifted_at", "key_version")
    search_fields = ("=digest",)
    search_help_text = "The whole e-mail address, telephone number, or postal address with its name"
    ordering = ("-raised_at",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the fingerprints of what was typed, under every live key."""
        typed = search_term.strip()
        if not typed:
            return queryset, False
        kinds = ("email" if "@" in typed else "phone", "post")
        known = [digest.value for kind in kinds for digest in digests.all_of(kind, typed)]
        return queryset.filter(digest__in=known), False


@admin.register(MailchimpMember)
class MailchimpMemberAdmin(Evidence):
    """Contacts at Mailchimp and what it refused. Only for a shop that uses it."""

    list_display = ("__str__", "state", "refused_because", "changed_at")
    list_filter = ("state",)
    ordering = ("-changed_at",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return mailchimp.is_used() and super().has_module_permission(request)
