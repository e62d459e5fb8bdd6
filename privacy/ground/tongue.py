"""The language in which somebody is written to, and how its letters write days and hours.

The shop's pages are in English. What we write to people is in the language they chose: whoever writes a letter does it
`writing(language)`, and every word with a translation in `locale/` comes out in it. docs/languages.md says how to add one.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import dateformat, timezone, translation
from django.utils.translation import gettext


def known(language: str) -> str:
    """The code of a language that we write in: this one, `en` of `en-us`, else the first we have."""
    ours = [code for code, _ in settings.LANGUAGES]
    return next((code for code in (language, language.partition("-")[0]) if code in ours), ours[0])


def asked_by(request: HttpRequest) -> str:
    """The language that a browser asks for, where it is one of ours; else the first we have. Read to show it, not to keep it."""
    return known(translation.get_language_from_request(request))


def current() -> str:
    """The language that is being written now."""
    return known(translation.get_language() or "")


def writing(language: str) -> AbstractContextManager[None]:
    """Everything inside is written in that language, or in the first we have where it is none of ours."""
    return translation.override(known(language))


def translated(words: str) -> str:
    """A sentence of ours that was kept in English, in the language that is being written; others as they are."""
    return gettext(words) if words else ""


def day(when: date | datetime) -> str:
    """`3 March 2033`; of a moment, its day by UTC."""
    return dateformat.format(_by_utc(when), gettext("j F Y"))


def moment(when: datetime) -> str:
    """`3 March 2033, 14:05`, by UTC."""
    return dateformat.format(_by_utc(when), gettext("j F Y, H:i"))


def minute(when: datetime) -> str:
    """`14:05`, by UTC."""
    return dateformat.format(_by_utc(when), "H:i")


def _by_utc(when: date | datetime) -> date | datetime:
    return when.astimezone(UTC) if isinstance(when, datetime) and timezone.is_aware(when) else when
