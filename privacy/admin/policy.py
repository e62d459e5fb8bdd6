"""The desk's page for the policy: its published versions, and publishing what the shop says today, with what that changes."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from privacy.admin.lists import staff
from privacy.admin.masks import Evidence
from privacy.forms.texts import FreeText
from privacy.messages import addressees
from privacy.register import documents, policy_versions
from privacy.register.documents import Change, Document
from privacy.register.models import PolicyVersion
from privacy.rights import policy

MAY_PUBLISH = "privacy.publish_policy"


class PublishForm(forms.Form):
    """From when it applies, whether people are told, and what they are told."""

    effective_on = forms.DateField(label="In force from", widget=UnfoldAdminDateWidget)
    is_material = forms.BooleanField(
        label="Important",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Every customer is told by mail, guests too, and a banner stands on each page until it is put away.",
    )
    summary = FreeText(
        label="What changes",
        required=False,
        max_length=600,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="A sentence or two. People read these very words in the mail and on the banner.",
    )
    #: The text that was looked at: another one is not published by pressing the button under this one.
    seen = forms.CharField(widget=forms.HiddenInput)


@admin.register(PolicyVersion)
class PolicyVersionAdmin(Evidence):
    """Every version, the newest first."""

    list_display = ("version", "profile", "effective_on", "is_material", "published_at", "digest")
    list_filter = ("profile", "is_material")
    ordering = ("profile", "-number")
    fields = ("version", "profile", "effective_on", "is_material", "summary", "published_at", "digest", "page")
    actions_list = ("publish",)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(MAY_PUBLISH))

    @action(
        description="Publish the policy", url_path="publish", permissions=["publish"], variant=ActionVariant.PRIMARY
    )
    def publish(self, request: HttpRequest) -> HttpResponse:
        """Show what would be published and what it changes; publish that."""
        document, newest = policy.compose(), policy_versions.newest()
        seen = hashlib.sha256(document.text.encode()).hexdigest()
        weighty = policy_versions.weighty(document, newest)
        initial = {"effective_on": timezone.now().date(), "is_material": bool(weighty), "seen": seen}
        form = PublishForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid() and (made := _published(form, document, seen, request)):
            messages.success(request, f"{str(made).capitalize()} is published.")
            return HttpResponseRedirect(reverse("admin:privacy_policyversion_change", args=[made.pk]))
        context = {**self.admin_site.each_context(request), "title": "Publish the policy", "opts": self.opts}
        context |= {
            "form": form,
            "newest": newest,
            "document": document,
            "differs": policy_versions.differs(document, newest),
            "weighty": _table(weighty),
            "changes": _table(_text_changes(document, newest)),
            "audience": addressees.estimate(at=timezone.now()),
            "back": reverse("admin:privacy_policyversion_changelist"),
        }
        return render(request, "admin/privacy/publish_policy.html", context)

    @display(description="version", ordering="number")
    def version(self, row: PolicyVersion) -> str:
        return str(row).capitalize()

    @display(description="public page")
    def page(self, row: PolicyVersion) -> str:
        url = reverse("privacy:version", args=[row.number])
        return format_html('<a class="underline" href="{}">{}</a>', url, url)


def _published(form: PublishForm, document: Document, seen: str, request: HttpRequest) -> PolicyVersion | None:
    """Call the verb; what it refuses is told on the form."""
    typed = dict(form.cleaned_data)
    if typed.pop("seen") != seen:
        form.add_error(None, "The text changed while you were looking at it. Read it again.")
        return None
    try:
        return policy.publish(**typed, by=staff(request), at=timezone.now())
    except policy_versions.NotPublishable as hindrance:
        form.add_error(None, str(hindrance))
        return None


def _text_changes(document: Document, newest: PolicyVersion | None) -> list[Change]:
    return documents.text_changes(policy_versions.sections_of(newest), document.sections) if newest else []


def _table(changes: list[Change]) -> dict[str, Any]:
    rows = [[change.title, "\n".join(change.gone), "\n".join(change.new)] for change in changes]
    return {"headers": ["Where", "It no longer says", "It says now"], "rows": rows}
