"""A restored backup: the shop refuses, the erasures are repeated by person, and nobody else is touched.

The backup is a savepoint: rolling back to it leaves a database that is older than the ledger beside it.
"""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings as shop
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from privacy.models import AuditEvent, Certificate, Message, Subject, SubjectLink
from privacy.proof import ledger, residue
from privacy.register import registry, subjects
from privacy.rights import acts, erasure, replay, requests
from privacy.rights.models import DataRequest, State
from privacy.tasks import sweep_outbox
from privacy.tests.people import LATER, NOON, asks, held, someone

AFTER = LATER + timedelta(days=1)
ADDRESS = {"full_name": "", "line1": "", "city": "", "postal_code": "10012", "country": "US", "created_at": NOON}


class Rewind(Exception):
    """Back to the backup."""


@contextmanager
def forgotten_by_a_restore():
    """What happens inside is in the ledger, and no longer in the database."""
    try:
        with transaction.atomic():
            yield
            raise Rewind
    except Rewind:
        pass


@pytest.fixture
def people(db, settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=72)
    return someone("alice"), someone("bob")


def erased(person):
    request = requests.approve(asks(person), by="staff:3", at=NOON)
    return erasure.execute(request.pk, by="system:worker", at=LATER)


@pytest.fixture
def restored(people):
    """Alice was erased after the backup; the backup was restored."""
    alice, bob = people
    with forgotten_by_a_restore():
        done = erased(alice)
        assert done.state == State.COMPLETED
        ending = (done.pk, done.reference, Certificate.objects.get().reference)
    assert apps.get_model("accounts.User").objects.filter(pk=alice.user.pk).exists()
    return alice, bob, ending


def replayed(*arguments: str) -> str:
    said = StringIO()
    call_command("replay_erasures", *arguments, stdout=said, stderr=said)
    return said.getvalue()


def dump() -> str:
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


# The verdict


def test_an_erasure_that_is_known_lets_the_shop_serve(people):
    assert replay.verdict(at=NOON) == replay.Verdict()
    erased(people[0])
    assert replay.verdict(at=AFTER) == replay.Verdict()


def test_an_erasure_being_carried_out_lets_the_shop_serve_and_is_resumed(people, monkeypatch):
    request = requests.approve(asks(people[0]), by="staff:3", at=NOON)

    def stop(step, **facts):
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(erasure, "carry_out", stop)
        with pytest.raises(KeyboardInterrupt):
            erasure.execute(request.pk, by="system:worker", at=LATER)
    assert replay.verdict(at=AFTER).may_serve
    acts.sweep(by="system:sweep", at=AFTER)
    request.refresh_from_db()
    assert request.state == State.COMPLETED


def test_a_request_that_is_missing_or_earlier_makes_the_database_older(people):
    alice, bob = people
    with forgotten_by_a_restore():
        erased(alice)
    request = requests.approve(asks(bob), by="staff:3", at=NOON)
    with forgotten_by_a_restore():
        erasure.execute(request.pk, by="system:worker", at=LATER)
    assert replay.verdict(at=AFTER) == replay.Verdict(replay.Why.OLDER, 2)
    assert [(each.told.subject, each.state) for each in replay.due(at=AFTER)] == [
        (alice.subject.pk, ""), (bob.subject.pk, "approved"),
    ]  # fmt: skip


def told_of(subject_id, number: int = 0) -> ledger.Erasure:
    """A line about a request that no database knows."""
    request = DataRequest(
        pk=uuid4(),
        reference=f"DSR-2222-33{number:02}",
        subject_id=subject_id,
        channel="account",
        received_at=NOON,
        first_reply_due_at=NOON,
        due_at=NOON,
    )
    ledger.write_erasure(request, [subject_id], at=NOON)
    return ledger.Erasure.of(list(ledger.erasures())[-1])


