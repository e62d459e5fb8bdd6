"""Erasing somebody without a grace, because nobody may keep their data a day longer: a child below the shop's age.

The machinery is that of every erasure: planned, restricted, carried out step by step, checked, certified. Only nobody asked,
nobody can take it back, and nobody is written to, since the one address there is may be the child's.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from privacy import tasks
from privacy.ground import audit, doorbell
from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights import requests
from privacy.rights.kinds import Kind
from privacy.rights.models import Channel, DataRequest, State
from privacy.rights.states import REQUEST


def erase(child: Subject, *, because: str, by: audit.Actor, at: datetime) -> DataRequest:
    """Decide that *child* is erased now; *because* names nobody. The worker begins at once. Returns the erasure.

    An erasure that was asked for before is hurried instead.
    """
    with transaction.atomic():
        request = _open(child) or requests.receive(
            Kind.ERASURE, subject=subjects.root(child), contact="", channel=Channel.CHILD, by=by, at=at
        )
        if request.state == State.RECEIVED:
            REQUEST.advance(request, State.VERIFIED, by=by, at=at, note=because)
            request.verified_at = at
            request.save(update_fields=["verified_at"])
        if request.state == State.VERIFIED:
            requests.approve(request, by=by, at=at)
        if request.state == State.APPROVED:
            request.execute_after = at
            request.save(update_fields=["execute_after"])
        doorbell.ring(tasks.carry_out_request, request_id=request.pk)
    return request


def _open(child: Subject) -> DataRequest | None:
    mine = DataRequest.objects.of(subjects.family(child)).open().filter(kind=Kind.ERASURE)
    return mine.exclude(state=State.RECEIVED).select_related("subject").first()
