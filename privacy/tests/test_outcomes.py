"""Messages that did not simply arrive: what staff say of them, and what the mail service reports."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from dev.mail import sink
from privacy.consent.vocabulary import Matter
from privacy.messages import outbox, outcomes, suppressions
from privacy.messages.kinds import Kind
from privacy.models import AuditEvent, Message
from privacy.register.vocabulary import Purpose
from privacy.tests.people import NOON, at_the_desk, someone

ORDER = Kind("tests.outcome", purpose=Purpose.ORDER, label="Order")
NEWS = Kind("tests.outcome_news", purpose=Purpose.MARKETING, label="News", matter=Matter.OFFERS)
LIST = "/admin/privacy/message/"
SECRET = "reports:opal-briolette"
pytestmark = pytest.mark.django_db


def message(person: Any, state: str, **facts: Any) -> Message:
    """A message of theirs that has come as far as *state*."""
    made = outbox.post_rendered(
        ORDER, to=person.email, subject=person.subject, title="Hello", text="Hello.", html="", by="test", at=NOON
    )
    over = {} if state in ("queued", "sending", "unknown") else {"payload": None}
    sent = {"sent_at": NOON} if state in ("sent", "returned") else {}
    Message.objects.filter(pk=made.pk).update(state=state, attempts=1, **over, **sent, **facts)
    made.refresh_from_db()
    return made


@pytest.fixture
def carol() -> Client:
    return at_the_desk()


# The desk


def test_the_desk_says_what_waits_for_somebody_until_it_is_dealt_with(carol, alice):
    fine, failed = message(alice, "sent"), message(alice, "failed", stopped_because="refused with 550")
    for page in (LIST, "/admin/privacy/datarequest/"):
        assert "1 message waits for somebody" in carol.get(page).content.decode()
    waiting = carol.get(f"{LIST}?waits=yes").content.decode()
    assert (str(failed.pk) in waiting, str(fine.pk) in waiting) == (True, False)
    asked = carol.get(f"{LIST}{failed.pk}/settle/")
    assert (asked.status_code, b"It did not arrive" in asked.content) == (200, True)
    assert Message.objects.for_staff().get() == failed, "looking settles nothing"
    carol.post(f"{LIST}{failed.pk}/settle/")
    assert not Message.objects.for_staff().exists()
    assert "waits for somebody</a>" not in carol.get(LIST).content.decode()
    assert AuditEvent.objects.get(event="message.settled").subject_id == alice.subject.pk


def test_of_marketing_that_was_perhaps_sent_staff_say_what_the_log_says(carol, alice):
    went, lost = message(alice, "unknown"), message(alice, "unknown")
    page = carol.get(f"{LIST}{went.pk}/change/").content.decode()
    assert (f"{LIST}{went.pk}/it-went/" in page, f"{LIST}{went.pk}/send-again/" in page) == (True, True)
    assert f"{LIST}{went.pk}/settle/" not in page
    carol.post(f"{LIST}{went.pk}/it-went/")
    carol.post(f"{LIST}{lost.pk}/send-again/")
    went.refresh_from_db()
    lost.refresh_from_db()
    assert (went.state, went.payload, went.sent_at is None) == ("sent", None, False)
    assert (lost.state, lost.attempts, lost.payload["to"]) == ("queued", 0, alice.email)
    events = set(AuditEvent.objects.filter(event__startswith="message.").values_list("event", flat=True))
    assert events == {"message.it_went", "message.sent_again"}


def test_what_is_sent_again_passes_the_gate_once_more(alice):
    news = message(alice, "unknown")
    Message.objects.filter(pk=news.pk).update(kind=NEWS.name)
    news.refresh_from_db()
    outcomes.send_again(news, by="staff:3", at=NOON)
    outbox.sweep(at=NOON)
    news.refresh_from_db()
    assert (news.state, news.stopped_because) == ("stopped", "no consent")


def test_what_does_not_wait_cannot_be_settled(alice):
    for state in ("queued", "sending", "sent", "stopped"):
        made = message(alice, state)
        for verb in (outcomes.it_went, outcomes.send_again, outcomes.settle):
            with pytest.raises(outcomes.Settled):
                verb(made, by="staff:3", at=NOON)
        made.refresh_from_db()
        assert made.state == state
    failed = outcomes.settle(message(alice, "failed"), by="staff:3", at=NOON)
    with pytest.raises(outcomes.Settled):
        outcomes.settle(failed, by="staff:3", at=NOON)


def test_a_member_of_staff_without_the_permission_settles_nothing(alice):
    dave, failed = at_the_desk("order desk", name="dave"), message(alice, "failed")
    assert dave.post(f"{LIST}{failed.pk}/settle/").status_code == 403
    assert Message.objects.for_staff().get() == failed


def test_an_erasure_takes_away_what_was_perhaps_sent(alice):
    bob = someone("bob")
    mine, bobs = message(alice, "unknown"), message(bob, "unknown")
    assert outbox.stop_all([alice.subject.pk], because="erased") == 1
    mine.refresh_from_db()
    bobs.refresh_from_db()
    assert (mine.state, mine.payload, bobs.state, bobs.payload["to"]) == ("stopped", None, "unknown", bob.email)


# What the mail server says while it is spoken to


@pytest.fixture
def server(settings: Any) -> Any:
    with sink.running() as running:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = "privacy.messages.mail.Smtp", "127.0.0.1"
        settings.EMAIL_PORT, settings.EMAIL_USE_TLS = running.port, False
        yield running


@pytest.mark.parametrize(
    ("answer", "state", "why", "is_dead"),
    [
        (b"550 5.1.1 no such user\r\n", "failed", "refused with 550", True),
        (b"550 5.7.1 go away\r\n", "failed", "refused with 550", False),
        (b"450 4.2.1 try later\r\n", "queued", "", False),
    ],
)
def test_a_refused_recipient_is_told_apart_from_a_busy_server(server, alice, answer, state, why, is_dead):
    server.rcpt = lambda line: answer
    sent = message(alice, "queued")
    assert outbox.send(sent.pk, at=NOON) is False
    sent.refresh_from_db()
    assert (sent.state, sent.stopped_because) == (state, why)
    assert suppressions.stops("email", alice.email, marketing=False) is is_dead
    assert server.delivered == []


def test_one_refusal_does_not_keep_the_mails_behind_it_nor_the_connection(server, alice):
    bob = someone("bob")
    refused, fine = message(alice, "queued"), message(bob, "queued")
    server.rcpt = lambda line: b"550 5.1.1 nobody\r\n" if alice.email.encode() in line else b"250 ok\r\n"
    assert outbox.sweep(at=NOON) == 1
    assert (server.delivered, server.connections) == ([fine.pk], 1)
    refused.refresh_from_db()
    assert refused.state == "failed"


@pytest.mark.parametrize(("kind", "state"), [("tests.outcome", "queued"), ("tests.outcome_news", "unknown")])
def test_a_server_that_hangs_up_after_the_text_leaves_marketing_in_doubt(server, alice, monkeypatch, kind, state):
    monkeypatch.setattr("privacy.messages.gate.objection", lambda message: "")
    server.answer = lambda running, number: None
    sent = message(alice, "queued")
    Message.objects.filter(pk=sent.pk).update(kind=kind)
    assert outbox.send(sent.pk, at=NOON) is False
    sent.refresh_from_db()
    assert (sent.state, sent.attempts, sent.payload["to"]) == (state, 2, alice.email)
    assert server.delivered == [sent.pk]


# What the mail service reports afterwards


@pytest.fixture
def postmark(settings: Any) -> Any:
    """Postmark is configured; what it reports is posted as it posts it."""
    settings.LOUPE_MAIL_SERVICE, settings.ANYMAIL = "postmark", {"WEBHOOK_SECRET": SECRET}

    def post(report: Any, *, secret: str = SECRET, service: str = "postmark", what: str = "tracking") -> Any:
        body = report if isinstance(report, str) else json.dumps(report)
        headers = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"} if secret else {}
        path = f"/webhooks/mail/{service}/{what}/"
        return Client().post(path, data=body, content_type="application/json", headers=headers)

    return post


def bounce(number: Any, address: str, *, kind: str = "HardBounce", details: str = "smtp;550 5.1.1 no such user") -> Any:
    """Postmark's words. *Source*: https://postmarkapp.com/developer/webhooks/bounce-webhook"""
    return {
        "RecordType": "Bounce", "Type": kind, "MessageID": str(uuid4()), "Metadata": {"message": str(number)},
        "Email": address, "Details": details, "BouncedAt": "2026-11-02T12:00:00Z", "ID": 4323372036854775807,
    }  # fmt: skip


