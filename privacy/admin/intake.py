"""The desk takes a request in: a call, a letter; and looks at a file that came with one, for a reason."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from privacy.admin import due as dates
from privacy.admin.decisions import Decides, Decision, calls
from privacy.admin.lists import staff
from privacy.admin.masks import MAY_REVEAL, Evidence, refuse_more
from privacy.forms.entry import DiscardForm, EntryForm
from privacy.forms.pages import RevealForm
from privacy.ground import uploads
from privacy.rights import attachments, intake, kinds, looks, requests
from privacy.rights.attachment_models import Attachment
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest

MAY_ENTER = "privacy.change_datarequest"
GONE = "The file is not there any more."


class TakesCalls(ModelAdmin):
    """A queue into which staff enter what they heard or opened."""

    actions_list: Any = ("enter",)

    def has_enter_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm(MAY_ENTER))

    @action(description="Enter a call or a letter", url_path="enter", permissions=["enter"])
    def enter(self, request: HttpRequest) -> HttpResponse:
        """First the kind, then what was said, and when it reached us."""
        kind = request.GET.get("kind", "")
        rule = kinds.KINDS.get(Kind(kind)) if kind in Kind.values else None
        back = reverse("admin:privacy_datarequest_changelist")
        context = {**self.admin_site.each_context(request), "title": "Enter a call or a letter", "opts": self.opts}
        if rule is None or not rule.is_for_guests:
            every = [each for each in kinds.KINDS.values() if each.is_for_guests]
            return render(request, "admin/privacy/enter.html", {**context, "kinds": every, "back": back})
        form = EntryForm(request.POST if request.method == "POST" else None, kind=rule.kind)
        if form.is_valid() and (made := _entered(form, request)):
            messages.success(request, f"{made} is here. Its time runs from {dates.moment(made.received_at)}.")
            return HttpResponseRedirect(reverse("admin:privacy_datarequest_change", args=[made.pk]))
        return render(
            request, "admin/privacy/enter.html", {**context, "rule": rule, "form": form, "back": request.path}
        )


def _entered(form: EntryForm, request: HttpRequest) -> DataRequest | None:
    """Call the verb; what it refuses is told on the form."""
    typed = form.cleaned_data
    try:
        return intake.by_staff(
            form.rule.kind,
            address=typed["email"],
            channel=typed["channel"],
            wishes=form.wishes,
            received_at=typed["received_at"],
            by=staff(request),
            at=timezone.now(),
        )
    except requests.ReceiptImpossible as refused:
        form.add_error("received_at", f"{str(refused).capitalize()}.")
        return None


@admin.register(Attachment)
class AttachmentAdmin(Decides, Evidence):
    """Files that came with requests: what each is, and to which request it belongs."""

    list_display = ("kind", "asked", "content_type", "size_bytes", "added_at", "discarded_at")
    list_filter = ("kind",)
    list_select_related = ("request",)
    search_fields = ("=request__reference",)
    ordering = ("-added_at", "pk")
    fields = ("kind", "asked", "title", "content_type", "size_bytes", "added_at", "discarded_at")
    actions_detail = ("open_file",)
    decisions = {
        "discard": Decision(
            title="Put it away",
            explains="The file is deleted for good. Do this with a copy of an identity card, and with whatever we need not know.",
            permission="privacy.change_attachment",
            fits=lambda row: row.is_there,
            do=calls(attachments.discard, "The file is gone; that it came, and why it went, stays in the trail."),
            form=DiscardForm,
            variant=ActionVariant.DANGER,
        )
    }
    refusals = {attachments.Discarded: GONE}

    def has_open_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm(MAY_REVEAL)) and self.has_view_permission(request)

    @display(description="request", ordering="request__reference")
    def asked(self, row: Attachment) -> str:
        return row.request.reference

    @action(description="Open the file", url_path="open", permissions=["open"])
    def open_file(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Ask why, write it down, and hand it over as a download, never as a page of ours."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        back = reverse("admin:privacy_attachment_change", args=[object_id])
        form, status = RevealForm(request.POST if request.method == "POST" else None), 200
        if form.is_valid():
            try:
                return _handed_over(row, form.cleaned_data["reason"], request)
            except looks.TooMany as enough:
                refuse_more(form, enough, request)
                status = 429
            except (attachments.Discarded, attachments.Lost):
                form.add_error(None, GONE)
                status = 410
        context = {**self.admin_site.each_context(request), "title": f"Open {row}", "form": form, "back": back}
        return render(request, "admin/privacy/reveal.html", context, status=status)


def _handed_over(row: Attachment, reason: str, request: HttpRequest) -> StreamingHttpResponse:
    content = attachments.read(row, reason=reason, by=staff(request), at=timezone.now())
    name = f"{row.request.reference}.{uploads.SUFFIXES[row.content_type]}"
    response = StreamingHttpResponse(content, content_type=row.content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return response
