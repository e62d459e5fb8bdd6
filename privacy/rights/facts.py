"""Two facts about a row of theirs, for people whom only a mailed link names: the app that holds the rows says which questions.

Asked before something about them is shown or changed, never before an erasure or an opt-out. What was typed is held against the
rows and forgotten. A wrong answer says nothing of which was wrong; after five, nobody is asked again for a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from privacy.ground import audit
from privacy.register import registry, subjects
from privacy.register.declare import Facts, Family
from privacy.register.models import Subject
from privacy.rights import identity
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.models import DataRequest

METHOD: Final = IdentityCheck.Method.FACTS
NEEDED: Final = 2
MOST_WRONG: Final = 5
STOPPED_FOR: Final = timedelta(days=1)


class TooFew(Exception):
    """Fewer answers than are needed; it counts as no try."""


class Wrong(Exception):
    """The answers do not belong to one row of theirs. Which of them is wrong is never said."""


class Stopped(Exception):
    """Too many wrong answers: the questions are put again from `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"stopped until {until:%Y-%m-%d %H:%M}")
        self.until = until


def asked_of(request: DataRequest) -> Facts | None:
    """The questions that *request* needs answered; None where its kind needs none, or nothing is held that could be asked."""
    if not request.rule.needs_facts:
        return None
    family = subjects.family(request.subject)
    return next((each for each in registry.known_by() if any(True for _ in each.rows(family))), None)


def stopped_until(family: Family, *, at: datetime) -> datetime | None:
    """Until when this person is not asked again, whichever request of theirs it is for; None where they may answer now."""
    wrong = IdentityCheck.objects.filter(request__subject_id__in=family, method=METHOD, passed=False, at__lte=at)
    times = list(wrong.order_by("-at").values_list("at", flat=True)[:MOST_WRONG])
    if len(times) < MOST_WRONG or times[0] - times[-1] > STOPPED_FOR:
        return None
    until = times[0] + STOPPED_FOR
    return until if at < until else None


def check(request: DataRequest, answers: Mapping[str, str], *, by: audit.Actor, at: datetime) -> None:
    """Hold *answers* (by the facts' slugs, empty ones left out) against the person's rows. A wrong try is kept as such.

    Every answer that is given must be right, for one and the same row. Raises `TooFew`, `Wrong`, `Stopped`. *Writes* the wrong
    try outside any transaction that its error would undo; the right one is written by `requests.verify`.
    """
    given = {slug: typed for slug, typed in answers.items() if typed.strip()}
    if len(given) < NEEDED:
        raise TooFew
    if not _is_right(request, given, by=by, at=at):
        raise Wrong


def _is_right(request: DataRequest, given: Mapping[str, str], *, by: audit.Actor, at: datetime) -> bool:
    with transaction.atomic():
        person = subjects.root(request.subject)
        Subject.objects.select_for_update(of=("self",)).get(
            pk=person.pk
        )  # a sixth try waits for the count of the fifth
        family = subjects.family(person)
        if until := stopped_until(family, at=at):
            raise Stopped(until)
        facts = asked_of(request)
        is_right = facts is None or _fit(facts, family, given)  # None: what could be asked is gone since
        if not is_right:
            identity.note(request, METHOD, passed=False, by=by, at=at)
        return is_right


def _fit(facts: Facts, family: Family, given: Mapping[str, str]) -> bool:
    """Whether all of them are right for one row. Every fact of every row is looked at, so that time tells nothing either."""
    holds = {fact.slug: fact.holds for fact in facts.asks}
    if not given.keys() <= holds.keys():
        return False
    right = [sum(holds[slug](row, typed) for slug, typed in given.items()) for row in facts.rows(family)]
    return len(given) in right
