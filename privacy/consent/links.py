"""Sealed links to somebody's choices, for the foot of a message: no account is needed to follow one.

The key holds the random number of a person record, encrypted, and differs in every message. It lives half a year: long enough for
an old letter to be of use, short enough that a mailbox which somebody else gets one day opens nothing. Leaving needs no key at all.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.urls import reverse

from privacy.ground import sealed
from privacy.register import subjects
from privacy.register.models import Subject

MARK: Final = b"preferences:"
LIVES: Final = timedelta(days=183)


class Broken(Exception):
    """The link was changed, or is none of ours, or leads to nobody any more: all three look the same from outside."""


class Expired(Exception):
    """The link is ours, but its time has run."""


def url(subject: Subject | UUID) -> str:
    """The absolute address to put into a message."""
    return f"{settings.LOUPE_PUBLIC_URL}{path(subject)}"


def path(subject: Subject | UUID) -> str:
    """The address on our own site."""
    return f"{reverse('privacy:preferences_by_key')}?key={key(subject)}"


def key(subject: Subject | UUID) -> str:
    """The sealed part, without the padding that mail programs like to cut."""
    number = subject.pk if isinstance(subject, Subject) else subject
    return sealed.seal_bytes(MARK + number.bytes).decode().rstrip("=")


def read(text: str, *, at: datetime) -> Subject:
    """The person a key names. *Raises* `Broken` (also for somebody erased) and `Expired`."""
    token = f"{text}{'=' * (-len(text) % 4)}".encode()
    try:
        opened = sealed.open_bytes(token)
        made = datetime.fromtimestamp(sealed.ring().extract_timestamp(token), tz=UTC)
    except (sealed.Unreadable, InvalidToken):
        raise Broken
    if not opened.startswith(MARK):
        raise Broken
    if at - made > LIVES:
        raise Expired
    subject = Subject.objects.filter(pk=UUID(bytes=opened.removeprefix(MARK))).first()
    if subject is None or subjects.root(subject).is_erased:
        raise Broken
    return subject
