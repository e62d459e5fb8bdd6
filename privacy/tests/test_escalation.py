"""Staff are reminded at half of a request's time, at four fifths and when it has run: once each, whoever works it first."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from privacy.ground.models import AuditEvent
from privacy.messages import outbox
from privacy.models import Message
from privacy.rights import assignment, escalation, extension, requests
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest
from privacy.tests.people import NOON, asks, someone

pytestmark = pytest.mark.django_db


def at_the_desk(name):
    user = get_user_model().objects.create_user(f"{name}@loupe.example", "three-pearls-on-a-string", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_datarequest"))
    return user


@pytest.fixture
def carol(db):
    return at_the_desk("carol")


@pytest.fixture
def request_(carol):
    """Alice's erasure: received at noon, due in 30 days."""
    return asks(someone("alice"))


def comes(request, share):
    """The sweep as so many percent of the request's time have run; who got which mails by it."""
    before = set(Message.objects.values_list("pk", flat=True))
    moment = request.received_at + (request.due_at - request.received_at) * (share / 100)
    found = escalation.sweep(by="system:clock", at=moment)
    mails = Message.objects.filter(kind="privacy.requests_due").exclude(pk__in=before)
    return found, sorted(mail.payload["to"] for mail in mails)


def test_each_share_is_told_once_and_stands_on_the_row(request_):
    told = [(share, *comes(request_, share)) for share in (49.9, 50, 50, 79, 80, 99.9, 100, 150)]
    carol = ["carol@loupe.example"]
    assert told == [
        (49.9, 0, []), (50, 1, carol), (50, 0, []), (79, 0, []), (80, 1, carol), (99.9, 0, []), (100, 1, carol), (150, 0, []),
    ]  # fmt: skip
    request_.refresh_from_db()
    assert request_.escalated == 100
    trail = AuditEvent.objects.filter(event="request.escalated").order_by("pk")
    assert [each.details for each in trail] == [{"share": 50}, {"share": 80}, {"share": 100}]


def test_a_sweep_that_comes_late_reminds_of_the_latest_share_only(request_):
    assert comes(request_, 85) == (1, ["carol@loupe.example"])
    assert "80 % of its time" in Message.objects.get(kind="privacy.requests_due").payload["text"]
    assert comes(request_, 90) == (0, [])


def test_more_time_moves_the_mark_back_and_its_own_shares_are_told(request_, carol):
    assert comes(request_, 85) == (1, ["carol@loupe.example"])
    at = request_.received_at + (request_.due_at - request_.received_at) * 0.9
    longer = extension.extend(request_, reason="Three archives have to be searched.", by=carol, at=at)
    assert (DataRequest.objects.get().escalated, comes(longer, 49)) == (0, (0, []))
    assert [comes(longer, share)[0] for share in (50, 80, 100)] == [1, 1, 1]


def test_whoever_works_it_hears_of_it_and_nobody_else(request_):
    dora = at_the_desk("dora")
    assert comes(request_, 50) == (1, ["carol@loupe.example", "dora@loupe.example"])
    assignment.assign(request_, to=dora, by=dora, at=NOON)
    assert comes(request_, 80) == (1, ["dora@loupe.example"])


def test_nobody_is_reminded_of_what_is_over(request_):
    requests.withdraw(request_, by=request_.subject, at=NOON)
    assert comes(request_, 100) == (0, [])


def test_a_person_gets_one_mail_for_everything_and_it_names_nobody(request_):
    bob = someone("bob")
    other = asks(bob, Kind.ACCESS)
    DataRequest.objects.filter(pk=other.pk).update(due_at=NOON + timedelta(days=2))
    assert comes(request_, 50) == (2, ["carol@loupe.example"])
    mail = Message.objects.get(kind="privacy.requests_due").payload
    assert mail["title"] == "1 privacy request overdue"
    assert mail["text"].index(other.reference) < mail["text"].index(request_.reference), "the most urgent first"
    assert [word for word in ("alice", "bob", "Token") if word in str(mail)] == []


def test_the_reminder_can_be_sent(request_):
    comes(request_, 50)
    assert outbox.send(Message.objects.get(kind="privacy.requests_due").pk, at=NOON + timedelta(days=16))


def test_staff_are_not_reminded_of_their_own_request(carol):
    own = requests.receive(Kind.ERASURE, subject=carol.subject, contact=carol.email, by=carol, at=NOON)
    requests.verify(own, evidence="reauthenticated", by=carol, at=NOON)
    assert comes(own, 50) == (1, [])
