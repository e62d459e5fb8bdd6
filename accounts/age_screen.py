"""The age screen before a sign-up: how old somebody is comes before who they are, so that nothing of a child reaches us.

The page is neutral: it names no age that matters. An answer is remembered by the browser alone (`privacy.consent.screen`); who is
too young for an account, here and by the shop's profile, leaves no row behind, not even a session.
"""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.forms import AgeForm
from privacy.consent import screen
from privacy.register import profiles
from privacy.register.ages import Answer, Standing


def stops(request: HttpRequest) -> HttpResponse | None:
    """The page that comes before a sign-up: the question, or the word that there will be no account. None: go on."""
    given = screen.answer(request)
    if given is None:
        return ask(request, AgeForm())
    return too_young(request) if given.standing is Standing.NOT_YET else None


def ask(request: HttpRequest, form: AgeForm) -> HttpResponse:
    """The question."""
    return render(request, "accounts/age.html", {"form": form, "next": _next(request)})


def onwards(request: HttpRequest, given: Answer) -> HttpResponse:
    """Where an answer leads: to the page that asked, or to the end."""
    if given.standing is Standing.NOT_YET:
        return too_young(request)
    return redirect(_next(request) or "account_signup")


def too_young(request: HttpRequest) -> HttpResponse:
    """There will be no account. What a session held of this visitor goes; there was nothing to keep."""
    if not request.session.is_empty() and not request.user.is_authenticated:
        request.session.flush()
    return render(request, "accounts/no_account.html", {"contact": profiles.current().contact})


def _next(request: HttpRequest) -> str:
    """Where the visitor was going, if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if wanted and get_adapter(request).is_safe_url(wanted) else ""
