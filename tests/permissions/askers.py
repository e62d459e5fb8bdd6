"""Two ways to ask the admin: through the whole shop, as a browser does, and at the view itself, which is quicker."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.contrib.messages.storage.session import SessionStorage
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve

from accounts.models import User
from accounts.sessions import SessionStore

REFUSALS = {PermissionDenied: 403, Http404: 404, SuspiciousOperation: 400}


def at_the_view(user: User | None) -> Any:
    """Ask the view that the address leads to. *user* stays the same object, so that their permissions are read once."""

    def ask(method: str, path: str, data: dict[str, Any]) -> HttpResponse:
        request: Any = RequestFactory().generic(method, path) if method == "GET" else RequestFactory().post(path, data)
        request.user = user or AnonymousUser()
        request.session = SessionStore()
        request._messages = SessionStorage(request)
        request._dont_enforce_csrf_checks = True
        view = _resolved(path)
        try:
            answer: Any = view.func(request, *view.args, **view.kwargs)
        except tuple(REFUSALS) as refusal:
            return HttpResponse(status=next(code for kind, code in REFUSALS.items() if isinstance(refusal, kind)))
        answer.said = [str(each) for each in get_messages(request)]
        return answer  # type: ignore[no-any-return]

    return ask


def through_the_shop(user: User | None) -> Any:
    """Ask as a browser does, with every middleware on the way."""
    browser = Client(headers={"Sec-Fetch-Site": "same-origin"})

    def ask(method: str, path: str, data: dict[str, Any]) -> HttpResponse:
        if user is not None:
            browser.force_login(user)  # a sign-out or another answer ended the session before
        answer: Any = browser.generic(method, path) if method == "GET" else browser.post(path, data)
        answer.said = [str(each) for each in get_messages(answer.wsgi_request)]
        return answer  # type: ignore[no-any-return]

    return ask


@cache
def _resolved(path: str) -> Any:
    return resolve(path)
