"""The registers at the desk: what the law asks the shop to have ready, computed. Privacy desk and owner only."""

from __future__ import annotations

import csv
from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from privacy.consent import statistics
from privacy.register import activities, agreements, profiles

MAY_READ = "privacy.view_register"
SPANS = {"7": 7, "30": 30, "90": 90, "365": 365}


@require_safe
def article_30(request: HttpRequest) -> HttpResponse:
    """The record of processing activities, one card for each purpose."""
    _only_readers(request)
    context = {**admin.site.each_context(request), **activities.as_page(), "title": "Record of processing activities"}
    return render(request, "admin/privacy/article_30.html", context)


@require_safe
def article_30_csv(request: HttpRequest) -> HttpResponse:
    """The same as a table."""
    _only_readers(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"article-30-{profiles.current().slug}-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    csv.writer(response).writerows(activities.table())
    return response


@require_safe
def processors(request: HttpRequest) -> HttpResponse:
    """The companies that get personal data: what was agreed with each, and what is missing before it gets anything."""
    _only_readers(request)
    context = {**admin.site.each_context(request), "title": "Companies that work for us"}
    context |= {"processors": activities.bound(at=timezone.now()), "terms": agreements.TERMS}
    return render(request, "admin/privacy/processors.html", context)


@require_safe
def consents(request: HttpRequest) -> HttpResponse:
    """How people answer what the shop asks: numbers of the last days, and what stands now."""
    _only_readers(request)
    days = SPANS.get(request.GET.get("days", ""), 90)
    counted = statistics.of(since=timezone.now() - timedelta(days=days))
    context = {**admin.site.each_context(request), "title": "Consent statistics"}
    context |= {"counted": counted, "days": days, "spans": SPANS.values()}
    return render(request, "admin/privacy/consents.html", context)


def may_read(request: HttpRequest) -> bool:
    """Whether somebody may open the registers: asked by the pages and by the desk's menu."""
    return bool(request.user.has_perm(MAY_READ))


def _only_readers(request: HttpRequest) -> None:
    if not may_read(request):
        raise PermissionDenied
