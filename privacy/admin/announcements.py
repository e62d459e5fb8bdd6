"""The desk's page for what everybody was told, how far it has come, and for telling people of a breach.

A breach is told in three steps, each a page of its own: what leaked and the words, whom that reaches, and sending. So is a
new owner of the shop. A leak with its clock, the authority and what is left to do is an incident (`admin.incidents`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from privacy.admin.masks import Evidence
from privacy.forms.incidents import EXPLAINS, WhatLeaked
from privacy.ground import states
from privacy.messages import addressees, announcements, breach, handover
from privacy.messages.announcement_models import Announcement
from privacy.messages.kinds import Kind
from privacy.messages.previews import DARK
from privacy.register import profiles, scope

MAY_SEND = "privacy.send_announcement"
SENDS: Final[dict[str, Callable[..., Announcement]]] = {
    Announcement.Occasion.BREACH: breach.send,
    Announcement.Occasion.OWNER: handover.send,
}


class BreachForm(WhatLeaked):
    """What leaked, when, and what people are told (GDPR Art. 34(2))."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in breach.WORDS.items():
            self.fields[name] = forms.CharField(
                label=label,
                max_length=3000,
                help_text=EXPLAINS[name],
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            )

    def clean(self) -> dict[str, Any]:
        """Something leaked."""
        typed = super().clean()
        if not self.errors and not typed.get("targets") and not typed.get("processor"):
            raise forms.ValidationError("Say what leaked: at least one kind of record, or a company.")
        return typed


