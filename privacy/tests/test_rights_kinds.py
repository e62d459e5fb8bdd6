"""Every right that can be exercised: one table, one life, one trail. Alice asks, Bob comes out untouched, Carol works the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest

from privacy.models import AuditEvent, Certificate, Message
from privacy.register import profiles, subjects
from privacy.rights import acts, answers, child_reports, clock, deadlines, kinds, requests, timeline
from privacy.rights.kinds import KINDS, Kind, Proof
from privacy.rights.models import Channel, DataRequest, State
from privacy.tests.people import NOON, asks, held

CAROL = "staff:3"
WORKER = "system:worker"
#: A report about a child needs a finding first: `test_child_reports`.
BY_WORKER = sorted({*acts.ACTS, *acts.LONG} - {*child_reports.KINDS})
AT_DESK = sorted(kind for kind, rule in KINDS.items() if rule.is_answered)


def test_every_kind_has_its_rule_and_one_way_to_its_end():
    assert list(KINDS) == list(Kind)
    for kind, rule in KINDS.items():
        ways = [rule.is_answered, kind in acts.LONG, kind in acts.ACTS]
        assert sum(ways) == 1, f"{kind} is answered in words, or carried out by a worker"
        assert not (rule.is_decided and rule.is_answered)


def test_what_is_worth_no_proof_asks_for_none_and_values_are_shown_to_nobody_without():
    asks_nothing = {kind for kind, rule in KINDS.items() if rule.proof is Proof.NOTHING}
    assert asks_nothing == {Kind.OPT_OUT, Kind.LIMIT, Kind.CHILD_REPORT, Kind.COMPLAINT, Kind.QUESTION}
    assert {kind for kind, rule in KINDS.items() if rule.needs_facts} == {
        Kind.ACCESS,
        Kind.PORTABILITY,
        Kind.CATEGORIES,
        Kind.CORRECTION,
    }
    assert all(KINDS[kind].proof is Proof.REAUTHENTICATED for kind in (*kinds.COPIES, Kind.CORRECTION, Kind.ERASURE))


@pytest.mark.parametrize("kind", [Kind.OPT_OUT, Kind.QUESTION, Kind.ACCESS])
def test_that_it_is_you_is_said_only_where_somebody_made_sure(kind, alice):
    said = timeline.of(asks(alice, kind, wishes={"text": "Why?"}))[1]
    expected = {
        Kind.ACCESS: ("It is you", ""),
    }.get(kind, ("It counts", "We ask nobody to prove anything for this."))
    assert (said.label, said.note) == expected


@pytest.mark.promise("JE-31", "SG-13")
@pytest.mark.parametrize("kind", BY_WORKER)
def test_what_software_can_do_it_does(kind, alice, settings, tmp_path):
    """Received, verified, decided where that is needed, carried out once, told; and every step in the trail."""
    settings.LOUPE_HOME, settings.LOUPE_ERASURE_GRACE = tmp_path, timedelta(0)
    request = asks(alice, kind, wishes={"field": f"accounts.User:{alice.user.pk}:full_name", "value": "Alice Abbott"})
    if request.rule.is_decided and request.state == State.VERIFIED:
        requests.approve(request, by=CAROL, at=NOON)
    for _ in range(2):
        acts.carry_out(request.pk, by=WORKER, at=NOON)
    request.refresh_from_db()
    assert (request.state, request.contact, request.completed_at) == (State.COMPLETED, None, NOON)
    steps = AuditEvent.objects.about(request.reference).filter(event__startswith="request.")
    assert sorted(steps.values_list("event", flat=True)) == sorted(
        ["request.received", "request.verified", "request.executing", "request.completed"]
        + ["request.approved"] * request.rule.is_decided
    )
    assert {moment.state for moment in timeline.of(request)} == {"done"}
    last = ["privacy.request_completed", "privacy.copy_ready", "privacy.erased", "accounts.deactivated"]
    assert Message.objects.filter(kind__in=last).count() == 1, "one last mail"


@pytest.mark.promise("JE-31", "SG-13")
def test_what_takes_a_person_is_answered_by_one(alice, bob):
    before = held(bob)
    for kind in AT_DESK:
        request = asks(alice, kind)
        acts.carry_out(request.pk, by=WORKER, at=NOON)
        request.refresh_from_db()
        assert request.state == State.VERIFIED, "no worker touches it"
        with pytest.raises(requests.OpenSteps):
            requests.complete(request, by=CAROL, at=NOON)
        assert DataRequest.objects.get(pk=request.pk).state == State.VERIFIED
        answers.give(request, text="We looked, and this is what we found.", by=CAROL, at=NOON)
        request.refresh_from_db()
        assert (request.state, request.contact, request.completed_at) == (State.COMPLETED, None, NOON)
        assert request.answer == "We looked, and this is what we found."
        told = Message.objects.get(kind="privacy.request_completed", reference=request.reference)
        assert (told.subject, request.rule.outcome in told.payload["text"]) == (alice.subject, True)
        assert "what we found" not in told.payload["text"], "the mail leads there, it does not carry the answer"
    assert held(bob) == before


def test_an_erasure_with_an_open_step_is_completed_by_nobody(alice):
    request = requests.approve(asks(alice), by=CAROL, at=NOON)
    with pytest.raises(requests.OpenSteps) as refused:
        requests.complete(request, by="staff:4", at=NOON)
    assert "the look afterwards" in refused.value.left
    assert DataRequest.objects.get(pk=request.pk).state == State.APPROVED
    request.steps.update(state="done", finished_at=NOON, affected=1)
    request.steps.filter(kind="check").update(state="pending")
    with pytest.raises(requests.OpenSteps) as refused:
        requests.complete(request, by="staff:4", at=NOON)
    assert refused.value.left[-1] == "the look afterwards"
    assert not Certificate.objects.exists()


def test_a_request_can_be_taken_back_until_somebody_begins(alice, bob):
    before = {person: held(person) for person in (alice, bob)}
    for kind in Kind:
        request = asks(alice, kind)
        requests.withdraw(request, by=alice.user, at=NOON)
        acts.carry_out(request.pk, by=WORKER, at=NOON + timedelta(days=9))
        assert DataRequest.objects.get(pk=request.pk).state == State.WITHDRAWN
    changed = {model for model, count in held(alice).items() if before[alice].get(model) != count}
    records = {"DataRequest", "AuditEvent", "Message", "IdentityCheck", "ErasureStep", "Suppression"}
    assert changed <= {f"privacy.{each}" for each in records}
    assert held(bob) == before[bob]


@pytest.mark.promise("JE-05", "JE-136", "JE-140")
def test_whatever_is_asked_has_a_first_reply_in_five_working_days_and_its_end_within_thirty():
    """A complaint, a question and every right, wherever somebody lives: both run from receipt, and each date says why."""
    calendar = clock.of_the_shop()
    day, five_days = calendar.local(NOON).date(), clock.BusinessDays(5).due(NOON, calendar).at
    assert profiles.current().clocks.first_reply_business_days == 5
    for kind in Kind:
        for residence in ("", "DE", "US-CA", "US-NY"):
            found = deadlines.of(kind, residence=residence, received_at=NOON)
            assert (calendar.local(found.complete_at).date() - day).days <= 30, kind
            assert found.first_reply_at <= five_days, kind
            assert all(each["words"] for each in found.derivation)


@pytest.mark.parametrize("wrong", [timedelta(seconds=1), timedelta(days=400), -timedelta(days=90, seconds=1)])
def test_a_receipt_in_the_future_or_long_past_is_refused_and_nothing_is_written(wrong, alice):
    with pytest.raises(requests.ReceiptImpossible):
        requests.receive(
            "access",
            subject=alice.subject,
            contact=alice.email,
            channel=Channel.POST,
            received_at=NOON + wrong,
            by=CAROL,
            at=NOON,
        )
    assert (DataRequest.objects.count(), Message.objects.count()) == (0, 0)


def test_a_letter_entered_after_its_time_still_waits_for_its_link(alice):
    guest = subjects.new(by=CAROL, at=NOON)
    late = requests.receive(
        "access",
        subject=guest,
        contact=alice.email,
        channel=Channel.POST,
        received_at=NOON - timedelta(days=80),
        by=CAROL,
        at=NOON,
    )
    acts.sweep(by="system:sweep", at=NOON + timedelta(hours=72))
    late.refresh_from_db()
    assert late.state == State.RECEIVED
    acts.sweep(by="system:sweep", at=NOON + timedelta(hours=73))
    late.refresh_from_db()
    assert late.state == State.LAPSED


def test_the_same_wish_is_one_request_and_another_wish_another(alice):
    say = {"subject": alice.subject, "contact": alice.email, "by": alice.user, "at": NOON}
    first = requests.receive("question", wishes={"text": "Who sees my ring size?"}, **say)
    again = requests.receive("question", wishes={"text": "Who sees my ring size?"}, **say)
    other = requests.receive("question", wishes={"text": "And my wrist?"}, **say)
    assert (first == again, first == other) == (True, False)
    one = requests.receive("restriction", wishes={"ground": "accuracy"}, **say)
    assert requests.receive("restriction", wishes={"ground": "claims"}, **say) == one, "kept and not used is one wish"


def test_a_thousand_questions_of_one_person_are_twenty_open_ones_and_none_of_bobs_waits(alice, bob):
    say = {"subject": alice.subject, "contact": alice.email, "by": alice.user, "at": NOON}
    for number in range(20):
        requests.receive("question", wishes={"text": f"Question {number}"}, **say)
    with pytest.raises(requests.TooMany):
        requests.receive("question", wishes={"text": "One more"}, **say)
    assert DataRequest.objects.filter(kind="question").count() == 20
    assert asks(alice, "access").state == State.VERIFIED, "every other right is open"
    assert asks(bob, "question").state == State.VERIFIED


def test_for_somebody_erased_nothing_can_be_asked(alice):
    subjects.mark_erased(alice.subject, by=WORKER, at=NOON)
    for kind in Kind:
        with pytest.raises(requests.SubjectErased):
            requests.receive(kind, subject=alice.subject, contact=alice.email, by=alice.user, at=NOON)
    assert not DataRequest.objects.exists()


def test_what_was_open_when_its_person_was_erased_is_joined_and_forgets_where_to_answer(alice, settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(0)
    question, correction = asks(alice, "question"), asks(alice, "correction")
    requests.approve(correction, by=CAROL, at=NOON)
    erasure = requests.approve(asks(alice), by=CAROL, at=NOON)
    acts.carry_out(erasure.pk, by=WORKER, at=NOON)
    for other in (question, correction):
        other.refresh_from_db()
        assert (other.state, other.joined_to, other.contact) == (State.JOINED, erasure, None)
