"""Erasures that nobody asked for: of accounts nobody used for as long as the shop keeps one. Whoever comes back ends theirs.

When an account counts as unused, and who is warned before, is the app's that keeps accounts.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from privacy.ground import audit, states
from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights import requests
from privacy.rights.kinds import Kind
from privacy.rights.models import Channel, DataRequest, State
from privacy.rights.states import REQUEST


def end(subject: Subject, *, contact: str, unused_since: datetime, by: audit.Actor, at: datetime) -> DataRequest | None:
    """Have somebody erased whose account nobody used for as long as the shop keeps one: what they asked for, unasked.

    It is decided already, so the grace begins at once; `take_back` ends it. None where they asked for it themselves.
    """
    erasures = DataRequest.objects.of(subjects.family(subject)).filter(kind=Kind.ERASURE)
    if erasures.open().exists():
        return None
    with transaction.atomic():
        request = requests.receive(
            Kind.ERASURE, subject=subject, contact=contact, channel=Channel.RETENTION, by=by, at=at
        )
        REQUEST.advance(request, State.VERIFIED, by=by, at=at, note=f"unused since {unused_since:%Y-%m-%d}")
        request.verified_at = at
        request.save(update_fields=["verified_at"])
        return requests.approve(request, by=by, at=at)


def take_back(subject: Subject, *, by: audit.Actor, at: datetime) -> None:
    """The account is used after all: take back an erasure that nobody but the calendar asked for."""
    unasked = DataRequest.objects.of(subjects.family(subject)).filter(channel=Channel.RETENTION, state=State.APPROVED)
    for request in unasked:
        with suppress(states.Changed):  # a worker has begun
            requests.withdraw(request, by=by, at=at)