def test_where_the_record_of_the_request_has_had_its_time_the_erased_person_suffices(people):
    told_of(people[0].subject.pk)
    assert not replay.verdict(at=NOON).may_serve
    Subject.objects.filter(pk=people[0].subject.pk).update(erased_at=NOON)
    assert replay.verdict(at=AFTER).may_serve


def test_an_erasure_whose_record_and_person_have_both_had_their_time_is_asked_after_no_more(people):
    told_of(uuid4())
    assert not replay.verdict(at=AFTER).may_serve
    assert replay.verdict(at=AFTER + timedelta(days=40 * 366)).may_serve


def test_an_empty_database_beside_a_full_ledger_is_told_apart(db):
    told = told_of(uuid4())
    assert replay.verdict(at=AFTER) == replay.Verdict(replay.Why.EMPTY, 1)
    assert "this database is empty" in replayed()
    with pytest.raises(CommandError, match="empty"):
        replayed("--apply")
    with pytest.raises(replay.NothingHere):
        replay.repeat(told, by="system:replay", at=AFTER)
    assert not DataRequest.objects.exists()
    replayed("--new-shop")
    assert replay.verdict(at=AFTER).may_serve


def test_it_compares_once_a_minute_and_asks_only_about_what_is_new(people, django_assert_num_queries):
    for number in range(30):
        told_of(people[0].subject.pk, number)
    Subject.objects.filter(pk=people[0].subject.pk).update(erased_at=NOON)
    with django_assert_num_queries(3):
        assert replay.verdict(at=AFTER).may_serve
    with django_assert_num_queries(0):
        assert replay.verdict(at=AFTER + timedelta(seconds=59)).may_serve
    with django_assert_num_queries(3):
        assert replay.verdict(at=AFTER + timedelta(seconds=60)).may_serve


def test_a_restore_beneath_running_processes_is_noticed_within_a_minute(people):
    with forgotten_by_a_restore():
        erased(people[0])
        assert replay.verdict(at=AFTER).may_serve
    assert not replay.verdict(at=AFTER + timedelta(minutes=1)).may_serve


# The gate


def test_every_page_is_refused_and_says_what_to_do(restored, client):
    refused = client.get("/")
    assert refused.status_code == 503
    assert "replay_erasures --apply" in refused.content.decode()
    assert refused.headers["Retry-After"] == "60"
    for path in ("/", "/account/", "/admin/", "/healthz", "/privacy/certificate/", "/nowhere/"):
        assert client.get(path).status_code == 503
    assert client.post("/accounts/login/", {}).status_code == 503
    told = client.get("/healthz", headers={"accept": "application/json"})
    assert (told.status_code, told.json()) == (503, {"ready": False, "why": "older", "erasures_lacking": 1})


def test_the_page_cache_does_not_pass_the_gate_by(people, client, settings):
    settings.PAGE_CACHE_SECONDS = 10
    assert client.get("/").status_code == 200
    with forgotten_by_a_restore():
        erased(people[0])
    replay._watch._looked_at = timezone.now() - timedelta(minutes=2)
    assert client.get("/").status_code == 503


def test_static_files_are_served_and_nothing_else_beneath_them(restored, client):
    with closing(client.get("/static/css/tokens.css")) as sheet:
        assert sheet.status_code == 200
    assert client.get("/static/nowhere").status_code == 503


def test_tasks_do_nothing_and_the_mail_waits(restored, mailoutbox):
    asks(restored[1], "access")
    before = list(Message.objects.values_list("pk", "state"))
    assert sweep_outbox() is None
    assert mailoutbox == []
    assert list(Message.objects.values_list("pk", "state")) == before
    replayed("--apply")
    sweep_outbox()
    assert {to for mail in mailoutbox for to in mail.to} == {restored[1].email}


# Repeating


