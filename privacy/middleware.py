"""What every request passes: the gate that shows no database older than the ledger, and the visitor's choice about cookies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone

from privacy.consent import choice, firewall, signals
from privacy.rights import replay

REFUSAL_HEADERS: Final = {
    "Retry-After": "60",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:",
    "X-Content-Type-Options": "nosniff",
}


class LedgerMiddleware:
    """Answers 503 while the database lacks an erasure of the ledger. Stands before everything, the page cache included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        verdict = replay.verdict(at=timezone.now())
        if verdict.may_serve:
            return self.get_response(request)
        if request.path.startswith(settings.STATIC_URL):
            response = self.get_response(request)
            if response.status_code in (200, 206, 304):
                return response
        return refusal(request, verdict)


def refusal(request: HttpRequest, verdict: replay.Verdict) -> HttpResponse:
    """503 with what to do, as a page or as JSON. Asks nothing of database, session or cache."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        facts = {"ready": False, "why": verdict.why, "erasures_lacking": verdict.lacking}
        return JsonResponse(facts, status=503, headers=REFUSAL_HEADERS)
    page = render_to_string("privacy/older_database.html", {"verdict": verdict})
    return HttpResponse(page, status=503, headers=REFUSAL_HEADERS)


class CookieMiddleware:
    """Sets `request.choice`, and lets no cookie leave that the register or the visitor forbids. Asks neither database nor cache.

    Stands outside the page cache, so that a remembered page is judged like any other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        choice.of(request)
        response = self.get_response(request)
        if response.cookies or request.COOKIES or "Set-Cookie" in response.headers:
            firewall.guard(request, response, choice=choice.of(request), at=timezone.now())
        return response


class SignalsMiddleware:
    """Sets `request.gpc`. Asks neither database nor cache, sets no cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.gpc = signals.gpc(request)  # type: ignore[attr-defined]
        return self.get_response(request)
