"""Runs that are killed, and runs that meet: everything past due goes, once, and nothing younger."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest
from django.db import connection, connections
from django.utils.http import urlencode

from orders.models import Order, OrderLine, Payment
from privacy.models import AuditEvent
from privacy.register import registry
from privacy.rights import partitions, retention
from privacy.rights.locks import only_one
from privacy.tests.people import held
from tests.retention import aged
from tests.retention.clock import AT, BY, apply, moment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
OLD = 7

RUN = """
import os, signal, sys
import django
django.setup()
from datetime import datetime
from privacy.rights import disposal, retention

disposal.BATCH, at_batch, before_commit = 2, int(sys.argv[1]), sys.argv[2] == "inside"
delete, done = disposal.delete_batch, 0

def mortal(*args, **kwargs):
    global done
    if done == at_batch and not before_commit:
        os.kill(os.getpid(), signal.SIGKILL)
    went = delete(*args, **kwargs)
    if done == at_batch and before_commit:
        os.kill(os.getpid(), signal.SIGKILL)
    done += 1
    return went

disposal.delete_batch = mortal
retention.run(apply=True, by="system:retention", at=datetime.fromisoformat(sys.argv[3]))
"""


def killed_run(*, at_batch, where):
    """A real process that is killed in the middle of its run; returns how it ended."""
    known = connection.settings_dict
    options = urlencode({"application_name": "doomed"})
    url = f"postgres://{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}/{known['NAME']}?{options}"
    ended = subprocess.run(
        [sys.executable, "-c", RUN, str(at_batch), where, AT.isoformat()],
        env={**os.environ, "DATABASE_URL": url},
        timeout=120,
        capture_output=True,
        text=True,
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize(("at_batch", "where"), [(9, "inside")])
def test_a_run_killed_in_the_middle_is_followed_by_one_that_finishes(at_batch, where):
    old = [aged.order(moment("2020-01-01")) for _ in range(OLD)]
    bob = aged.order(moment("2021-03-01"))
    before = held(bob.subject)
    returned, errors = killed_run(at_batch=at_batch, where=where)
    assert returned == -signal.SIGKILL, errors
    left = OrderLine.objects.count() + Payment.objects.count() + Order.objects.count()
    assert left > 3, "it was killed before it was through"

    apply()

    assert list(Order.objects.all()) == [bob]
    assert held(bob.subject) == before
    assert retention.past_due_total(AT) == 0
    named = AuditEvent.objects.filter(event="retention.ended").values_list("object_ref", flat=True)
    assert sorted(named) == sorted(order.reference for order in old), "each is named once"


def test_a_second_run_at_the_same_time_does_nothing_and_says_so():
    aged.bag(moment("2020-01-01"))
    running, enough = threading.Event(), threading.Event()

    def holds_the_lock():
        with only_one("retention", "run") as mine:
            assert mine
            running.set()
            enough.wait(timeout=20)
        connections.close_all()

    other = threading.Thread(target=holds_the_lock)
    other.start()
    assert running.wait(timeout=20)
    try:
        with pytest.raises(retention.Running):
            apply()
        assert {line.done for line in retention.run(apply=False, by=BY, at=AT)} == {0}, "counting needs no lock"
    finally:
        enough.set()
        other.join(timeout=20)
    assert apply()["orders.Bag"].done == 1


def test_a_row_somebody_works_on_is_passed_over_and_goes_with_the_next_run():
    busy, free = aged.bag(moment("2020-01-01")), aged.bag(moment("2020-01-01"))
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM orders_bag WHERE id = %s FOR UPDATE", [busy.pk])
            line = apply()["orders.Bag"]
            assert (line.past_due, line.done, line.held) == (2, 1, {"in use just now": 1})
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert type(free).objects.get() == busy
    assert apply()["orders.Bag"].done == 1


def test_a_month_somebody_reads_is_not_dropped_and_nobody_waits():
    activity = registry.of("shop.Activity")
    partitions.make_ahead(at=moment("2026-01-15"))
    aged.activity(moment("2026-01-10"))
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM shop_activity")
            found = partitions.drop(activity, held=partitions.NOTHING, at=AT)
            assert [(past.month.table, past.held_because) for past in found] == [
                ("shop_activity_2026_01", partitions.BUSY),
                ("shop_activity_2026_02", partitions.BUSY),
            ]
            cursor.execute("ROLLBACK")
        assert [past.rows for past in partitions.drop(activity, held=partitions.NOTHING, at=AT)] == [1, 0]
    finally:
        other.close()
        with connection.cursor() as cursor:
            for month in partitions.months_of(activity):
                cursor.execute(f"DROP TABLE {month.table}")
