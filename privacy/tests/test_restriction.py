"""Data that are kept and not used because their person asked for it: how it begins, what goes on meanwhile, how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from privacy.ground import states
from privacy.messages import audience
from privacy.models import AuditEvent, Restriction, Subject
from privacy.register import objections, subjects
from privacy.register.vocabulary import Purpose
from privacy.rights import acts, requests, restriction
from privacy.rights.models import State
from privacy.tests.people import LATER, NOON, asks, held, mails, someone
from privacy.tests.subscribers import agrees

pytestmark = pytest.mark.django_db

CAROL, WORKER = "staff:3", "system:worker"
REASON = "We looked into what you disputed, and corrected it."
WEEK = timedelta(days=7)


def kept_aside(person, *, at=NOON, **wishes):
    request = asks(person, "restriction", wishes=wishes or None, at=at)
    acts.carry_out(request.pk, by=WORKER, at=at)
    request.refresh_from_db()
    return request


def fresh(person) -> Subject:
    return Subject.objects.get(pk=person.subject.pk)


def can_be_used(*people) -> list[bool]:
    usable = Subject.objects.usable_for(Purpose.MARKETING)
    return [usable.filter(pk=each.subject.pk).exists() for each in people]


@pytest.mark.promise("JE-85")
def test_a_worker_sets_the_data_aside_as_soon_as_it_is_proven_who_asks(alice, bob):
    before = held(bob)
    agrees(alice.subject), agrees(bob.subject)
    request = kept_aside(alice, ground="accuracy")
    row = Restriction.objects.get()
    assert (request.state, row.subject, row.ground, row.since) == (State.COMPLETED, alice.subject, "accuracy", NOON)
    assert (fresh(alice).restricted_for, can_be_used(alice, bob)) == (["asked"], [False, True])
    assert audience.count("new_pieces", "email", at=LATER).left_out == {"restricted": 1}
    assert held(bob) | {"privacy.ConsentState": 1} == before | {"privacy.ConsentState": 1, "privacy.ConsentRecord": 1}


def test_no_ground_has_to_be_named_and_a_strange_one_is_none(alice, bob):
    kept_aside(alice), kept_aside(bob, ground="because")
    assert set(Restriction.objects.values_list("ground", flat=True)) == {"asked"}


def test_asking_again_keeps_the_date_and_takes_back_an_announced_end(alice):
    kept_aside(alice)
    restriction.announce(Restriction.objects.get(), reason=REASON, by=CAROL, at=LATER)
    kept_aside(alice, at=LATER, ground="claims")
    row = Restriction.objects.get()
    assert (row.since, row.ground, row.is_announced, row.ends_at) == (NOON, "claims", False, None)


@pytest.mark.promise("JE-85")
def test_rights_go_on_while_the_data_rest(alice):
    kept_aside(alice)
    request = asks(alice, "access", at=LATER)
    acts.carry_out(request.pk, by=WORKER, at=LATER)
    request.refresh_from_db()
    assert request.state == State.COMPLETED
    assert mails("copy_ready")


# How it ends


@pytest.mark.promise("JE-85")
def test_it_is_lifted_only_after_a_notice_with_a_reason(alice, bob):
    kept_aside(alice), kept_aside(bob)
    row = Restriction.objects.get(subject=alice.subject)
    restriction.announce(row, reason=REASON, by=CAROL, at=LATER)
    (notice,) = mails("restriction_ends")
    assert (notice.payload["to"], REASON in notice.payload["text"]) == (alice.email, True)
    assert restriction.lift_due(by=WORKER, at=LATER + WEEK - timedelta(seconds=1)) == 0
    assert can_be_used(alice, bob) == [False, False]
    assert restriction.lift_due(by=WORKER, at=LATER + WEEK) == 1
    assert restriction.lift_due(by=WORKER, at=LATER + WEEK) == 0
    row.refresh_from_db()
    assert (can_be_used(alice, bob), row.lifted_by, row.contact) == ([True, False], WORKER, None)
    (told,) = mails("restriction_ended")
    assert (told.payload["to"], "As we wrote to you on 6 November 2026" in told.payload["text"]) == (alice.email, True)


@pytest.mark.parametrize(
    ("how", "refused"),
    [
        ({"reason": " "}, restriction.ReasonMissing),
        ({"reason": REASON, "ends_at": NOON + WEEK - timedelta(seconds=1)}, restriction.TooSoon),
        ({"reason": REASON, "ends_at": NOON - WEEK}, restriction.TooSoon),
    ],
    ids=["no reason", "too soon", "past"],
)
def test_a_notice_that_is_none_is_refused_and_nothing_is_half_done(alice, how, refused):
    kept_aside(alice)
    row = Restriction.objects.get()
    with pytest.raises(refused):
        restriction.announce(row, by=CAROL, at=NOON, **how)
    assert (Restriction.objects.get().is_announced, mails("restriction_ends")) == (False, [])


def test_two_staff_announce_it_once_and_nobody_their_own(alice):
    carol = someone("carol", is_staff=True)
    kept_aside(alice), kept_aside(carol)
    row = Restriction.objects.get(subject=alice.subject)
    restriction.announce(row, reason=REASON, by=CAROL, at=LATER)
    with pytest.raises(states.Changed):
        restriction.announce(row, reason=REASON, by="staff:4", at=LATER)
    with pytest.raises(restriction.OwnRestriction):
        restriction.announce(Restriction.objects.get(subject=carol.subject), reason=REASON, by=carol.user, at=LATER)
    assert len(mails("restriction_ends")) == 1


def test_a_notice_can_be_taken_back_and_then_nothing_ends(alice):
    kept_aside(alice)
    row = Restriction.objects.get()
    with pytest.raises(states.Changed):
        restriction.go_on(row, by=CAROL, at=NOON)
    restriction.announce(row, reason=REASON, by=CAROL, at=NOON)
    restriction.go_on(row, by=CAROL, at=LATER)
    assert restriction.lift_due(by=WORKER, at=LATER + 10 * WEEK) == 0
    assert can_be_used(alice) == [False]


def test_its_person_ends_it_at_once_and_without_a_notice(alice, bob):
    kept_aside(alice), kept_aside(bob)
    assert restriction.end(alice.subject, by=alice.user, at=LATER) is True
    assert restriction.end(alice.subject, by=alice.user, at=LATER) is False
    assert can_be_used(alice, bob) == [True, False]
    (told,) = mails("restriction_ended")
    assert "As you wished" in told.payload["text"]


@pytest.mark.promise("JE-85")
def test_ending_it_leaves_an_erasure_in_its_grace_alone_and_the_other_way_round(alice):
    kept_aside(alice)
    erasure = requests.approve(asks(alice), by=CAROL, at=NOON)
    assert fresh(alice).restricted_for == ["asked", "erasure"]
    restriction.end(alice.subject, by=alice.user, at=LATER)
    assert (fresh(alice).restricted_for, can_be_used(alice)) == (["erasure"], [False])
    kept_aside(alice, at=LATER)
    requests.withdraw(erasure, by=alice.user, at=LATER)
    assert (fresh(alice).restricted_for, can_be_used(alice)) == (["asked"], [False])


def test_nothing_is_lifted_of_somebody_erased_meanwhile(alice):
    kept_aside(alice)
    restriction.announce(Restriction.objects.get(), reason=REASON, by=CAROL, at=NOON)
    subjects.mark_erased(alice.subject, by="test", at=LATER)
    assert restriction.lift_due(by=WORKER, at=LATER + 2 * WEEK) == 0


def test_the_notice_goes_to_the_address_that_is_theirs_now(alice):
    kept_aside(alice)
    alice.user.email = "alice.new@example.com"
    alice.user.save()
    proof = subjects.Proof.EMAIL_CONFIRMED
    subjects.prove(alice.subject, value=alice.user.email, proof=proof, by=alice.user, at=NOON)
    restriction.announce(Restriction.objects.get(), reason=REASON, by=CAROL, at=LATER)
    assert [mail.payload["to"] for mail in mails("restriction_ends")] == ["alice.new@example.com"]


def test_every_step_is_in_the_trail(alice):
    kept_aside(alice)
    row = Restriction.objects.get()
    restriction.announce(row, reason=REASON, by=CAROL, at=NOON)
    restriction.go_on(row, by=CAROL, at=NOON)
    restriction.end(alice.subject, by=alice.user, at=LATER)
    events = AuditEvent.objects.filter(subject_id=alice.subject.pk, event__startswith="restriction.").order_by("pk")
    assert [each.event.partition(".")[2] for each in events] == ["begun", "announced", "goes_on", "lifted"]


# At the doors


def signed_in(person) -> Client:
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(person.user)
    return client


@pytest.mark.promise("JE-85")
def test_its_person_reads_it_on_their_page_and_ends_it_with_one_click(alice, bob):
    kept_aside(alice), kept_aside(bob)
    objections.note(alice.subject, Purpose.SECURITY, by=alice.user, at=NOON)
    client = signed_in(alice)
    page = client.get("/account/privacy/").content.decode()
    assert "Your data are set aside" in page
    assert "Nothing of yours is used to keep accounts and the shop safe, while we look at your reasons." in page
    assert client.get("/account/privacy/use-again/").status_code == 405
    assert client.post("/account/privacy/use-again/")["Location"] == "/account/privacy/"
    assert "Your data are set aside" not in client.get("/account/privacy/").content.decode()
    assert can_be_used(alice, bob) == [True, False]
    assert Client(headers={"Sec-Fetch-Site": "same-origin"}).post("/account/privacy/use-again/").status_code == 302
    assert can_be_used(bob) == [False]


def test_the_desk_announces_an_end_and_takes_it_back(alice):
    carol = someone("carol", is_staff=True)
    call_command("ensure_roles", verbosity=0)
    kept_aside(alice)
    row = Restriction.objects.get()
    desk, page = signed_in(carol), f"/admin/privacy/restriction/{row.pk}"
    assert desk.post(f"{page}/announce/", {"reason": REASON}).status_code == 403
    carol.user.groups.add(Group.objects.get(name="privacy desk"))
    assert alice.email not in desk.get(f"{page}/change/").content.decode()
    refused = desk.post(f"{page}/announce/", {"reason": REASON, "ends_on": "2026-01-01"})
    assert "lie 7 days at least" in refused.content.decode()
    assert desk.post(f"{page}/announce/", {"reason": REASON}).status_code == 302
    assert [mail.payload["to"] for mail in mails("restriction_ends")] == [alice.email]
    assert desk.post(f"{page}/go-on/", {}).status_code == 302
    assert not Restriction.objects.get().is_announced
