"""Signatures that anybody can check without us: Ed25519 over canonical JSON.

Canonical means sorted keys, no spaces, UTF-8, whole numbers only: the subset of RFC 8785 that needs no rules about fractions.
The private key is `settings.LOUPE_SIGNING_KEY`. Its public half is published, and so are those of the keys used before it
(`settings.LOUPE_OLD_PUBLIC_KEYS`): what they signed stays valid.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

ALGORITHM: Final = "Ed25519"

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


class NotCanonical(ValueError):
    """The document holds something whose JSON form is not unique, such as a fraction."""


class NotAKey(ValueError):
    """What was given as a public key is none: 64 hex digits are."""


def canonical(document: Json) -> str:
    """The one JSON text of *document*. Raises `NotCanonical`."""
    _refuse_fractions(document)
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sign(text: str) -> str:
    """The signature of *text* under the present key, in hex."""
    return _private_key().sign(text.encode()).hex()


def fits(text: str, signature: str, public_key: str) -> bool:
    """Whether *signature* was made over *text* with the key whose public half this is. Raises `NotAKey`."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    except ValueError:
        raise NotAKey(public_key)
    try:
        key.verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key() -> str:
    """The published half of the present key, 64 hex digits."""
    return _private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def public_keys() -> dict[str, str]:
    """Every published key by its name, the present one first."""
    every = [public_key(), *(key.strip().lower() for key in settings.LOUPE_OLD_PUBLIC_KEYS)]
    return {name_of(key): key for key in every}


def key_id() -> str:
    """The name of the present key."""
    return name_of(public_key())


def name_of(public_key: str) -> str:
    """Names a key in what it signed: the start of the public key's SHA-256. Raises `NotAKey`."""
    try:
        return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]
    except ValueError:
        raise NotAKey(public_key)


@cache
def _private_key() -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.LOUPE_SIGNING_KEY))
    except ValueError:
        raise ImproperlyConfigured("LOUPE_SIGNING_KEY must be an Ed25519 private key: 64 hex digits.")


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise NotCanonical("A certificate holds whole numbers only; this one was changed.")
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for child in children:
        _refuse_fractions(child)
