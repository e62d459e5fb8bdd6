"""Which requests ask for the same, so that they are answered once and nobody's second one is lost.

An unproven request never stands in the way of the person it names: whoever proves theirs goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights import kinds
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


def _like(others: DataRequestQuerySet, kind: str, wishes: Wishes | None) -> DataRequest | None:
    """One of them that wants the same: any, where the kind is one wish; else one that says the same."""
    if kinds.rule(kind).is_one_wish:
        return others.first()
    return next((each for each in others[:MOST] if (each.wishes or {}) == dict(wishes or {})), None)
