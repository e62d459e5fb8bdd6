"""Makes a person's copy: a worker reads the register's rows once and writes them into a sealed file.

What is in it is `rights.contents`, how it is written `rights.archive`, how it is fetched `rights.packages`. The copy never
travels by mail.
"""

from __future__ import annotations

import errno
import logging
from datetime import datetime
from typing import IO, cast
from uuid import UUID

from django.db import transaction

from privacy.ground import audit, sealed_files
from privacy.register import subjects
from privacy.rights import archive, emails, identity, packages
from privacy.rights.kinds import COPIES
from privacy.rights.locks import only_one
from privacy.rights.models import DataRequest, State
from privacy.rights.states import REQUEST

log = logging.getLogger(__name__)


def build(request_id: UUID, *, by: audit.Actor, at: datetime) -> DataRequest | None:
    """Make the copy a verified request asks for. Safe to call twice: the second finds it made.

    Returns the completed request, or None where there was nothing to do yet or another worker is doing it. Where the disk
    refuses the file, nothing of it stays, the request stays *executing*, and the sweep tries again.
    """
    with only_one("access", request_id) as mine:
        request = _begin(request_id, by=by, at=at) if mine else None
        if request is None:
            return None
        name, file = _written(request, at=at)
        with transaction.atomic():
            packages.enter(request, name, size=file.size, sha256=file.sha256, at=at)
            emails.copy_ready(request, by=by, at=at)
            request.completed_at, request.first_replied_at, request.contact = at, request.first_replied_at or at, None
            request.save(update_fields=["completed_at", "first_replied_at", "contact"])
            return REQUEST.advance(request, State.COMPLETED, by=by, at=at)


def _begin(request_id: UUID, *, by: audit.Actor, at: datetime) -> DataRequest | None:
    """Take the request in hand, unless its account's keys changed lately: then it waits until that time is over."""
    request = DataRequest.objects.select_related("subject").filter(pk=request_id, kind__in=COPIES).first()
    if request is None or request.state not in (State.VERIFIED, State.EXECUTING):
        return None
    if request.state == State.EXECUTING:
        return request
    if cooling := identity.cooling(subjects.family(request.subject), at=at):
        DataRequest.objects.filter(pk=request.pk, state=State.VERIFIED).update(retry_at=cooling.until)
        return None
    return REQUEST.advance(request, State.EXECUTING, by=by, at=at)


def _written(request: DataRequest, *, at: datetime) -> tuple[str, sealed_files.Writer]:
    name = packages.new_name(request)
    try:
        with sealed_files.create(packages.folder() / name) as file:
            archive.write(request, cast(IO[bytes], file), spool_in=packages.folder(), at=at)
    except OSError as problem:
        reason = errno.errorcode.get(problem.errno or 0, type(problem).__name__)
        log.error("copy.not_written", extra={"request": request.reference, "problem": reason})
        raise
    return name, file
