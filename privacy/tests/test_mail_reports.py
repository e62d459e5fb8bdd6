"""Bounces and complaints as each mail service posts them: its own words, its own signature, over the shop's real address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.mail import get_connection
from django.test import Client

from privacy.consent import ledger
from privacy.consent.vocabulary import Channel, Matter
from privacy.ground import mail_services
from privacy.messages import mail, outbox, suppressions
from privacy.messages.kinds import Kind
from privacy.messages.transports import NotSent
from privacy.models import AuditEvent, Message
from privacy.register.vocabulary import Purpose
from privacy.tests.people import NOON, Someone, someone
from privacy.tests.subscribers import agrees

pytestmark = pytest.mark.django_db

ORDER = Kind("tests.reported", purpose=Purpose.ORDER, label="Order")
SECRET, KEY = "reports:opal-briolette", "key-opal-briolette-7"
HOST = "http://testserver"
NOBODY, FULL = "550 5.1.1 no such user", "452 4.2.2 over quota"
Report = dict[str, Any]


@dataclass(frozen=True)
class Wire:
    """One request as it leaves the service."""

    body: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """How one mail service reports. *signed*: a report as a request, signed with a key where the service signs at all."""

    bounce: Callable[[str, str], Any]
    full: Callable[[str, str], Any]  # the mailbox is there, and full
    complaint: Callable[[str, str], Any]
    signed: Callable[[Any, str, str], Wire] = lambda report, key, path: Wire(json.dumps(report).encode())
    settings: Mapping[str, str] = field(default_factory=dict)
    is_signed: bool = False


def by_mailgun(report: Report, key: str, path: str) -> Wire:
    """*Source*: https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks"""
    stamp, token = "1793620800", uuid4().hex
    proof = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    signature = {"timestamp": stamp, "token": token, "signature": proof}
    return Wire(json.dumps({"signature": signature, "event-data": report}).encode())


def by_mandrill(report: Report, key: str, path: str) -> Wire:
    """*Source*: https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/"""
    sent = {"mandrill_events": json.dumps([report])}
    address = f"{HOST.replace('//', f'//{SECRET}@')}{path}"
    text = address + "".join(name + sent[name] for name in sorted(sent))
    proof = base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()
    kind = "application/x-www-form-urlencoded"
    return Wire(urlencode(sent).encode(), kind, {"X-Mandrill-Signature": proof})


def mailgun(number: str, address: str, event: str, **more: Any) -> Report:
    return {
        "event": event, "timestamp": 1793620800.5, "recipient": address, "user-variables": {"message": number},
        "message": {"headers": {"message-id": f"{number}@jane-ellen.example"}}, **more,
    }  # fmt: skip


def mandrill(number: str, address: str, event: str, diag: str = "") -> Report:
    said = {"email": address, "metadata": {"message": number}, "diag": diag, "bounce_description": event}
    return {"event": event, "ts": 1793620800, "_id": uuid4().hex, "msg": said}


def mailjet(number: str, address: str, event: str, **more: Any) -> list[Report]:
    said = {"event": event, "time": 1793620800, "MessageID": 19421777835146490, "email": address}
    return [{**said, "Payload": json.dumps({"message": number}), **more}]


def brevo(number: str, address: str, event: str, reason: str = "") -> Report:
    return {
        "event": event, "email": address, "message-id": f"<{number}@jane-ellen.example>", "reason": reason,
        "X-Mailin-custom": json.dumps({"message": number}), "ts_epoch": 1793620800000,
    }  # fmt: skip


def postmark(number: str, address: str, kind: str, details: str = "", record: str = "Bounce") -> Report:
    return {
        "RecordType": record, "Type": kind, "MessageID": str(uuid4()), "Metadata": {"message": number}, "Email": address,
        "Details": details, "BouncedAt": "2026-11-02T12:00:00Z", "ID": 4323372036854775807,
    }  # fmt: skip


def resend(number: str, address: str, event: str, **bounce: str) -> Report:
    data: Report = {"email_id": str(uuid4()), "to": [address]}
    data["headers"] = [{"name": "X-Metadata", "value": json.dumps({"message": number})}]
    return {
        "type": event,
        "created_at": "2026-11-02T12:00:00.000Z",
        "data": {**data, **({"bounce": bounce} if bounce else {})},
    }


def sparkpost(number: str, address: str, event: str, **more: str) -> list[Report]:
    said = {
        "type": event,
        "timestamp": "1793620800",
        "event_id": "92356927693813856",
        "transmission_id": "65832150921904138",
    }
    return [{"msys": {"message_event": {**said, "raw_rcpt_to": address, "rcpt_meta": {"message": number}, **more}}}]


SERVICES = {
    "brevo": Service(
        bounce=lambda n, to: brevo(n, to, "hard_bounce", NOBODY),
        full=lambda n, to: brevo(n, to, "soft_bounce", FULL),
        complaint=lambda n, to: brevo(n, to, "spam"),
    ),
    "mailgun": Service(
        bounce=lambda n, to: mailgun(
            n, to, "failed", severity="permanent", reason="bounce", **{"delivery-status": {"code": 550, "message": NOBODY}}
        ),
        full=lambda n, to: mailgun(
            n, to, "failed", severity="permanent", reason="bounce", **{"delivery-status": {"code": 452, "message": FULL}}
        ),
        complaint=lambda n, to: mailgun(n, to, "complained"),
        signed=by_mailgun,
        settings={"MAILGUN_WEBHOOK_SIGNING_KEY": KEY},
        is_signed=True,
    ),
    "mailjet": Service(
        bounce=lambda n, to: mailjet(n, to, "bounce", hard_bounce=True, error="user unknown"),
        full=lambda n, to: mailjet(n, to, "bounce", hard_bounce=False, error="quota exceeded"),
        complaint=lambda n, to: mailjet(n, to, "spam", source="JMRPP"),
    ),
    "mandrill": Service(
        bounce=lambda n, to: mandrill(n, to, "hard_bounce", f"smtp;{NOBODY}"),
        full=lambda n, to: mandrill(n, to, "soft_bounce", "smtp;552 mailbox full"),
        complaint=lambda n, to: mandrill(n, to, "spam"),
        signed=by_mandrill,
        settings={"MANDRILL_WEBHOOK_KEY": KEY},
        is_signed=True,
    ),
    "postmark": Service(
        bounce=lambda n, to: postmark(n, to, "HardBounce", f"smtp;{NOBODY}"),
        full=lambda n, to: postmark(n, to, "SoftBounce", "smtp;552 mailbox full"),
        complaint=lambda n, to: postmark(n, to, "SpamComplaint", record="SpamComplaint"),
    ),
    "resend": Service(
        bounce=lambda n, to: resend(
            n, to, "email.bounced", type="Permanent", subType="General",
            message="The recipient's email provider sent a hard bounce message.",
        ),
        full=lambda n, to: resend(
            n, to, "email.bounced", type="Transient", subType="MailboxFull",
            message="The recipient's email provider sent a bounce message because the recipient's inbox was full.",
        ),
        complaint=lambda n, to: resend(n, to, "email.complained"),
    ),
    "sparkpost": Service(
        bounce=lambda n, to: sparkpost(n, to, "bounce", bounce_class="10", raw_reason=NOBODY),
        full=lambda n, to: sparkpost(n, to, "bounce", bounce_class="22", raw_reason="552 mailbox full"),
        complaint=lambda n, to: sparkpost(n, to, "spam_complaint", report_by="mail.example"),
    ),
}  # fmt: skip
SIGNED = [slug for slug, service in SERVICES.items() if service.is_signed]


@pytest.fixture(params=SERVICES)
def slug(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def reports(slug: str, settings: Any) -> Callable[..., int]:
    """Post what a service reports to the door it was told, as it does it; returns the status of the answer."""
    service = SERVICES[slug]
    settings.LOUPE_MAIL_SERVICE = slug
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, f"{slug.upper()}_API_KEY": "any", **service.settings}
    path = f"/webhooks/mail/{slug}/tracking/"

    def post(what: str, number: Any, address: str, *, key: str = KEY, secret: str = SECRET) -> int:
        wire = service.signed(getattr(service, what)(str(number), address), key, path)
        known = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"} if secret else {}
        answer = Client().post(path, data=wire.body, content_type=wire.kind, headers={**known, **wire.headers})
        return answer.status_code

    return post


@pytest.fixture
def alice() -> Someone:
    """A customer who agreed to news by mail and by text."""
    alice = someone("alice")
    for channel in (Channel.EMAIL, Channel.SMS):
        agrees(alice.subject, Matter.NEW_PIECES, channel=channel)
    return alice


@pytest.fixture
def bob() -> Someone:
    bob = someone("bob")
    agrees(bob.subject, Matter.NEW_PIECES)
    return bob


def sent_to(person: Someone) -> Message:
    made = outbox.post_rendered(
        ORDER, to=person.email, subject=person.subject, title="Hello", text="Hello.", html="", by="test", at=NOON
    )
    Message.objects.filter(pk=made.pk).update(state="sent", attempts=1, payload=None, sent_at=NOON)
    return made


def stopped(person: Someone) -> tuple[bool, bool]:
    """Whether marketing, and whether anything at all, is stopped to their mailbox."""
    return tuple(suppressions.stops("email", person.email, marketing=marketing) for marketing in (True, False))  # type: ignore[return-value]


def may(person: Someone, channel: Channel = Channel.EMAIL) -> bool:
    return ledger.may(person.subject, Matter.NEW_PIECES, channel)


def events() -> list[str]:
    names = ["message.returned", "message.complained_about", "suppression.raised"]
    return list(AuditEvent.objects.filter(event__in=names).order_by("pk").values_list("event", flat=True))


def test_every_service_the_shop_offers_is_tried_here():
    assert SERVICES.keys() == mail_services.HOSTS.keys()


def test_a_bounce_stops_the_mailbox_and_nobody_elses(reports, alice, bob):
    sent = sent_to(alice)
    assert reports("bounce", sent.pk, alice.email) == 200
    assert Message.objects.get(pk=sent.pk).state == "returned"
    assert (stopped(alice), stopped(bob)) == ((True, True), (False, False))
    assert may(alice), "that a mailbox is gone is no word of its owner's"


def test_a_full_mailbox_alerts_and_stops_nothing(reports, alice):
    sent = sent_to(alice)
    assert reports("full", sent.pk, alice.email) == 200
    assert (Message.objects.get(pk=sent.pk).state, stopped(alice)) == ("returned", (False, False))


def test_a_complaint_stops_marketing_and_takes_the_yes_back(reports, alice, bob):
    sent = sent_to(alice)
    assert reports("complaint", sent.pk, alice.email) == 200
    assert (stopped(alice), stopped(bob)) == ((True, False), (False, False))
    assert (may(alice), may(alice, Channel.SMS), may(bob)) == (False, True, True)
    record = ledger.history(alice.subject).first()
    assert (record.decision, record.surface, record.actor) == ("withdrawn", "spam_report", "system:mail-service")
    assert Message.objects.get(pk=sent.pk).state == "sent"


@pytest.mark.parametrize("what", ["bounce", "complaint"])
def test_told_twice_is_once(reports, alice, what):
    sent = sent_to(alice)
    assert [reports(what, sent.pk, alice.email) for _ in range(2)] == [200, 200]
    noted = {"bounce": "message.returned", "complaint": "message.complained_about"}[what]
    assert sorted(events()) == sorted([noted, "suppression.raised"])
    assert ledger.history(alice.subject).count() == (2 if what == "bounce" else 3)


@pytest.mark.parametrize("what", ["bounce", "complaint"])
def test_a_report_about_a_mail_that_is_not_ours_harms_nobody(reports, alice, what):
    queued = outbox.post_rendered(
        ORDER, to=alice.email, subject=alice.subject, title="Hi", text="Hi.", by="test", at=NOON
    )
    for number in (uuid4(), queued.pk, "not-a-number"):
        assert reports(what, number, alice.email) == 200
    assert (events(), stopped(alice), may(alice)) == ([], (False, False), True)
    assert Message.objects.get(pk=queued.pk).state == "queued"


@pytest.mark.parametrize("forged", [{"secret": ""}, {"secret": "reports:guessed"}], ids=["no secret", "wrong secret"])
def test_whoever_lacks_the_secret_is_refused(reports, alice, forged):
    sent = sent_to(alice)
    assert [reports(what, sent.pk, alice.email, **forged) for what in ("bounce", "complaint")] == [400, 400]
    assert (events(), stopped(alice), may(alice)) == ([], (False, False), True)


@pytest.mark.parametrize("slug", SIGNED, indirect=True)
def test_whoever_knows_the_secret_and_not_the_key_is_refused(reports, alice):
    sent = sent_to(alice)
    assert [reports(what, sent.pk, alice.email, key="guessed") for what in ("bounce", "complaint")] == [400, 400]
    assert (events(), stopped(alice), may(alice)) == ([], (False, False), True)


# What a service has to be able to carry


def test_every_service_carries_the_number_by_which_its_reports_name_the_mail(slug, settings):
    settings.LOUPE_MAIL_SERVICE = slug
    keys = {"api_key": "any", "secret_key": "any", "server_token": "any", "sender_domain": "jane-ellen.example"}
    settings.ANYMAIL = {f"{slug.upper()}_{name.upper()}": value for name, value in keys.items()}
    message = Message(kind=ORDER.name, payload={"to": "alice@example.com", "title": "Hi", "text": "Hi.", "html": ""})
    backend: Any = get_connection(f"anymail.backends.{slug}.EmailBackend")
    payload = backend.build_message_payload(mail.envelope(message), backend.send_defaults)
    assert str(message.pk) in json.dumps([str(payload.serialize_data()), str(getattr(payload, "data", ""))])


def test_what_a_service_cannot_carry_is_given_up_and_not_perhaps_sent():
    from anymail.exceptions import AnymailRequestsAPIError, AnymailUnsupportedFeature

    refused = mail._said_by_service(AnymailUnsupportedFeature("inline attachments"))
    assert isinstance(refused, NotSent)
    assert refused.is_final
    assert not isinstance(mail._said_by_service(AnymailRequestsAPIError("no answer")), NotSent)
