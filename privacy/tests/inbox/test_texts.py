"""Texts: the words that end them, the one confirmation, and what leaves for the gateway."""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import outbox, suppressions, texts, twilio
from privacy.messages.arrivals import InboundText
from privacy.messages.kinds import Kind
from privacy.messages.models import Message
from privacy.models import Disclosure, Subject
from privacy.register.vocabulary import Purpose
from privacy.tests.inbox.twilio_double import ACCOUNT, TOKEN, Double, running
from privacy.tests.people import NOON, held, someone
from tests import socket_guard

pytestmark = pytest.mark.django_db

NUMBER = "+12125550188"
NEWS = Kind("tests.text_news", purpose=Purpose.MARKETING, label="News by text", matter=Matter.OFFERS)
PARCEL = Kind("tests.text_parcel", purpose=Purpose.DELIVERY, label="Your parcel")
WAYS_TO_STOP = [
    "STOP", "stop", "Stop.", "  sToP!! ", "“Stop”", "QUIT", "quit", "END", "End.", "REVOKE", "revoke", "OPT OUT", "opt out",
    "Opt-Out", "OPTOUT", "CANCEL", "Cancel!", "UNSUBSCRIBE", "unsubscribe.", "Please stop texting me", "stop sms",
    "no more texts please", "ＳＴＯＰ", "Stopp!", "STOPP bitte", "Abmelden", "ABBESTELLEN.", "Ende", "Beenden, danke",
    "Keine SMS mehr", "Bitte keine Werbung mehr",
]  # fmt: skip


@pytest.fixture
def gateway(settings):
    """Twilio, as far as we can tell."""
    settings.LOUPE_SMS, settings.TWILIO_FROM = "twilio", "+12025550142"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    with running() as address:
        settings.TWILIO_API_BASE = address
        yield Double


def says(text: str, *, number: str = NUMBER, gateway_id: str = "SM1", at=NOON) -> texts.Word:
    return texts.receive(number, text, gateway_id=gateway_id, at=at)


def waiting() -> list[tuple[str, str]]:
    rows = Message.objects.filter(channel="sms").order_by("created_at", "pk")
    return [(row.kind, row.payload["to"]) for row in rows if row.payload]


def post(kind: Kind, *, to: str = NUMBER, subject=None) -> Message:
    return outbox.post_rendered(
        kind, to=to, subject=subject, text="Your parcel left.", channel=Channel.SMS, by="test", at=NOON
    )


@pytest.mark.promise("JK-26")
def test_a_word_ends_promotion_and_is_confirmed_once():
    for number, text in enumerate(WAYS_TO_STOP):
        telephone = f"+121255501{number:02}"
        assert says(text, number=telephone, gateway_id=f"SM{number}") is texts.Word.STOP, text
        says(text, number=telephone, gateway_id=f"SM{number} again", at=NOON + timedelta(minutes=1))
        assert suppressions.stops("sms", telephone, marketing=True)
        assert not suppressions.stops("sms", telephone, marketing=False)
    confirmed = [("privacy.text_stopped", f"+121255501{number:02}") for number in range(len(WAYS_TO_STOP))]
    assert sorted(waiting()) == confirmed


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("STOP please", texts.Word.STOP),
        ("Please stop!", texts.Word.STOP),
        ("Stop, thank you", texts.Word.STOP),
        ("quit now", texts.Word.STOP),
        ("Cancel, thanks", texts.Word.STOP),
        ("please STOP ALL", texts.Word.STOP_ALL),
        ("Help please", texts.Word.HELP),
        ("start please", texts.Word.START),
        ("Stopp alles bitte", texts.Word.STOP_ALL),
        ("Alle abmelden", texts.Word.STOP_ALL),
        ("Hilfe bitte", texts.Word.HELP),
        ("please", texts.Word.OTHER),
        ("Please cancel my order", texts.Word.OTHER),
    ],
)
def test_good_manners_change_no_word(text, word):
    assert texts.word_of(text) is word


@pytest.mark.parametrize(
    "text",
    ["stop by on Monday?", "the end is loose", "Can I cancel my order LP-7F3K-92QD?", "Widerruf", "Anmelden", "", "1"],
)
def test_other_words_end_nothing(text):
    assert texts.word_of(text) is texts.Word.OTHER


