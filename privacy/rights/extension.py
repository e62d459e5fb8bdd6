"""More time for a request that is complicated: once, before its time has run, with the reason, and told at once.

How much more is counted from receipt, by the law of where the person lives (`rights.deadlines`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from privacy.ground import audit, states
from privacy.rights import deadlines, emails, escalation
from privacy.rights.models import DataRequest, State

EXTENDABLE: Final = frozenset({State.VERIFIED, State.APPROVED, State.EXECUTING, State.PARTLY_DONE})


WRITTEN: Final = (
    "derivation", "due_at", "escalated", "extended_at", "extended_by", "extension_reason", "first_replied_at",
)  # fmt: skip


class ReasonMissing(Exception):
    """The person is told why; without a reason there is no more time."""


class TooLate(Exception):
    """The time has run: the notice had to come within it."""


class Once(Exception):
    """It was extended before, and the law knows no second time."""


def fits(request: DataRequest) -> bool:
    """Whether it stands where more time can be taken, and a law knows more time for it."""
    return request.state in EXTENDABLE and deadlines.may_take_longer(request.kind, residence=request.subject.residence)


@transaction.atomic
def extend(request: DataRequest, *, reason: str, by: audit.Actor, at: datetime) -> DataRequest:
    """Put the date off to the last one the laws allow. *Writes* date, derivation and reason, and how much of the new
    time has run; *sends* the notice.

    *Raises* ReasonMissing, Once, TooLate, `deadlines.NoExtension`, and `states.NotAllowed` for a request that is unproven or
    has ended.
    """
    if not reason.strip():
        raise ReasonMissing
    request = DataRequest.objects.select_for_update().get(pk=request.pk)
    if request.state not in EXTENDABLE:
        raise states.NotAllowed(f"{request} is {request.state}")
    if request.extended_at is not None:
        raise Once
    if at > request.due_at:
        raise TooLate
    until, every = deadlines.longest(request.kind, residence=request.subject.residence, received_at=request.received_at)
    request.derivation = [
        *({**each, "governs": each["governs"] and each["clock"] != "completion"} for each in request.derivation),
        *every,
    ]
    request.due_at, request.extended_at = until, at
    request.escalated = escalation.mark(received_at=request.received_at, due_at=until, at=at)
    request.extended_by, request.extension_reason = audit.actor(by), reason.strip()
    request.first_replied_at = request.first_replied_at or at
    request.save(update_fields=WRITTEN)
    details: dict[str, audit.Detail] = {"until": until.isoformat(), "rule": _rule(every)}
    audit.append("request.extended", subject=request.subject_id, obj=request, details=details, by=by, at=at)
    emails.request_extended(request, by=by, at=at)
    return request


def _rule(derivation: list[dict[str, str | bool]]) -> str:
    """The rule of the date that counts."""
    return next(str(each["rule"]) for each in derivation if each["governs"])
