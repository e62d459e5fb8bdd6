"""Each type of violation is noticed where there is one; a crawl that counts none has looked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from privacy.consent.choice import Category, Choice
from privacy.consent.entries import Entry, Kind
from tests.crawl import violations
from tests.crawl.violations import NONE, Found, Seen

GA = Entry(name="_ga", category=Category.PERFORMANCE, purpose="To count.", lives=timedelta(days=396), vendor="Google")
IDE = Entry(
    name="IDE", category=Category.TARGETING, purpose="To advertise.", lives=timedelta(days=390), host="doubleclick.net"
)
BAG = Entry(name="bag", category=Category.NECESSARY, purpose="To keep your bag.", lives=timedelta(days=30))
KEY = Entry(name="hj*", category=Category.PERFORMANCE, purpose="To count.", lives=timedelta(0), kind=Kind.STORAGE)
REGISTER = [GA, IDE, BAG, KEY]

YEAR = timedelta(days=365)
TODAY = date(2026, 11, 2)
UNDECIDED = Choice()
REFUSED = Choice(decided_on=TODAY, has_refused=True)
ALL = frozenset(Category) - {Category.NECESSARY}
ACCEPTED = Choice(ALL, decided_on=TODAY)
EVERYTHING = {
    Found("_ga", lives=YEAR),
    Found("IDE", host="doubleclick.net", lives=YEAR),
    Found("bag", lives=timedelta(days=29)),
    Found("hjViewportId", kind=Kind.STORAGE),
}


def found(register: list[Entry], choice: Choice, *things: Found) -> dict[str, list[str]]:
    return {kind: names for kind, names in violations.of(register, Seen(choice, set(things))).items() if names}


def test_a_site_that_does_as_it_says_has_none():
    assert violations.of(REGISTER, Seen(ACCEPTED, EVERYTHING)) == NONE
    assert violations.of(REGISTER, Seen(REFUSED, {Found("bag")})) == NONE


@pytest.mark.parametrize(
    ("register", "choice", "things", "expected"),
    [
        ([replace(GA, category=Category.NECESSARY)], ACCEPTED, (), {"wrong label": ["_ga"]}),
        ([replace(IDE, category=Category.FUNCTIONALITY)], ACCEPTED, (), {"outlier": ["IDE"]}),
        (REGISTER, ACCEPTED, (Found("_ga", lives=timedelta(days=397)),), {"wrong lifetime": ["_ga"]}),
        ([replace(BAG, lives=timedelta(0))], ACCEPTED, (Found("bag", lives=YEAR),), {"wrong lifetime": ["bag"]}),
        ([replace(BAG, purpose=" ")], ACCEPTED, (), {"unclassified": ["bag"]}),
        ([replace(BAG, category="other")], ACCEPTED, (), {"unclassified": ["bag"]}),
        (REGISTER, ACCEPTED, (Found("_gid"),), {"undeclared": ["_gid"]}),
        (REGISTER, ACCEPTED, (Found("IDE"),), {"undeclared": ["IDE"]}),
        (REGISTER, ACCEPTED, (Found("bag", kind=Kind.STORAGE),), {"undeclared": ["bag"]}),
        ([BAG, replace(BAG, category=Category.TARGETING)], ACCEPTED, (), {"contradiction": ["bag"]}),
        (REGISTER, UNDECIDED, (Found("_ga"), Found("bag")), {"implicit consent": ["_ga"]}),
        (REGISTER, REFUSED, (Found("hjViewportId", kind=Kind.STORAGE),), {"ignored choice": ["hjViewportId"]}),
        (REGISTER, replace(ACCEPTED, gpc=True), tuple(EVERYTHING), {"ignored choice": ["IDE"]}),
    ],
    ids=[
        "analytics called necessary", "advertising called functional", "a day too long", "past the browser's end",
        "no purpose", "no group", "no line", "of another host", "of another kind", "two lines", "before an answer",
        "after a refusal", "after a signal",
    ],
)  # fmt: skip
def test_each_type_is_noticed(register, choice, things, expected):
    assert found(register, choice, *things) == expected


def test_a_minute_too_long_is_a_difference_of_clocks():
    assert found(REGISTER, ACCEPTED, Found("_ga", lives=timedelta(days=396, seconds=30))) == {}
