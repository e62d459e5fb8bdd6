"""Two records of one person, joined after each had asked: one erasure does it, and the other ends with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps

from privacy.models import Certificate, SubjectLink
from privacy.register import declare, subjects
from privacy.rights import acts, erasure, requests
from privacy.rights.models import DataRequest, State
from privacy.tests.people import LATER, NOON, Someone, asks, held, someone

WORKER = "system:worker"
HOURS = timedelta(hours=1)


@pytest.fixture
def both(db: None, settings: Any) -> tuple[DataRequest, DataRequest, Someone]:
    """Alice asked on her page, and as a guest at an address of hers; the guest's record was joined to hers later."""
    settings.LOUPE_ERASURE_GRACE = HOURS
    alice, guest, bob = someone("alice"), someone("guesty"), someone("bob")
    of_alice, of_guest = asks(alice), asks(guest)
    SubjectLink.objects.create(child=guest.subject, root=alice.subject, proof="link_clicked", at=NOON)
    for request in (of_alice, of_guest):
        requests.approve(request, by="staff:3", at=NOON)
    return of_alice, of_guest, bob


def state_of(request: DataRequest) -> str:
    return DataRequest.objects.get(pk=request.pk).state


@pytest.mark.parametrize("first", [0, 1], ids=["the person's first", "the joined record's first"])
def test_one_of_them_does_it_and_the_other_is_joined(
    both: tuple[DataRequest, DataRequest, Someone], first: int
) -> None:
    begun, other = both[first], both[1 - first]
    of_bob = held(both[2])
    erasure.execute(begun.pk, by=WORKER, at=LATER)
    assert erasure.execute(other.pk, by=WORKER, at=LATER) is None
    assert (state_of(begun), state_of(other), Certificate.objects.count()) == (State.COMPLETED, State.JOINED, 1)
    assert (
        not apps.get_model("accounts.User")
        .objects.filter(email__in=["alice@example.com", "guesty@example.com"])
        .exists()
    )
    assert held(both[2]) == of_bob


def test_both_wait_for_the_same_and_end_when_it_is_over(
    both: tuple[DataRequest, DataRequest, Someone], monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished = [declare.Blocker("LP-7F3K-92QD", "Order LP-7F3K-92QD is on its way.")]
    was = declare.DECLARATIONS["accounts.Address"]
    held_up = declare.Declaration(**{**vars(was), "blockers": lambda family: unfinished})
    monkeypatch.setitem(declare.DECLARATIONS, "accounts.Address", held_up)
    for request in both[:2]:
        erasure.execute(request.pk, by=WORKER, at=LATER)
    assert {state_of(request) for request in both[:2]} == {State.PARTLY_DONE}
    unfinished.clear()
    for hours in range(1, 4):
        acts.sweep(by=WORKER, at=LATER + hours * HOURS)
    assert sorted(state_of(request) for request in both[:2]) == [State.COMPLETED, State.JOINED]
    assert Certificate.objects.count() == 1


def test_the_second_worker_comes_while_the_first_is_at_it(
    both: tuple[DataRequest, DataRequest, Someone], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has planned rows that the other takes."""
    carry_out, met = erasure.carry_out, list[str]()

    def beside(step: Any, **how: Any) -> None:
        carry_out(step, **how)
        if step.request_id == both[0].pk and not met:
            met.append(step.target)
            erasure.execute(both[1].pk, by=WORKER, at=LATER)

    monkeypatch.setattr(erasure, "carry_out", beside)
    erasure.execute(both[0].pk, by=WORKER, at=LATER)
    monkeypatch.undo()
    for hours in range(1, 4):
        acts.sweep(by=WORKER, at=LATER + hours * HOURS)
    assert sorted(state_of(request) for request in both[:2]) == [State.COMPLETED, State.JOINED]
    assert Certificate.objects.count() == 1
    both[0].subject.refresh_from_db()
    assert subjects.root(both[0].subject).is_erased