def test_dry_it_says_what_it_would_do_and_does_nothing(restored):
    alice, _, (_, reference, _) = restored
    before, told = dump(), shop.LOUPE_LEDGER.read_bytes()
    said = replayed()
    [line] = [line for line in said.splitlines() if reference in line]
    assert str(alice.subject.pk) in line
    assert "request missing" in line
    rows = sum(each.rows([alice.subject.pk]).count() for each in registry.all_declared() if not each.is_evidence)
    assert line.endswith(f"rows found {rows}")
    assert (dump(), shop.LOUPE_LEDGER.read_bytes()) == (before, told)


@pytest.mark.promise("JE-78", "JS-27", "JH-31")
def test_alice_goes_again_bob_stays_and_the_shop_opens_at_once(restored, client):
    alice, bob, (request_id, reference, first_certificate) = restored
    before = held(bob)
    assert client.get("/").status_code == 503

    said = replayed("--apply")

    assert said.splitlines()[-1] == "1 repeated."
    assert client.get("/").status_code == 200
    assert [word for word in alice.words if word in dump()] == []
    assert residue.check([alice.subject.pk], addresses=[alice.email]) == []
    assert held(bob) == before
    request = DataRequest.objects.get(pk=request_id)
    assert (request.reference, request.state, request.contact) == (reference, State.COMPLETED, None)
    certificate = Certificate.objects.get()
    assert (certificate.request_reference, certificate.subject_id) == (reference, alice.subject.pk)
    assert certificate.reference != first_certificate
    event = AuditEvent.objects.get(event="request.replayed")
    assert (event.object_ref, event.details) == (reference, {"ledger": 1, "found": "missing"})
    assert [line.kind for line in ledger.verified()] == ["erasure", "shop"]
    assert replayed("--apply").startswith("Nothing to repeat")


def test_nobody_who_is_gone_is_written_to_again(restored):
    alice, _, _ = restored
    replayed("--apply")
    assert [mail.kind for mail in Message.objects.all() if (mail.payload or {}).get("to") == alice.email] == []


def test_an_approved_request_of_the_backup_is_carried_out_and_sends_no_mail(people):
    alice, bob = people
    request = requests.approve(asks(alice), by="staff:3", at=NOON)
    before = held(bob)
    with forgotten_by_a_restore():
        erasure.execute(request.pk, by="system:worker", at=LATER)
    replayed("--apply")
    request.refresh_from_db()
    assert (request.state, request.approved_by) == (State.COMPLETED, "staff:3")
    assert [word for word in alice.words if word in dump()] == []
    assert not Message.objects.filter(kind="privacy.erased").exists()
    assert held(bob) == before


@pytest.mark.parametrize("decided", ["refused", "withdrawn"])
def test_what_was_decided_otherwise_without_the_ledger_does_not_undo_an_erasure(people, decided):
    """Somebody served the backup beside no ledger; the person holds a certificate that says they are gone."""
    alice, bob = people
    request = requests.approve(asks(alice), by="staff:3", at=NOON)
    before = held(bob)
    with forgotten_by_a_restore():
        erasure.execute(request.pk, by="system:worker", at=LATER)
    DataRequest.objects.filter(pk=request.pk).update(
        state=decided,
        **({"refused_at": NOON, "refused_by": "staff:4", "refusal_reason": "x"} if decided == "refused" else {}),
    )
    assert replay.verdict(at=AFTER) == replay.Verdict(replay.Why.OLDER, 1)
    replayed("--apply")
    request.refresh_from_db()
    assert (request.state, request.refusal_reason) == (State.COMPLETED, "")
    assert AuditEvent.objects.get(event="request.replayed").details == {"ledger": 1, "found": decided}
    assert [word for word in alice.words if word in dump()] == []
    assert held(bob) == before


def test_a_new_row_on_a_recycled_key_stays_untouched(people):
    alice, bob = people
    address = apps.get_model("accounts.Address")
    with forgotten_by_a_restore():
        hers = address.objects.create(user=alice.user, **ADDRESS)
        done = erased(alice)
        assert done.state == State.COMPLETED
    his = address.objects.create(pk=hers.pk, user=bob.user, **{**ADDRESS, "line1": "7 Bobtoken Lane"})
    before = held(bob)
    replayed("--apply")
    assert address.objects.get(pk=his.pk).line1 == "7 Bobtoken Lane"
    assert held(bob) == before
    assert not address.objects.filter(user_id=alice.user.pk).exists()


