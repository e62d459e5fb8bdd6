"""Taking a consent back takes along what was held only while it stood, and nothing of anybody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.apps import apps

from privacy.consent import ledger, notices, visitors
from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Matter, Surface
from privacy.models import AuditEvent
from privacy.register import subjects
from privacy.rights import holds, withdrawal
from privacy.tests.people import LATER, NOON

PERFORMANCE = Matter.PERFORMANCE


def looked(subject_id, *, times: int = 1, at=NOON) -> None:
    row = apps.get_model("shop.Activity")
    row.objects.bulk_create(
        row(kind="viewed", object_ref="product/solitaire", subject_id=subject_id, at=at) for _ in range(times)
    )


def left() -> list:
    return list(apps.get_model("shop.Activity").objects.order_by("pk").values_list("subject_id", flat=True))


def yes(who, *, matter=PERFORMANCE, at=NOON) -> ConsentRecord:
    notice = notices.current("preferences")
    return ledger.grant(who, matter, notice=notice, surface=Surface.PREFERENCES, by="system:test", at=at)


def no(who, *, matter=PERFORMANCE, at=LATER) -> ConsentRecord:
    taken = ledger.withdraw(who, matter, surface=Surface.PREFERENCES, by="system:test", at=at)
    return taken or ledger.refuse(who, matter, surface=Surface.PREFERENCES, by="system:test", at=at)


def test_what_is_declared_to_need_a_consent_names_a_matter_that_exists():
    assert [(each.model, Matter(each.allowed_by)) for each in withdrawal.declared()] == [("shop.Activity", PERFORMANCE)]


@pytest.mark.promise("JE-69")
def test_withdrawing_deletes_what_alice_looked_at_and_leaves_bobs_and_nobodys(alice, bob):
    for person in (alice, bob):
        yes(person.subject)
        looked(person.subject.pk, times=3)
    looked(None)
    record = no(alice.subject)
    assert withdrawal.forget(record.pk, by="system:worker", at=LATER) == 3
    assert left() == [bob.subject.pk] * 3 + [None]
    event = AuditEvent.objects.get(event="consent.rows_deleted")
    assert (event.subject_id, event.details) == (alice.subject.pk, {"model": "shop.Activity", "rows": 3})
    assert withdrawal.forget(record.pk, by="system:worker", at=LATER) == 0


@pytest.mark.promise("JE-69")
def test_the_ledger_rings_with_each_no_and_not_with_a_yes_or_another_matter(
    alice, monkeypatch, django_capture_on_commit_callbacks
):
    rung = []
    monkeypatch.setattr("privacy.ground.doorbell.publish", lambda task, message: rung.append((task.name, message)))
    with django_capture_on_commit_callbacks(execute=True):
        yes(alice.subject)
        yes(alice.subject, matter=Matter.RECOMMENDATIONS)
        no(alice.subject, matter=Matter.RECOMMENDATIONS)
        no(uuid4())  # a visitor who never allowed it
        record = no(alice.subject)
    assert rung == [("privacy.tasks.forget_what_was_allowed", {"record_id": record.pk})]


def test_a_yes_or_a_no_about_something_else_deletes_nothing(alice):
    looked(alice.subject.pk)
    for record in (yes(alice.subject), no(alice.subject, matter=Matter.TARGETING)):
        assert withdrawal.forget(record.pk, by="system:worker", at=LATER) == 0
    assert left() == [alice.subject.pk]


def test_a_no_reaches_all_records_of_one_person(alice):
    other = subjects.new(by="system:test", at=NOON)
    subjects.identify(other, value=alice.email, by="system:test", at=NOON)
    subjects.prove(other, value=alice.email, proof=subjects.Proof.EMAIL_CONFIRMED, by="system:test", at=NOON)
    looked(other.pk)
    looked(alice.subject.pk)
    assert withdrawal.forget(no(alice.subject).pk, by="system:worker", at=LATER) == 2


def test_a_no_said_in_a_browser_counts_for_whoever_signed_in_on_it_last(alice, bob):
    number = uuid4()
    yes(number)
    visitors.join(number, alice.subject, by=alice.user, at=NOON + timedelta(hours=1))
    looked(alice.subject.pk)
    looked(bob.subject.pk)
    assert withdrawal.forget(no(number).pk, by="system:worker", at=LATER) == 1
    assert left() == [bob.subject.pk]


def test_a_legal_hold_keeps_the_rows_and_the_sweep_takes_them_when_it_is_released(alice, bob):
    for person in (alice, bob):
        looked(person.subject.pk)
    yes(bob.subject)
    hold = holds.place(
        alice.subject,
        scope=holds.Scope(model="shop.Activity"),
        reason="A dispute before a court",
        owner="Counsel",
        review_on=LATER.date() + timedelta(days=30),
        by="staff:1",
        at=NOON,
    )
    record = no(alice.subject)
    assert withdrawal.forget(record.pk, by="system:worker", at=LATER) == 0
    assert withdrawal.sweep(by="system:sweep", at=LATER) == 0
    holds.release(hold, by="staff:1", at=LATER)
    assert withdrawal.sweep(by="system:sweep", at=LATER) == 1
    assert left() == [bob.subject.pk]


def test_the_sweep_follows_the_last_word_of_a_person_and_of_whom_they_were_joined_to(alice, bob):
    other = subjects.new(by="system:test", at=NOON)
    subjects.identify(other, value=alice.email, by="system:test", at=NOON)
    subjects.prove(other, value=alice.email, proof=subjects.Proof.EMAIL_CONFIRMED, by="system:test", at=NOON)
    no(alice.subject)
    no(bob.subject, at=NOON)
    yes(bob.subject, at=LATER)
    for number in (other.pk, alice.subject.pk, bob.subject.pk):
        looked(number)
    assert withdrawal.sweep(by="system:sweep", at=LATER) == 2
    assert left() == [bob.subject.pk]
