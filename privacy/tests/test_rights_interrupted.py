"""An erasure that is interrupted at every boundary there is: it goes on where it was, and ends once and whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import OperationalError

from privacy.models import AuditEvent, Certificate, Message, Tombstone
from privacy.register import subjects
from privacy.rights import disposal, erasure, reasons, requests
from privacy.rights.models import DataRequest, State, StepState
from privacy.tests.people import LATER, NOON, Someone, asks, held, someone

ADDRESSES = 7


class Killed(BaseException):
    """The worker is gone: no handler of ours may catch it."""


class Mortality:
    """Ends the worker once at each boundary it meets: before and after whatever is called, at every step and batch."""

    def __init__(self, kind: type[BaseException]) -> None:
        self.kind, self.met = kind, set[tuple[Any, ...]]()

    def __call__(self, verb: Callable[..., Any], name: str) -> Callable[..., Any]:
        def mortal(*args: Any, **kwargs: Any) -> Any:
            place = (name, getattr(args[0], "target", None) or getattr(args[0], "model", None), self.at(args, kwargs))
            self._die((*place, "before"))
            outcome = verb(*args, **kwargs)
            self._die((*place, "after"))
            return outcome

        return mortal

    @staticmethod
    def at(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        left = args[1].count() if len(args) > 1 else 0  # a batch is known by what was left before it
        return f"{left}:{kwargs.get('after')}"

    def _die(self, place: tuple[Any, ...]) -> None:
        if place not in self.met:
            self.met.add(place)
            raise self.kind(str(place))


@pytest.fixture
def approved(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[Someone, Someone, DataRequest]:
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=72)
    monkeypatch.setattr(disposal, "BATCH", 3)
    alice, bob = someone("alice"), someone("bob")
    row = apps.get_model("accounts.Address").objects.get(user=alice.user)
    for number in range(ADDRESSES - 1):
        row.pk, row.line1, row.is_default_shipping = None, f"{number} Alicetoken Lane", False
        row.save(force_insert=True)
    return alice, bob, requests.approve(asks(alice), by="staff:3", at=NOON)


@pytest.mark.parametrize("kind", [Killed, OperationalError], ids=["killed", "the database went away"])
def test_interrupted_at_every_boundary_it_ends_once_and_whole(
    approved: tuple[Someone, Someone, DataRequest], monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    _, bob, request = approved
    bobs, mortality = held(bob), Mortality(kind)
    for room, verb in ((erasure, "carry_out"), (disposal, "delete_batch"), (disposal, "overwrite_batch")):
        monkeypatch.setattr(room, verb, mortality(getattr(room, verb), verb))

    interruptions = 0
    for _ in range(1000):
        try:
            done = erasure.execute(request.pk, by="system:worker", at=LATER)
        except kind:
            interruptions += 1
            request.refresh_from_db()
            assert request.state == State.EXECUTING
            assert not Certificate.objects.exists()
            continue
        break

    assert done is not None
    assert (done.state, interruptions) == (State.COMPLETED, len(mortality.met))
    targets = {place[1] for place in mortality.met if place[0] == "carry_out"}
    assert {*targets, "residue"} == set(request.steps.filter(attempts__gt=0).values_list("target", flat=True))
    assert {"accounts.Address", "accounts.User", "privacy.Identifier", "privacy.Message"} <= targets
    assert request.steps.get(target="accounts.Address").affected == ADDRESSES
    assert not request.steps.exclude(state__in=[StepState.DONE, StepState.KEPT]).exists()
    assert Certificate.objects.count() == Message.objects.filter(kind="privacy.erased").count() == 1
    assert AuditEvent.objects.filter(event="request.completed", object_ref=request.reference).count() == 1
    assert Tombstone.objects.filter(kind="email").count() == 1
    assert held(bob) == bobs


def test_the_certificate_counts_rows_that_are_overwritten_once(approved: tuple[Someone, Someone, DataRequest]) -> None:
    """A kept row that is gone through again after a pause is still one row."""
    _, _, request = approved
    erasure._begin(request.pk, by="system:worker", at=LATER)
    subject = request.steps.get(target="privacy.Subject")
    for _ in range(2):
        subject.state, subject.cursor = StepState.PENDING, ""
        subject.save()
        why = reasons.Asked(subjects.family(request.subject), at=LATER)
        erasure.carry_out(subject, why=why, by="system:worker", at=LATER)
        subject.refresh_from_db()
        assert (subject.state, subject.affected) == (StepState.DONE, 1)


def test_what_a_step_did_before_it_was_refused_is_counted_once_it_is_done(
    approved: tuple[Someone, Someone, DataRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second batch meets a full disk: the first is committed and counts, then and on the certificate."""
    _, _, request = approved
    delete, batches = disposal.delete_batch, iter(range(99))

    def refuses_once(declaration: Any, rows: Any, **options: Any) -> int:
        if declaration.model == "accounts.Address" and next(batches) == 1:
            raise OSError
        return delete(declaration, rows, **options)

    monkeypatch.setattr(disposal, "delete_batch", refuses_once)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    step = request.steps.get(target="accounts.Address")
    assert (step.state, step.affected) == (StepState.BLOCKED, 3)
    done = erasure.execute(request.pk, by="system:worker", at=LATER + erasure.RETRY_AFTER)
    step.refresh_from_db()
    assert (done and done.state, step.affected) == (State.COMPLETED, ADDRESSES)
