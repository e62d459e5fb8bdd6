"""Erasing Alice: everything planned, carried out once, proven, and Bob exactly as before."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, transaction

from privacy.models import AuditEvent, Certificate, Identifier, Message
from privacy.proof import certificates
from privacy.register import declare, registry, subjects
from privacy.rights import acts, erasure, order, packages, requests
from privacy.rights.models import ExportPackage, State, StepKind, StepState
from privacy.tests.people import LATER, NOON, asks, held, mails, someone

CAROL = "staff:3"
ALL_OF_AN_ADDRESS = "Everything: name, postal address, contact details, preferences and account."


@pytest.fixture
def grace(settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=72)


@pytest.fixture
def approved(db, grace):
    """Alice asked, Carol approved; Bob is there too."""
    alice, bob = someone("alice"), someone("bob")
    request = requests.approve(asks(alice), by=CAROL, at=NOON)
    return alice, bob, request


def dump() -> str:
    """Every text in every table, as a search of a database dump would see it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        texts = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


@pytest.mark.promise("JS-27", "JE-83", "JH-36", "JE-66")
def test_erases_alice_everywhere_and_leaves_bob_as_he_was(approved):
    alice, bob, request = approved
    before = held(bob)
    assert all(word in dump() for word in alice.words)

    done = erasure.execute(request.pk, by="system:worker", at=LATER)

    assert done.state == State.COMPLETED
    assert [word for word in alice.words if word in dump()] == []
    assert all(word in dump() for word in bob.words)
    assert held(bob) == before
    assert not get_user_model().objects.filter(pk=alice.user.pk).exists()
    assert not Identifier.objects.filter(subject=alice.subject).exists()
    alice.subject.refresh_from_db()
    assert alice.subject.is_erased


def test_the_plan_has_one_row_for_each_declaration_and_processor(approved):
    _, _, request = approved
    targets = list(request.steps.filter(kind=StepKind.ROWS).values_list("target", flat=True))
    assert sorted(targets) == sorted(each.model for each in registry.all_declared())
    slugs = list(request.steps.filter(kind=StepKind.PROCESSOR).values_list("target", flat=True))
    assert sorted(slugs) == sorted(each.slug for each in registry.processors())
    address = request.steps.get(target="accounts.Address")
    assert (address.planned, address.state) == (1, StepState.PENDING)
    assert address.goes == ALL_OF_AN_ADDRESS


def test_identity_goes_last_and_rows_before_what_they_point_at(db):
    names = [each.model for each in order.of_erasure()]
    assert names[-3:] == ["accounts.User", "privacy.Identifier", "privacy.Subject"]
    for declaration in registry.all_declared():
        for target in order.points_at(declaration):
            pointed = declare.DECLARATIONS.get(target)
            if pointed is not None and pointed.action is declare.Action.DELETE_ROW:
                assert names.index(declaration.model) < names.index(target), (declaration.model, target)


def test_nothing_happens_before_the_grace_has_run(approved):
    alice, _, request = approved
    assert erasure.execute(request.pk, by="system:worker", at=request.execute_after - timedelta(seconds=1)) is None
    assert get_user_model().objects.filter(pk=alice.user.pk).exists()
    alice.subject.refresh_from_db()
    assert alice.subject.is_restricted


def test_withdrawn_during_the_grace_nothing_is_erased_and_the_account_is_free_again(approved):
    alice, _, request = approved
    before = held(alice)
    requests.withdraw(request, by=alice.user, at=NOON + timedelta(hours=1))
    assert erasure.execute(request.pk, by="system:worker", at=LATER) is None
    after = held(alice)
    changed = {model for model in after if after[model] != before.get(model)}
    assert changed == {"privacy.AuditEvent", "privacy.Message"}
    assert not subjects.root(alice.subject).is_restricted
    assert requests.receive("erasure", subject=alice.subject, contact=alice.email, by=alice.user, at=LATER) != request


def test_the_last_mail_names_the_certificate_and_then_the_address_is_forgotten(approved):
    alice, _, request = approved
    erasure.execute(request.pk, by="system:worker", at=LATER)
    request.refresh_from_db()
    certificate = Certificate.objects.get(request_reference=request.reference)
    (mail,) = mails("erased")
    assert mail.subject is None
    assert mail.payload["to"] == alice.email
    assert certificate.reference in mail.payload["text"]
    assert request.contact is None
    assert [each.kind for each in mails()] == ["privacy.erased"]


@pytest.mark.promise("JK-29", "JE-98", "JH-37")
def test_the_certificate_holds_and_says_what_was_done(approved):
    _, _, request = approved
    erasure.execute(request.pk, by="system:worker", at=LATER)
    certificate = Certificate.objects.get()
    assert certificates.verify(certificate).is_valid
    (addresses,) = [part for part in certificate.document["erased"] if part["what"] == "Saved addresses"]
    assert (addresses["rows"], addresses["fields"]) == (1, ALL_OF_AN_ADDRESS)
    assert certificate.document["request"] == request.reference
    assert str(request.subject_id) not in json.dumps(certificate.document)


def test_a_step_that_meets_none_of_its_rows_leaves_the_request_partly_done(approved):
    alice, _, request = approved
    with transaction.atomic():
        erasure._begin(request.pk, by="system:worker", at=LATER)
    apps.get_model("accounts.Address").objects.filter(user=alice.user).delete()

    stopped = erasure.execute(request.pk, by="system:worker", at=LATER)

    assert stopped.state == State.PARTLY_DONE
    step = request.steps.get(target="accounts.Address")
    assert (step.state, step.blocker) == ("blocked", "1 planned, none found: look where they went, then check again.")
    assert not Certificate.objects.exists()

    erasure.check_again(stopped, by=CAROL, at=LATER)
    assert erasure.execute(request.pk, by="system:worker", at=LATER).state == State.COMPLETED
    assert AuditEvent.objects.filter(
        event="erasure.step_recounted", actor=CAROL, details__target="accounts.Address"
    ).exists()