def complaint(number: Any, address: str) -> Any:
    return {**bounce(number, address, kind="SpamComplaint"), "RecordType": "SpamComplaint"}


def test_a_mailbox_that_does_not_exist_gets_nothing_more(postmark, alice):
    bob, sent = someone("bob"), message(alice, "sent")
    assert postmark(bounce(sent.pk, alice.email)).status_code == 200
    sent.refresh_from_db()
    assert (sent.state, sent.stopped_because, sent.sent_at) == ("returned", "bounced: bounced", NOON)
    assert suppressions.stops("email", alice.email, marketing=False) is True
    assert suppressions.stops("email", bob.email, marketing=True) is False
    assert list(Message.objects.for_staff()) == [sent]
    later = message(alice, "queued")
    outbox.sweep(at=NOON)
    later.refresh_from_db()
    assert (later.state, later.stopped_because) == ("stopped", "suppressed")


def test_the_same_report_twice_is_one(postmark, alice):
    sent = message(alice, "sent")
    for _ in range(2):
        assert postmark(bounce(sent.pk, alice.email)).status_code == 200
    assert AuditEvent.objects.filter(event="message.returned").count() == 1
    assert AuditEvent.objects.filter(event="suppression.raised").count() == 1


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("SoftBounce", "smtp;452 4.2.2 over quota"),
        ("SoftBounce", "no words"),
        ("HardBounce", "smtp;552 5.2.2 mailbox full"),
        ("HardBounce", "smtp;550 5.7.1 looks like spam"),
        ("Blocked", "smtp;550 5.1.1 listed"),
    ],
)
def test_a_mail_that_came_back_for_another_reason_alerts_but_suppresses_nothing(postmark, alice, kind, details):
    sent = message(alice, "sent")
    assert postmark(bounce(sent.pk, alice.email, kind=kind, details=details)).status_code == 200
    sent.refresh_from_db()
    assert sent.state == "returned"
    assert suppressions.stops("email", alice.email, marketing=True) is False


