"""The chain of the audit trail: nothing is lost, nothing is bound twice, and every kind of tampering is named."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from unittest.mock import ANY

import pytest
from django.conf import settings as shop
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from privacy.ground import audit
from privacy.models import AuditBatch, AuditEvent, AuditLeaf
from privacy.proof import chain, ledger
from privacy.register import subjects
from privacy.tests.people import NOON

LONG_AFTER = NOON + timedelta(days=1)
YEARS_AFTER = NOON + timedelta(days=40 * 366)


def append(event: str = "test.happened", *, at=NOON, **facts) -> AuditEvent:
    return audit.append(event, by="system:test", at=at, **facts)


@contextmanager
def tampering():
    """As somebody who owns the database: its triggers do not fire."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield cursor
        cursor.execute("SET LOCAL session_replication_role = origin")


def filled(batches: int = 3, events: int = 4) -> list[AuditEvent]:
    """A trail of some batches, one a minute."""
    made = []
    for number in range(batches):
        at = NOON + timedelta(minutes=number)
        made += [
            append(f"test.{number}.{each}", obj=f"DSR-{number}", note="ü", details={"b": 1, "a": [str(each)]}, at=at)
            for each in range(events)
        ]
        assert chain.bind(at=at) == events
    return made


@pytest.fixture
def trail(db):
    return filled()


# Binding


