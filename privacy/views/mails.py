"""Every kind of mail at the desk, as an invented person would get it, in the light and in the dark."""

from __future__ import annotations

from itertools import groupby

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_safe

from privacy.ground import tongue
from privacy.messages import previews
from privacy.messages.kinds import Kind
from privacy.messages.previews import Look
from privacy.views.registers import MAY_READ


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """Every kind, with its purpose and whom it reaches."""
    _only_readers(request)
    by_app = groupby(previews.kinds(), key=lambda kind: kind.name.partition(".")[0])
    context = {
        **admin.site.each_context(request),
        "title": "Mails",
        "groups": [(app.capitalize(), _table(list(kinds))) for app, kinds in by_app],
    }
    return render(request, "admin/privacy/mails.html", context)


@require_safe
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One kind: its text, and its HTML, in the language and the look that were chosen."""
    _only_readers(request)
    language = tongue.known(request.GET.get("language", ""))
    look = Look.DARK if request.GET.get("look") == Look.DARK else Look.LIGHT
    try:
        letter = previews.letter(name, language=language, at=timezone.now())
    except previews.NoPreview:
        raise Http404("No mail of this kind.")
    context = {
        **admin.site.each_context(request),
        "title": letter.kind.label,
        "letter": letter,
        "html": letter.as_seen(look),
        "look": look,
        "looks": list(Look),
        "language": language,
        "languages": settings.LANGUAGES,
        "back": reverse("registers:mails"),
    }
    return render(request, "admin/privacy/mail.html", context)


def _table(kinds: list[Kind]) -> dict[str, object]:
    rows = [
        [
            format_html(
                '<a class="underline" href="{}">{}</a>', reverse("registers:mail", args=[kind.name]), kind.label
            ),
            kind.name,
            kind.purpose.words,
            "yes" if kind.reaches_restricted else "no",
        ]
        for kind in kinds
    ]
    return {"headers": ["Mail", "Kind", "Sent", "Reaches somebody whose data are restricted"], "rows": rows}


def _only_readers(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_READ):
        raise PermissionDenied
