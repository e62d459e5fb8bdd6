"""Certificates of erasure: what went, what stays and until when, signed so that anybody can check it without asking us.

The signature is Ed25519 over canonical JSON (sorted keys, no spaces, UTF-8, whole numbers only: the subset of RFC 8785 that
needs no rules about fractions). The key comes from `settings.LOUPE_SIGNING_KEY`; its public half is published on the page
that verifies. A certificate carries counts, dates and references, so it may be shown to anybody who was given it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from privacy.ground import audit, references
from privacy.proof.models import Certificate

FORMAT: Final = "loupe-erasure-certificate/1"
ALGORITHM: Final = "Ed25519"
MAX_PASTED: Final = 100_000

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


class NotCanonical(ValueError):
    """The document holds something whose JSON form is not unique, such as a fraction."""


class Unreadable(ValueError):
    """What was pasted is not one of our certificates."""


@dataclass(frozen=True)
class Facts:
    """Everything a certificate says, gathered by the erasure that earned it."""

    subject_id: UUID
    request_reference: str
    shop_name: str
    received_at: datetime
    approved_at: datetime
    erased: Sequence[Mapping[str, Json]]
    retained: Sequence[Mapping[str, Json]]
    processors: Sequence[Mapping[str, Json]]
    coverage: Mapping[str, Json]


@dataclass(frozen=True)
class Verdict:
    """What became of a check: whether the signature holds, whether we issued it, and what it says."""

    is_valid: bool
    words: str
    document: Mapping[str, Any] | None = None


@cache
def _private_key() -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(settings.LOUPE_SIGNING_KEY))
    except ValueError:
        raise ImproperlyConfigured("LOUPE_SIGNING_KEY must be an Ed25519 private key: 64 hex digits.")


def public_key() -> str:
    """The published half of the signing key, 64 hex digits."""
    return _private_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def key_id() -> str:
    """Names the key a certificate was signed with: the start of the public key's SHA-256."""
    return hashlib.sha256(bytes.fromhex(public_key())).hexdigest()[:16]


def canonical(document: Json) -> str:
    """The one JSON text of *document*. Raises `NotCanonical`."""
    _refuse_fractions(document)
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def issue(facts: Facts, *, by: audit.Actor, at: datetime) -> Certificate:
    """Sign *facts* and keep the certificate; a request has one, so a second call returns the first."""
    existing = Certificate.objects.filter(request_reference=facts.request_reference).first()
    if existing is not None:
        return existing
    reference = references.new("CE")
    text = canonical(_document(reference, facts, at))
    with transaction.atomic():
        certificate = Certificate.objects.create(
            reference=reference,
            subject_id=facts.subject_id,
            request_reference=facts.request_reference,
            canonical=text,
            signature=_private_key().sign(text.encode()).hex(),
            key_id=key_id(),
            issued_at=at,
        )
        audit.append("certificate.issued", subject=facts.subject_id, obj=certificate, by=by, at=at)
    return certificate


def published(certificate: Certificate) -> dict[str, Any]:
    """The certificate as its holder downloads it: the signed document, the signature, and how to check it."""
    return {
        "document": certificate.document,
        "signature": certificate.signature,
        "algorithm": ALGORITHM,
        "key_id": certificate.key_id,
        "signed_over": "the document as JSON with sorted keys, no spaces, UTF-8",
    }


def verify(certificate: Certificate) -> Verdict:
    """Check a certificate from our own table against the published key."""
    return _verdict(certificate.canonical, certificate.signature, certificate.document)


def verify_pasted(text: str) -> Verdict:
    """Check what somebody pasted: a reference of ours, or the JSON of a certificate. Never raises for bad input."""
    words = text.strip()
    if references.is_reference(words.upper()):
        return _verify_reference(words.upper())
    try:
        document, signature = _parsed(words)
        return _verdict(canonical(document), signature, document)
    except (Unreadable, NotCanonical) as problem:
        return Verdict(False, str(problem))


def _verify_reference(reference: str) -> Verdict:
    certificate = Certificate.objects.filter(reference=reference).first()
    if certificate is None:
        return Verdict(False, "We issued no certificate with this reference.")
    return verify(certificate)


def _verdict(text: str, signature: str, document: Mapping[str, Any]) -> Verdict:
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key()))
    try:
        key.verify(bytes.fromhex(signature), text.encode())
    except (InvalidSignature, ValueError):
        return Verdict(False, "The signature does not fit the document: it was changed, or it is not ours.")
    if not Certificate.objects.filter(reference=str(document.get("reference", "")), signature=signature).exists():
        return Verdict(False, "The signature is ours, but our register does not hold this certificate.", document)
    return Verdict(True, "The signature fits, and our register holds this certificate.", document)


def _document(reference: str, facts: Facts, at: datetime) -> dict[str, Json]:
    return {
        "format": FORMAT,
        "reference": reference,
        "request": facts.request_reference,
        "shop": facts.shop_name,
        "received_at": _second(facts.received_at),
        "approved_at": _second(facts.approved_at),
        "erased_at": _second(at),
        "erased": list(facts.erased),
        "retained": list(facts.retained),
        "processors": list(facts.processors),
        "coverage": dict(facts.coverage),
        "key_id": key_id(),
    }


def _parsed(text: str) -> tuple[dict[str, Any], str]:
    if len(text) > MAX_PASTED:
        raise Unreadable("That is too long to be a certificate.")
    try:
        outer = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("That is neither a reference (CE-XXXX-XXXX) nor the JSON of a certificate.")
    document = outer.get("document") if isinstance(outer, dict) else None
    signature = outer.get("signature") if isinstance(outer, dict) else None
    if not isinstance(document, dict) or not isinstance(signature, str) or document.get("format") != FORMAT:
        raise Unreadable("This JSON is not a certificate of ours: it needs a document, its format and a signature.")
    return document, signature


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise NotCanonical("A certificate holds whole numbers only; this one was changed.")
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for child in children:
        _refuse_fractions(child)


def _second(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()
