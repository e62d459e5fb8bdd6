"""Whether and as whom a request may be counted; asked by the views that count. Sets no cookie, writes nothing unless allowed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from privacy.consent import choice
from privacy.consent.choice import Category
from privacy.consent.cookies import SEEN
from shop import activity
from shop.models import Activity


def note(request: HttpRequest, kind: Activity.Kind, *, what: str, at: datetime) -> bool:
    """Note one thing that somebody did whom `may_count` allows to count. False, and nothing is written, without their consent."""
    return activity.record(kind, what=what, choice=choice.of(request), by=whom(request), at=at) is not None


def note_visit(request: HttpRequest, *, at: datetime) -> bool:
    """Note once a day that this browser came by. Asked after something of it was noted."""
    seen_on = request.COOKIES.get(SEEN, "")
    return activity.record_visit(seen_on=seen_on, choice=choice.of(request), by=whom(request), at=at) is not None


def may_count(request: HttpRequest) -> bool:
    """Whether the browser's choice allows it, and the account of whoever is signed in does not object."""
    if not choice.of(request).allows(Category.PERFORMANCE):
        return False
    return not (request.user.is_authenticated and activity.objects(request.user.subject))


def whom(request: HttpRequest) -> UUID | None:
    """The person record of somebody signed in; nobody else has anything to be known by."""
    return request.user.subject_id if request.user.is_authenticated else None


def see(request: HttpRequest, kind: Activity.Kind, what: str) -> None:
    """Let the page that answers *request* say what is seen on it (`components/seen.html`)."""
    request.seen = (kind, what)  # type: ignore[attr-defined]


def said(request: HttpRequest) -> str:
    """What the page says to a browser that may be counted; nothing to any other."""
    seen: tuple[Activity.Kind, str] | None = getattr(request, "seen", None)
    if seen is None or not choice.of(request).allows(Category.PERFORMANCE):
        return ""
    return activity.said(*seen)
