"""The desk's page for consent: everything that was said, and a form to note what somebody told staff by telephone or letter.

Nothing here is edited or deleted. Whoever notes a word for somebody says why, and the person reads it in their history.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from privacy.admin.lists import staff
from privacy.admin.masks import EnteredByVerb, Evidence
from privacy.consent import ledger, notices
from privacy.consent.models import MATTERS, ConsentNotice, ConsentRecord
from privacy.consent.vocabulary import Matter, Surface
from privacy.forms.texts import FreeText
from privacy.forms.whom import WhomForm
from privacy.ground import audit

ANSWERS = [("yes", "They said yes"), ("no", "They said no, or took it back")]


class NoteForm(WhomForm, forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Who said what about which thing, and how staff know."""

    answer = forms.ChoiceField(label="What they said", choices=ANSWERS, widget=UnfoldAdminRadioSelectWidget)
    matter = forms.ChoiceField(label="About", choices=[("", "Choose"), *MATTERS], widget=UnfoldAdminSelectWidget)
    reason = FreeText(
        label="How we know",
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="The person reads these words. Name the call or the letter and its date, and nobody else.",
    )

    class Meta:
        model = ConsentRecord
        fields = ("person", "answer", "matter", "channel", "about", "reason")
        widgets = {
            "channel": UnfoldAdminSelectWidget,
            "about": UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        }
        field_classes = {"about": FreeText}
        labels = {"about": "Which one"}
        help_texts = {
            "channel": "For news, offers and care only.",
            "about": "Which review, photo or order, by its reference; empty where it is about none.",
        }

    def clean(self) -> dict[str, Any]:
        """Messages need a channel, and nothing else has one."""
        typed = super().clean() or {}
        if "matter" in typed and Matter(typed["matter"]).needs_channel != bool(typed.get("channel")):
            self.add_error(
                "channel", "Say by which channel for news, offers and care, and leave it empty for all else."
            )
        return typed


@admin.register(ConsentRecord)
class ConsentRecordAdmin(EnteredByVerb):
    """Every yes and no, newest first."""

    form = NoteForm
    may_enter = "privacy.note_consent"
    list_display = ("at", "decision", "matter", "channel", "surface", "text")
    list_filter = ("decision", "matter", "channel", "surface")
    list_select_related = ("notice",)
    search_fields = ("=receipt", "=subject_id")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("decision", "matter", "channel", "about", "text", "locale", "at")}),
        ("How it came", {"fields": ("surface", "reason", "network", "actor")}),
        ("Where it stands", {"fields": ("receipt", "subject_id", "visitor_id", "stands")}),
    )

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> ConsentRecord:
        """Note it by the ledger's verbs."""
        typed, now, by = form.cleaned_data, timezone.now(), staff(request)
        person, matter = typed["person"], Matter(typed["matter"])
        channel, about, reason = typed["channel"], typed["about"], typed["reason"]
        said: dict[str, Any] = {
            "channel": channel, "about": about, "surface": Surface.STAFF, "reason": reason, "by": by, "at": now,
        }  # fmt: skip
        if typed["answer"] == "yes":
            record = ledger.grant(person, matter, notice=notices.current("staff"), **said)
        else:
            record = ledger.withdraw(person, matter, **said) or ledger.refuse(person, matter, **said)
        audit.append(f"consent.{record.decision}_for_somebody", subject=person, obj=record, by=by, at=now)
        return record

    @display(description="text shown")
    def text(self, record: ConsentRecord) -> str:
        return str(record.notice) if record.notice else "none"

    @display(description="stands", boolean=True)
    def stands(self, record: ConsentRecord) -> bool:
        return hasattr(record, "state")


@admin.register(ConsentNotice)
class ConsentNoticeAdmin(Evidence):
    """Every text that was ever shown, as it was."""

    list_display = ("slug", "locale", "version", "recorded_at")
    list_filter = ("slug", "locale")
    search_fields = ("=digest", "=slug")
    ordering = ("slug", "-recorded_at")
    fields = ("slug", "locale", "text", "digest", "recorded_at")