def test_a_person_who_came_after_the_backup_keeps_the_record_of_their_erasure(people):
    with forgotten_by_a_restore():
        carla = someone("carla")
        done = erased(carla)
    assert not Subject.objects.filter(pk=carla.subject.pk).exists()
    replayed("--apply")
    assert DataRequest.objects.get(pk=done.pk).state == State.COMPLETED
    assert Subject.objects.get(pk=carla.subject.pk).is_erased
    assert replay.verdict(at=AFTER).may_serve


def test_a_guest_record_that_was_joined_after_the_backup_goes_too(people):
    alice, bob = people
    guest = subjects.new(by="system:test", at=NOON)
    subjects.identify(guest, value=alice.email, by="system:test", at=NOON)
    stranger = subjects.new(by="system:test", at=NOON)
    subjects.identify(stranger, value=bob.email, by="system:test", at=NOON)
    with forgotten_by_a_restore():
        subjects.prove(alice.subject, value=alice.email, proof=subjects.Proof.EMAIL_CONFIRMED, by=alice.user, at=NOON)
        erased(alice)
    assert not SubjectLink.objects.exists()
    replayed("--apply")
    guest.refresh_from_db()
    stranger.refresh_from_db()
    assert guest.is_erased
    assert not stranger.is_erased


def test_another_open_request_of_the_backup_is_joined(people):
    alice, _ = people
    with forgotten_by_a_restore():
        done = erased(alice)
    other = asks(alice)
    replayed("--apply")
    other.refresh_from_db()
    assert (other.state, other.joined_to_id, other.contact) == (State.JOINED, done.pk, None)


def test_one_person_at_a_time_leaves_the_others_for_later(people):
    alice, bob = people
    with forgotten_by_a_restore():
        erased(alice)
        erased(bob)
    assert replayed("--apply", f"--subject={alice.subject.pk}").splitlines()[-1] == "1 repeated."
    assert replay.verdict(at=AFTER) == replay.Verdict(replay.Why.OLDER, 1)
    assert [each.told.subject for each in replay.due(at=AFTER)] == [bob.subject.pk]


def test_a_failure_keeps_the_shop_closed_and_the_others_go_on(people, monkeypatch):
    alice, bob = people
    with forgotten_by_a_restore():
        erased(alice)
        erased(bob)
    execute = erasure.execute

    def fails_for_alice(request_id, **facts):
        if DataRequest.objects.get(pk=request_id).subject_id == alice.subject.pk:
            raise OSError("a disk")
        return execute(request_id, **facts)

    monkeypatch.setattr(erasure, "execute", fails_for_alice)
    with pytest.raises(CommandError, match="1 repeated, 1 failed"):
        replayed("--apply")
    monkeypatch.undo()
    assert Certificate.objects.get().subject_id == bob.subject.pk


# A new shop


def test_a_new_shop_puts_the_old_ledger_aside(people):
    with forgotten_by_a_restore():
        carla = someone("carla")
        erased(carla)
    assert not replay.verdict(at=AFTER).may_serve
    said = replayed("--new-shop")
    aside = next(shop.LOUPE_LEDGER.parent.glob(f"{shop.LOUPE_LEDGER.stem}.2*"))
    assert str(aside) in said
    assert replay.verdict(at=AFTER).may_serve
    assert json.loads(aside.read_text().splitlines()[0])["body"]["subject"] == str(carla.subject.pk)


def test_a_database_that_knows_them_is_no_new_shop(restored):
    with pytest.raises(CommandError, match="knows people of this ledger"):
        replayed("--new-shop")
    assert not replay.verdict(at=AFTER).may_serve
