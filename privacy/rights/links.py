"""Signed links for people without an account: to prove an address, to answer two questions, to follow a request, to fetch a copy.

A link names one request and one use, and expires. That it acts only once is the request's own state: what has been verified
cannot be verified again, and a package counts its downloads.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

from privacy.rights.models import LINK_LIVES, DataRequest


class Broken(Exception):
    """The link was changed, is for something else, or is no link of ours."""


class Expired(Exception):
    """The link is ours, but its time has run."""


class _Use(NamedTuple):
    salt: str
    page: str
    lives: timedelta


class Use(Enum):
    """What a link is good for, which page takes it, and how long it lives."""

    CONFIRM = _Use("privacy.request.confirm", "privacy:confirm", LINK_LIVES)
    FACTS = _Use("privacy.request.facts", "privacy:facts", timedelta(days=14))
    FOLLOW = _Use("privacy.request.follow", "privacy:follow", timedelta(days=60))
    COPY = _Use("privacy.request.copy", "privacy:copy", timedelta(hours=72))


def url(request: DataRequest, use: Use) -> str:
    """The absolute address to put into a mail."""
    return f"{settings.LOUPE_PUBLIC_URL}{path(request, use)}"


def path(request: DataRequest, use: Use) -> str:
    """The address on our own site."""
    return f"{reverse(use.value.page)}?key={key(request, use)}"


def key(request: DataRequest, use: Use) -> str:
    """The signed part."""
    return signing.TimestampSigner(salt=use.value.salt).sign(request.pk.hex)


def read(text: str, use: Use) -> UUID:
    """The id of the request a key names. Raises `Broken` and `Expired`."""
    try:
        return UUID(signing.TimestampSigner(salt=use.value.salt).unsign(text, max_age=use.value.lives))
    except signing.SignatureExpired:
        raise Expired
    except (signing.BadSignature, ValueError):
        raise Broken
