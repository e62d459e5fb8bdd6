"""Cross-site request forgery: Django's token where there is a session, the browser's own word where there is none.

Without a session there is nothing to ride on but the bag, and no cookie to keep a token in: the first page sets none.
A POST without a session therefore passes when `Sec-Fetch-Site` says *same-origin*, or, where a browser does not send
that header, when `Origin` is ours (W3C Fetch Metadata; OWASP CSRF cheat sheet). Pages print the token only where a
session exists, so that they can be cached.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render

if TYPE_CHECKING:

    class Base(CsrfViewMiddleware):
        """The inner methods of Django's middleware that its type stubs leave out."""

        def _accept(self, request: HttpRequest) -> None: ...
        def _reject(self, request: HttpRequest, reason: str) -> HttpResponseForbidden: ...
        def _set_csrf_cookie(self, request: HttpRequest, response: HttpResponseBase) -> None: ...

else:
    Base = CsrfViewMiddleware

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
ELSEWHERE = "This form was sent from another site."


def has_session(request: HttpRequest) -> bool:
    """Whether the browser brought a session cookie."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def is_from_us(request: HttpRequest) -> bool:
    """Whether the browser says that one of our own pages sent this request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin", "")
    ours = f"{request.scheme}://{request.get_host()}"
    return origin == ours or origin in settings.CSRF_TRUSTED_ORIGINS


class CsrfMiddleware(Base):
    """Django's middleware, with another proof for requests without a session."""

    def process_view(
        self, request: HttpRequest, callback: Callable[..., HttpResponseBase], callback_args: Any, callback_kwargs: Any
    ) -> HttpResponseForbidden | None:
        needs_other_proof = (
            request.method not in SAFE_METHODS
            and not has_session(request)
            and not getattr(callback, "csrf_exempt", False)
            and not getattr(request, "_dont_enforce_csrf_checks", False)
        )
        if not needs_other_proof:
            return super().process_view(request, callback, callback_args, callback_kwargs)
        if is_from_us(request):
            self._accept(request)
            return None
        return self._reject(request, ELSEWHERE)

    def _set_csrf_cookie(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Keep the secret in a session that exists; never open a session only to hold a token."""
        if has_session(request) or not request.session.is_empty():
            super()._set_csrf_cookie(request, response)


def refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The 403 page that says what happened and what to do."""
    host = urlsplit(settings.LOUPE_PUBLIC_URL).netloc
    return render(request, "403_csrf.html", {"reason": reason, "host": host}, status=403)
