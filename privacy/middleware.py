"""What every request passes: the gate that shows no database older than the ledger, and the visitor's choice about cookies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from privacy.consent import answers, choice, firewall, ledger
from privacy.rights import replay
from privacy.rights.clock import of_the_shop

REFUSAL_HEADERS: Final = {
    "Retry-After": "60",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:",
    "X-Content-Type-Options": "nosniff",
}

FOLLOWED: Final = "consent_followed"  # what of this browser the session's account has heard already
NOTHING_TO_FOLLOW: Final = "00"


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


class DeskZoneMiddleware:
    """At the desk every time is shown, and read from a form, by the shop's own clock; everywhere else by UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(reverse("admin:index")):
            return self.get_response(request)
        with timezone.override(of_the_shop().zone):
            return self.get_response(request)


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
    """Sets `request.gpc`; for somebody signed in, an opt-out of this browser becomes the account's, and the account's counts here.

    Asks nothing for visitors, and for an account only where there is something to follow: once a session, not at every request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = choice.of(request)
        request.gpc = found.gpc  # type: ignore[attr-defined]
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            _meet_account(request, found)
        return self.get_response(request)


def _meet_account(request: HttpRequest, found: choice.Choice) -> None:
    said = f"{found.gpc:d}{found.has_opted_out:d}{found.visitor or ''}"
    is_targeted = found.allows(choice.Category.TARGETING)
    if said == NOTHING_TO_FOLLOW and not is_targeted:
        return
    if not request.user.is_authenticated:
        return
    if said != request.session.get(FOLLOWED, NOTHING_TO_FOLLOW):
        with suppress(ledger.Erased):
            answers.follow(found, request.user.subject, by=request.user, at=timezone.now())
        request.session[FOLLOWED] = said
    person = request.user.subject if is_targeted else None
    if person is not None and (person.is_minor or answers.has_objected(person)):
        choice.settle(request, replace(found, allowed=found.allowed - {choice.Category.TARGETING}))