def test_a_refusing_processor_leaves_it_partly_done_and_is_asked_again(approved, monkeypatch):
    alice, _, request = approved
    answers = ["An open dispute.", ""]

    def eraser(family):
        if words := answers.pop(0):
            raise RuntimeError(words)
        return "receipt-1"

    processor = declare.Processor("carrier", "Carrier", declare.Purpose.DELIVERY, {}, "", eraser)
    monkeypatch.setitem(declare.PROCESSORS, "carrier", processor)

    stopped = erasure.execute(request.pk, by="system:worker", at=LATER)
    step = request.steps.get(target="carrier")
    assert (stopped.state, step.blocker) == (State.PARTLY_DONE, "Carrier did not confirm: An open dispute.")
    assert not apps.get_model("accounts.Address").objects.filter(user=alice.user).exists()
    user = request.steps.get(target="accounts.User")
    assert (user.state, user.blocker) == ("blocked", "Waits for Carrier.")
    assert erasure.execute(request.pk, by="system:worker", at=LATER) is None

    done = erasure.execute(request.pk, by="system:worker", at=LATER + erasure.RETRY_AFTER)
    assert done.state == State.COMPLETED
    step.refresh_from_db()
    assert (step.state, step.receipt) == ("done", "receipt-1")


def test_what_is_unfinished_keeps_its_rows_until_it_is_finished(approved, monkeypatch):
    _, _, request = approved
    unfinished = [declare.Blocker("LP-7F3K-92QD", "Order LP-7F3K-92QD is on its way.")]
    was = declare.DECLARATIONS["accounts.Address"]
    held_up = declare.Declaration(**{**vars(was), "blockers": lambda family: unfinished})
    monkeypatch.setitem(declare.DECLARATIONS, "accounts.Address", held_up)

    stopped = erasure.execute(request.pk, by="system:worker", at=LATER)
    assert stopped.state == State.PARTLY_DONE
    assert request.steps.get(target="accounts.Address").blocker == "Order LP-7F3K-92QD is on its way."

    # A mail about the parcel goes out meanwhile, after the step of mails was done.
    Message.objects.create(
        kind="orders.order_shipped", subject=request.subject, next_attempt_at=LATER, created_at=LATER
    )
    unfinished.clear()
    done = erasure.execute(request.pk, by="system:worker", at=LATER + erasure.RETRY_AFTER)
    assert done.state == State.COMPLETED
    assert not Message.objects.filter(subject=request.subject).exists()
    assert request.steps.get(target="privacy.Message").affected == 3


@pytest.mark.promise("JS-27", "JE-78")
def test_residue_is_never_called_complete(approved, monkeypatch):
    _, _, request = approved
    was = declare.DECLARATIONS["privacy.Message"]
    forgetful = declare.Declaration(**{**vars(was), "eraser": lambda family: 1})  # says so, does not
    monkeypatch.setitem(declare.DECLARATIONS, "privacy.Message", forgetful)

    stopped = erasure.execute(request.pk, by="system:worker", at=LATER)

    assert stopped.state == State.PARTLY_DONE
    assert request.steps.get(target="residue").blocker == "Messages we sent you: 2 still there."
    assert not Certificate.objects.exists()


def test_staff_do_not_decide_about_themselves(db, grace):
    carol = someone("carol", is_staff=True)
    request = asks(carol)
    with pytest.raises(requests.OwnRequest):
        requests.approve(request, by=carol.user, at=NOON)
    with pytest.raises(requests.OwnRequest):
        requests.refuse(request, ground="gdpr.not_shown", reason="no", by=carol.user, at=NOON)
    request.refresh_from_db()
    assert request.state == State.VERIFIED


@pytest.mark.slow
def test_a_person_with_a_hundred_thousand_rows_goes_in_short_batches(approved, django_assert_max_num_queries):
    alice, bob, request = approved
    with connection.cursor() as cursor:
        for person, many in ((alice, 100_000), (bob, 3)):
            cursor.execute(
                "INSERT INTO shop_activity (subject_id, kind, object_ref, at)"
                " SELECT %s, 'viewed', 'product/ring-' || n, %s - n * interval '1 second' FROM generate_series(1, %s) n",
                [person.subject.pk, NOON, many],
            )
        cursor.execute("ANALYZE shop_activity")
    activity = registry.of("shop.Activity")

    with django_assert_max_num_queries(4_000):  # 200 batches of a fixed handful
        done = erasure.execute(request.pk, by="system:worker", at=LATER)

    assert done.state == State.COMPLETED
    assert request.steps.get(target="shop.Activity").affected == 100_000
    assert activity.rows([alice.subject.pk]).count() == 0
    assert activity.rows([bob.subject.pk]).count() == 3


def test_a_copy_whose_file_is_missing_on_the_disk_stands_in_nobodys_way(db, grace, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    alice, bob = someone("alice"), someone("bob")
    for person in (alice, bob):
        copy = asks(person, "access")
        acts.carry_out(copy.pk, by="system:worker", at=NOON)
    files = {each.request.subject_id: packages.file_of(each) for each in ExportPackage.objects.all()}
    files[alice.subject.pk].unlink()

    request = requests.approve(asks(alice), by=CAROL, at=NOON)
    done = erasure.execute(request.pk, by="system:worker", at=LATER)

    assert done.state == State.COMPLETED
    assert (files[alice.subject.pk].exists(), files[bob.subject.pk].exists()) == (False, True)