def test_every_event_is_bound_once_and_each_batch_names_the_one_before_it(trail):
    leaves = AuditLeaf.objects.order_by("event_id").values_list("event_id", "batch")
    assert list(leaves) == [(event.pk, number // 4 + 1) for number, event in enumerate(trail)]
    one, two, three = AuditBatch.objects.order_by("no")
    assert (one.prev_hash, two.prev_hash, three.prev_hash) == (ledger.BEFORE_THE_FIRST, one.hash, two.hash)
    assert (one.count, three.top) == (4, trail[-1].pk)
    assert chain.check(at=LONG_AFTER) == chain.Report(
        batches=3, events=12, expired=0, waiting=0, first_in_ledger=1, restores=0
    )


def test_with_nothing_new_no_batch_is_made(trail):
    assert chain.bind(at=LONG_AFTER) == 0
    assert AuditBatch.objects.count() == 3


def test_each_head_lies_in_the_ledger(trail):
    heads = [(line.body["batch"], line.body["hash"]) for line in ledger.verified()]
    assert heads == list(AuditBatch.objects.order_by("no").values_list("no", "hash"))


def test_a_great_many_are_bound_in_several_batches(db, monkeypatch):
    monkeypatch.setattr(chain, "MOST", 5)
    for _ in range(12):
        append()
    assert chain.bind(at=NOON) == 12
    assert list(AuditBatch.objects.order_by("no").values_list("count", flat=True)) == [5, 5, 2]
    assert chain.check(at=NOON).events == 12


def test_a_ledger_that_cannot_be_written_gets_the_head_later(db):
    shop.LOUPE_LEDGER.mkdir()
    append()
    assert chain.bind(at=NOON) == 1
    shop.LOUPE_LEDGER.rmdir()
    assert chain.bind(at=LONG_AFTER) == 0
    assert ledger.last_head() == chain.tail()


def test_the_database_refuses_to_change_the_chain(trail):
    for model, change in ((AuditBatch, {"count": 9}), (AuditLeaf, {"digest": "0"})):
        for verb in (lambda rows, change=change: rows.update(**change), lambda rows: rows.delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                verb(model.objects.all())
    assert chain.check(at=LONG_AFTER).events == 12


@pytest.mark.django_db(transaction=True)
def test_an_event_that_becomes_visible_out_of_order_is_bound_later():
    """Its number was given out before its neighbours', its transaction committed after them."""
    is_appended, may_commit = threading.Event(), threading.Event()
    numbers = []

    def slow():
        try:
            with transaction.atomic():
                numbers.append(append("test.slow").pk)
                is_appended.set()
                assert may_commit.wait(timeout=30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert is_appended.wait(timeout=30)
    quick = append("test.quick")
    assert chain.bind(at=NOON) == 1
    may_commit.set()
    thread.join(timeout=30)
    assert numbers[0] < quick.pk
    assert chain.bind(at=NOON + timedelta(minutes=59)) == 1
    assert list(AuditLeaf.objects.order_by("batch").values_list("event_id", flat=True)) == [quick.pk, numbers[0]]
    assert chain.check(at=LONG_AFTER).events == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_many_append_while_several_bind_and_none_is_lost_or_bound_twice():
    failures: list[Exception] = []
    start = threading.Barrier(6, timeout=30)
    is_over = threading.Event()

    def run(work):
        try:
            start.wait()
            work()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            failures.append(error)
        finally:
            connections.close_all()

    def appends():
        for number in range(40):
            with transaction.atomic():
                append(f"test.{number}")
                if number % 8 == 7:
                    transaction.set_rollback(True)
                else:
                    append(f"test.{number}.second")

    def binds():
        while not is_over.is_set():
            chain.bind(at=NOON)

    appenders = [threading.Thread(target=run, args=(appends,)) for _ in range(4)]
    binders = [threading.Thread(target=run, args=(binds,)) for _ in range(2)]
    for thread in (*appenders, *binders):
        thread.start()
    for thread in appenders:
        thread.join(timeout=60)
    is_over.set()
    for thread in binders:
        thread.join(timeout=60)
    chain.bind(at=NOON)
    assert failures == []
    assert AuditEvent.objects.count() == 4 * 35 * 2
    bound = AuditLeaf.objects.order_by("event_id").values_list("event_id", flat=True)
    assert list(bound) == list(AuditEvent.objects.order_by("id").values_list("pk", flat=True))
    assert chain.check(at=LONG_AFTER) == chain.Report(
        batches=ANY, events=280, expired=0, waiting=0, first_in_ledger=1, restores=0
    )


# Tampering


CHANGES = {
    "event": "UPDATE privacy_auditevent SET event = 'test.other' WHERE id = %s",
    "actor": "UPDATE privacy_auditevent SET actor = 'staff:9' WHERE id = %s",
    "details": "UPDATE privacy_auditevent SET details = '{}' WHERE id = %s",
    "at": "UPDATE privacy_auditevent SET at = at + interval '1 microsecond' WHERE id = %s",
    "subject": "UPDATE privacy_auditevent SET subject_id = gen_random_uuid() WHERE id = %s",
    "note": "UPDATE privacy_auditevent SET note = '' WHERE id = %s",
    "object": "UPDATE privacy_auditevent SET object_ref = 'DSR-9' WHERE id = %s",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_a_changed_event_is_named(trail, statement):
    with tampering() as cursor:
        cursor.execute(statement, [trail[5].pk])
        assert cursor.rowcount == 1
    with pytest.raises(chain.Tampered, match=f"^event {trail[5].pk} of batch 2 was changed$"):
        chain.check(at=LONG_AFTER)


def test_a_deleted_event_is_named(trail):
    with tampering() as cursor:
        cursor.execute("DELETE FROM privacy_auditevent WHERE id = %s", [trail[7].pk])
    with pytest.raises(chain.Tampered, match=f"^event {trail[7].pk} of batch 2 was deleted before its time$"):
        chain.check(at=LONG_AFTER)


def test_an_event_put_into_the_past_is_named(trail):
    """On a number that was given out and never used, as a rolled-back transaction leaves it."""
    gap = trail[3].pk - 1
    with tampering() as cursor:
        cursor.execute("DELETE FROM privacy_auditevent WHERE id = %s", [gap])
        cursor.execute("DELETE FROM privacy_auditleaf WHERE event_id >= %s", [trail[0].pk])
        cursor.execute("DELETE FROM privacy_auditbatch")
    shop.LOUPE_LEDGER.unlink()
    chain.bind(at=NOON)
    append(at=LONG_AFTER)
    chain.bind(at=LONG_AFTER)
    assert chain.check(at=LONG_AFTER).events == 12
    AuditEvent.objects.create(pk=gap, event="test.forged", actor="staff:9", at=NOON)
    chain.bind(at=LONG_AFTER + timedelta(minutes=1))
    with pytest.raises(chain.Tampered, match=f"^event {gap} was put into the past"):
        chain.check(at=LONG_AFTER)


REMOVALS = {
    "a batch in the middle": ("2", "^batch 2 is missing$"),
    "the first batch": ("1", "^batch 1 is missing$"),
    "the last batch": ("3", "^batch 3 stands in the ledger otherwise: the end was cut off or rewritten$"),
    "all of them": ("1, 2, 3", "^batch 1 stands in the ledger otherwise"),
}


@pytest.mark.parametrize(("numbers", "words"), REMOVALS.values(), ids=REMOVALS)
def test_a_removed_batch_is_named(trail, numbers, words):
    with tampering() as cursor:
        cursor.execute(f"DELETE FROM privacy_auditleaf WHERE batch_id IN ({numbers})")
        cursor.execute(f"DELETE FROM privacy_auditbatch WHERE no IN ({numbers})")
    with pytest.raises(chain.Tampered, match=words):
        chain.check(at=LONG_AFTER)


def test_a_tail_that_was_cut_off_is_not_bound_over(trail):
    with tampering() as cursor:
        cursor.execute("DELETE FROM privacy_auditleaf WHERE batch_id = 3")
        cursor.execute("DELETE FROM privacy_auditbatch WHERE no = 3")
        cursor.execute("DELETE FROM privacy_auditevent WHERE id > %s", [trail[7].pk])
    append(at=LONG_AFTER)
    assert chain.bind(at=LONG_AFTER) == 0
    with pytest.raises(chain.Tampered, match=r"^batch 3 stands in the ledger otherwise"):
        chain.check(at=LONG_AFTER)


STATEMENTS = {
    "a leaf removed": ("DELETE FROM privacy_auditleaf WHERE event_id = (SELECT max(event_id) FROM privacy_auditleaf)", 3),
    "a leaf moved": ("UPDATE privacy_auditleaf SET batch_id = 1 WHERE event_id = (SELECT max(event_id) FROM privacy_auditleaf)", 1),
    "a count changed": ("UPDATE privacy_auditbatch SET count = 5 WHERE no = 2", 2),
    "a moment changed": ("UPDATE privacy_auditbatch SET at = at - interval '1 day' WHERE no = 2", 2),
    "a hash changed": ("UPDATE privacy_auditbatch SET hash = repeat('0', 64) WHERE no = 2", 2),
    "a link changed": ("UPDATE privacy_auditbatch SET prev_hash = repeat('0', 64) WHERE no = 3", 3),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "number"), STATEMENTS.values(), ids=STATEMENTS)
def test_a_changed_chain_is_named(trail, statement, number):
    with tampering() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount == 1
    with pytest.raises(chain.Tampered, match=f"^batch {number}\\b"):
        chain.check(at=LONG_AFTER)


def test_a_chain_forged_from_end_to_end_does_not_fit_the_ledger(trail):
    """Whoever owns the database can compute every hash anew; the heads outside it say otherwise."""
    heads = shop.LOUPE_LEDGER.read_bytes()
    with tampering() as cursor:
        cursor.execute("DELETE FROM privacy_auditleaf")
        cursor.execute("DELETE FROM privacy_auditbatch")
        cursor.execute("UPDATE privacy_auditevent SET actor = 'staff:9' WHERE id = %s", [trail[0].pk])
    shop.LOUPE_LEDGER.unlink()
    chain.bind(at=NOON)
    assert chain.check(at=NOON).events == 12
    shop.LOUPE_LEDGER.write_bytes(heads)
    with pytest.raises(chain.Tampered, match=r"^batch 1 stands in the ledger otherwise"):
        chain.check(at=NOON)


def test_a_ledger_whose_end_was_cut_off_is_noticed(trail):
    lines = shop.LOUPE_LEDGER.read_text().splitlines(keepends=True)
    shop.LOUPE_LEDGER.write_text("".join(lines[:-1]))
    with pytest.raises(chain.Tampered, match=r"^the ledger ends with batch 2, the database goes on$"):
        chain.check(at=LONG_AFTER)


def test_lines_cut_off_the_ledger_are_noticed_when_it_has_gone_on(trail):
    lines = shop.LOUPE_LEDGER.read_text().splitlines(keepends=True)
    shop.LOUPE_LEDGER.write_text(lines[0])
    ledger.write_head(*chain.tail(), at=LONG_AFTER)
    with pytest.raises(chain.Tampered, match=r"^the ledger goes from batch 1 to batch 3: lines were cut off$"):
        chain.check(at=LONG_AFTER)


def test_a_ledger_that_begins_later_says_from_which_batch_on(trail):
    shop.LOUPE_LEDGER.unlink()
    append(at=LONG_AFTER)
    chain.bind(at=LONG_AFTER)
    assert chain.check(at=LONG_AFTER) == chain.Report(4, 13, 0, 0, first_in_ledger=4, restores=0)


def test_a_ledger_that_was_changed_is_noticed(trail):
    text = shop.LOUPE_LEDGER.read_text()
    shop.LOUPE_LEDGER.write_text(text.replace("+00:00", "+01:00", 1))
    with pytest.raises(chain.Tampered, match=r"^the ledger: line 2 does not follow line 1"):
        chain.check(at=LONG_AFTER)


# What is lawful


def test_events_that_retention_let_go_leave_a_chain_that_holds(trail):
    gone = AuditEvent.objects.filter(pk__in=[event.pk for event in trail[:6]])
    with audit.expiring():
        gone.delete()
    append("retention.ran", details={"privacy.AuditEvent": 6}, at=YEARS_AFTER)
    chain.bind(at=YEARS_AFTER)
    assert chain.check(at=YEARS_AFTER) == chain.Report(
        batches=4, events=13, expired=6, waiting=0, first_in_ledger=1, restores=0
    )


def test_after_a_run_of_retention_the_chain_holds(trail):
    from privacy.rights import retention  # the wing above

    append("test.young", at=YEARS_AFTER)
    [line] = retention.run(apply=True, model="privacy.AuditEvent", by="system:retention", at=YEARS_AFTER)
    assert line.done == 12
    chain.bind(at=YEARS_AFTER)
    assert list(AuditEvent.objects.order_by("id").values_list("event", flat=True)) == ["test.young", "retention.ran"]
    assert chain.check(at=YEARS_AFTER) == chain.Report(4, 14, 12, 0, first_in_ledger=1, restores=0)


def test_an_event_deleted_after_retention_last_ran_is_named(trail):
    append("retention.ran", at=LONG_AFTER)
    with audit.expiring():
        AuditEvent.objects.filter(pk=trail[0].pk).delete()
    with pytest.raises(chain.Tampered, match=f"^event {trail[0].pk} of batch 1 was deleted before its time$"):
        chain.check(at=YEARS_AFTER)


def test_after_a_restore_that_is_noted_the_chain_goes_on_from_where_the_backup_ends(trail):
    backup = transaction.savepoint()
    for number in range(2):
        append("test.lost", at=LONG_AFTER)
        chain.bind(at=LONG_AFTER + timedelta(minutes=number))
    transaction.savepoint_rollback(backup)
    with pytest.raises(chain.Tampered, match=r"^batch 4 stands in the ledger otherwise"):
        chain.check(at=LONG_AFTER)
    said = StringIO()
    call_command("replay_erasures", stdout=said)
    assert "--apply notes that" in said.getvalue()
    call_command("replay_erasures", "--apply", stdout=said)
    assert said.getvalue().endswith("The restore is noted in the ledger.\n")
    assert chain.check(at=LONG_AFTER).batches == 3
    append("test.next", at=LONG_AFTER)
    assert chain.bind(at=LONG_AFTER) == 1
    assert chain.check(at=LONG_AFTER) == chain.Report(4, 13, 0, 0, first_in_ledger=1, restores=1)


# The command


def test_the_command_says_how_fast_it_was(trail):
    append(at=LONG_AFTER)
    said = StringIO()
    call_command("check_audit_chain", stdout=said)
    whole = "Whole: 12 events in 3 batches, 0 of them let go in their time, 1 not bound yet; "
    assert said.getvalue().startswith(whole)
    assert " rows/s.\n" in said.getvalue()
    assert said.getvalue().endswith("The ledger knows the chain from batch 1 on, and notes 0 restored backups.\n")


def test_the_command_ends_badly_with_what_it_found(trail):
    subjects.new(by="system:test", at=NOON)
    with tampering() as cursor:
        cursor.execute(CHANGES["note"], [trail[0].pk])
    with pytest.raises(CommandError, match=f"event {trail[0].pk} of batch 1 was changed") as error:
        call_command("check_audit_chain")
    assert error.value.returncode == 1
