"""Workers that are killed, and workers that meet: an erasure completes, and completes once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, connections
from django.utils.http import urlencode

from privacy.ground import states
from privacy.models import AuditEvent, Certificate, Message
from privacy.rights import acts, assignment, disposal, erasure, requests
from privacy.rights.models import DataRequest, State, StepKind
from privacy.tests.people import LATER, NOON, asks, held, someone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ADDRESSES = 20

WORKER = """
import os, signal, sys
import django
django.setup()
from datetime import datetime
from uuid import UUID
from privacy.rights import disposal, erasure

disposal.BATCH, at_batch, before_commit = 6, int(sys.argv[2]), sys.argv[3] == "inside"
done = 0

def mortal(dispose):
    def dies(*args, **kwargs):
        global done
        if done == at_batch and not before_commit:
            os.kill(os.getpid(), signal.SIGKILL)
        outcome = dispose(*args, **kwargs)
        if done == at_batch and before_commit:
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1
        return outcome
    return dies

disposal.delete_batch, disposal.overwrite_batch = mortal(disposal.delete_batch), mortal(disposal.overwrite_batch)
erasure.execute(UUID(sys.argv[1]), by="system:worker", at=datetime.fromisoformat(sys.argv[4]))
"""


@pytest.fixture
def approved(settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=72)
    alice, bob = someone("alice"), someone("bob")
    address = apps.get_model("accounts.Address")
    row = address.objects.get(user=alice.user)
    for number in range(ADDRESSES - 1):
        row.pk, row.line1, row.is_default_shipping = None, f"{number} Alicetoken Lane", False
        row.save(force_insert=True)
    return alice, bob, requests.approve(asks(alice), by="staff:3", at=NOON)


def killed_worker(request, *, at_batch, where):
    """A real process that is killed in the middle of its work; returns how it ended."""
    known = connection.settings_dict
    options = urlencode({"application_name": "doomed"})
    url = f"postgres://{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}/{known['NAME']}?{options}"
    arguments = [sys.executable, "-c", WORKER, str(request.pk), str(at_batch), where, LATER.isoformat()]
    ended = subprocess.run(
        arguments, env={**os.environ, "DATABASE_URL": url}, timeout=120, capture_output=True, text=True
    )
    return ended.returncode, ended.stderr


def finished_once(alice, bob, request, before):
    request.refresh_from_db()
    assert request.state == State.COMPLETED
    assert held(bob) == before
    assert Certificate.objects.count() == 1
    assert Message.objects.filter(kind="privacy.erased").count() == 1
    assert AuditEvent.objects.filter(event="request.completed", object_ref=request.reference).count() == 1
    assert request.steps.get(target="accounts.Address").affected == ADDRESSES
    assert not request.steps.exclude(state__in=["done", "kept"]).exists()
    assert request.steps.filter(kind=StepKind.ROWS, planned__gt=0, affected=0, state="done").count() == 0


@pytest.mark.parametrize(("at_batch", "where"), [(2, "inside")])
def test_a_worker_killed_in_the_middle_is_followed_by_one_that_finishes(approved, at_batch, where):
    alice, bob, request = approved
    before = held(bob)
    returned, errors = killed_worker(request, at_batch=at_batch, where=where)
    assert returned in (-signal.SIGKILL, 0), errors
    if returned == 0:
        pytest.skip("the erasure has fewer batches than that")
    request.refresh_from_db()
    assert request.state == State.EXECUTING
    assert not Certificate.objects.exists()
    assert acts.sweep(by="system:sweep", at=LATER + timedelta(minutes=1)) == 1
    finished_once(alice, bob, request, before)


@pytest.mark.parametrize("pooled", [False, True], ids=["session lock", "a pooler that breaks session locks"])
def test_two_workers_at_once_finish_it_once(approved, monkeypatch, pooled):
    alice, bob, request = approved
    before = held(bob)
    monkeypatch.setattr(disposal, "BATCH", 3)
    if pooled:
        monkeypatch.setattr(erasure, "only_one", everybody)
    start, failures = threading.Barrier(4, timeout=30), []

    def work():
        try:
            start.wait()
            erasure.execute(request.pk, by="system:worker", at=LATER)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            failures.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert failures == []
    acts.sweep(by="system:sweep", at=LATER)
    finished_once(alice, bob, request, before)


@contextmanager
def everybody(what, about):
    """A lock that keeps nobody out."""
    yield True


def test_two_tabs_ask_at_once_and_there_is_one_request():
    alice = someone("alice")
    start, made = threading.Barrier(4, timeout=30), []

    def ask():
        try:
            start.wait()
            made.append(requests.receive("access", subject=alice.subject, contact=alice.email, by=alice.user, at=NOON))
        finally:
            connections.close_all()

    tabs = [threading.Thread(target=ask) for _ in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join(timeout=60)
    assert len({request.pk for request in made}) == DataRequest.objects.count() == 1


def test_two_staff_take_the_same_request_at_once_and_one_is_told():
    asked, staff = asks(someone("alice")), ["staff:7", "staff:8", "staff:9", "staff:10"]
    start, had = threading.Barrier(len(staff), timeout=30), {}

    def take(who):
        mine = DataRequest.objects.get(pk=asked.pk)
        try:
            start.wait()
            assignment.assign(mine, to=who, by=who, at=NOON)
            had[who] = "has it"
        except states.Changed:
            had[who] = "is told"
        finally:
            connections.close_all()

    takers = [threading.Thread(target=take, args=(who,)) for who in staff]
    for one in takers:
        one.start()
    for one in takers:
        one.join(timeout=60)
    asked.refresh_from_db()
    assert sorted(had.values()) == ["has it", "is told", "is told", "is told"]
    assert had[asked.assigned_to] == "has it"
    assert AuditEvent.objects.filter(event="request.assigned", object_ref=asked.reference).count() == 1


def test_withdrawn_and_begun_in_the_same_moment_only_one_happens(approved):
    alice, _, request = approved
    start, said = threading.Barrier(2, timeout=30), []

    def run(verb):
        try:
            start.wait()
            said.append(verb())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            said.append(type(error).__name__)
        finally:
            connections.close_all()

    mine = DataRequest.objects.get(pk=request.pk)
    verbs = (
        lambda: requests.withdraw(mine, by=alice.user, at=LATER).state,
        lambda: erasure.execute(request.pk, by="system:worker", at=LATER) and "erased",
    )
    both = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for one in both:
        one.start()
    for one in both:
        one.join(timeout=60)
    request.refresh_from_db()
    is_there = apps.get_model("accounts.User").objects.filter(pk=alice.user.pk).exists()
    assert (request.state, is_there) in [(State.WITHDRAWN, True), (State.COMPLETED, False)], said