def test_stop_all_ends_texts_about_parcels_too_and_its_confirmation_still_goes(gateway):
    assert {texts.word_of(text) for text in ("stopall", "Unsubscribe all.", "CANCEL ALL")} == {texts.Word.STOP_ALL}
    assert says("Stop all!") is texts.Word.STOP_ALL
    post(PARCEL)
    outbox.sweep(at=NOON + timedelta(minutes=1))
    assert [form["To"] for form in gateway.taken] == [NUMBER]
    assert "no more texts" in gateway.taken[0]["Body"]
    assert Message.objects.get(kind=PARCEL.name).stopped_because == "suppressed"


def test_a_number_nobody_knows_is_respected_and_makes_no_person(gateway):
    bob = someone("bob")
    before, people = held(bob), Subject.objects.count()
    says("Stop", number="+442071838750")
    assert Subject.objects.count() == people
    assert list(InboundText.objects.values_list("gateway_id", "word")) == [("SM1", "stop")]
    assert suppressions.stops("sms", "+44 20 7183 8750", marketing=True)
    assert held(bob) == before


def test_stop_takes_back_the_yes_of_whoever_has_the_number_and_nobody_elses():
    alice, bob = someone("alice"), someone("bob-the-second")
    for person in (alice, bob):
        said = {"notice": notices.current("preferences"), "surface": Surface.PREFERENCES, "by": person.user, "at": NOON}
        ledger.grant(person.subject, Matter.OFFERS, channel=Channel.SMS, **said)
    says("STOP", number=alice.user.phone)
    assert not ledger.may(alice.subject, Matter.OFFERS, Channel.SMS)
    assert ledger.may(bob.subject, Matter.OFFERS, Channel.SMS)
    post(NEWS, to=alice.user.phone, subject=alice.subject)
    post(NEWS, to=bob.user.phone, subject=bob.subject)
    outbox.sweep(at=NOON + timedelta(minutes=1))
    states = dict(Message.objects.filter(kind=NEWS.name).values_list("subject", "state"))
    assert states == {alice.subject.pk: "stopped", bob.subject.pk: "sent"}


def test_a_stop_that_overtakes_news_in_the_outbox_is_honoured(gateway):
    alice = someone("alice")
    said = {"notice": notices.current("preferences"), "surface": Surface.PREFERENCES, "by": alice.user, "at": NOON}
    ledger.grant(alice.subject, Matter.OFFERS, channel=Channel.SMS, **said)
    post(NEWS, to=alice.user.phone, subject=alice.subject)
    says("QUIT", number=alice.user.phone)
    outbox.sweep(at=NOON + timedelta(minutes=1))
    assert [form["Body"].partition(": ")[2][:30] for form in gateway.taken] == ["you get no more advertising by"]


def test_start_lifts_the_stop_and_grants_nothing():
    alice = someone("alice")
    says("Stop", number=alice.user.phone)
    says("Start", number=alice.user.phone, gateway_id="SM2")
    assert not suppressions.stops("sms", alice.user.phone, marketing=True)
    assert not ledger.may(alice.subject, Matter.OFFERS, Channel.SMS)
    says("stop", number=alice.user.phone, gateway_id="SM3")
    kinds = [kind for kind, _ in waiting()]
    assert sorted(kinds) == ["privacy.text_started", "privacy.text_stopped", "privacy.text_stopped"]


def test_help_is_answered_and_a_machine_that_answers_back_is_not():
    number = "+12125550177"
    assert says("HELP", number=number) is texts.Word.HELP
    assert says("Where is my ring?", number=number, gateway_id="SM2") is texts.Word.OTHER
    assert says("I am away until Monday", number=number, gateway_id="SM3") is texts.Word.OTHER
    assert waiting() == [("privacy.text_helped", number)] * 2
    assert not suppressions.stops("sms", number, marketing=True)


def test_the_same_text_delivered_twice_is_one():
    says("HELP", number="+12125550166", gateway_id="SM9")
    says("HELP", number="+12125550166", gateway_id="SM9")
    assert len(waiting()) == 1


# The gateway


