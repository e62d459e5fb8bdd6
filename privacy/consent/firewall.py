"""The cookie firewall: what leaves the server is in the register, allowed, and short-lived enough; everything else stays here.

It reads the finished answer, whoever made it: a view of ours, a library, a header written by hand. Taking a cookie away is always
allowed; and what a visitor has refused is taken away with the next answer they get.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, Morsel, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from privacy.consent import cookies
from privacy.consent.choice import Choice

log = logging.getLogger(__name__)

MOST_TAKEN: Final = 40  # cookies taken away with one answer, so that its head stays small; the next answer takes more
GONE: Final = "Thu, 01 Jan 1970 00:00:00 GMT"


class Refused(Exception):
    """A cookie was about to leave that must not: its name and why."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"The cookie {name!r} may not leave the server: {why}.")
        self.name, self.why = name, why


def guard(request: HttpRequest, response: HttpResponseBase, *, choice: Choice, at: datetime) -> None:
    """Drop what must not leave, and take away what the visitor has refused.

    *Raises* Refused instead of dropping where the settings are strict: in the demo and in tests, where somebody should notice.
    """
    if "Set-Cookie" in response.headers:
        _refuse(
            response.headers["Set-Cookie"].partition("=")[0].strip(), "it was written by hand, past Django's cookies"
        )
        del response.headers["Set-Cookie"]
    for key, morsel in list(response.cookies.items()) if response.cookies else ():
        if why := objection(morsel, choice=choice, at=at):
            _refuse(morsel.key, why)
            del response.cookies[key]
    if request.COOKIES:
        _take_away(request, response, choice)


def objection(morsel: Morsel[str], *, choice: Choice, at: datetime) -> str:
    """Why this cookie may not leave; nothing if it may."""
    lives = lifetime(morsel, at=at)
    if lives is not None and lives <= timedelta(0):
        return ""
    entry = cookies.book().find(morsel.key)
    if entry is None:
        return "no line of the register names it"
    if not choice.allows(entry.category):
        return f"the visitor has not allowed {entry.category.value} cookies"
    most = min(entry.lives, cookies.at_most(entry.category))
    if lives is not None and lives > most:
        return f"it would live {lives.days} days and may live {most.days}"
    return ""


def lifetime(morsel: Morsel[str], *, at: datetime) -> timedelta | None:
    """How long the browser would keep it (RFC 6265 5.3: Max-Age goes before Expires). None: until it is closed."""
    try:
        return timedelta(seconds=int(str(morsel["max-age"])))
    except (ValueError, OverflowError):
        pass
    try:
        return parsedate_to_datetime(str(morsel["expires"])).replace(tzinfo=UTC) - at
    except (TypeError, ValueError):
        return None


def _refuse(name: str, why: str) -> None:
    if settings.LOUPE_STRICT_COOKIES:
        raise Refused(name, why)
    log.error("cookie.refused", extra={"cookie": name, "why": why})


def _take_away(request: HttpRequest, response: HttpResponseBase, choice: Choice) -> None:
    """Expire what the browser still carries and the visitor does not allow, on this host and on the domain above it."""
    book = cookies.book()
    if all(choice.allows(category) for category in book.asked):
        return
    for name in list(_refused(request, choice))[:MOST_TAKEN]:
        for number, domain in enumerate(_domains(urlsplit(settings.LOUPE_PUBLIC_URL).hostname or "")):
            morsel = _expired(name, domain)
            if morsel is None:
                break
            # A jar has one place for each name; the browser has one for each name and domain.
            dict.__setitem__(response.cookies, f"{name} {number}" if domain else name, morsel)
        response.headers["Cache-Control"] = "private, no-store"


def _refused(request: HttpRequest, choice: Choice) -> Iterator[str]:
    book = cookies.book()
    for name in request.COOKIES:
        if book.names.fullmatch(name):
            entry = book.find(name)
            if entry is not None and not choice.allows(entry.category):
                yield name


def _domains(host: str) -> list[str]:
    """The host alone, then each domain that a cookie of this host may have been set for."""
    parts = host.split(".")
    if ":" in host or len(parts) < 2 or all(part.isdigit() for part in parts):
        return [""]
    return ["", *(".".join(parts[start:]) for start in range(len(parts) - 1))]


def _expired(name: str, domain: str) -> Morsel[str] | None:
    """A cookie that takes its namesake away; None for a name that no server can spell."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar[name] = ""
    except CookieError:
        return None
    morsel: Morsel[str] = jar[name]
    morsel["max-age"], morsel["expires"], morsel["path"] = 0, GONE, "/"
    if domain:
        morsel["domain"] = domain
    return morsel
