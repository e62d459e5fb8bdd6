"""The age screen in the browser: the answer once given, in a signed cookie, so that nobody tries until one fits.

The cookie says what the answer allows here and nothing closer; it is the same for everybody of whom that holds. An altered or
overdue one is no answer. Who asks, and what follows, is the door's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from privacy.consent.cookies import AGE, AGE_FOR
from privacy.register.ages import ANSWERS, Answer, Standing

GROWN_UP_FOR: Final = timedelta(hours=1)
"""For as long as a form takes; every other answer stands for its day, and a second one does not count."""
LONGEST: Final = 100


def answer(request: HttpRequest) -> Answer | None:
    """What this browser's visitor said about their age; None where they were not asked or it was too long ago."""
    raw = request.COOKIES.get(AGE, "")
    if not raw or len(raw) > LONGEST:
        return None
    try:
        code = _signer().unsign(raw, max_age=AGE_FOR)
    except signing.BadSignature:
        return None
    return ANSWERS.get(code)


def remember(response: HttpResponseBase, given: Answer) -> None:
    """Send the answer along."""
    response.set_cookie(
        AGE,
        _signer().sign(_least(given).code),
        max_age=GROWN_UP_FOR if given.standing is Standing.ALONE else AGE_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponseBase) -> None:
    """The account is made, the order placed: take the cookie away."""
    response.delete_cookie(AGE, samesite="Lax")


def _least(given: Answer) -> Answer:
    """The youngest answer of which the same is kept: the cookie tells 30 from 70 no more than our tables do, and 12 not from 15
    where neither may have an account."""
    alike = (each for each in ANSWERS.values() if each.band == given.band and each.standing is given.standing)
    return ANSWERS["to_12"] if given.standing is Standing.NOT_YET else next(alike)


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="age")
