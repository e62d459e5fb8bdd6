"""Certificates and valuations of what was sold: sealed, found by digest, shown to their owner only.

A stone's certificate is the shop's while the stone lies in the safe, and its owner's once it is sold: `take_certificates` moves it
from the catalogue to the order, `return_certificates` moves it back when the order is cancelled. Files lie sealed under
`LOUPE_HOME/papers` (`privacy.ground.sealed_files`); a row without its file is an error, a file without its row is swept.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from orders.models import Order, Paper, SoldCertificate
from privacy.ground import audit, digests, sealed_files
from shop.models import Certificate

log = logging.getLogger(__name__)

LARGEST: Final = 10 * 1024 * 1024
ORPHANED_AFTER: Final = timedelta(hours=6)
BEGINS: Final = {
    b"%PDF-": Paper.Type.PDF,
    b"\x89PNG\r\n\x1a\n": Paper.Type.PNG,
    b"\xff\xd8\xff": Paper.Type.JPEG,
}
"""What the first bytes of a file say it is; its name may say anything."""


class NotAPaper(ValueError):
    """Not a PDF, PNG or JPEG, empty, or too large: the message says which."""


class Lost(Exception):
    """The row is there and its file is not, or no longer opens."""


# Certificates


@transaction.atomic
def take_certificates(order: Order, *, by: audit.Actor, at: datetime) -> int:
    """Move the certificates of the order's stones from the catalogue to the order. Returns how many."""
    lines = {line.stone_id: line for line in order.lines.all() if line.stone_id is not None}
    reports = list(Certificate.objects.filter(stone_id__in=lines).select_for_update().order_by("pk"))
    SoldCertificate.objects.bulk_create(
        SoldCertificate(
            line=lines[report.stone_id],
            lab=report.lab,
            number=report.number,
            key_version=(digest := digests.of("certificate", report.number)).version,
            digest=digest.value,
            is_demo=report.is_demo,
            sold_at=at,
        )
        for report in reports
    )
    Certificate.objects.filter(pk__in=[report.pk for report in reports]).delete()
    if reports:
        audit.append(
            "certificates.taken", subject=order.subject_id, obj=order, details={"count": len(reports)}, by=by, at=at
        )
    return len(reports)


@transaction.atomic
def return_certificates(order: Order, *, by: audit.Actor, at: datetime) -> int:
    """The stones are the shop's again, and so are their certificates. Returns how many."""
    sold = list(
        SoldCertificate.objects.filter(line__order=order).select_related("line").select_for_update(of=("self",))
    )
    back = Certificate.objects.bulk_create(
        Certificate(stone_id=each.line.stone_id, lab=each.lab, number=each.number, is_demo=each.is_demo)
        for each in sold
        if each.line.stone_id is not None
    )
    SoldCertificate.objects.filter(pk__in=[each.pk for each in sold]).delete()
    if sold:
        audit.append(
            "certificates.returned", subject=order.subject_id, obj=order, details={"count": len(sold)}, by=by, at=at
        )
    return len(back)


def with_number(number: str) -> QuerySet[SoldCertificate]:
    """The sold certificates with this number, found without reading any."""
    return SoldCertificate.objects.filter(digest__in=[each.value for each in digests.all_of("certificate", number)])


# Valuations


def add(order: Order, kind: str, *, title: str, content: Iterable[bytes], by: audit.Actor, at: datetime) -> Paper:
    """Seal a file and file it with the order. *content*: pieces of bytes, the first of them at least 8 bytes long.

    *Raises* `NotAPaper`. Nothing is left on the disk where the row cannot be written.
    """
    name = f"{secrets.token_hex(16)}.sealed"
    path = folder() / name
    size, found = _seal(path, content)
    try:
        with transaction.atomic():
            paper = Paper.objects.create(
                order=order, kind=kind, title=title, file_name=name, content_type=found, size_bytes=size, added_at=at
            )
            audit.append("paper.added", subject=order.subject_id, obj=order, details={"kind": kind}, by=by, at=at)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return paper


def read(paper: Paper) -> sealed_files.Reader:
    """Its content, piece by piece. *Raises* `Lost`."""
    try:
        return sealed_files.open(file_of(paper))
    except (FileNotFoundError, sealed_files.Damaged) as error:
        log.error("paper.lost", extra={"paper": paper.pk, "error": type(error).__name__})
        raise Lost(str(paper))


def remove(paper: Paper, *, by: audit.Actor, at: datetime) -> None:
    """Take a paper away that was filed by mistake: the row first, so that nothing points at a file that is gone."""
    with transaction.atomic():
        paper.delete()
        audit.append("paper.removed", subject=paper.order.subject_id, obj=paper.order, by=by, at=at)
    file_of(paper).unlink(missing_ok=True)


def discard(family: list[UUID]) -> int:
    """Delete every paper of these people, files first: the eraser of papers. Returns how many."""
    papers = Paper.objects.filter(order__subject_id__in=family)
    for paper in papers:
        file_of(paper).unlink(missing_ok=True)
    count, _ = papers.delete()
    return count


def sweep(*, at: datetime) -> int:
    """Delete files that no row knows, of workers that died in between. Returns how many."""
    known = set(Paper.objects.values_list("file_name", flat=True))
    before = (at - ORPHANED_AFTER).timestamp()
    orphans = [file for file in folder().iterdir() if file.name not in known and file.stat().st_mtime < before]
    for file in orphans:
        file.unlink(missing_ok=True)
    return len(orphans)


def file_of(paper: Paper) -> Path:
    """Where the sealed file lies."""
    return folder() / paper.file_name


def folder() -> Path:
    """The folder of sealed papers; nobody but the shop's own user may look into it."""
    path = Path(settings.LOUPE_HOME) / "papers"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _seal(path: Path, content: Iterable[bytes]) -> tuple[int, str]:
    """Write the sealed file. Returns its size and what it is. *Raises* `NotAPaper`; then there is no file."""
    found = ""
    with sealed_files.create(path) as file:
        for piece in content:
            found = found or _type_of(piece)
            file.write(piece)
            if file.size > LARGEST:
                raise NotAPaper(f"A file may have {LARGEST // 1024**2} MB; this one is larger.")
        if not found:
            raise NotAPaper("This file is empty.")
    return file.size, found


def _type_of(piece: bytes) -> str:
    for beginning, found in BEGINS.items():
        if piece.startswith(beginning):
            return found
    raise NotAPaper("Only PDF, PNG and JPEG files are kept; this is none of them.")
