"""What follows from a mail: kept once, acted upon, opened as a request, or laid before staff; Bob comes out untouched."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta

import pytest
from django.test import Client

from privacy import demo_inbox
from privacy.ground import digests
from privacy.messages import inbox, suppressions
from privacy.messages.arrivals import InboundMail, MailState
from privacy.messages.models import Message
from privacy.models import Identifier, Subject
from privacy.register import subjects
from privacy.rights import clock, intake, mailroom
from privacy.rights.models import DataRequest
from privacy.tests.inbox.mails import RECEIVED, arrival, mail
from privacy.tests.people import held, mails, someone

pytestmark = pytest.mark.django_db

NOW = RECEIVED + timedelta(hours=2)
OURS = "mx.shop.example"
VOUCHED = {"Authentication-Results": f"{OURS}; dmarc=pass header.from=example.com"}


def arrives(subject: str, text: str = "Hello.", *, at=NOW, size=None, **more) -> InboundMail:
    """A mail comes in, and the worker acts on it."""
    kept = inbox.keep(arrival(mail(subject, text, **more), size=size), at=at)
    mailroom.handle(kept.pk, at=at)
    kept.refresh_from_db()
    return kept


def told(kind: str) -> list[str]:
    """To whom mails of a kind wait in the outbox."""
    return [message.payload["to"] for message in mails(kind)]


def test_a_mail_is_kept_once_with_its_words_sealed():
    first = arrives("Ring size", "Which one is mine? Token-of-Alice")
    again = inbox.keep(
        arrival(b"Received: by other.example; now\r\n" + mail("Ring size", "Which one is mine? Token-of-Alice")), at=NOW
    )
    assert again.pk == first.pk
    assert InboundMail.objects.count() == 1
    assert (first.route, first.state, first.received_at) == ("ordinary", MailState.WAITING, RECEIVED)
    assert first.sender == "alice@example.com"
    assert "Token-of-Alice" in first.says("text")
    assert told("mail_waits") == ["alice@example.com"]


def test_the_same_mail_twice_in_the_mailroom_is_acted_upon_once():
    kept = arrives("Ring size")
    assert mailroom.handle(kept.pk, at=NOW) is None
    assert told("mail_waits") == ["alice@example.com"]


@pytest.mark.promise("JE-135")
def local(moment: datetime) -> str:
    """The shop's own day."""
    return clock.of_the_shop().local(moment).date().isoformat()


def test_a_data_request_is_handled_first_and_counts_from_its_receipt():
    question = arrives("Ring size", message_id="<1@x>")
    inquiry = arrives("Re: Privacy Inquiry", message_id="<2@x>", at=NOW + timedelta(days=1))
    assert [each.pk for each in InboundMail.objects.waiting()] == [inquiry.pk, question.pk]
    assert inquiry.is_urgent
    assert inquiry.due_at < question.due_at
    assert local(inquiry.due_at) == "2026-11-09"  # five business days after Monday 2 November
    assert local(question.due_at) == "2026-12-02"


@pytest.mark.promise("JS-25")
def test_a_mail_opens_a_request_that_waits_for_its_link(client: Client):
    alice, bob = someone("alice"), someone("bob")
    before, of_bob = held(alice), held(bob)
    kept = arrives("Re: AW: Data Request", "Please delete all of it.", sender=alice.email)
    request = DataRequest.objects.get()
    assert (request.kind, request.channel, request.state) == ("erasure", "mail", "received")
    assert (request.received_at, kept.about, kept.state) == (RECEIVED, request.reference, MailState.DONE)
    assert held(alice) == before  # nobody has proved anything
    (link,) = re.findall(r"/privacy/request/confirm/\?key=\S+", mails("request_received")[0].payload["text"])
    assert client.get(link).status_code == 200
    client.post(link, headers={"Sec-Fetch-Site": "same-origin"})
    request.refresh_from_db()
    assert request.state == "verified"
    assert held(alice).keys() > before.keys()
    assert held(bob) == of_bob


@pytest.mark.parametrize(
    ("subject", "kind", "wishes"),
    [
        ("What data do you hold about me?", "access", None),
        ("Correct my data", "correction", {"text": "My name is Alicia."}),
        ("Delete my data", "erasure", None),
        ("Restrict the processing of my data", "restriction", {"text": "My name is Alicia."}),
    ],
    ids=["see", "change", "delete", "limit"],
)
@pytest.mark.promise("JK-28")
def test_a_mail_lets_people_see_change_delete_or_restrict(client: Client, subject, kind, wishes):
    alice, bob = someone("alice"), someone("bob")
    of_bob = held(bob)
    kept = arrives(subject, "My name is Alicia.", sender=alice.email)
    request = DataRequest.objects.get()
    assert (request.kind, request.channel, request.state, request.wishes) == (kind, "mail", "received", wishes)
    assert (request.received_at, kept.about, kept.state) == (RECEIVED, request.reference, MailState.DONE)
    intake.confirm(request.pk, at=NOW)
    request.refresh_from_db()
    assert request.subject_id in subjects.family(alice.subject)
    assert (request.state, held(bob)) == ("verified", of_bob)