def test_somebody_who_calls_it_spam_gets_no_more_marketing_but_still_their_orders(postmark, alice):
    sent = message(alice, "sent")
    assert postmark(complaint(sent.pk, alice.email)).status_code == 200
    assert suppressions.stops("email", alice.email, marketing=True) is True
    assert suppressions.stops("email", alice.email, marketing=False) is False
    sent.refresh_from_db()
    assert sent.state == "sent"


def test_a_report_about_a_mail_that_is_not_ours_is_ignored(postmark, alice):
    queued = message(alice, "queued")
    for number in (uuid4(), queued.pk, "", "not-a-number", "' OR 1=1 --"):
        assert postmark(bounce(number, alice.email)).status_code == 200
        assert postmark(complaint(number, alice.email)).status_code == 200
    assert suppressions.stops("email", alice.email, marketing=True) is False
    queued.refresh_from_db()
    assert queued.state == "queued"


@pytest.mark.parametrize("secret", ["", "reports:wrong", "reports:"])
def test_a_report_without_the_secret_is_refused(postmark, alice, secret):
    sent = message(alice, "sent")
    assert postmark(bounce(sent.pk, alice.email), secret=secret).status_code == 400
    sent.refresh_from_db()
    assert (sent.state, suppressions.stops("email", alice.email, marketing=True)) == ("sent", False)


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "7", '"x"', "{}", '{"RecordType": "Bounce"}', '{"RecordType": []}', "\x00"]
)
def test_a_report_that_makes_no_sense_is_no_error_of_ours(postmark, body):
    assert postmark(body).status_code in (200, 400)
    assert not AuditEvent.objects.filter(event__startswith="message.").exists()


def test_only_the_configured_service_has_a_door(postmark, settings, alice):
    sent = message(alice, "sent")
    assert postmark(bounce(sent.pk, alice.email), service="mailgun").status_code == 404
    assert postmark(bounce(sent.pk, alice.email), what="elsewhere").status_code == 404
    settings.LOUPE_MAIL_SERVICE = "smtp"
    assert postmark(bounce(sent.pk, alice.email)).status_code == 404
    assert Client().get("/webhooks/mail/postmark/tracking/").status_code == 404


def test_a_mail_is_known_by_our_message_id_too():
    number = uuid4()
    for text in (f"<{number}@jane-ellen.example>", f"{number}@jane-ellen.example", str(number).upper(), f" {number} "):
        assert outcomes.number_in("", text) == number
    for text in ("", "<>", "x", f"<{number}@a b>", f"{number}{number}", f"re: {number}"):
        assert outcomes.number_in(text) is None
