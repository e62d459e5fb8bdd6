"""What has to be done before the desk opens to somebody: the training of this year, and today's handling rules.

Nobody is cleared by anybody else: each reads and answers for themselves (`handling` holds the words). What was done is evidence
that says which words it was about; changed words ask everybody again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from accounts import handling
from accounts.models import Clearance, User
from privacy.ground import audit

TRAINING_COUNTS: Final = timedelta(days=365)
CURRENT: Final[Mapping[str, str]] = {
    Clearance.Kind.TRAINING: handling.TRAINING_DIGEST,
    Clearance.Kind.RULES: handling.RULES_DIGEST,
}


class NotYet(Exception):
    """The training is not passed; `wrong` says why for each question that was answered wrongly, or not at all."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        super().__init__(", ".join(wrong))
        self.wrong = wrong


class OtherWords(Exception):
    """The rules changed while they were being read."""


def missing(user: User, *, at: datetime) -> list[str]:
    """What stands between a member of staff and the desk, in the order in which it is done."""
    given = {each.kind for each in standing(user, at=at)}
    return [kind for kind in CURRENT if kind not in given]


def standing(user: User, *, at: datetime) -> list[Clearance]:
    """What they did that still counts: the training for a year, the rules as long as they read like this."""
    rows = Clearance.objects.filter(user=user, digest__in=CURRENT.values(), given_at__lte=at).order_by("given_at")
    fresh = at - TRAINING_COUNTS
    return [each for each in rows if each.kind != Clearance.Kind.TRAINING or each.given_at > fresh]


@transaction.atomic
def train(user: User, answers: Mapping[str, int | None], *, by: User, at: datetime) -> Clearance:
    """Pass the training. *answers*: the number of the chosen answer by the question's slug. Raises `NotYet`."""
    wrong = {each.slug: each.because for each in handling.QUESTIONS if answers.get(each.slug) != each.right}
    if wrong:
        raise NotYet(wrong)
    audit.append("staff.trained", subject=user.subject_id, obj=user, by=by, at=at)
    return Clearance.objects.create(
        user=user, kind=Clearance.Kind.TRAINING, digest=handling.TRAINING_DIGEST, given_at=at
    )


@transaction.atomic
def accept(user: User, *, digest: str, by: User, at: datetime) -> Clearance:
    """Take note of the rules that *digest* stands for. Raises `OtherWords`."""
    if digest != handling.RULES_DIGEST:
        raise OtherWords
    audit.append("staff.rules_accepted", subject=user.subject_id, obj=user, details={"rules": digest}, by=by, at=at)
    return Clearance.objects.create(user=user, kind=Clearance.Kind.RULES, digest=digest, given_at=at)
