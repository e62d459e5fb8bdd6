"""On which pages tags of third parties may run: those of the shop window that somebody only looks at, and no other.

Never where somebody types or reads something of their own: search, bag, checkout, orders, the account, the privacy pages. A page
whose address has parameters that we do not know runs none either (a link may carry anything, an e-mail address too), except
those by which an advertiser marks a click.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

from django.http import Http404, HttpRequest, HttpResponse

from privacy.consent import choice, tags
from privacy.consent.tags import Loading, Tag

View = TypeVar("View", bound=Callable[..., HttpResponse])
CLICKS: Final = frozenset(
    {"gclid", "gbraid", "wbraid", "fbclid", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"}
)


def tagged(view: View) -> View:
    """Mark a view whose page may run tags. Stands right above the view, below `pagecache.public`."""

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request.is_tagged = request.unknown_parameters <= CLICKS  # type: ignore[attr-defined]
        try:
            return view(request, *args, **kwargs)
        except Http404:
            request.is_tagged = False  # type: ignore[attr-defined]
            raise

    return marked  # type: ignore[return-value]  # wraps() keeps the signature


def running(request: HttpRequest) -> tuple[Tag, ...]:
    """The tags that run on the page asked for: none where nobody marked it, or the visitor allowed none."""
    if not getattr(request, "is_tagged", False):
        return ()
    return tags.running(choice.of(request))


def loading(request: HttpRequest) -> Loading | None:
    """How the page loads its tags; None for a page without."""
    found = running(request)
    return tags.loading(found, choice.of(request)) if found else None
