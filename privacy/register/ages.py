"""How old people said they are, as a band of years: never a birth date, and for the under-aged nothing at all.

The question is the same in every shop, names no age that matters and has no answer chosen. What the shop's profile makes of an
answer (an account of one's own, with a parent's word, or none) is said here; remembering it in the browser is `consent.screen`'s,
a parent's word is `rights.children`'s. Whoever said nothing has no band.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from privacy.ground import audit
from privacy.register import profiles, subjects
from privacy.register.age_bands import AgeBand
from privacy.register.models import Subject

LONGEST_YEAR: Final = timedelta(days=366)

#: A band, the one its people grow into, and after how many years even the youngest of them has.
GROWTH: Final = ((AgeBand.FROM_16, AgeBand.ADULT, 2), (AgeBand.FROM_13, AgeBand.FROM_16, 3))


class Standing(Enum):
    """What the shop's profile allows somebody of an age."""

    ALONE = "alone"
    WITH_PARENT = "with a parent's word"
    NOT_YET = "not yet"


class NotKept(Exception):
    """Of somebody this young nothing is kept, their age included."""


@dataclass(frozen=True)
class Answer:
    """One answer to the question: how it reads, the youngest who may give it, and the band that is kept of it."""

    code: str
    label: str
    youngest: int
    band: AgeBand | None

    @property
    def standing(self) -> Standing:
        """What it allows in this shop."""
        ages = profiles.current().ages
        if self.youngest >= ages.alone_from:
            return Standing.ALONE
        if ages.parent_from is not None and self.youngest >= ages.parent_from:
            return Standing.WITH_PARENT
        return Standing.NOT_YET


ANSWERS: Final = {
    answer.code: answer
    for answer in (
        Answer("to_12", "12 or younger", 0, None),
        Answer("13_15", "13 to 15", 13, AgeBand.FROM_13),
        Answer("16_17", "16 or 17", 16, AgeBand.FROM_16),
        Answer("18_24", "18 to 24", 18, AgeBand.ADULT),
        Answer("25_39", "25 to 39", 25, AgeBand.ADULT),
        Answer("40_64", "40 to 64", 40, AgeBand.ADULT),
        Answer("from_65", "65 or older", 65, AgeBand.ADULT),
    )
}
"""Everybody is asked with the same seven, so that none of them stands out."""


def state(subject: Subject, answer: Answer, *, by: audit.Actor, at: datetime) -> Subject:
    """Keep the band of what somebody said about themselves. Raises `NotKept`.

    The younger of two statements stands: who said once that they are a minor is not an adult by saying so again.
    """
    if answer.band is None or answer.standing is Standing.NOT_YET:
        raise NotKept
    person = subjects.of_number(subject.pk)
    if person.age_band and _order(AgeBand(person.age_band)) <= _order(answer.band):
        return person
    person.age_band, person.age_stated_at = answer.band, at
    person.save(update_fields=["age_band", "age_stated_at"])
    subjects.share_age(person)
    audit.append("subject.age_stated", subject=person, obj=person, details={"band": answer.band}, by=by, at=at)
    return person


def band(subject: Subject) -> AgeBand | None:
    """The band of this person, read afresh; None where nobody said."""
    found = subjects.of_number(subject.pk).age_band
    return AgeBand(found) if found else None


def is_minor(subject: Subject) -> bool:
    """Whether this person said that they are younger than 18, read afresh."""
    return subjects.of_number(subject.pk).is_minor


def standing(subject: Subject) -> Standing:
    """What their age allows in this shop; whoever was never asked stands like everybody."""
    found = band(subject)
    return Standing.ALONE if found is None else next(each for each in ANSWERS.values() if each.band == found).standing


def grow_up(*, at: datetime) -> int:
    """Move people to the next band once even the youngest of theirs has reached it. Returns how many."""
    return sum(
        Subject.objects.filter(age_band=younger, age_stated_at__lte=at - years * LONGEST_YEAR).update(
            age_band=older, age_stated_at=at
        )
        for younger, older, years in GROWTH
    )


def _order(band: AgeBand) -> int:
    return list(AgeBand).index(band)
