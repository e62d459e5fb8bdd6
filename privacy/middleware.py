"""Hangs the browser's privacy signals on the request, for templates and views."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from privacy.consent import signals


class SignalsMiddleware:
    """Sets `request.gpc`. Asks neither database nor cache, sets no cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.gpc = signals.gpc(request)  # type: ignore[attr-defined]
        return self.get_response(request)
