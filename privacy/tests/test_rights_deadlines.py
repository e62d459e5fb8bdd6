"""Which clocks run, and which date counts. `tests/golden/deadlines.txt` is the specification."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.register import profiles
from privacy.rights import clock, deadlines
from privacy.rights.deadlines import Law
from privacy.rights.kinds import Kind

TABLE = Path(__file__).resolve().parents[2] / "tests/golden/deadlines.txt"
WRITTEN = "%Y-%m-%d %a %H:%M"


class Case(NamedTuple):
    """One line of the table."""

    shop: str
    residence: str
    right: str
    received: str
    first_reply: str
    completion: str
    counts: str


def cases(shop: str) -> list[Case]:
    lines = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    every = [Case(*(cell.strip() for cell in line.split("|"))) for line in lines]
    return [case for case in every if case.shop == shop]


def computed(case: Case) -> Case:
    """The line as the room computes it."""
    calendar = clock.of_the_shop()
    received = datetime.strptime(case.received, WRITTEN)
    assert received.strftime(WRITTEN) == case.received, f"{case.received}: the day of the week is wrong"
    at = received.replace(tzinfo=calendar.zone).astimezone(UTC)
    found = deadlines.of(case.right, residence=case.residence.replace("unknown", ""), received_at=at)
    (counts,) = [each["rule"] for each in found.derivation if each["clock"] == "completion" and each["governs"]]
    return case._replace(
        first_reply=calendar.local(found.first_reply_at).strftime(WRITTEN),
        completion=calendar.local(found.complete_at).strftime(WRITTEN),
        counts=str(counts),
    )


@pytest.mark.promise("JE-05", "JE-95", "JE-136", "JS-26")
@pytest.mark.parametrize("shop", profiles.slugs())
def test_the_table(shop: str, settings: Any) -> None:
    settings.LOUPE_POLICY = shop
    lines = cases(shop)
    assert len(lines) > 5
    assert [computed(case) for case in lines] == lines


@pytest.mark.parametrize(
    ("residence", "laws"),
    [
        ("", {Law.SWITZERLAND, Law.CALIFORNIA, Law.STATES}),
        ("US", {Law.CALIFORNIA, Law.STATES}),
        ("US-CA", {Law.CALIFORNIA}),
        ("US-TX", {Law.STATES}),
        ("US-NY", set()),
        ("DE", set()),
        ("GB", set()),
        ("CH", {Law.SWITZERLAND}),
        ("JP", set()),
    ],
)
@pytest.mark.promise("JE-03", "JE-04")
def test_the_law_of_the_residence_is_added_to_what_everybody_has(residence: str, laws: set[Law]) -> None:
    assert deadlines.laws(residence) == {Law.POLICY, Law.GDPR} | laws


@pytest.mark.promise("JK-47")
def test_a_working_day_promise_is_capped_by_the_law(settings: Any) -> None:
    """Thirty working days are six weeks; California gives thirty days, and both are shown."""
    settings.LOUPE_POLICY = "jskeuc"
    found = deadlines.of("shine_the_light", residence="US-CA", received_at=datetime(2026, 1, 5, 18, tzinfo=UTC))
    assert [(each["rule"], each["governs"]) for each in found.derivation if each["clock"] == "completion"] == [
        ("30 calendar days", True),
        ("30 business days", False),
        ("1 calendar month", False),
        ("30 calendar days", False),
    ]


@pytest.mark.parametrize("right", [Kind.OPT_OUT, Kind.CHILD_REPORT, Kind.QUESTION])
def test_what_no_law_extends_is_not_extended(right: Kind) -> None:
    with pytest.raises(deadlines.NoExtension):
        deadlines.longest(right, residence="", received_at=datetime(2026, 1, 5, 18, tzinfo=UTC))


MOMENTS = st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2039, 12, 31), timezones=st.just(UTC))


@given(
    received=MOMENTS, right=st.sampled_from(Kind), residence=st.sampled_from(["US-CA", "US-VA", "US-NY", "DE", "CH"])
)
@pytest.mark.promise("JE-95")
def test_a_law_can_only_tighten(received: datetime, right: Kind, residence: str) -> None:
    """Nobody whose residence is known is answered sooner than somebody whose residence is not, and nobody after 30 days."""
    calendar = clock.of_the_shop()
    here = deadlines.of(right, residence=residence, received_at=received)
    unknown = deadlines.of(right, residence="", received_at=received)
    assert unknown.complete_at <= here.complete_at
    assert unknown.first_reply_at <= here.first_reply_at
    assert (calendar.local(here.complete_at).date() - calendar.local(received).date()).days <= 30
