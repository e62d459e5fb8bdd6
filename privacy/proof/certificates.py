"""Certificates of erasure: what went, what stays and until when, signed so that anybody can check it without asking us.

A certificate is signed when an erasure is done, and countersigned when a sweep of everything (`proof.sweep`) found nothing of
the person. Both signatures are Ed25519 over canonical JSON (`proof.signing`). A certificate carries counts, dates and references,
so it may be shown to anybody who was given it. How it looks on paper is `proof.paper`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from privacy.ground import audit, references
from privacy.proof import signing, verdicts
from privacy.proof.models import Certificate, Countersignature, ResidueSweep
from privacy.proof.signing import Json
from privacy.proof.verdicts import Check, Unreadable, Verdict, signature_looks, text_of

FORMAT: Final = "loupe-erasure-certificate/2"
KNOWN: Final = ("loupe-erasure-certificate/1", FORMAT)
COUNTERSIGNATURE: Final = "loupe-countersignature/1"
MAX_FILE: Final = 2_000_000
NOT_ONE: Final = "That is neither a reference (CE-XXXX-XXXX) nor the JSON of a certificate."
EMBEDDED: Final = re.compile(rb"\nstream\r?\n(\{.*?\})\r?\nendstream", re.DOTALL)


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
    legal_holds: Sequence[Mapping[str, Json]] = ()


# Signing


def issue(facts: Facts, *, by: audit.Actor, at: datetime) -> Certificate:
    """Sign *facts* and keep the certificate; a request has one, so a second call returns the first."""
    existing = Certificate.objects.filter(request_reference=facts.request_reference).first()
    if existing is not None:
        return existing
    reference = references.new("CE")
    text = signing.canonical(_document(reference, facts, at))
    with transaction.atomic():
        certificate = Certificate.objects.create(
            reference=reference,
            subject_id=facts.subject_id,
            request_reference=facts.request_reference,
            canonical=text,
            signature=signing.sign(text),
            key_id=signing.key_id(),
            issued_at=at,
        )
        audit.append("certificate.issued", subject=facts.subject_id, obj=certificate, by=by, at=at)
    return certificate


def countersign(certificate: Certificate, sweep: ResidueSweep, *, by: audit.Actor, at: datetime) -> Countersignature:
    """Sign that *sweep* looked everywhere for the person of *certificate* and met nothing."""
    text = signing.canonical(
        {
            "format": COUNTERSIGNATURE,
            "certificate": certificate.reference,
            "certificate_sha256": _sha256(certificate.canonical),
            "sweep": sweep.reference,
            "swept_at": _second(at),
            "found": 0,
            "coverage": {name: value for name, value in sweep.coverage.items() if name != "unread"},
            "key_id": signing.key_id(),
        }
    )
    signed = Countersignature.objects.create(
        certificate=certificate,
        sweep=sweep,
        canonical=text,
        signature=signing.sign(text),
        key_id=signing.key_id(),
        signed_at=at,
    )
    audit.append(
        "certificate.countersigned",
        subject=certificate.subject_id,
        obj=certificate.request_reference,
        details={"sweep": sweep.reference, "certificate": certificate.reference},
        by=by,
        at=at,
    )
    return signed


def countersignature_of(certificate: Certificate) -> Countersignature | None:
    """The second signature, once a sweep has earned it."""
    return Countersignature.objects.filter(certificate__reference=certificate.reference).first()


def last_look(certificate: Certificate) -> ResidueSweep | None:
    """The latest sweep that looked for this person."""
    return ResidueSweep.objects.filter(certificates__contains=[certificate.reference]).order_by("-started_at").first()


def published(certificate: Certificate) -> dict[str, Any]:
    """The certificate as its holder downloads it: the signed documents, the signatures, and how to check them."""
    paper: dict[str, Any] = {
        "document": certificate.document,
        "signature": certificate.signature,
        "algorithm": signing.ALGORITHM,
        "key_id": certificate.key_id,
        "signed_over": "the document as JSON with sorted keys, no spaces, UTF-8",
    }
    second = countersignature_of(certificate)
    if second is not None:
        paper["countersignature"] = {"document": second.document, "signature": second.signature}
    return paper


# Checking


def verify(certificate: Certificate) -> Verdict:
    """Check a certificate from our own table against the published keys."""
    return _verdict(published(certificate))


def verify_pasted(text: str) -> Verdict:
    """Check what somebody pasted: a reference of ours, or the JSON of a certificate. Never raises for bad input."""
    words = text.strip()
    if references.is_reference(words.upper()):
        certificate = Certificate.objects.filter(reference=words.upper()).first()
        return verify(certificate) if certificate else Verdict(False, "We issued no certificate with this reference.")
    try:
        return _verdict(parsed(words))
    except Unreadable as problem:
        return Verdict(False, str(problem))


def verify_file(data: bytes) -> Verdict:
    """Check an uploaded certificate, JSON or PDF. Never raises for bad input."""
    try:
        return _verdict(read(data))
    except Unreadable as problem:
        return Verdict(False, str(problem))


def read(data: bytes) -> dict[str, Any]:
    """The certificate in a file: JSON, or our PDF, which carries the same JSON as an attachment. Raises `Unreadable`."""
    if len(data) > MAX_FILE:
        raise Unreadable("That file is too large to be a certificate.")
    if not data.startswith(b"%PDF-"):
        return parsed(data.decode("utf-8", "replace").strip())
    for found in EMBEDDED.finditer(data):
        try:
            return parsed(found.group(1).decode())
        except ValueError:
            continue
    raise Unreadable("This PDF carries no certificate. Use the file as it was downloaded, not one printed from it.")


def parsed(text: str) -> dict[str, Any]:
    """A certificate from its JSON text. Raises `Unreadable`."""
    return verdicts.parsed(text, what="certificate", formats=KNOWN, otherwise=NOT_ONE)


def looks(paper: Mapping[str, Any], keys: Mapping[str, str]) -> Iterator[Check]:
    """Everything that can be checked of a certificate with nothing but *keys* (public ones, by name): no database, no network."""
    document = paper["document"]
    yield Check(f"Format {document['format']}, certificate {document.get('reference')}.", True)
    yield from signature_looks(document, paper["signature"], keys, "The signature")
    second = paper.get("countersignature")
    if second is None:
        yield Check("Not countersigned yet: no sweep of everything has been signed under it.", None)
        return
    named = second.get("document") if isinstance(second, dict) else None
    if not isinstance(named, dict) or named.get("format") != COUNTERSIGNATURE:
        yield Check("The countersignature is not readable.", False)
        return
    yield from signature_looks(named, second.get("signature"), keys, "The countersignature")
    belongs = named.get("certificate_sha256") == _sha256(text_of(document)) and named.get("found") == 0
    about = "belongs to this certificate" if belongs else "belongs to another document"
    yield Check(f"The countersignature {about} (sweep {named.get('sweep')}, {named.get('swept_at')}).", belongs)


def _verdict(paper: Mapping[str, Any]) -> Verdict:
    """The offline looks, and whether our register holds the certificate."""
    checks = list(looks(paper, signing.public_keys()))
    document = paper["document"]
    if bad := [check for check in checks if check.is_good is False]:
        return Verdict(False, bad[0].words, document if _first_holds(checks) else None, tuple(checks))
    ours = Certificate.objects.filter(reference=str(document.get("reference", "")), signature=paper["signature"])
    if not ours.exists():
        words = "The signature is ours, but our register does not hold this certificate."
        return Verdict(False, words, document, (*checks, Check(words, False)))
    words = "The signature fits, and our register holds this certificate."
    return Verdict(True, words, document, (*checks, Check("Our register holds this certificate.", True)))


def _first_holds(checks: Sequence[Check]) -> bool:
    """Whether the document itself is as we signed it, whatever is wrong with the rest."""
    return len(checks) > 2 and all(check.is_good for check in checks[:3])


def _document(reference: str, facts: Facts, at: datetime) -> dict[str, Json]:
    days = settings.LOUPE_BACKUP_DAYS
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
        "backups": {"oldest_days": days, "gone_by": (at + timedelta(days=days)).date().isoformat()},
        "legal_holds": list(facts.legal_holds),
        "key_id": signing.key_id(),
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _second(moment: datetime) -> str:
    return moment.replace(microsecond=0).isoformat()
