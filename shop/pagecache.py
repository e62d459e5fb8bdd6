"""A small page cache in each process, inside only the gate and the cookie firewall: finished answers for ten seconds.

Nothing is invalidated. A view opts in with `@public(...)`, naming the query parameters it reads. A request that carries any cookie
of a person (session or bag) passes the cache by in both directions; one that carries only a choice about cookies gets the page of
everybody who chose the same. A page that shows what a customer said is never kept, since they may take it back (`never_kept`). What
any other page shows may be ten seconds old; what a bag costs is guarded by the expected total at
checkout (`orders.checkout`).
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NamedTuple, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from privacy.consent import choice, policy_banner

View = TypeVar("View", bound=Callable[..., HttpResponse])
Key = tuple[str, str, str, str]
PERSONAL_COOKIES: Final = ("sessionid", "bag")


class Page(NamedTuple):
    """A finished answer: until when it may be served (monotonic seconds), and its parts."""

    until: float
    body: bytes
    headers: dict[str, str]


class PageStore:
    """The least recently used pages go first; safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, now: float) -> Page | None:
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.until < now:
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: Page) -> None:
        with self._lock:
            self._pages[key] = page
            self._pages.move_to_end(key)
            while len(self._pages) > self._most:
                self._pages.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._pages.clear()


store = PageStore(settings.PAGE_CACHE_ENTRIES)


def public(*parameters: str) -> Callable[[View], View]:
    """Mark a view's answers as the same for every visitor; *parameters* are all the query parameters it reads."""
    known = frozenset(parameters)

    def mark(view: View) -> View:
        @wraps(view)
        def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.unknown_parameters = request.GET.keys() - known  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
            is_kept = getattr(response, "is_public_page", True) and not request.unknown_parameters  # type: ignore[attr-defined]
            response.is_public_page = is_kept  # type: ignore[attr-defined]
            return response

        return marked  # type: ignore[return-value]  # wraps() keeps the signature

    return mark


def never_kept(response: HttpResponse) -> HttpResponse:
    """Let no answer of a public view be kept that shows what somebody may take back: the next request is asked afresh."""
    response.is_public_page = False  # type: ignore[attr-defined]
    return response


def key_of(request: HttpRequest) -> Key | None:
    """The page's key, or None for a request that the cache has no part in."""
    if request.method != "GET" or any(name in request.COOKIES for name in PERSONAL_COOKIES):
        return None
    fragment = request.headers.get("HX-Request", "") and request.headers.get("HX-Target", "-")
    return (
        request.get_host(),
        request.get_full_path(),
        choice.page_key(request) + policy_banner.page_key(request),
        fragment,
    )


class PageCacheMiddleware:
    """Answers from the store when it can, and keeps what a public view answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = key_of(request) if settings.PAGE_CACHE_SECONDS else None
        if key is None:
            return self.get_response(request)
        now = time.monotonic()
        page = store.get(key, now)
        if page is not None:
            return HttpResponse(page.body, headers=page.headers)
        response = self.get_response(request)
        if is_keepable(response):
            assert isinstance(response, HttpResponse)
            page = Page(now + settings.PAGE_CACHE_SECONDS, response.content, dict(response.headers))
            store.put(key, page)
        return response


def is_keepable(response: HttpResponseBase) -> bool:
    """Whether this answer may be given to somebody else: public, whole, and without a cookie."""
    return (
        getattr(response, "is_public_page", False)
        and isinstance(response, HttpResponse)
        and response.status_code == 200
        and not response.cookies
    )
