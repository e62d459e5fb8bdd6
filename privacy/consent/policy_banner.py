"""The banner about an important change of the policy: for whom it stands on a page, until they put it away.

Putting it away sets one small necessary cookie that holds the version's number and nothing else, so everybody who did so is alike;
whoever does not press the button gets no cookie. Which version is told of is asked of the database twice a minute at most.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from privacy.consent import cookies
from privacy.register import policy_versions, profiles
from privacy.register.models import PolicyVersion


class _Known(NamedTuple):
    until: float
    profile: str
    version: PolicyVersion | None


_known: _Known | None = None


def of(request: HttpRequest) -> PolicyVersion | None:
    """The version whose banner belongs on this request's page, if any."""
    version = told_of(at=timezone.now())
    return None if version is None or request.COOKIES.get(cookies.POLICY_SEEN) == str(version.number) else version


def page_key(request: HttpRequest) -> str:
    """Names the variant of a page: `seen` for whoever put the banner away, nothing for everybody else."""
    if cookies.POLICY_SEEN not in request.COOKIES:
        return ""
    version = told_of(at=timezone.now())
    return "+seen" if version and request.COOKIES[cookies.POLICY_SEEN] == str(version.number) else ""


def put_away(response: HttpResponseBase, number: int) -> None:
    """Remember in this browser that the banner of that version was read."""
    response.set_cookie(
        cookies.POLICY_SEEN,
        str(number),
        max_age=cookies.BANNER_AWAY_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def told_of(*, at: datetime) -> PolicyVersion | None:
    """The important change that pages tell of; none while the database does not answer."""
    profile, now = profiles.current().slug, time.monotonic()
    if _known is None or _known.until <= now or _known.profile != profile:
        try:
            version = policy_versions.announced(at=at)
        except DatabaseError:
            return None
        return remember(version, seconds=settings.LOUPE_BANNER_SECONDS)
    return _known.version


def remember(version: PolicyVersion | None, *, seconds: float) -> PolicyVersion | None:
    """Take it that this version is told of (or none), for so long. Returns it."""
    global _known
    _known = _Known(time.monotonic() + seconds, profiles.current().slug, version)
    return version


def forget() -> None:
    """Ask the database before the next page."""
    global _known
    _known = None
