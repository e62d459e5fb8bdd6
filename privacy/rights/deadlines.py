"""Which clocks run for a request: what the shop's policy promises, and what the law of the person's residence asks.

Every clock is computed and the earliest of its kind counts, so a law can only tighten a promise and a promise only a law. The
month of the GDPR runs for everybody: rights do not end at a border here. Where the residence is unknown, every law applies.

`clock` counts; this room says what is counted. To give people a date later than these is not possible; sooner is a profile's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from privacy.ground import tongue
from privacy.register import profiles
from privacy.rights import clock
from privacy.rights.clock import BusinessDays, CalendarMonths, Days, Hours, Promise
from privacy.rights.kinds import Kind

Derivation = list[dict[str, str | bool]]
"""Every clock of a request: which, whose, how it was counted, and whether it is the one that counts."""


class Law(StrEnum):
    """Whose clock it is."""

    POLICY = "our privacy policy"
    GDPR = "GDPR"
    SWITZERLAND = "Swiss data protection act"
    CALIFORNIA = "California"
    STATES = "privacy acts of other states of the US"


class Which(StrEnum):
    """Until when what has to have happened."""

    FIRST_REPLY = "first reply"
    COMPLETION = "completion"
    LONGEST = "longest extension"


ALL: Final = frozenset(Kind)
TO_KNOW_DELETE_CORRECT: Final = frozenset(
    {Kind.ACCESS, Kind.PORTABILITY, Kind.CATEGORIES, Kind.ERASURE, Kind.CORRECTION}
)
AT_ONCE: Final = frozenset({Kind.CHILD_REPORT, Kind.PARENTAL, Kind.DEACTIVATION})
ONE_DAY: Final = Hours(24)
UNDER_THE_GDPR: Final = ALL - {Kind.QUESTION, Kind.DEACTIVATION}
#: A child cannot wait, and what needs no decision needs no more time.
EXTENDABLE: Final = UNDER_THE_GDPR - AT_ONCE - {Kind.OPT_OUT, Kind.LIMIT, Kind.SHINE_THE_LIGHT, Kind.WITHDRAWAL}

EVERYWHERE: Final = frozenset({Law.POLICY, Law.GDPR})
IN_THE_US: Final = frozenset({Law.CALIFORNIA, Law.STATES})
#: States with an act that gives 45 days, and 45 more where needed.
STATES: Final = frozenset(
    ["CO", "CT", "DE", "IN", "KY", "MD", "MN", "MT", "NE", "NH", "NJ", "OR", "RI", "TN", "TX", "UT", "VA"]
)
NO_FURTHER_LAW: Final[frozenset[Law]] = frozenset()


@dataclass(frozen=True)
class Rule:
    """One clock: whose, which, for which rights, how long, and where that is written."""

    law: Law
    which: Which
    rights: frozenset[Kind]
    promise: Promise
    source: str


LAWS: Final[tuple[Rule, ...]] = (
    Rule(Law.GDPR, Which.COMPLETION, UNDER_THE_GDPR, CalendarMonths(1), "GDPR Art. 12(3)"),
    Rule(Law.GDPR, Which.LONGEST, EXTENDABLE, CalendarMonths(3), "GDPR Art. 12(3)"),
    Rule(Law.SWITZERLAND, Which.COMPLETION, frozenset({Kind.ACCESS, Kind.CATEGORIES}), Days(30), "FADP Art. 25(7)"),
    Rule(Law.CALIFORNIA, Which.FIRST_REPLY, TO_KNOW_DELETE_CORRECT, BusinessDays(10), "11 CCR 7021(a)"),
    Rule(Law.CALIFORNIA, Which.COMPLETION, TO_KNOW_DELETE_CORRECT, Days(45), "11 CCR 7021(b)"),
    Rule(Law.CALIFORNIA, Which.LONGEST, TO_KNOW_DELETE_CORRECT, Days(90), "11 CCR 7021(b)"),
    Rule(Law.CALIFORNIA, Which.COMPLETION, frozenset({Kind.OPT_OUT}), BusinessDays(15), "11 CCR 7026(f)"),
    Rule(Law.CALIFORNIA, Which.COMPLETION, frozenset({Kind.LIMIT}), BusinessDays(15), "11 CCR 7027(g)"),
    Rule(Law.CALIFORNIA, Which.COMPLETION, frozenset({Kind.SHINE_THE_LIGHT}), Days(30), "Cal. Civ. Code 1798.83(b)(1)"),
    Rule(Law.STATES, Which.COMPLETION, TO_KNOW_DELETE_CORRECT, Days(45), "such as Va. Code 59.1-577(B)"),
    Rule(Law.STATES, Which.LONGEST, TO_KNOW_DELETE_CORRECT, Days(90), "such as Va. Code 59.1-577(B)"),
)


class NoExtension(Exception):
    """No law gives more time for this."""


class Deadlines(NamedTuple):
    """When the first reply and the completion are due, and how every date came about."""

    first_reply_at: datetime
    complete_at: datetime
    derivation: Derivation


def of(right: str, *, residence: str, received_at: datetime) -> Deadlines:
    """The dates of a request for *right* by somebody who lives in *residence* (`DE`, `US-CA`; "" is unknown)."""
    first_reply, replies = _earliest(Which.FIRST_REPLY, right, residence, received_at)
    completion, ends = _earliest(Which.COMPLETION, right, residence, received_at)
    return Deadlines(first_reply.at, completion.at, [*replies, *ends])


def may_take_longer(right: str, *, residence: str) -> bool:
    """Whether a law of the residence gives more time for *right* at all."""
    return any(_rules(Which.LONGEST, right, residence))


def longest(right: str, *, residence: str, received_at: datetime) -> tuple[datetime, list[dict[str, str | bool]]]:
    """The last date an extension may reach, counted from receipt, and how it came about. Raises `NoExtension`."""
    if not may_take_longer(right, residence=residence):
        raise NoExtension(right)
    governing, records = _earliest(Which.LONGEST, right, residence, received_at)
    return governing.at, [{**record, "clock": Which.COMPLETION.value} for record in records]


def in_words(right: str, *, residence: str, received_at: datetime, kept: Derivation) -> Derivation:
    """A kept derivation in the language that is being written: each date counted again, and told anew where it is the same.

    What was promised under other rules stays in the words it was kept in.
    """
    again = of(right, residence=residence, received_at=received_at).derivation
    with suppress(NoExtension):
        again = [*again, *longest(right, residence=residence, received_at=received_at)[1]]
    told = {_mark(each): each["words"] for each in again}
    return [
        {**each, "words": told.get(_mark(each), each["words"]), "clock": tongue.translated(str(each["clock"]))}
        for each in kept
    ]


def _mark(record: dict[str, str | bool]) -> tuple[str | bool, ...]:
    """What makes two ways to count the same."""
    return record["clock"], record.get("source", ""), record["rule"], record.get("at", "")


def laws(residence: str) -> frozenset[Law]:
    """The laws whose clocks run for somebody who lives there. Unknown: all of them."""
    country, _, part = residence.partition("-")
    if not country:
        return frozenset(Law)
    if country == "CH":
        return EVERYWHERE | {Law.SWITZERLAND}
    if country != "US":
        return EVERYWHERE
    if not part:
        return EVERYWHERE | IN_THE_US
    if part == "CA":
        return EVERYWHERE | {Law.CALIFORNIA}
    return EVERYWHERE | ({Law.STATES} if part in STATES else NO_FURTHER_LAW)


def _earliest(
    which: Which, right: str, residence: str, received_at: datetime
) -> tuple[clock.Due, list[dict[str, str | bool]]]:
    """The date that counts, and a record of each."""
    calendar = clock.of_the_shop()
    found = [(rule, rule.promise.due(received_at, calendar)) for rule in _rules(which, right, residence)]
    governing = min((due for _, due in found), key=lambda due: due.at)
    records = [
        {"clock": which.value, "source": rule.source, **due.as_record(governs=due is governing)} for rule, due in found
    ]
    return governing, records


def _rules(which: Which, right: str, residence: str) -> Iterator[Rule]:
    here = laws(residence)
    for rule in (*_promised(), *LAWS):
        if rule.which == which and rule.law in here and Kind(right) in rule.rights:
            yield rule


def _promised() -> Iterator[Rule]:
    """The clocks of the shop's own policy."""
    clocks, policy = profiles.current().clocks, Law.POLICY
    reply: Promise = (
        Hours(clocks.first_reply_hours)
        if clocks.first_reply_hours is not None
        else BusinessDays(clocks.first_reply_business_days or 5)
    )
    yield Rule(policy, Which.FIRST_REPLY, ALL, reply, policy.value)
    yield Rule(policy, Which.COMPLETION, ALL, Days(clocks.complete_days), policy.value)
    yield Rule(policy, Which.COMPLETION, AT_ONCE, ONE_DAY, policy.value)
    if clocks.shine_the_light_business_days is not None:
        promised = BusinessDays(clocks.shine_the_light_business_days)
        yield Rule(policy, Which.COMPLETION, frozenset({Kind.SHINE_THE_LIGHT}), promised, policy.value)
