"""The reports at the desk: sums of ten people and more, as a page and as files. No row about anybody is read here."""

from __future__ import annotations

import csv
from typing import Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from orders import reports
from privacy.register import profiles
from shop import charts
from shop.models import Activity
from shop.reports import ACTIVITY, LEAST, VISITORS, Cell, Report

MAY_READ: Final = "shop.view_reports"
SHOWN: Final = 8
DAYS: Final = {"day": 1, "week": 7}
PLACES: Final = {"product": "Piece", "stone": "Stone", "category": "Shelf", "page": "Page"}
SEARCHES: Final = {"search/found": "that found something", "search/nothing": "that found nothing"}
TITLES: Final = {
    Activity.Kind.VIEWED: "Looked at",
    Activity.Kind.ADDED: "Put into the bag",
    Activity.Kind.SEARCHED: "Looked for",
}


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Visitors by day, orders by week, and what the last whole month showed of each piece."""
    _only_readers(request)
    activity = ACTIVITY.cells()
    month = activity[0].since if activity else None
    context = {
        **admin.site.each_context(request),
        "title": "Reports",
        "least": LEAST,
        "series": [(report, _chart(report)) for report in (VISITORS, reports.ORDERS)],
        "month": month,
        "groups": [(title, group) for kind, title in TITLES.items() if (group := _top(activity, kind, month))],
        "files": reports.ALL,
    }
    return render(request, "admin/reports/overview.html", context)


@require_safe
def as_csv(request: HttpRequest, slug: str) -> HttpResponse:
    """One report as a table, every line of it."""
    _only_readers(request)
    report = next((each for each in reports.ALL if each.slug == slug), None)
    if report is None:
        raise Http404("no such report")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"{report.slug}-{profiles.current().slug}-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    csv.writer(response).writerows(report.table())
    return response


def _chart(report: Report) -> charts.Chart | None:
    values = {cell.since: cell.times for cell in report.cells()}
    return charts.by_period(values, days=DAYS[report.period], most=60)


def _top(cells: list[Cell], kind: str, month: object) -> list[tuple[Cell, str, str, float]]:
    """The most frequent of one kind in one month: the cell, what sort of thing, its name, and its bar."""
    mine = [cell for cell in cells if (cell.kind, cell.since) == (kind, month)][:SHOWN]
    lengths = charts.shares([cell.times for cell in mine])
    return [(cell, *_named(cell.what), length) for cell, length in zip(mine, lengths, strict=True)]


def _named(what: str) -> tuple[str, str]:
    """`product/solitaire-ring` as two words for a reader."""
    if what in SEARCHES:
        return "Search", SEARCHES[what]
    place, _, name = what.partition("/")
    return PLACES.get(place, place), name if place == "stone" else name.replace("-", " ")


def _only_readers(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_READ):
        raise PermissionDenied
