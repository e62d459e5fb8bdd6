"""Certificates and valuations of what was sold: sealed, found by digest, shown to their owner only.

A stone's certificate is the shop's while the stone lies in the safe, and its owner's once it is sold: `take_certificates` moves it
from the catalogue to the order, `return_certificates` moves it back when the order is cancelled. Files lie sealed under
`LOUPE_HOME/papers` (`privacy.ground.sealed_storage`); a row without its file is an error, a file without its row is swept.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet

from orders.models import Order, Paper, SoldCertificate
from orders.models.papers import sealed_papers
from privacy.ground import audit, digests, sealed, sealed_files, uploads
from shop.models import Certificate

log = logging.getLogger(__name__)

LARGEST: Final = 10 * 1024 * 1024


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
def return_certificates(order: Order, line_ids: Collection[int] | None = None, *, by: audit.Actor, at: datetime) -> int:
    """The stones (of these lines, or all) are the shop's again, and so are their certificates. Returns how many."""
    theirs = SoldCertificate.objects.filter(line__order=order)
    wanted = theirs if line_ids is None else theirs.filter(line_id__in=line_ids)
    sold = list(wanted.select_related("line").select_for_update(of=("self",)))
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


def redigest(*, apply: bool) -> int:
    """Make the digests of certificate numbers with the newest key. Returns how many were, or would be."""
    newest, renewed = next(iter(digests.keys())), 0
    for each in SoldCertificate.objects.exclude(key_version=newest).iterator(chunk_size=500):
        fresh = digests.of("certificate", each.number)
        if apply:
            SoldCertificate.objects.filter(pk=each.pk).update(key_version=fresh.version, digest=fresh.value)
        renewed += 1
    return renewed


# Valuations


def add(order: Order, kind: str, *, title: str, upload: File[Any], by: audit.Actor, at: datetime) -> Paper:
    """Seal a file and file it with the order. *Raises* `uploads.NotAccepted`.

    Nothing stays on the disk where the row cannot be written.
    """
    paper = Paper(
        order=order,
        kind=kind,
        title=title,
        content_type=uploads.type_of(upload, largest=LARGEST),
        size_bytes=upload.size,
        added_at=at,
    )
    paper.file.save(f"{secrets.token_hex(16)}.sealed", upload, save=False)
    try:
        with transaction.atomic():
            paper.save(force_insert=True)
            audit.append("paper.added", subject=order.subject_id, obj=order, details={"kind": kind}, by=by, at=at)
    except BaseException:
        paper.file.delete(save=False)
        raise
    return paper


def read(paper: Paper) -> File[Any]:
    """Its content, as a stream. *Raises* `Lost`."""
    try:
        return paper.file.open("rb")
    except (FileNotFoundError, sealed_files.Damaged, sealed.Unreadable) as error:
        log.error("paper.lost", extra={"paper": paper.pk, "error": type(error).__name__})
        raise Lost(str(paper))


def sweep(*, at: datetime) -> int:
    """Delete files that no row knows, of workers that died in between. Returns how many."""
    return sealed_papers().forget_unknown(Paper.objects.values_list("file", flat=True), at=at)


def folder() -> Path:
    """Where the sealed files lie."""
    return sealed_papers().folder
