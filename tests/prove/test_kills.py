"""Workers killed at every boundary they cross: whatever follows ends as if nobody had been killed, once and whole.

*As if*: row counts of every table, events of the trail, steps, mails, lines of the ledger and files are those of a run that lived.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Address
from orders.tests.conftest import bag_of
from orders.tests.parcels import ALICES, BOBS, delivered
from privacy.rights import requests
from privacy.rights.models import Kind
from tests.prove.lives import Stage, stage, worker
from tests.retention import aged
from tests.retention.clock import AT, moment

__all__ = ["stage", "worker"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ADDRESSES = 8  # three batches
OLD = 7
SHARES = 8  # of the boundaries, so that no single proof takes long
BOB = ("tokenbob", "bob brightwater", "foghorn", "bob@example.com")


@pytest.fixture
def histories(buy: Any, necklace: Any, alice: Any, bob: Any, carol: Any, now: Any) -> Any:
    """Alice and Bob, each with a delivered order full of their own words; Alice with many addresses."""
    for number in range(ADDRESSES):
        Address.objects.create(
            user=alice, full_name="Alice Tokenalice", line1=f"{number} Tokenalice Lane", city="Tokenaliceville",
            postal_code="10017", country="US", created_at=now,
        )  # fmt: skip
    engraved = {"engravings": {("v", necklace.pk): "Tokenalice"}}
    delivered(buy(bag_of((necklace, 1)), alice, **ALICES, **engraved), carol, now)
    delivered(buy(bag_of((necklace, 1)), bob, **BOBS), carol, now)
    return alice


def asked(kind: Kind, person: Any, now: Any) -> Any:
    request = requests.receive(kind, subject=person.subject, contact=person.email, by=person, at=now)
    requests.verify(request, evidence="reauthenticated", by=person, at=now)
    return requests.approve(request, by="staff:3", at=now) if kind == Kind.ERASURE else request


@pytest.fixture
def erasure(histories: Any, stage: Any, now: Any) -> Stage:
    request = asked(Kind.ERASURE, histories, now)
    return stage(verb="carry_out", at=now + timedelta(days=4), request=request.pk)


@pytest.fixture
def copy(histories: Any, stage: Any, now: Any) -> Stage:
    """Afterwards comes the sweep that takes away what a dead builder left behind."""
    return stage(verb="carry_out", at=now, request=asked(Kind.ACCESS, histories, now).pk)


@pytest.fixture
def retention(stage: Any) -> Stage:
    for _ in range(OLD):
        aged.order(moment("2020-01-01"))
    for make in (aged.bag, aged.webhook, aged.session, aged.confirmation, aged.message, aged.request, aged.activity):
        make(moment("2020-01-01"))
    aged.order(moment("2027-03-01"))
    return stage(verb="retain", at=AT)


def alike(found: dict[str, Any]) -> dict[str, Any]:
    """What must be the same however often somebody was killed: all but texts, which hold times and random references."""
    return {name: value for name, value in found.items() if name not in ("texts", "files", "packages")}


def told_away(found: dict[str, Any]) -> int:
    """How many disclosures are written down. Each call to a processor has its row first, also one that a kill had made again."""
    return int(found["counts"].pop("privacy_disclosure"))


def words_of(people: tuple[str, ...], found: dict[str, Any]) -> list[str]:
    """The rows that hold one of these words."""
    return [text for text in found["texts"] if any(word in text.lower() for word in people)]


def erased(found: dict[str, Any]) -> None:
    assert found["requests"] == [["erasure", "completed"]]
    assert found["mails"].count("privacy.erased") == 1
    assert found["counts"]["privacy_certificate"] == 1
    assert (found["ledger"], len(words_of(("tokenalice", "alice@", "alice abernathy"), found))) == (1, 0)
    assert {state for _, state, *_ in found["steps"]} <= {"done", "kept"}


def prove_erasure(erasure: Stage, points: Callable[[int], range]) -> int:
    lived, expected = erasure.whole()
    erased(expected)
    of_bob, disclosed = words_of(BOB, expected), told_away(expected)
    assert len(of_bob) > 3
    chosen = points(len(lived.boundaries))
    for point in chosen:
        found = erasure.killed_and_followed(point, by="sweep")
        where = f"killed at {point}, {lived.boundaries[point]}"
        erased(found)
        assert told_away(found) - disclosed in (0, 1), where
        assert alike(found) == alike(expected), where
        assert words_of(BOB, found) == of_bob, where
    return len(chosen)


def prove_copy(copy: Stage, points: Callable[[int], range]) -> int:
    lived, expected = copy.whole()
    assert (expected["files"], expected["requests"]) == (expected["packages"], [["access", "completed"]])
    chosen = points(len(lived.boundaries))
    for point in chosen:
        found = copy.killed_and_followed(point, by="sweep")
        where = f"killed at {point}, {lived.boundaries[point]}"
        assert alike(found) == alike(expected), where
        assert len(found["packages"]) == 1, where
        assert found["files"] == found["packages"], where
    return len(chosen)


def prove_retention(retention: Stage, points: Callable[[int], range]) -> int:
    lived, expected = retention.whole()
    assert expected["counts"]["orders_order"] == 1
    assert [event for event, _ in expected["events"]].count("retention.ended") == OLD
    chosen = points(len(lived.boundaries))
    for point in chosen:
        found = retention.killed_and_followed(point, by="retain")
        assert alike(found) == alike(expected), f"killed at {point}, {lived.boundaries[point]}"
    return len(chosen)


def one(boundaries: int) -> range:
    """The boundary in the middle."""
    return range(boundaries // 2, boundaries // 2 + 1)


def share(number: int) -> Callable[[int], range]:
    """Every eighth boundary."""
    return lambda boundaries: range(number, boundaries, SHARES)


@pytest.mark.slow
def test_an_erasure_killed_in_the_middle_ends_as_if_nobody_had_been(erasure: Stage) -> None:
    assert prove_erasure(erasure, one) == 1


@pytest.mark.slow
def test_a_copy_killed_in_the_middle_is_made_once(copy: Stage) -> None:
    assert prove_copy(copy, one) == 1


@pytest.mark.slow
def test_a_retention_run_killed_in_the_middle_is_finished_by_the_next(retention: Stage) -> None:
    assert prove_retention(retention, one) == 1


@pytest.mark.prove
@pytest.mark.parametrize("number", range(SHARES))
def test_an_erasure_killed_at_every_boundary(erasure: Stage, number: int, record_property: Any) -> None:
    """An erasure killed (SIGKILL) before every commit, file and processor, and at the end, ends as if nobody had been killed."""
    record_property("kills", prove_erasure(erasure, share(number)))


@pytest.mark.prove
@pytest.mark.parametrize("number", range(SHARES))
def test_a_copy_killed_at_every_entry(copy: Stage, number: int, record_property: Any) -> None:
    """A copy whose builder is killed (SIGKILL) at every entry, spool and commit is made once, whole, and nothing else stays."""
    record_property("kills", prove_copy(copy, share(number)))


@pytest.mark.prove
@pytest.mark.parametrize("number", range(SHARES))
def test_a_retention_run_killed_at_every_boundary(retention: Stage, number: int, record_property: Any) -> None:
    """A retention run killed (SIGKILL) before every commit and at the end is finished by the next, and names each order once."""
    record_property("kills", prove_retention(retention, share(number)))
