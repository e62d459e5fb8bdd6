"""Which requests ask for the same, so that they are answered once and nobody's second one is lost.

An unproven request never stands in the way of the person it names: whoever proves theirs goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights import deadlines, kinds
from privacy.rights.models import DataRequest, DataRequestQuerySet, State

MOST: Final = 20
"""Open requests of one kind that one person can have, where each says something else."""

Wishes = Mapping[str, Any]


def of(person: Subject, kind: str, wishes: Wishes | None, subject: Subject) -> DataRequest | None:
    """Their open request for the same: any proven one, or an unproven one made under the very same subject."""
    mine = DataRequest.objects.of(subjects.family(person)).open().filter(kind=kind)
    proven = mine.exclude(state=State.RECEIVED)
    return _like(proven, kind, wishes) or _like(mine.filter(subject__in=[subject, person]), kind, wishes)


def proven(request: DataRequest) -> DataRequest | None:
    """Another open request of the same person for the same, which was proved before."""
    mine = DataRequest.objects.of(subjects.family(request.subject)).open().filter(kind=request.kind)
    return _like(mine.exclude(state=State.RECEIVED).exclude(pk=request.pk), request.kind, request.wishes)


def are_too_many(person: Subject, rule: kinds.Rule) -> bool:
    """Whether so many of a kind are open for this person that another would only be noise."""
    mine = DataRequest.objects.of(subjects.family(person)).open().filter(kind=rule.kind)
    return not rule.is_one_wish and mine.count() >= MOST


def count_from(request: DataRequest, sooner: datetime, *, at: datetime) -> None:
    """The same had reached us *sooner* on another way, such as a letter that is entered late: its clocks run from then.

    A date that its person was told with *more time* stays.
    """
    if sooner >= request.received_at or request.extended_at is not None:
        return
    residence = subjects.root(request.subject).residence
    reply, completion, derivation = deadlines.of(request.kind, residence=residence, received_at=sooner)
    request.received_at, request.entered_at = sooner, at
    request.first_reply_due_at, request.due_at, request.derivation = reply, completion, derivation
    request.save(update_fields=["received_at", "entered_at", "first_reply_due_at", "due_at", "derivation"])


def _like(others: DataRequestQuerySet, kind: str, wishes: Wishes | None) -> DataRequest | None:
    """One of them that wants the same: any, where the kind is one wish; else one that says the same."""
    if kinds.rule(kind).is_one_wish:
        return others.first()
    return next((each for each in others[:MOST] if (each.wishes or {}) == dict(wishes or {})), None)
