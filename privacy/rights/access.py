"""A person's copy: everything the register knows about them, as JSON for machines and as one page to read.

Built by a worker, sealed on disk, fetched by its owner within 72 hours, at most three times. What is in it comes from
`rights.holdings`; who may fetch it is decided by the doors. The copy never travels by mail.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import secrets
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string

from privacy.ground import audit, sealed
from privacy.register import profiles, registry, subjects
from privacy.register.declare import Family
from privacy.register.vocabulary import date_words
from privacy.rights import emails, holdings
from privacy.rights.locks import only_one
from privacy.rights.models import DataRequest, ExportPackage, Kind, State
from privacy.rights.states import REQUEST

log = logging.getLogger(__name__)

FORMAT: Final = "loupe-copy/1"
LIVES: Final = timedelta(hours=72)
ORPHANED_AFTER: Final = timedelta(hours=6)


class PackageGone(Exception):
    """Expired, fetched three times, or removed."""


def build(request_id: UUID, *, by: audit.Actor, at: datetime) -> DataRequest | None:
    """Make the copy a verified request asks for. Safe to call twice: the second finds it made.

    Returns the completed request, or None where there was nothing to do or another worker is doing it.
    """
    with only_one("access", request_id) as mine:
        request = _begin(request_id, by=by, at=at) if mine else None
        if request is None:
            return None
        blob = sealed.seal_bytes(zipped(request, at=at))
        name = f"{request.reference}-{secrets.token_hex(16)}.sealed"
        _write(name, blob)
        with transaction.atomic():
            ExportPackage.objects.create(
                request=request,
                file_name=name,
                size_bytes=len(blob),
                sha256=hashlib.sha256(blob).hexdigest(),
                built_at=at,
                expires_at=at + LIVES,
            )
            emails.copy_ready(request, by=by, at=at)
            request.completed_at, request.first_replied_at, request.contact = at, request.first_replied_at or at, None
            request.save(update_fields=["completed_at", "first_replied_at", "contact"])
            return REQUEST.advance(request, State.COMPLETED, by=by, at=at)


def start(package: ExportPackage, *, by: audit.Actor, at: datetime) -> bytes:
    """Begin one download: counts it, and opens the seal. Raises `PackageGone`."""
    with transaction.atomic():
        fresh = ExportPackage.objects.filter(
            pk=package.pk, removed_at=None, expires_at__gt=at, starts__lt=ExportPackage.MAX_STARTS
        )
        if not fresh.update(starts=F("starts") + 1, last_started_at=at):
            raise PackageGone
        request = package.request
        audit.append("copy.fetched", subject=request.subject_id, obj=request, by=by, at=at)
    try:
        return sealed.open_bytes(file_of(package).read_bytes())
    except FileNotFoundError:
        log.error("copy.file_missing", extra={"request": request.reference})
        raise PackageGone


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Remove the files of packages that expired or were fetched three times, and files nobody owns. Returns how many."""
    over = [each for each in ExportPackage.objects.filter(removed_at=None) if not each.is_available(at)]
    for package in over:
        remove(package, by=by, at=at)
    return len(over) + _remove_orphans(at)


def remove(package: ExportPackage, *, by: audit.Actor, at: datetime) -> None:
    """Delete the file; the row stays and says when."""
    file_of(package).unlink(missing_ok=True)
    if ExportPackage.objects.filter(pk=package.pk, removed_at=None).update(removed_at=at):
        audit.append("copy.removed", subject=package.request.subject_id, obj=package.request, by=by, at=at)


def file_of(package: ExportPackage) -> Path:
    """Where the sealed file lies."""
    return folder() / package.file_name


def folder() -> Path:
    """The folder of sealed packages; nobody but the shop's own user may look into it."""
    path = Path(settings.LOUPE_HOME) / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


# What is in it


def zipped(request: DataRequest, *, at: datetime) -> bytes:
    """The ZIP: `data.json` and `index.html`, with the same content."""
    data = contents(request, at=at)
    page = render_to_string("privacy/copy.html", {"copy": data})
    for row in (row for group in data["groups"] for row in group["rows"]):
        del row["reads"]  # the same values, made ready for the page
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, indent=2, ensure_ascii=False))
        archive.writestr("index.html", page)
    return buffer.getvalue()


def contents(request: DataRequest, *, at: datetime) -> dict[str, Any]:
    """Everything held about the person, and what GDPR Art. 15(1) adds: why, until when, from whom, to whom, their rights.

    Each row has its `values`, and `reads`: those that say something, for the page.
    """
    shop = profiles.current()
    return {
        "format": FORMAT,
        "reference": request.reference,
        "made_at": at.isoformat(),
        "shop": {"name": shop.shop_name, "legal_name": shop.legal_name, "contact": shop.contact.email},
        "groups": [_group(holding) for holding in holdings.of(subjects.family(request.subject))],
        "processors": [
            {"name": each.name, "for": each.purpose.words, "receives": list(each.receives), "country": each.country}
            for each in registry.processors()
        ],
        "automated_decisions": "None. No decision about you is made by a machine alone.",
        "rights": [
            "You may ask us to correct, erase, limit or hand over what we hold, and object to its use.",
            "You may complain to the supervisory authority of the place where you live.",
        ],
    }


def _group(holding: holdings.Holding) -> dict[str, Any]:
    return {
        "label": holding.label,
        "model": holding.declaration.model,
        "why": holding.reasons,
        "basis": holding.bases,
        "kept": holding.retention,
        "recipients": holding.recipients,
        "fields": _fields(holding),
        "rows": [
            {
                "title": entry.title,
                "values": entry.values,
                "reads": entry.facts,
                "kept_until": date_words(entry.until),
            }
            for entry in holding.entries()
        ],
    }


def _fields(holding: holdings.Holding) -> dict[str, dict[str, Any]]:
    every = holding.declaration.personal_fields()
    shown = {name: every[name] for name in registry.exported(holding.declaration)}
    words = holdings.field_words(holding.declaration, list(shown))
    return {
        word: {"category": str(field.category), "source": str(field.source), "recipients": list(field.recipients)}
        for word, field in zip(words, shown.values(), strict=True)
    }


def _begin(request_id: UUID, *, by: audit.Actor, at: datetime) -> DataRequest | None:
    request = DataRequest.objects.select_related("subject").filter(pk=request_id, kind=Kind.ACCESS).first()
    if request is None or request.state not in (State.VERIFIED, State.EXECUTING):
        return None
    if request.state == State.VERIFIED:
        REQUEST.advance(request, State.EXECUTING, by=by, at=at)
    return request


def _write(name: str, blob: bytes) -> None:
    """Whole or not at all: a name appears only once its content is on disk."""
    draft = folder() / f".{name}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(blob)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder() / name)


def _remove_orphans(at: datetime) -> int:
    """Files of workers that died between writing and committing."""
    known = set(ExportPackage.objects.filter(removed_at=None).values_list("file_name", flat=True))
    before = (at - ORPHANED_AFTER).timestamp()
    orphans = [file for file in folder().iterdir() if file.name not in known and file.stat().st_mtime < before]
    for file in orphans:
        file.unlink(missing_ok=True)
    return len(orphans)


def discard(family: Family) -> int:
    """Delete the files of every copy made for this person: the eraser of packages. Returns how many rows it dealt with."""
    packages = list(ExportPackage.objects.filter(request__subject_id__in=family))
    for package in packages:
        file_of(package).unlink(missing_ok=True)
    return len(packages)
