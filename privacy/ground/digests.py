"""Keyed digests of identifiers: find a candidate without storing the value.

HMAC-SHA-256 with keys outside the database, newest first, each with a version. A plain hash of an e-mail address can be
reversed with a dictionary; this one cannot without the key. A digest finds a *candidate*; only proof links people
(`privacy.register.subjects`).
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

import phonenumbers
from django.conf import settings


class Digest(NamedTuple):
    """A digest and the version of the key that made it."""

    version: int
    value: str


def normal_email(value: str) -> str:
    """One form for addresses that differ only by case or Unicode composition.

    Lower case, not case folding: that would make *strasse* of *straße*, and these are two domains with two owners (RFC 5892).
    """
    return unicodedata.normalize("NFKC", value).strip().lower()


def normal_phone(value: str) -> str:
    """E.164 where the number can be read as one (US assumed without a country code), else its digits."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(value, "US"), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return "".join(character for character in value if character.isdigit())


def normal_number(value: str) -> str:
    """Letters and digits only, in capitals: how people read a number out to each other."""
    return "".join(character for character in value.upper() if character.isalnum())


NORMAL: Final[dict[str, Callable[[str], str]]] = {
    "email": normal_email,
    "phone": normal_phone,
    "certificate": normal_number,
    "post": normal_number,  # a postal address, all its lines
    "gateway": str.strip,  # a processor's id
}


@cache
def keys() -> dict[int, bytes]:
    """The digest keys by version, newest first."""
    pairs = (pair.strip().split(":", 1) for pair in settings.LOUPE_DIGEST_KEYS)
    return {int(version): bytes.fromhex(key) for version, key in pairs}


def all_of(kind: str, value: str) -> list[Digest]:
    """The digests of *value* under every live key, newest first; *kind* is one of `NORMAL`."""
    return [Digest(version, raw.hex()) for version, raw in zip(keys(), raw_of(kind, NORMAL[kind](value)), strict=True)]


def raw_of(kind: str, normal: str) -> list[bytes]:
    """The same as bytes, for a value that is in its one form already: for comparing millions."""
    message = f"{kind}:{normal}".encode()
    return [hmac.digest(key, message, "sha256") for key in keys().values()]


def of(kind: str, value: str) -> Digest:
    """The digest of *value* under the newest key."""
    return all_of(kind, value)[0]


def of_the_day(key: str, *, day: int) -> str:
    """The digest of *key*, salted with the day: tomorrow nobody can tell that it was the same key."""
    newest = next(iter(keys().values()))
    return hmac.new(newest, f"{day}:{key}".encode(), hashlib.sha256).hexdigest()