@pytest.mark.parametrize(
    ("subject", "kind", "state"),
    [
        ("Attn: California Privacy", "shine_the_light", "received"),
        ("Do Not Sell My Personal Information", "opt_out", "verified"),
        ("Limit the use of my sensitive personal information", "limit", "verified"),
        ("Objection to the processing of my data", "objection", "received"),
        ("I withdraw my consent", "withdrawal", "received"),
        ("Data portability", "portability", "received"),
    ],
)
def test_other_rights_come_by_mail_too_and_an_opt_out_asks_for_no_proof(subject, kind, state):
    kept = arrives(subject)
    request = DataRequest.objects.get()
    assert (request.kind, request.state, kept.about) == (kind, state, request.reference)
    assert mails("mail_waits") == []


def test_a_forged_mail_opens_nothing_on_the_person_it_names():
    bob = someone("bob")
    before = held(bob)
    arrives(
        "Delete my account", "All of it.", sender=bob.email, headers=VOUCHED
    )  # nobody told us to believe this server
    assert held(bob) == before
    assert DataRequest.objects.get().state == "received"
    assert bob.subject.pk != DataRequest.objects.get().subject_id


def test_a_mail_our_own_server_vouches_for_needs_no_link(settings):
    settings.LOUPE_AUTHSERV_ID = OURS
    alice, bob = someone("alice"), someone("bob")
    of_bob = held(bob)
    arrives("Copy of my data", sender=alice.email, headers=VOUCHED)
    request = DataRequest.objects.get()
    assert (request.state, request.verified_at, request.received_at) == ("verified", NOW, RECEIVED)
    assert told("request_received") == []
    assert told("request_verified") == [alice.email]
    assert "accounts.User" in held(request.subject)
    assert held(bob) == of_bob


def test_a_vouched_mail_belongs_to_whoever_proved_its_address_and_goes_with_them(settings):
    settings.LOUPE_AUTHSERV_ID = OURS
    alice, bob = someone("alice"), someone("bob")
    hers = arrives("Ring size", "Mine.", sender=alice.email, headers=VOUCHED, message_id="<1@x>")
    forged = arrives("Ring size", "Not hers.", sender=alice.email, message_id="<2@x>")
    assert (hers.subject_id, held(alice)["privacy.InboundMail"]) == (alice.subject.pk, 1)
    assert forged.subject_id != alice.subject.pk
    assert "privacy.InboundMail" not in held(bob)


def test_a_request_asked_again_by_mail_is_the_same_and_its_links_are_few():
    for number in range(6):
        arrives("Delete my account", "Please.", message_id=f"<{number}@x>", at=NOW + timedelta(minutes=number))
    assert DataRequest.objects.count() == 1
    assert len(mails("request_received")) == 3
    assert InboundMail.objects.filter(state=MailState.DONE).count() == 6
    assert Subject.objects.filter(inbound_mails__isnull=False).distinct().count() == 1


@pytest.mark.promise("JH-23")
def test_unsubscribe_acts_at_once_whoever_wrote():
    bob = someone("bob")
    before = held(bob)
    kept = arrives("Fwd: Unsubscribe", "")
    assert kept.state == MailState.DONE
    assert suppressions.stops("email", "Alice@example.com", marketing=True)
    assert not suppressions.stops("email", "alice@example.com", marketing=False)
    assert not suppressions.stops("email", bob.email, marketing=True)
    (answer,) = mails("mail_stopped")
    assert "/account/deactivate/" in answer.payload["text"]
    assert held(bob) == before


@pytest.mark.promise("JS-29", "JK-26")
def test_stop_sms_by_mail_ends_texts_to_the_numbers_known_and_named():
    alice, bob = someone("alice"), someone("bob-the-second")
    arrives("STOP SMS", "My other number is (212) 555-0199.", sender=alice.email)
    assert suppressions.stops("sms", alice.user.phone, marketing=True)
    assert suppressions.stops("sms", "+12125550199", marketing=True)
    assert not suppressions.stops("sms", alice.user.phone, marketing=False)  # a parcel's texts are another matter
    assert not suppressions.stops("sms", bob.user.phone, marketing=True)
    assert told("mail_stopped") == [alice.email]


