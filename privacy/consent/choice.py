"""The visitor's choice about optional things, in one signed cookie: what they allow, since when, and what of it counts today.

An altered, foreign, oversized or overdue cookie means *undecided*, and undecided allows nothing. The cookie names a visitor only
while something is allowed, so that the record of it can be found; a refusal names nobody.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from privacy.consent import cookies, signals
from privacy.consent.entries import Category as Category

UNDECIDED: Final = "undecided"
VERSION: Final = "1"
LONGEST: Final = 160  # characters; ours have about 90
#: How the cookie spells what is allowed; and that sale was opted out of, that something was refused.
LETTERS: Final = {"p": Category.PERFORMANCE, "f": Category.FUNCTIONALITY, "t": Category.TARGETING}
OPTED_OUT, REFUSED = "o", "r"


@dataclass(frozen=True)
class Choice:
    """What one visitor allows. Nothing, until they said so."""

    allowed: frozenset[Category] = frozenset()
    decided_on: date | None = None
    has_refused: bool = False
    gpc: bool = False  # the browser sends an opt-out signal that this shop answers
    visitor: UUID | None = None
    has_opted_out: bool = False  # by "Do Not Sell or Share", on this device

    @property
    def is_decided(self) -> bool:
        """Whether they were asked and answered; else the banner asks."""
        return self.decided_on is not None

    def allows(self, category: Category) -> bool:
        """Whether this may happen: it is necessary, or they agreed and no signal of theirs objects."""
        if category == Category.NECESSARY:
            return True
        return category in self.allowed and not (self.gpc and category == Category.TARGETING)

    @property
    def key(self) -> str:
        """Names the variant of a page: undecided or one of 8 choices, times the signal."""
        letters = "".join(letter for letter, category in LETTERS.items() if category in self.allowed)
        return f"{letters or 'none' if self.is_decided else UNDECIDED}{'+gpc' if self.gpc else ''}"


class _Unreadable(Exception):
    """Not a choice of ours."""


class _Written(NamedTuple):
    """What a cookie says, before it is asked whether that still counts."""

    version: str
    choice: Choice


def of(request: HttpRequest) -> Choice:
    """What counts for this request. Asks neither database nor cache, and never fails, whatever the cookie holds."""
    found: Choice | None = getattr(request, "choice", None)
    if found is None:
        found = read(request.COOKIES.get(cookies.CONSENT, ""), gpc=signals.opts_out(request), at=timezone.now())
        settle(request, found)
    return found


def settle(request: HttpRequest, choice: Choice) -> None:
    """From here on this is the choice of the request: what its answer is judged by."""
    request.choice = choice  # type: ignore[attr-defined]


def page_key(request: HttpRequest) -> str:
    """Names the variant of a page this visitor gets; the page cache keeps one copy for each."""
    return of(request).key


def read(raw: str, *, gpc: bool, at: datetime) -> Choice:
    """What a cookie says and still counts at this moment."""
    undecided = _SIGNALLING if gpc else _SILENT
    if not raw or len(raw) > LONGEST:
        return undecided
    try:
        written = _decode(raw)
    except (signing.BadSignature, _Unreadable):
        return undecided
    counts = _counts(written, at.date())
    return replace(counts, gpc=True) if gpc and counts is not undecided else counts


_SILENT: Final = Choice()
_SIGNALLING: Final = Choice(gpc=True)


def _counts(written: _Written, today: date) -> Choice:
    """What is left of a choice with time: agreeing lapses after 6 months, refusing after 12.

    Who agreed to a part and refused the rest is not asked for the rest before its 12 months; the part lapses meanwhile. A changed
    register asks everybody again, except who opted out by the link: that stands for its whole year.
    """
    choice = written.choice
    assert choice.decided_on is not None
    age = today - choice.decided_on
    is_over = age > kept_for(choice) or age.days < -1
    is_of_this_register = written.version == cookies.book().version
    if is_over or not (is_of_this_register or choice.has_opted_out):
        return _SILENT
    if is_of_this_register and age <= cookies.ACCEPTED_FOR:
        return choice
    return replace(choice, allowed=frozenset(), visitor=None)


def kept_for(choice: Choice) -> timedelta:
    """How long it counts: nobody who said no to something is asked again before its 12 months."""
    return cookies.REFUSED_FOR if choice.has_refused or choice.has_opted_out else cookies.ACCEPTED_FOR


def decide(allowed: Iterable[Category], *, before: Choice, opts_out: bool = False, at: datetime) -> Choice:
    """The choice of somebody who now allows exactly this, of what the register asks for.

    A signal of the browser leaves targeting out, without counting as their refusal. Having opted out of sale stands until
    targeting is allowed expressly. The visitor keeps the number they have, gets one with the first thing they allow, and loses it
    with the last.
    """
    asked = cookies.book().asked
    open_to_choice = asked - {Category.TARGETING} if before.gpc else asked
    agreed = open_to_choice & frozenset(allowed)
    return Choice(
        allowed=agreed,
        decided_on=at.date(),
        has_refused=bool(open_to_choice - agreed),
        gpc=before.gpc,
        visitor=(before.visitor or uuid4()) if agreed else None,
        has_opted_out=(opts_out or before.has_opted_out) and Category.TARGETING not in agreed,
    )


def write(response: HttpResponseBase, choice: Choice) -> None:
    """Send the choice along, for as long as it counts."""
    response.set_cookie(
        cookies.CONSENT,
        encoded(choice),
        max_age=kept_for(choice),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def encoded(choice: Choice) -> str:
    """The signed text of the cookie: format, register, day, letters, visitor."""
    assert choice.decided_on is not None, "an undecided visitor has no cookie"
    said = [letter for letter, category in LETTERS.items() if category in choice.allowed]
    said += [OPTED_OUT] * choice.has_opted_out + [REFUSED] * choice.has_refused
    number = base64.urlsafe_b64encode(choice.visitor.bytes).decode().rstrip("=") if choice.visitor else ""
    return _signer().sign(
        ".".join((VERSION, cookies.book().version, str(choice.decided_on.toordinal()), "".join(said), number))
    )


def _signer() -> signing.Signer:
    return signing.Signer(salt="consent")


@lru_cache(maxsize=4096)
def _decode(raw: str) -> _Written:
    """What the cookie says. *Raises* BadSignature, _Unreadable."""
    form, *rest = _signer().unsign(raw).split(".")
    if form != VERSION or len(rest) != 4:
        raise _Unreadable
    version, day, letters, number = rest
    try:
        decided_on = date.fromordinal(int(day))
        visitor = UUID(bytes=base64.urlsafe_b64decode(number + "==")) if number else None
    except (ValueError, OverflowError, binascii.Error) as error:
        raise _Unreadable from error
    return _Written(
        version,
        Choice(
            allowed=frozenset(category for letter, category in LETTERS.items() if letter in letters),
            decided_on=decided_on,
            has_refused=REFUSED in letters,
            visitor=visitor,
            has_opted_out=OPTED_OUT in letters,
        ),
    )
