"""People whom only a typed address names. Anybody can type somebody else's, so nothing of anybody is reached by it.

Each stands on a person record of its own, whose address is unproven, until a mailed link proves it. What somebody types cannot
stand in the way of whom they name: a request that waits for its link is asked again and not refused, and each kind has room of
its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from privacy.ground import audit, digests
from privacy.register import subjects
from privacy.register.models import Identifier, Subject
from privacy.rights import kinds
from privacy.rights.models import GUESTS, Channel, DataRequest, DataRequestQuerySet, State
from privacy.rights.requests import Wishes

QUIET_AFTER: Final = 5
QUIET_FOR: Final = timedelta(hours=24)


def new(address: str, *, by: audit.Actor, at: datetime) -> Subject:
    """A person record of its own on which *address* was typed."""
    stranger = subjects.new(by=by, at=at)
    subjects.identify(stranger, "email", value=address, by=by, at=at)
    return stranger


def waiting(kind: str, *, wishes: Wishes | None = None, address: str) -> DataRequest | None:
    """The request for the same that was made with this address and waits for its link; never one by an agent."""
    own = (each for each in every_waiting(kind, wishes=wishes, address=address) if each.channel != Channel.AGENT)
    return next(own, None)


def every_waiting(kind: str, *, wishes: Wishes | None = None, address: str) -> list[DataRequest]:
    """All requests for the same that were made for this address and wait for their links."""
    asked = _asked_by(address).filter(state=State.RECEIVED, kind=kind).select_related("subject", "agent")
    is_one_wish = kinds.rule(kind).is_one_wish
    return [each for each in asked if is_one_wish or (each.wishes or {}) == dict(wishes or {})]


def has_had_enough(kind: str, *, address: str, at: datetime) -> bool:
    """Whether this address asked for this kind so often in a day that another request would only fill somebody's mailbox."""
    return _asked_by(address).filter(kind=kind, received_at__gt=at - QUIET_FOR).count() >= QUIET_AFTER


def _asked_by(address: str) -> DataRequestQuerySet:
    """Requests of guests on the records on which this address was typed; whoever they are, no row of theirs is shown."""
    return DataRequest.objects.of(_typed(address)).filter(channel__in=GUESTS)


def _typed(address: str) -> list[UUID]:
    values = [digest.value for digest in digests.all_of("email", address)]
    found = Identifier.objects.filter(kind="email", digest__in=values, proven_at=None)
    return list(found.values_list("subject_id", flat=True))
