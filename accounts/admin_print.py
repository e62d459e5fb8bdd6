"""The desk's page of print lists: count, say what for, and take the file along. Nobody's name is on the page."""

from __future__ import annotations

import csv
from typing import Final, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts import print_lists
from accounts.models import User
from privacy.consent.vocabulary import TOPICS, Matter
from privacy.register import agreements

MAY_MAKE: Final = "privacy.send_campaign"


class PrintListForm(forms.Form):
    """About what, and what for."""

    topic = forms.ChoiceField(
        choices=sorted((topic.value, topic.words) for topic in TOPICS), widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        max_length=200,
        help_text="For the trail: which letter, and who prints it. Name nobody on the list.",
        widget=UnfoldAdminTextInputWidget,
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    """Count for each topic; with a reason, hand out one list as a file."""
    if not request.user.has_perm(MAY_MAKE):
        raise PermissionDenied
    form = PrintListForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _file(form, request)
        except agreements.NotAgreed as refused:
            form.add_error(None, f"No list was made: {refused}.")
    now = timezone.now()
    counts = [(topic.words, *print_lists.count(topic, at=now)) for topic in sorted(TOPICS)]
    context = {**admin.site.each_context(request), "title": "Print lists", "form": form, "counts": counts}
    return render(request, "admin/accounts/print_lists.html", context, status=400 if form.is_bound else 200)


def _file(form: PrintListForm, request: HttpRequest) -> HttpResponse:
    made = print_lists.make(
        Matter(form.cleaned_data["topic"]),
        reason=form.cleaned_data["reason"],
        by=cast(User, request.user),
        at=timezone.now(),
    )
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{made.reference}.csv"'
    csv.writer(response).writerows([print_lists.COLUMNS, *made.rows])
    return response
