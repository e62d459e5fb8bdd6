"""The neighbours of the policy. What they list is read from the register, so that no page says what we do not do."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from privacy.consent import banner, guides, signals
from privacy.consent import cookies as cookie_register
from privacy.consent.choice import Choice
from privacy.register import authorities, profiles
from privacy.rights import contents

SECURITY_TXT_LIVES = timedelta(days=180)


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """Every line of the register; what the browser's signals do here; and where else people can rule over cookies."""
    shown = {
        "groups": banner.groups_for(Choice()),
        "for_staff": [entry for entry in cookie_register.register() if entry.is_for_staff],
        "sends_gpc": signals.gpc(request),
        "sends_dnt": signals.dnt(request),
        "browsers": guides.BROWSERS,
        "industry": guides.INDUSTRY,
    }
    return render(request, "privacy/cookies.html", shown)


@require_safe
def supervisors(request: HttpRequest) -> HttpResponse:
    """To whom people may complain about us, by where they live (GDPR Art. 77)."""
    return _public(request, render(request, "privacy/authorities.html", {"authorities": authorities.DIRECTORY}))


@require_safe
def gpc(request: HttpRequest) -> HttpResponse:
    """The site's word that it honours Global Privacy Control (W3C GPC, 5)."""
    return JsonResponse({"gpc": True, "lastUpdate": profiles.current().effective_on})


@require_safe
def copy_schema(request: HttpRequest, version: int) -> HttpResponse:
    """The JSON Schema of the file `data.json` in a copy, for whoever wants to read one by machine."""
    if version != contents.VERSION:
        raise Http404
    response = JsonResponse(contents.schema(), json_dumps_params={"indent": 2}, content_type="application/schema+json")
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Where to report a weakness (RFC 9116)."""
    site = settings.LOUPE_PUBLIC_URL
    expires = (timezone.now() + SECURITY_TXT_LIVES).replace(microsecond=0, second=0, minute=0, hour=0)
    lines = [
        f"Contact: mailto:{profiles.current().contact.email}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {site}{reverse('privacy:security_txt')}",
        f"Policy: {site}{reverse('privacy:policy')}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


def _public(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The same for every visitor with the same signals, so the page cache may keep it."""
    response.is_public_page = not request.GET  # type: ignore[attr-defined]
    return response
