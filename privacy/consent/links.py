"""Signed links to somebody's choices, for the foot of a message: no account is needed to follow one.

The key names a person record by its random number and nothing else. It lives half a year: long enough for an old letter to
be of use, short enough that a mailbox somebody else gets one day opens nothing. Leaving needs no key at all.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from privacy.register import subjects
from privacy.register.models import Subject

SALT: Final = "privacy.preferences"
LIVES: Final = timedelta(days=183)


class Broken(Exception):
    """The link was changed, or is none of ours, or leads to nobody any more: all three look the same from outside."""


class Expired(Exception):
    """The link is ours, but its time has run."""


def url(subject: Subject) -> str:
    """The absolute address to put into a message."""
    return f"{settings.LOUPE_PUBLIC_URL}{path(subject)}"


def path(subject: Subject) -> str:
    """The address on our own site."""
    return f"{reverse('privacy:preferences_by_key')}?key={key(subject)}"


def key(subject: Subject) -> str:
    """The signed part."""
    return signing.TimestampSigner(salt=SALT).sign(subject.pk.hex)


def read(text: str) -> Subject:
    """The person a key names. *Raises* `Broken` (also for somebody erased) and `Expired`."""
    try:
        named = UUID(signing.TimestampSigner(salt=SALT).unsign(text, max_age=LIVES))
    except signing.SignatureExpired:
        raise Expired
    except (signing.BadSignature, ValueError):
        raise Broken
    subject = Subject.objects.filter(pk=named).first()
    if subject is None or subjects.root(subject).is_erased:
        raise Broken
    return subject
