"""Response headers that Django has no setting for: the content policy of each part of the site, and permissions."""

from collections.abc import Callable
from functools import cache

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

RELAXED_PATHS = ("/admin/", "/api/docs/")
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


@cache
def content_policy(*, relaxed: bool) -> str:
    """The Content-Security-Policy header, built once: without nonces it never changes."""
    policy = settings.CONTENT_SECURITY_POLICY_ADMIN if relaxed else settings.CONTENT_SECURITY_POLICY
    return str(build_policy(config=policy["DIRECTIVES"]))


class HeadersMiddleware:
    """Adds the content policy of the path, the permissions policy, and `no-store` to what a cookie made personal."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", content_policy(relaxed=request.path.startswith(RELAXED_PATHS)))
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        if request.COOKIES or response.cookies:
            headers.setdefault("Cache-Control", "private, no-store")
        return response