class OwnerForm(forms.Form):
    """What everybody is told when the shop passes to somebody else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in handover.WORDS.items():
            self.fields[name] = forms.CharField(
                label=label,
                max_length=3000,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 1 if name == "owner" else 4}),
            )


@admin.register(Announcement)
class AnnouncementAdmin(Evidence):
    """What was told, newest first."""

    list_display = ("reference", "occasion", "state", "created_at", "told", "outcome")
    list_filter = ("occasion", "state")
    search_fields = ("=reference",)
    ordering = ("-created_at",)
    fields = (
        "reference",
        "occasion",
        "state",
        "version",
        "about",
        "created_at",
        "begun_at",
        "finished_at",
        "told",
        "outcome",
    )
    actions_list = ("tell_of_a_breach", "tell_of_a_new_owner")
    actions_detail = ("send",)

    def has_send_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm(MAY_SEND))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only a draft can be sent."""
        every: list[Any] = super().get_actions_detail(request, object_id)
        is_draft = Announcement.objects.filter(pk=object_id, state=Announcement.State.DRAFT).exists()
        return [each for each in every if is_draft or not each.action_name.endswith("_send")]

    @action(description="Tell of a breach", url_path="breach", permissions=["send"], variant=ActionVariant.DANGER)
    def tell_of_a_breach(self, request: HttpRequest) -> HttpResponse:
        """Write the notice down; the next page says whom it reaches."""
        form = BreachForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and (made := _drafted(form, request)):
            return HttpResponseRedirect(reverse("admin:privacy_announcement_send", args=[made.pk]))
        return self._ask(request, form, "Tell of a breach", "says whom it reaches and shows the mail (GDPR Art. 34)")

    @action(description="Tell of a new owner", url_path="new-owner", permissions=["send"])
    def tell_of_a_new_owner(self, request: HttpRequest) -> HttpResponse:
        """Write the notice down, pinned to today's policy; the next page shows the mail."""
        form = OwnerForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and (made := _handed_over(form, request)):
            return HttpResponseRedirect(reverse("admin:privacy_announcement_send", args=[made.pk]))
        return self._ask(request, form, "Tell of a new owner", "says how many it reaches and shows the mail")

    def _ask(self, request: HttpRequest, form: forms.Form, title: str, then: str) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "form": form}
        context |= {"then": then, "back": reverse("admin:privacy_announcement_changelist")}
        return render(request, "admin/privacy/breach.html", context)

    @action(description="Count, read, send", url_path="send", permissions=["send"], variant=ActionVariant.DANGER)
    def send(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Whom a draft reaches and what they read; pressing the button tells them."""
        notice = self.get_object(request, object_id)
        if not isinstance(notice, Announcement):
            raise Http404
        back = reverse("admin:privacy_announcement_change", args=[notice.pk])
        if notice.state != Announcement.State.DRAFT:
            messages.warning(request, f"{notice} was sent before: nothing was changed.")
            return HttpResponseRedirect(back)
        if request.method == "POST":
            return self._sent(request, notice, back)
        context = {**self.admin_site.each_context(request), "title": f"Tell people: {notice}", "opts": self.opts}
        context |= {"notice": notice, "back": back, **_reach(notice), **_letter(notice)}
        return render(request, "admin/privacy/breach_send.html", context)

    def _sent(self, request: HttpRequest, notice: Announcement, back: str) -> HttpResponse:
        by: Any = request.user
        try:
            SENDS[notice.occasion](notice, by=by, at=timezone.now())
        except breach.NobodyToTell:
            messages.error(request, "It concerns nobody whom a mail would reach: nothing was sent.")
        except states.NotAllowed:
            messages.warning(request, f"{notice} was sent before: nothing was changed.")
        else:
            messages.success(request, f"{notice} is on its way. This page says how far it has come.")
        return HttpResponseRedirect(back)

    @display(description="about")
    def about(self, row: Announcement) -> str:
        return "; ".join(breach.data_of(row)) if row.occasion == Announcement.Occasion.BREACH else str(row.version)

    @display(description="told")
    def told(self, row: Announcement) -> str:
        done = announcements.progress(row)
        return f"{done.posted} of {done.total}" + (f", {done.gone} addresses gone" if done.gone else "")

    @display(description="their mails")
    def outcome(self, row: Announcement) -> str:
        done = announcements.progress(row)
        return f"{done.sent} sent, {done.stopped} stopped by the gate, {done.failed} failed"


def _drafted(form: BreachForm, request: HttpRequest) -> Announcement | None:
    """Call the verb; what it refuses is told on the form."""
    typed, by = form.cleaned_data, request.user
    asked: dict[str, Any] = {name: typed[name] for name in ("targets", "processor", "start", "end")}
    asked |= {"words": {name: typed[name] for name in breach.WORDS}, "by": by, "at": timezone.now()}
    try:
        return breach.draft(**asked)
    except announcements.Unsaid as lacking:
        form.add_error(None, f"Still to be said: {lacking}")
    except scope.Unknown as unknown:
        form.add_error(None, f"{unknown} is not in the register.")
    return None


def _handed_over(form: OwnerForm, request: HttpRequest) -> Announcement | None:
    """Call the verb; what it refuses is told on the form."""
    by: Any = request.user
    try:
        return handover.draft(form.cleaned_data, by=by, at=timezone.now())
    except announcements.Unsaid as lacking:
        form.add_error(None, f"Still to be said: {lacking}")
    except handover.NoPolicy:
        form.add_error(
            None, "No version of the policy is published that could go on protecting people: publish it first."
        )
    return None


def _reach(notice: Announcement) -> dict[str, Any]:
    """Whom a draft would reach: measured for a breach; else everybody."""
    if notice.occasion == Announcement.Occasion.BREACH:
        found = breach.count(notice)
        return {"count": found, "addresses": found.addresses}
    return {"addresses": addressees.estimate(at=timezone.now())}


def _letter(notice: Announcement) -> dict[str, Any]:
    """The mail as everybody will read it."""
    kind, context = announcements.letter(notice)
    return shown(kind, context | ({"data": breach.data_of(notice)} if notice.occasion == "breach" else {}))


def shown(kind: Kind, context: Mapping[str, Any]) -> dict[str, Any]:
    """A mail for a page of the desk: its subject, its text, and its HTML in light and in dark."""
    known = {**context, "shop": profiles.current()}
    html = render_to_string(f"{kind.template}.html", known)
    return {
        "subject": render_to_string(f"{kind.template}.subject.txt", known).strip(),
        "text": render_to_string(f"{kind.template}.txt", known),
        "schemes": [("light", html.replace(DARK, "@media not all")), ("dark", html.replace(DARK, "@media all"))],
    }