@pytest.mark.promise("JH-07")
def test_a_card_number_is_masked_before_storage_and_its_sender_warned():
    kept = arrives(
        "My card 4111 1111 1111 1111", "Again: 5555-5555-\n5555-4444, cvv 123", files={"378282246310005.pdf": b"x"}
    )
    assert kept.cards_masked == 3
    said = [kept.says("subject"), kept.says("text"), kept.says("enclosed")[0]["name"]]
    assert said == ["My card •••• •••• •••• 1111", "Again: ••••-••••-\n••••-4444, cvv •••\n", "•••••••••••0005.pdf"]
    (warning,) = mails("card_in_mail")
    assert warning.payload["to"] == "alice@example.com"
    assert "1111" not in warning.payload["text"]
    assert not kept.is_left_behind  # the mailbox gives it up as well


def test_a_mail_that_is_too_large_is_kept_by_its_headers_and_answered_clearly():
    kept = arrives("Data Request", "", size=30 * 1024**2)
    assert (kept.is_whole, kept.is_left_behind, kept.state) == (False, True, MailState.WAITING)
    assert kept.due_at is not None
    (answer,) = mails("mail_too_large")
    assert "30 MB" in answer.payload["text"]
    assert told("mail_waits") == []
    assert DataRequest.objects.count() == 0


def test_a_machine_is_noted_and_left_alone():
    kept = arrives("Out of office: Data Request", "Token-of-Alice is away")
    assert (kept.state, kept.because, kept.letter, kept.sender, kept.subject) == (
        MailState.IGNORED, "a machine's subject", None, None, None,
    )  # fmt: skip
    assert Message.objects.count() == 0


def test_somebody_who_writes_without_end_is_left_alone_and_nobody_else():
    for number in range(25):
        arrives("Hello", message_id=f"<{number}@x>", at=NOW + timedelta(minutes=number))
    bobs = arrives("Hello", sender="bob@example.com", message_id="<b@x>", at=NOW + timedelta(minutes=30))
    assert InboundMail.objects.filter(route="automatic").count() == 5
    assert bobs.state == MailState.WAITING
    assert told("mail_waits") == ["alice@example.com"] * 5 + ["bob@example.com"]


def test_a_mail_without_one_sender_is_for_staff_and_answered_by_nobody():
    kept = inbox.keep(arrival(b"From: a@example.com, b@example.com\r\nSubject: Delete my data\r\n\r\nNow"), at=NOW)
    mailroom.handle(kept.pk, at=NOW)
    kept.refresh_from_db()
    assert (kept.state, kept.sender, kept.subject, kept.is_silent) == (MailState.WAITING, None, None, True)
    assert Message.objects.count() == 0


def test_a_colleague_passing_a_mail_on_asks_nothing_for_themselves():
    kept = arrives("Fwd: Unsubscribe", "", sender="carol@janeellen.example")
    assert (kept.route, kept.because, kept.state) == ("inquiry", "passed on by a colleague", MailState.WAITING)
    assert not suppressions.stops("email", "carol@janeellen.example", marketing=True)


def test_after_the_proof_a_forged_mail_starts_anew():
    alice = someone("alice")
    arrives("Ring size", "Mine.", sender=alice.email, message_id="<1@x>")
    first = InboundMail.objects.get()
    Identifier.objects.filter(subject=first.subject).update(proven_at=NOW)
    second = arrives("Ring size", "Not mine.", sender=alice.email, message_id="<2@x>")
    assert second.subject_id not in {first.subject_id, alice.subject.pk}
    assert digests.of("email", alice.email).value in second.subject.identifiers.values_list("digest", flat=True)


def test_staff_answer_and_the_mail_is_done():
    carol = someone("carol", is_staff=True)
    kept = arrives("Ring size")
    mailroom.answer(kept, text="Size 54.", by=carol.user, at=NOW)
    kept.refresh_from_db()
    assert (kept.state, kept.handled_by) == (MailState.DONE, f"staff:{carol.user.pk}")
    (sent,) = mails("mail_answered")
    assert (sent.payload["to"], sent.reference) == ("alice@example.com", kept.reference)
    assert "Size 54." in sent.payload["text"]


@pytest.mark.promise("JH-02", "JK-49")
@pytest.mark.parametrize(
    ("subject", "is_urgent"),
    [
        ("Ring size", False),
        ("You could do better", False),
        ("A suggestion", False),
        ("Privacy complaint", True),
        ("Privacy question", True),
        ("Data Request", True),
        ("Re: your request DSR-7F3K-92QD", True),
        ("My daughter's account", True),
    ],
)
def test_whatever_somebody_writes_a_person_has_it_with_a_date_and_can_answer(subject, is_urgent):
    kept = arrives(subject, "Hello, please read this.")
    assert (kept.state, kept.is_urgent) == (MailState.WAITING, is_urgent)
    assert RECEIVED < kept.due_at <= RECEIVED + timedelta(days=31)
    assert told("mail_waits") == ["alice@example.com"]
    mailroom.answer(kept, text="Thank you.", by="test", at=NOW)
    assert told("mail_answered") == ["alice@example.com"]


