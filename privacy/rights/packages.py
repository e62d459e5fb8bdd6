"""A copy that waits to be fetched: sealed on disk, handed out to its owner, gone when its last byte has left.

What is in it is `rights.contents`; who may come for it is decided by the doors (`identity.proved_recently`, a mailed link).
For seven days after the account's e-mail or password changed it is handed out to nobody (`identity.cooling`): whoever took an
account over would ask for exactly this file first.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F

from privacy.ground import audit, sealed, sealed_files
from privacy.register import subjects
from privacy.register.declare import Family
from privacy.rights import identity
from privacy.rights.models import DataRequest, ExportPackage

log = logging.getLogger(__name__)

LIVES: Final = timedelta(hours=72)
ORPHANED_AFTER: Final = timedelta(hours=6)


class PackageGone(Exception):
    """Expired, fetched, started three times, or removed."""


class Held(Exception):
    """Not now: the account's e-mail or password changed. `cooling` says what, when, and until when."""

    def __init__(self, cooling: identity.Cooling) -> None:
        super().__init__(f"held until {cooling.until:%Y-%m-%d}")
        self.cooling = cooling


def folder() -> Path:
    """The folder of sealed packages; nobody but the shop's own user may look into it."""
    path = Path(settings.LOUPE_HOME) / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def new_name(request: DataRequest) -> str:
    """A file name nobody can guess."""
    return f"{request.reference}-{secrets.token_hex(16)}.sealed"


def file_of(package: ExportPackage) -> Path:
    """Where the sealed file lies."""
    return folder() / package.file_name


def enter(request: DataRequest, name: str, *, size: int, sha256: str, at: datetime) -> ExportPackage:
    """Write down the file *name* as the answer to *request*; *size* and *sha256* are those of the ZIP."""
    return ExportPackage.objects.create(
        request=request, file_name=name, size_bytes=size, sha256=sha256, built_at=at, expires_at=at + LIVES
    )


def held(package: ExportPackage, *, at: datetime) -> identity.Cooling | None:
    """Why it is handed out to nobody just now, or None."""
    return identity.cooling(subjects.family(package.request.subject), at=at)


def start(package: ExportPackage, *, by: audit.Actor, at: datetime) -> sealed_files.Reader:
    """Begin one download: counts it and opens the file. Whoever reads it to the end calls `spend`.

    Raises `Held` and `PackageGone`.
    """
    if cooling := held(package, at=at):
        raise Held(cooling)
    request = package.request
    with transaction.atomic():
        fresh = ExportPackage.objects.filter(
            pk=package.pk, removed_at=None, spent_at=None, expires_at__gt=at, starts__lt=ExportPackage.MAX_STARTS
        )
        if not fresh.update(starts=F("starts") + 1, last_started_at=at):
            raise PackageGone
        audit.append("copy.started", subject=request.subject_id, obj=request, by=by, at=at)
    try:
        return sealed_files.open(file_of(package))
    except FileNotFoundError:
        log.error("copy.file_missing", extra={"request": request.reference})
    except (sealed_files.Damaged, sealed.Unreadable) as problem:
        log.error("copy.unreadable", extra={"request": request.reference, "problem": type(problem).__name__})
    remove(package, by="system:download", at=at)
    raise PackageGone


def spend(package: ExportPackage, *, by: audit.Actor, at: datetime) -> None:
    """The last byte has left: the copy was handed out, and its file goes. Safe to repeat."""
    with transaction.atomic():
        if not ExportPackage.objects.filter(pk=package.pk, spent_at=None).update(spent_at=at):
            return
        audit.append("copy.handed_out", subject=package.request.subject_id, obj=package.request, by=by, at=at)
        remove(package, by=by, at=at)


def remove(package: ExportPackage, *, by: audit.Actor, at: datetime) -> None:
    """Delete the file; the row stays and says when."""
    file_of(package).unlink(missing_ok=True)
    if ExportPackage.objects.filter(pk=package.pk, removed_at=None).update(removed_at=at):
        audit.append("copy.removed", subject=package.request.subject_id, obj=package.request, by=by, at=at)


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Remove the files of packages that expired or were started three times, and files nobody owns. Returns how many.

    A download that is under way reads on: a file that was removed stays readable to whoever has it open.
    """
    over = [each for each in ExportPackage.objects.filter(removed_at=None) if not each.is_available(at)]
    for package in over:
        remove(package, by=by, at=at)
    return len(over) + _remove_orphans(at)


def discard(family: Family) -> int:
    """Delete the files of every copy made for this person: the eraser of packages. Returns how many rows it dealt with."""
    packages = list(ExportPackage.objects.filter(request__subject_id__in=family))
    for package in packages:
        file_of(package).unlink(missing_ok=True)
    return len(packages)


def _remove_orphans(at: datetime) -> int:
    """Files of workers that died between writing and committing."""
    known = set(ExportPackage.objects.filter(removed_at=None).values_list("file_name", flat=True))
    before = (at - ORPHANED_AFTER).timestamp()
    orphans = [file for file in folder().iterdir() if file.name not in known and file.stat().st_mtime < before]
    for file in orphans:
        file.unlink(missing_ok=True)
    return len(orphans)
