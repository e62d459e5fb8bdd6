"""What a worker does for each kind of request, as one table, and the frame around it.

Copies, erasures, corrections and reports about children take their own steps and may be interrupted between any two. Every other
act is one short transaction together with its completion, so that it happened once or not at all. What staff answer in words has
no line here: `answers.give` ends it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from django.db import transaction

from privacy.ground import audit, logs, states
from privacy.register.declare import Refused
from privacy.rights import (
    access,
    categories,
    child_reports,
    closing,
    correction,
    erasure,
    objection,
    optouts,
    requests,
    restriction,
    shine_the_light,
)
from privacy.rights.kinds import Kind
from privacy.rights.locks import only_one
from privacy.rights.models import DataRequest, State
from privacy.rights.states import REQUEST

log = logging.getLogger(__name__)

BATCH: Final = 50
RETRY_AFTER_FAILURE: Final = timedelta(minutes=5)
RETRY_AFTER_REFUSAL: Final = timedelta(hours=1)


class Act(Protocol):
    """Does what one request asks for; its frame begins and completes the request. May raise `Refused`: not yet, and why."""

    def __call__(self, request: DataRequest, *, by: audit.Actor, at: datetime) -> object: ...


ACTS: Final[Mapping[Kind, Act]] = {
    Kind.RESTRICTION: restriction.carry_out,
    Kind.OBJECTION: objection.carry_out,
    Kind.CATEGORIES: categories.carry_out,
    Kind.SHINE_THE_LIGHT: shine_the_light.carry_out,
    Kind.WITHDRAWAL: optouts.withdraw,
    Kind.OPT_OUT: optouts.opt_out,
    Kind.LIMIT: optouts.limit,
    Kind.DEACTIVATION: closing.deactivate,
}
LONG: Final[Mapping[Kind, Callable[..., object]]] = {
    Kind.ACCESS: access.build,
    Kind.PORTABILITY: access.build,
    Kind.ERASURE: erasure.execute,
    Kind.CORRECTION: correction.carry_out,
    Kind.CHILD_REPORT: child_reports.carry_out,
    Kind.PARENTAL: child_reports.carry_out,
}
"""Those that take their own steps, by the request's number."""


def carry_out(request_id: UUID, *, by: audit.Actor, at: datetime) -> None:
    """Do what a request asks for, if its time has come. Safe to call twice; a failure is noted and tried again later."""
    request = DataRequest.objects.select_related("subject").filter(pk=request_id).first()
    if request is None:
        return
    try:
        if long := LONG.get(Kind(request.kind)):
            long(request_id, by=by, at=at)
        elif act := ACTS.get(Kind(request.kind)):
            _carry_out_at_once(request, act, by=by, at=at)
    except Exception:
        DataRequest.objects.filter(pk=request_id, state=State.EXECUTING).update(retry_at=at + RETRY_AFTER_FAILURE)
        raise


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Close what lapsed, and carry out what is due and missed its bell. Returns how many were due."""
    for request in DataRequest.objects.unproven_past(at):
        with suppress(states.Changed):
            requests.lapse(request, by=by, at=at)
    software = [*LONG, *ACTS]
    due = DataRequest.objects.due_to_execute(at).filter(kind__in=software).order_by("due_at")
    numbers = list(due.values_list("pk", flat=True)[:BATCH])
    for request_id in numbers:
        try:
            carry_out(request_id, by=by, at=at)
        except Exception:  # one request's trouble must not keep the others waiting
            log.exception("request.failed", extra={"request": str(request_id)})
    return len(numbers)


def _carry_out_at_once(request: DataRequest, act: Act, *, by: audit.Actor, at: datetime) -> None:
    with only_one("act", request.pk) as is_mine:
        if not is_mine:
            return
        with suppress(states.Changed):  # taken back, or begun by somebody else, in this very moment
            if not _begun(request, by=by, at=at):
                return
            try:
                _act_and_complete(request, act, by=by, at=at)
            except Refused as refusal:
                _wait(request, str(refusal), by=by, at=at)


@transaction.atomic
def _act_and_complete(request: DataRequest, act: Act, *, by: audit.Actor, at: datetime) -> None:
    """Both or neither, under the row's own lock, for wherever the other one does not hold."""
    mine = DataRequest.objects.select_for_update(of=("self",)).filter(pk=request.pk, state=State.EXECUTING)
    if locked := mine.select_related("subject").first():
        act(locked, by=by, at=at)
        requests.complete(locked, by=by, at=at)


@transaction.atomic
def _wait(request: DataRequest, why: str, *, by: audit.Actor, at: datetime) -> None:
    """Partly done, for a reason that the desk reads; tried again by itself."""
    REQUEST.advance(request, State.PARTLY_DONE, by=by, at=at, note=logs.masked(why)[:300])
    request.retry_at = at + RETRY_AFTER_REFUSAL
    request.save(update_fields=["retry_at"])


def _begun(request: DataRequest, *, by: audit.Actor, at: datetime) -> bool:
    """Take it in hand, where it stands so that a worker may."""
    if request.state == State.EXECUTING:
        return True
    ready = State.APPROVED if request.rule.is_decided else State.VERIFIED
    if request.state not in (ready, State.PARTLY_DONE):
        return False
    REQUEST.advance(request, State.EXECUTING, by=by, at=at)
    return True
