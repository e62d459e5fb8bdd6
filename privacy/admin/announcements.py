"""The desk's page of what everybody was told, and how far it has come; and telling of a new owner of the shop.

That is told in two steps, each a page of its own: the words, then how many it reaches, the mail, and the button. A leak is an
incident from the first hour on (`admin.incidents`), and its people are told from there; a change of the policy is told by
publishing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from privacy.admin.decisions import Decides, Decision, calls
from privacy.admin.lists import staff
from privacy.admin.masks import Evidence
from privacy.forms.texts import FreeText
from privacy.messages import addressees, announcements, breach, handover
from privacy.messages.announcement_models import Announcement
from privacy.messages.kinds import Kind
from privacy.messages.previews import DARK
from privacy.register import profiles

MAY_SEND: Final = "privacy.send_announcement"


class OwnerForm(forms.Form):
    """What everybody is told when the shop passes to somebody else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in handover.WORDS.items():
            self.fields[name] = FreeText(
                label=label,
                max_length=3000,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 1 if name == "owner" else 4}),
            )


def _is_draft_of_owner(notice: Announcement) -> bool:
    return (notice.state, notice.occasion) == (Announcement.State.DRAFT, Announcement.Occasion.OWNER)


DECISIONS: Final = {
    "send": Decision(
        title="Read and send",
        explains="What has left cannot be called back.",
        permission=MAY_SEND,
        fits=_is_draft_of_owner,
        do=calls(handover.send, "{row} is on its way. This page says how far it has come."),
        variant=ActionVariant.DANGER,
    ),
}


@admin.register(Announcement)
class AnnouncementAdmin(Decides, Evidence):
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
    actions_list = ("tell_of_a_new_owner",)
    decisions = DECISIONS
    decide_template = "admin/privacy/announcement_send.html"

    def describe(self, row: Announcement) -> str:
        """What it tells of, and how far it is."""
        return f"{row}: {row.get_occasion_display().lower()}, {row.get_state_display().lower()}"

    def decision_context(self, request: HttpRequest, row: Announcement, decision: Decision[Any]) -> dict[str, Any]:
        """How many it reaches, and the mail as everybody will read it."""
        kind, context = announcements.letter(row)
        return {"addresses": addressees.estimate(at=timezone.now()), **shown(kind, context)}

    @action(description="Tell of a new owner", url_path="new-owner", permissions=["send"])
    def tell_of_a_new_owner(self, request: HttpRequest) -> HttpResponse:
        """Write the notice down, pinned to today's policy; the next page shows the mail."""
        form = OwnerForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and (made := _handed_over(form, request)):
            return HttpResponseRedirect(reverse("admin:privacy_announcement_send", args=[made.pk]))
        context = {**self.admin_site.each_context(request), "title": "Tell of a new owner", "opts": self.opts}
        context |= {"form": form, "back": reverse("admin:privacy_announcement_changelist")}
        return render(request, "admin/privacy/announcement_draft.html", context)

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


def _handed_over(form: OwnerForm, request: HttpRequest) -> Announcement | None:
    """Call the verb; what it refuses is told on the form."""
    try:
        return handover.draft(form.cleaned_data, by=staff(request), at=timezone.now())
    except announcements.Unsaid as lacking:
        form.add_error(None, f"Still to be said: {lacking}")
    except handover.NoPolicy:
        form.add_error(
            None, "No version of the policy is published that could go on protecting people: publish it first."
        )
    return None


def shown(kind: Kind, context: Mapping[str, Any]) -> dict[str, Any]:
    """A mail for a page of the desk: its subject, its text, and its HTML in light and in dark, with the links of its foot."""
    site = settings.LOUPE_PUBLIC_URL
    preferences = f"{site}{reverse('privacy:preferences')}"  # each reader gets a link of their own
    known = {**context, "shop": profiles.current(), "site_url": site, "preferences_url": preferences}
    html = render_to_string(f"{kind.template}.html", known)
    return {
        "subject": render_to_string(f"{kind.template}.subject.txt", known).strip(),
        "text": render_to_string(f"{kind.template}.txt", known),
        "schemes": [("light", html.replace(DARK, "@media not all")), ("dark", html.replace(DARK, "@media all"))],
    }
