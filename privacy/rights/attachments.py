"""Files that people enclose with a request: taken in, opened by staff on the record, put away where they tell too much.

They lie sealed under `LOUPE_HOME/attachments` and leave with the request, or with an erasure. Nobody is asked for a picture of an
identity card; who sends one all the same has it put away (`discard`).
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.core.files import File
from django.db import transaction

from privacy.ground import audit, sealed, sealed_files, uploads
from privacy.rights import looks
from privacy.rights.attachment_models import Attachment, sealed_attachments
from privacy.rights.models import DataRequest

log = logging.getLogger(__name__)

LARGEST: Final = 5 * 1024 * 1024
MOST: Final = 5


class TooMany(Exception):
    """A request has room for a few files."""


class Lost(Exception):
    """The row is there and its file is not, or no longer opens."""


class Discarded(Exception):
    """The file was put away."""


def check(upload: File[Any]) -> str:
    """The content type of *upload*. Raises `uploads.NotAccepted` for one that is not kept."""
    return uploads.type_of(upload, largest=LARGEST)


def add(
    request: DataRequest,
    upload: File[Any],
    *,
    kind: str = Attachment.Kind.ENCLOSURE,
    by: audit.Actor,
    at: datetime,
) -> Attachment:
    """Seal a file and keep it with *request*. *Raises* `TooMany`, `uploads.NotAccepted`; then nothing stays on the disk."""
    content_type = check(upload)
    if request.attachments.count() >= MOST:
        raise TooMany
    attachment = Attachment(
        request=request,
        kind=kind,
        title=Path(upload.name or "").name[:120] or "file",
        content_type=content_type,
        size_bytes=upload.size,
        added_at=at,
    )
    attachment.file.save(f"{secrets.token_hex(16)}.sealed", upload, save=False)
    try:
        with transaction.atomic():
            attachment.save(force_insert=True)
            details: dict[str, audit.Detail] = {"kind": kind, "type": content_type}
            audit.append(
                "request.file_enclosed", subject=request.subject_id, obj=request, details=details, by=by, at=at
            )
    except BaseException:
        attachment.file.delete(save=False)
        raise
    return attachment


def read(attachment: Attachment, *, reason: str, by: audit.Actor, at: datetime) -> File[Any]:
    """Its content, as a stream, for staff who said why; its person reads that they looked. *Raises* `Discarded`,
    `Lost`, `looks.TooMany`.
    """
    if not attachment.is_there:
        raise Discarded
    try:
        content: File[Any] = attachment.file.open("rb")
    except (FileNotFoundError, sealed_files.Damaged, sealed.Unreadable) as error:
        log.error("attachment.lost", extra={"attachment": str(attachment.pk), "error": type(error).__name__})
        raise Lost(str(attachment))
    asked, model = attachment.request, Attachment._meta.label
    try:
        looks.record(asked.subject_id, model=model, fields=["file"], reason=reason, obj=asked, by=by, at=at)
    except looks.TooMany:
        content.close()
        raise
    return content


def discard(attachment: Attachment, *, reason: str, by: audit.Actor, at: datetime) -> Attachment:
    """Put the file away for good; that it came, and why it went, stays. *Raises* `Discarded`."""
    with transaction.atomic():
        standing = Attachment.objects.select_for_update(of=("self",)).select_related("request").get(pk=attachment.pk)
        if not standing.is_there:
            raise Discarded
        name, standing.file, standing.discarded_at = str(standing.file.name), "", at
        standing.save(update_fields=["file", "discarded_at"])
        asked = standing.request
        audit.append("request.file_discarded", subject=asked.subject_id, obj=asked, note=reason, by=by, at=at)
        transaction.on_commit(lambda: sealed_attachments().delete(name), robust=True)  # what this misses, `sweep` finds
    return standing


def sweep(*, at: datetime) -> int:
    """Delete files that no row knows. Returns how many."""
    return sealed_attachments().forget_unknown(Attachment.objects.values_list("file", flat=True), at=at)


def folder() -> Path:
    """Where the sealed files lie."""
    return sealed_attachments().folder
