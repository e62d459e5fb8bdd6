"""What a worker does, and what staff do, when two of them are at it, or when it goes wrong in the middle."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import pytest
from django.db import connections

from privacy.consent import ledger, notices
from privacy.consent.answers import SALE
from privacy.consent.vocabulary import Channel as MessageChannel
from privacy.consent.vocabulary import Matter, Surface
from privacy.ground import states
from privacy.models import AuditEvent, Message
from privacy.register import registry, subjects
from privacy.register.declare import Refused
from privacy.rights import acts, answers, assignment, requests
from privacy.rights.kinds import Kind
from privacy.rights.models import Channel, DataRequest, State
from privacy.tests.people import NOON, asks, held, mails, someone

CAROL, DORA = "staff:3", "staff:4"
WORKER = "system:worker"
ANSWER = "We looked into it."


def agree(person, matter, channel=""):
    notice = notices.current("opt_in")
    ledger.grant(
        person.subject, matter, channel=channel, notice=notice, surface=Surface.PREFERENCES, by=person.user, at=NOON
    )


def carried_out(person, kind, **wishes):
    say = {"subject": person.subject, "contact": person.email, "by": person.user, "at": NOON}
    request = requests.receive(kind, wishes=wishes or None, **say)
    if request.state == State.RECEIVED:
        requests.verify(request, evidence="reauthenticated", by=person.user, at=NOON)
    acts.carry_out(request.pk, by=WORKER, at=NOON)
    request.refresh_from_db()
    return request


@pytest.mark.promise("SG-13")
def test_taking_back_one_yes_leaves_the_others(alice, bob):
    for person in (alice, bob):
        agree(person, Matter.OFFERS, MessageChannel.EMAIL)
        agree(person, Matter.CARE, MessageChannel.EMAIL)
    assert carried_out(alice, "withdrawal", matter="offers").state == State.COMPLETED
    allowed = {
        (person.email, matter): ledger.may(person.subject, matter, MessageChannel.EMAIL)
        for person in (alice, bob)
        for matter in (Matter.OFFERS, Matter.CARE)
    }
    assert allowed == {
        (alice.email, Matter.OFFERS): False,
        (alice.email, Matter.CARE): True,
        (bob.email, Matter.OFFERS): True,
        (bob.email, Matter.CARE): True,
    }


def test_taking_back_without_naming_anything_takes_back_everything(alice, bob):
    for person in (alice, bob):
        agree(person, Matter.OFFERS, MessageChannel.EMAIL)
        agree(person, Matter.RECOMMENDATIONS)
    carried_out(alice, "withdrawal")
    assert not any(state.is_granted for state in ledger.standing(alice.subject).values())
    assert all(state.is_granted for state in ledger.standing(bob.subject).values())


@pytest.mark.parametrize(("kind", "matters"), [("opt_out", SALE), ("limit", (Matter.SENSITIVE_USE,))])
def test_an_opt_out_asks_for_no_proof_and_reaches_whoever_has_the_address(kind, matters, alice, bob):
    """By letter, for the address alone: the person with an account is covered, and sees nothing of who wrote."""
    for person in (alice, bob):
        for matter in matters:
            agree(person, matter)
    stranger = subjects.new(by=CAROL, at=NOON)
    subjects.identify(stranger, value=alice.email, by=CAROL, at=NOON)
    request = requests.receive(kind, subject=stranger, contact=alice.email, channel=Channel.POST, by=CAROL, at=NOON)
    assert (request.state, mails("request_received")) == (State.VERIFIED, [])
    acts.carry_out(request.pk, by=WORKER, at=NOON)
    assert [ledger.may(alice.subject, matter) for matter in matters] == [False] * len(matters)
    assert [ledger.may(bob.subject, matter) for matter in matters] == [True] * len(matters)
    assert subjects.root(stranger) == stranger, "nothing was proved, so nobody was joined"


def test_what_anybody_can_opt_out_of_for_anybody_deletes_nothing(db):
    """The no reaches further than a proof would, so no declaration may hang rows on these matters."""
    assert not {each.allowed_by for each in registry.all_declared()} & {*SALE, Matter.SENSITIVE_USE}


def test_a_closed_account_keeps_its_rights_and_bob_his_account(alice, bob):
    before = held(bob)
    request = carried_out(alice, "deactivation")
    alice.user.refresh_from_db()
    bob.user.refresh_from_db()
    assert (request.state, alice.user.is_active, bob.user.is_active) == (State.COMPLETED, False, True)
    assert asks(alice, "access").state == State.VERIFIED
    assert held(bob) == before


def test_who_works_here_waits_with_the_reason_and_nothing_is_half_done(alice):
    type(alice.user).objects.filter(pk=alice.user.pk).update(is_staff=True)
    request = carried_out(alice, "deactivation")
    alice.user.refresh_from_db()
    assert (request.state, alice.user.is_active) == (State.PARTLY_DONE, True)
    assert "they work here" in AuditEvent.objects.get(event="request.partly_done").note
    assert request.retry_at == NOON + acts.RETRY_AFTER_REFUSAL


def test_an_act_that_fails_leaves_nothing_and_is_tried_again(alice, monkeypatch):
    agree(alice, Matter.RECOMMENDATIONS)
    real = acts.ACTS[Kind.WITHDRAWAL]

    def stumbles(request, *, by, at):
        real(request, by=by, at=at)
        raise OSError("the wire is cut")

    monkeypatch.setattr(acts, "ACTS", {**acts.ACTS, Kind.WITHDRAWAL: stumbles})
    request = asks(alice, "withdrawal")
    with pytest.raises(OSError, match="wire"):
        acts.carry_out(request.pk, by=WORKER, at=NOON)
    request.refresh_from_db()
    assert (request.state, request.retry_at) == (State.EXECUTING, NOON + acts.RETRY_AFTER_FAILURE)
    assert ledger.may(alice.subject, Matter.RECOMMENDATIONS), "what it had done is undone"
    monkeypatch.setattr(acts, "ACTS", {**acts.ACTS, Kind.WITHDRAWAL: real})
    assert acts.sweep(by="system:sweep", at=NOON) == 0
    assert acts.sweep(by="system:sweep", at=request.retry_at) == 1
    assert not ledger.may(alice.subject, Matter.RECOMMENDATIONS)


def test_an_act_that_is_refused_says_why_once_more_when_asked_again(alice, monkeypatch):
    def refuses(request, *, by, at):
        raise Refused("The printer has not confirmed")

    monkeypatch.setattr(acts, "ACTS", {**acts.ACTS, Kind.LIMIT: refuses})
    request = asks(alice, "limit")
    acts.carry_out(request.pk, by=WORKER, at=NOON)
    request.refresh_from_db()
    assert (request.state, len(mails("request_completed"))) == (State.PARTLY_DONE, 0)
    monkeypatch.undo()
    acts.sweep(by="system:sweep", at=request.retry_at)
    request.refresh_from_db()
    assert (request.state, len(mails("request_completed"))) == (State.COMPLETED, 1)


@pytest.mark.parametrize("kind", ["access", "restriction", "opt_out", "question"])
def test_what_needs_no_decision_is_not_approved(kind, alice):
    with pytest.raises(requests.NothingToDecide):
        requests.approve(asks(alice, kind), by=CAROL, at=NOON)


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_answer_is_none(text, alice):
    request = asks(alice, "complaint")
    with pytest.raises(answers.Missing):
        answers.give(request, text=text, by=CAROL, at=NOON)
    with pytest.raises(answers.NothingToAnswer):
        answers.give(asks(alice, "access"), text=ANSWER, by=CAROL, at=NOON)
    assert DataRequest.objects.get(pk=request.pk).state == State.VERIFIED


def test_staff_decide_nothing_about_themselves(alice):
    carol = someone("carol", is_staff=True)
    erasure, question = asks(carol), asks(carol, "question")
    deeds = [
        lambda: requests.approve(erasure, by=carol.user, at=NOON),
        lambda: requests.refuse(erasure, ground="gdpr.unfounded", reason="No.", by=carol.user, at=NOON),
        lambda: answers.give(question, text=ANSWER, by=carol.user, at=NOON),
        lambda: assignment.assign(question, to=carol.user, by=DORA, at=NOON),
    ]
    for deed in deeds:
        with pytest.raises(requests.OwnRequest):
            deed()
    found = DataRequest.objects.values_list("state", "assigned_to")
    assert set(found) == {(State.VERIFIED, "")}
    assert answers.give(asks(alice, "question"), text=ANSWER, by=carol.user, at=NOON).state == State.COMPLETED


def test_a_request_lies_on_one_desk(alice):
    request = asks(alice)
    as_dora_saw_it = DataRequest.objects.get(pk=request.pk)
    assignment.assign(request, to=CAROL, by=CAROL, at=NOON)
    with pytest.raises(states.Changed):
        assignment.assign(as_dora_saw_it, to=DORA, by=DORA, at=NOON)
    assert DataRequest.objects.get(pk=request.pk).assigned_to == CAROL
    requests.withdraw(request, by=alice.user, at=NOON)
    with pytest.raises(states.NotAllowed):
        assignment.assign(request, to=DORA, by=DORA, at=NOON)


DEEDS = {
    "approve": lambda request, by: requests.approve(request, by=by, at=NOON),
    "refuse": lambda request, by: requests.refuse(request, ground="gdpr.unfounded", reason="No.", by=by, at=NOON),
    "withdraw": lambda request, by: requests.withdraw(request, by=by, at=NOON),
}


def together(*deeds):
    """Run these at the same moment, each on its own connection; returns what came of each."""
    start, came = threading.Barrier(len(deeds), timeout=30), {}

    def run(number, deed):
        try:
            start.wait()
            deed()
            came[number] = "won"
        except (states.Changed, states.NotAllowed) as told:
            came[number] = type(told).__name__
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(came.values())


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("approve", "refuse"),
        pytest.param("approve", "approve", marks=pytest.mark.prove),
        pytest.param("refuse", "withdraw", marks=pytest.mark.prove),
    ],
)
def test_two_who_decide_at_once_one_wins_and_one_is_told(one, other):
    alice = someone("alice")
    number = asks(alice).pk
    came = together(
        lambda: DEEDS[one](DataRequest.objects.get(pk=number), CAROL),
        lambda: DEEDS[other](DataRequest.objects.get(pk=number), DORA),
    )
    assert came in (["Changed", "won"], ["NotAllowed", "won"])
    request = DataRequest.objects.get(pk=number)
    decided = [request.approved_by != "", request.refused_by != "", request.state == State.WITHDRAWN]
    assert sum(decided) == 1
    last = ["privacy.erasure_approved", "privacy.request_refused", "privacy.request_withdrawn"]
    assert Message.objects.filter(kind__in=last).count() == 1, "one decision, one mail"


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "pooled",
    [
        pytest.param(False, marks=pytest.mark.prove, id="session lock"),
        pytest.param(True, id="a pooler that breaks session locks"),
    ],
)
def test_two_workers_carry_out_an_act_once(monkeypatch, pooled):
    alice = someone("alice")
    number, done = asks(alice, "limit").pk, []
    monkeypatch.setattr(acts, "ACTS", {Kind.LIMIT: lambda request, *, by, at: done.append(request.pk)})
    if pooled:
        monkeypatch.setattr(acts, "only_one", everybody)
    together(*[lambda: acts.carry_out(number, by=WORKER, at=NOON)] * 3)
    acts.sweep(by="system:sweep", at=NOON)
    assert (done, DataRequest.objects.get(pk=number).state) == ([number], State.COMPLETED)
    assert len(mails("request_completed")) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_the_same_question_in_two_tabs_is_one():
    alice = someone("alice")
    say = {
        "subject": alice.subject,
        "contact": alice.email,
        "wishes": {"text": "Who sees it?"},
        "by": alice.user,
        "at": NOON,
    }
    assert together(*[lambda: requests.receive("question", **say)] * 3) == ["won"] * 3
    assert DataRequest.objects.count() == 1


@contextmanager
def everybody(what, about):
    """A lock that keeps nobody out."""
    yield True