def test_what_leaves_is_what_is_declared_and_leaves_a_row(gateway):
    alice = someone("alice")
    message = post(PARCEL, to=alice.user.phone, subject=alice.subject)
    port = int(twilio.Twilio().address.rpartition(":")[2])
    with socket_guard.watching({("127.0.0.1", port): "sms"}) as guard:
        assert outbox.send(message.pk, at=NOON)
    assert guard.connections == {"sms": 1}
    (form,) = gateway.taken
    assert form == {
        "To": alice.user.phone,
        "From": "+12025550142",
        "Body": "Your parcel left.",
        "StatusCallback": twilio.status_url(str(message.pk)),
    }
    row = Disclosure.objects.get(processor="sms")
    assert (row.subject_id, row.reference, row.keys) == (
        alice.subject.pk,
        str(message.pk),
        ["from", "status-callback", "text", "to"],
    )
    message.refresh_from_db()
    assert (message.state, message.payload) == ("sent", None)


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        (400, 21211, "failed"),
        (400, 21610, "failed"),
        (429, 20429, "queued"),
        (500, 20500, "queued"),
        (401, 20003, "queued"),
        (0, 0, "queued"),
    ],
)
def test_a_no_that_may_pass_is_tried_again_and_any_other_given_up(gateway, status, code, state):
    message = post(PARCEL)
    gateway.refuses.append((status, code))
    assert not outbox.send(message.pk, at=NOON)
    message.refresh_from_db()
    assert message.state == state
    if state == "queued":
        assert outbox.send(message.pk, at=NOON + timedelta(hours=1))
        assert len(gateway.taken) == 1


def test_a_confirmation_whose_outcome_nobody_knows_never_goes_twice(gateway):
    says("STOP")
    confirmation = Message.objects.get(kind="privacy.text_stopped")
    gateway.refuses.append((0, 0))
    outbox.send(confirmation.pk, at=NOON)
    confirmation.refresh_from_db()
    assert confirmation.state == "failed"
    outbox.sweep(at=NOON + timedelta(days=1))
    assert gateway.taken == []


def test_the_signature_is_twilios(settings):
    """The example in Twilio's documentation of webhooks."""
    settings.LOUPE_PUBLIC_URL, settings.TWILIO_AUTH_TOKEN = "https://mycompany.com", "12345"
    form = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309", "To": "+18005551212",
    }  # fmt: skip
    path, signature = "/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert twilio.is_signed(path, form, signature)
    assert not twilio.is_signed(path, {**form, "Digits": "1235"}, signature)
    assert not twilio.is_signed("/myapp.php?foo=1&bar=3", form, signature)
    settings.TWILIO_AUTH_TOKEN = ""
    assert not twilio.is_signed(path, form, signature)


def signed(client: Client, path: str, form: dict[str, str], token: str = TOKEN):
    words = f"http://testserver{path}" + "".join(f"{key}{form[key]}" for key in sorted(form))
    made = base64.b64encode(hmac.digest(token.encode(), words.encode(), "sha1")).decode()
    return client.post(path, form, headers={"X-Twilio-Signature": made})


def test_only_twilio_tells_us_of_texts(client, gateway, settings):
    settings.LOUPE_PUBLIC_URL = "http://testserver"
    form = {"From": NUMBER, "To": "+12025550142", "Body": "STOP", "MessageSid": "SM77"}
    assert signed(client, "/webhooks/sms/", form, token="another").status_code == 403
    assert client.post("/webhooks/sms/", form).status_code == 403
    assert client.get("/webhooks/sms/").status_code == 405
    assert not suppressions.stops("sms", NUMBER, marketing=True)
    answer = signed(client, "/webhooks/sms/", form)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml")
    assert suppressions.stops("sms", NUMBER, marketing=True)


@pytest.mark.parametrize(("status", "code", "state", "is_dead"), [
    ("delivered", "", "sent", False), ("undelivered", "30003", "returned", False), ("failed", "30005", "returned", True),
])  # fmt: skip
def test_a_text_that_did_not_arrive_comes_back_to_staff_and_a_dead_number_gets_no_more(
    client, gateway, settings, status, code, state, is_dead
):
    settings.LOUPE_PUBLIC_URL = "http://testserver"
    message = post(PARCEL)
    outbox.send(message.pk, at=NOON)
    path = reverse("privacy:text_status", args=[message.pk])
    form = {"MessageSid": "SM1", "MessageStatus": status, "To": NUMBER, **({"ErrorCode": code} if code else {})}
    assert signed(client, path, form).status_code == 204
    message.refresh_from_db()
    assert message.state == state
    assert suppressions.stops("sms", NUMBER, marketing=False) is is_dead


def test_the_console_shows_the_words_and_no_number(settings, capsys):
    settings.LOUPE_SMS = "console"
    message = post(PARCEL)
    assert outbox.send(message.pk, at=NOON)
    assert capsys.readouterr().out == "Text to …88: Your parcel left.\n"


def test_in_production_the_console_carries_nothing(settings):
    settings.LOUPE_SMS, settings.IS_DEMO = "console", False
    message = post(PARCEL)
    with pytest.raises(Exception, match="only reached over TLS"):
        outbox.send(message.pk, at=NOON)
    message.refresh_from_db()
    assert message.state != "sent"