def test_staff_open_the_request_that_a_mail_means():
    carol = someone("carol", is_staff=True)
    kept = arrives("Privacy Inquiry", "I think I want to see it all?")
    request = mailroom.open_request(kept, "access", by=carol.user, at=NOW + timedelta(days=2))
    assert request is not None
    assert (request.received_at, request.state, request.channel) == (RECEIVED, "received", "mail")
    kept.refresh_from_db()
    assert (kept.about, kept.state) == (request.reference, MailState.DONE)


@pytest.mark.parametrize(("subject", "kind"), [("Privacy question", "question"), ("Privacy complaint", "complaint")])
def test_a_question_our_own_server_vouches_for_is_a_request_from_its_receipt_on(settings, subject, kind):
    settings.LOUPE_AUTHSERV_ID = OURS
    alice, bob = someone("alice"), someone("bob")
    of_bob = held(bob)
    kept = arrives(subject, "Who carries my parcels?", sender=alice.email, headers=VOUCHED)
    request = DataRequest.objects.get()
    assert (request.kind, request.state, request.channel) == (kind, "verified", "mail")
    assert (request.received_at, request.wishes) == (RECEIVED, {"text": "Who carries my parcels?"})
    assert request.subject_id in subjects.family(alice.subject)
    assert (kept.state, kept.about) == (MailState.DONE, request.reference)
    assert (told("request_verified"), told("mail_waits")) == ([alice.email], [])
    assert held(bob) == of_bob


@pytest.mark.parametrize("lacks", ["proof", "words", "a part"])
def test_where_anything_is_uncertain_a_person_reads_the_question_first(settings, lacks):
    settings.LOUPE_AUTHSERV_ID = OURS
    headers = {} if lacks == "proof" else VOUCHED
    files = {"mine.pdf": b"%PDF"} if lacks == "a part" else {}
    kept = arrives("Privacy question", "" if lacks == "words" else "Who?", headers=headers, files=files)
    assert (kept.state, DataRequest.objects.count()) == (MailState.WAITING, 0)
    carol = someone("carol", is_staff=True)
    request = mailroom.open_request(kept, "question", by=carol.user, at=NOW + timedelta(days=1))
    assert (request.received_at, request.state) == (RECEIVED, "verified")


def test_a_missed_bell_is_made_up_for():
    kept = inbox.keep(arrival(mail("Ring size")), at=NOW)
    assert mailroom.sweep(at=NOW + timedelta(seconds=5)) == 0
    assert mailroom.sweep(at=NOW + timedelta(seconds=30)) == 1
    kept.refresh_from_db()
    assert kept.state == MailState.WAITING


# By a mail service


def posts(settings, raw: bytes, *, secret: str = "reports:secret"):
    """Postmark posts a mail it took in. *Source*: https://postmarkapp.com/developer/webhooks/inbound-webhook"""
    settings.LOUPE_MAIL_SERVICE, settings.ANYMAIL = "postmark", {"WEBHOOK_SECRET": "reports:secret"}
    body = {
        "FromFull": {},
        "To": "privacy@janeellen.example",
        "MessageID": "x",
        "RawEmail": raw.decode(),
        "Headers": [],
    }
    headers = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    return Client().post("/webhooks/mail/postmark/inbound/", body, content_type="application/json", headers=headers)


def test_a_mail_service_may_bring_the_mail(settings):
    raw = mail("Re: Unsubscribe", "")
    assert posts(settings, raw, secret="reports:wrong").status_code == 400
    assert InboundMail.objects.count() == 0
    assert [posts(settings, raw).status_code for _ in range(2)] == [200, 200]
    kept = InboundMail.objects.get()
    assert (kept.via, kept.route, kept.sender) == ("webhook", "unsubscribe", "alice@example.com")
    assert inbox.keep(arrival(raw), at=NOW) == kept


def test_the_demo_shows_each_kind_once():
    assert demo_inbox.load(at=NOW) == 5
    assert demo_inbox.load(at=NOW) == 0
    assert mailroom.sweep(at=NOW + timedelta(minutes=1)) == 4
    rows = {row.says("subject"): row for row in InboundMail.objects.all()}
    states = {subject: (row.route, row.state, row.cards_masked) for subject, row in rows.items()}
    assert states == {
        "Ring size": ("ordinary", "done", 0),
        "Re: AW: Privacy Inquiry": ("inquiry", "waiting", 0),
        "STOP SMS": ("stop_sms", "done", 0),
        "My order": ("ordinary", "waiting", 1),
        "Data Request": ("access", "done", 0),
    }
