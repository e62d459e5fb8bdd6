"""Response headers that Django has no setting for: the content policy of each part of the site, and permissions."""

from collections.abc import Callable
from functools import cache

from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from privacy.consent import tags
from privacy.consent.tags import Tag
from shop import tagged

RELAXED_PATHS = ("/admin/", "/api/docs/")
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"


@cache
def content_policy(*, relaxed: bool = False, running: tuple[Tag, ...] = ()) -> str:
    """The Content-Security-Policy header, built once for each set of tags: without nonces it never changes."""
    policy = settings.CONTENT_SECURITY_POLICY_ADMIN if relaxed else settings.CONTENT_SECURITY_POLICY
    directives = dict(policy["DIRECTIVES"])
    for directive, hosts in tags.hosts(running).items():
        directives[directive] = [*directives.get(directive, directives["default-src"]), *hosts]
    return str(build_policy(config=directives))


class HeadersMiddleware:
    """Adds the content policy of the path, the permissions policy, and `no-store` to what a cookie made personal.

    Only an answer on which tags of third parties run names their hosts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        headers = response.headers
        running = tagged.running(request) if response.status_code == 200 else ()
        policy = content_policy(relaxed=request.path.startswith(RELAXED_PATHS), running=running)
        headers.setdefault("Content-Security-Policy", policy)
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        if request.COOKIES or response.cookies:
            headers.setdefault("Cache-Control", "private, no-store")
        return response
