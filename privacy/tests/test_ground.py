"""The ground: what the audit trail, states, digests, seals, references and logs promise to every room above."""

import json
import logging
from datetime import UTC, datetime

import pytest
from celery import shared_task
from cryptography.fernet import Fernet
from django.db import DatabaseError, transaction
from kombu.exceptions import OperationalError

from privacy.ground import audit, digests, doorbell, logs, references, sealed, states
from privacy.models import AuditEvent, Message
from privacy.register import subjects

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
LIGHT = states.Machine("light", {"queued": {"sending"}, "sending": {"sent", "failed"}})


def mail(**facts):
    return Message.objects.create(kind="test.kind", created_at=NOON, next_attempt_at=NOON, **facts)


def test_a_reference_is_random_and_reads_well_aloud():
    drawn = {references.new("LP") for _ in range(500)}
    assert len(drawn) == 500
    assert all(references.is_reference(reference) for reference in drawn)
    assert not {"0", "1", "I", "O"} & set("".join(drawn).replace("LP-", ""))
    assert not references.is_reference("LP-1234")


@pytest.mark.parametrize(
    ("kind", "one", "same"),
    [
        ("email", "Alice@Example.com", " alice@example.COM "),
        ("email", "zoë@example.com", "zoe\u0308@example.com"),
        ("phone", "(202) 555-0142", "+1 202 555 0142"),
    ],
)
def test_digests_find_the_same_person_however_they_type(kind, one, same):
    assert digests.of(kind, one) == digests.of(kind, same)


def test_digests_differ_by_value_and_by_kind_and_hold_no_value():
    alice, bob = digests.of("email", "alice@example.com"), digests.of("email", "bob@example.com")
    assert alice != bob
    assert digests.of("phone", "2025550142") != digests.of("email", "2025550142")
    assert "alice" not in alice.value


def test_every_live_key_is_tried_and_the_newest_writes(settings):
    before = digests.of("email", "alice@example.com")
    settings.LOUPE_DIGEST_KEYS = ["9:" + "ab" * 32, *settings.LOUPE_DIGEST_KEYS]
    digests.keys.cache_clear()
    try:
        assert digests.of("email", "alice@example.com").version == 9
        assert before in digests.all_of("email", "alice@example.com")
    finally:
        digests.keys.cache_clear()


def test_the_cache_never_sees_what_a_key_was_made_of():
    key = digests.of_the_day("login:alice@example.com", day=20_000)
    assert "alice" not in key
    assert key == digests.of_the_day("login:alice@example.com", day=20_000)
    assert key != digests.of_the_day("login:bob@example.com", day=20_000)
    assert key != digests.of_the_day("login:alice@example.com", day=20_001)


def test_a_sealed_value_opens_again_and_reads_as_noise():
    blob = sealed.seal({"to": "alice@example.com"})
    assert b"alice" not in blob
    assert sealed.open(blob) == {"to": "alice@example.com"}


def test_a_value_sealed_with_a_lost_key_is_unreadable():
    with pytest.raises(sealed.Unreadable):
        sealed.open(Fernet(Fernet.generate_key()).encrypt(b"{}"))


@pytest.mark.django_db
@pytest.mark.promise("JE-101")
def test_a_sealed_column_is_noise_in_the_database(django_assert_num_queries):
    row = mail(payload={"to": "alice@example.com", "title": "Your order"})
    stored = Message.objects.extra(select={"raw": "payload"}).values_list("raw", flat=True).get(pk=row.pk)
    assert b"alice" not in bytes(stored)
    assert Message.objects.get(pk=row.pk).payload["to"] == "alice@example.com"


@pytest.mark.django_db
def test_a_state_moves_by_its_table_and_leaves_an_event():
    alice = subjects.new(by="test", at=NOON)
    row = mail(subject=alice)
    LIGHT.advance(row, "sending", by="system:test", at=NOON)
    event = AuditEvent.objects.about(f"privacy.Message:{row.pk}").get()
    assert (event.event, event.actor, event.subject_id, event.at) == ("light.sending", "system:test", alice.pk, NOON)
    assert event.details == {"from": "queued", "to": "sending"}


def test_the_table_says_from_where_a_state_is_reached():
    assert LIGHT.leading_to("sent") == {"sending"}
    assert LIGHT.leading_to("queued") == frozenset()


@pytest.mark.django_db
def test_a_step_that_the_table_does_not_have_is_refused():
    row = mail()
    with pytest.raises(states.NotAllowed):
        LIGHT.advance(row, "sent", by="system:test", at=NOON)
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_of_two_who_move_a_row_one_wins_and_one_event_is_written():
    row = mail()
    stale = Message.objects.get(pk=row.pk)
    LIGHT.advance(row, "sending", by="system:first", at=NOON)
    with pytest.raises(states.Changed):
        LIGHT.advance(stale, "sending", by="system:second", at=NOON)
    assert [event.actor for event in AuditEvent.objects.all()] == ["system:first"]


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_refuses_to_change_the_audit_trail(act):
    audit.append("order.shipped", obj="LP-AAAA-BBBB", by="system:test", at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.update(actor="nobody") if act == "update" else AuditEvent.objects.all().delete()
    assert AuditEvent.objects.get().actor == "system:test"


@pytest.mark.django_db
def test_a_broker_that_is_away_is_no_error(settings, django_capture_on_commit_callbacks, caplog):
    @shared_task(name="tests.bell")
    def bell(*, row_id):
        pass

    def unreachable(*args, **kwargs):
        raise OperationalError("no broker")

    bell.apply_async = unreachable
    with django_capture_on_commit_callbacks(execute=True), caplog.at_level(logging.WARNING):
        doorbell.ring(bell, row_id=7)
    assert [record.message for record in caplog.records if record.name == "privacy.ground.doorbell"] == [
        "doorbell.unheard"
    ]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("no such user alice@example.com", "no such user [e-mail]"),
        ("card 4242 4242 4242 4242 refused", "card [number] refused"),
        ("call +1 202-555-0142 back", "call [phone] back"),
        ("from 203.0.113.9", "from [ip]"),
        ("from 2001:db8::7f and 2001:0db8:85a3:0:0:8a2e:370:7334", "from [ip] and [ip]"),
        ("[::1]:8000 at 12:30:45, tests/a.py::b", "[::1]:8000 at 12:30:45, tests/a.py::b"),
        ("GET /order/LP-AAAA-BBBB/?key=abc:def", "GET /order/LP-AAAA-BBBB/?key=[…]"),
        ("listening on 127.0.0.1 since 2026-11-02 12:00", "listening on 127.0.0.1 since 2026-11-02 12:00"),
    ],
)
@pytest.mark.promise("JH-08")
def test_logs_mask_what_looks_like_a_person(text, masked):
    record = logging.LogRecord("loupe", logging.INFO, __file__, 1, text, (), None)
    assert json.loads(logs.Formatter().format(record))["message"] == masked


def test_a_traceback_in_a_log_is_masked_too():
    try:
        raise ValueError("Key (email)=(alice@example.com) already exists")
    except ValueError as error:
        record = logging.LogRecord(
            "loupe", logging.ERROR, __file__, 1, "failed", (), (type(error), error, error.__traceback__)
        )
    assert "alice" not in logs.Formatter().format(record)
