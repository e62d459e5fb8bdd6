"""The privacy centre: what people read of what we hold, and what they can ask for. Nobody else's ever shows."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import inbox
from privacy.models import ConsentRecord, InboundMail
from privacy.register import registry, subjects
from privacy.register.vocabulary import Purpose, Source
from privacy.rights import acts, conversation, correction, intake, kinds, overview, requests
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.kinds import Kind, Proof
from privacy.rights.models import DataRequest
from privacy.tests.browsers import proves_again, signed_in
from privacy.tests.people import LATER, NOON, asks, held
from privacy.views import wishing

pytestmark = pytest.mark.django_db
WORDS = "Is the old address on Quartz Lane part of this?"


def page_of(client, request):
    return client.get(reverse("privacy:own_request", args=[request.reference])).content.decode()


def agrees(person, matter=Matter.NEW_PIECES):
    return ledger.grant(
        person.subject,
        matter,
        channel=Channel.EMAIL,
        notice=notices.current("newsletter"),
        surface=Surface.PREFERENCES,
        by=person.user,
        at=NOON,
    )


def wrote_a_mail(person):
    """Answered, and known to be theirs: a mail alone stands on a record of its own."""
    raw = f"From: {person.email}\r\nMessage-ID: <1@a.example>\r\nSubject: A ring\r\n\r\nDoes it come in gold?\r\n".encode()
    inbox.keep(inbox.Arrival(raw, len(raw), InboundMail.Via.IMAP, NOON), by="system:test", at=NOON)
    InboundMail.objects.update(subject=person.subject)


def entries_of(person):
    return list(correction.entries(subjects.family(person.subject)))


# The ledger


def test_the_sums_are_those_of_the_plan(alice):
    seen = overview.of(subjects.family(alice.subject), at=NOON)
    assert seen.whole == seen.going + seen.staying == sum(line.holding.count for line in seen.lines)
    assert seen.staying == 0
    assert {line.holding.declaration.is_evidence for line in seen.lines} == {False}
    assert {line.holding.declaration.is_evidence for line in seen.records} == {True}
    assert sum(len(chapter.lines) for chapter in seen.chapters) == len(seen.lines)


def test_every_kind_of_thing_has_a_chapter():
    chapters = {each.model: overview.chapter_of(each) for each in registry.all_declared() if not each.is_evidence}
    assert set(chapters.values()) == set(overview.CHAPTERS)
    said = {"accounts.Address", "privacy.Identifier", "orders.Order", "privacy.Message", "privacy.ConsentState"}
    assert {model: chapters[model] for model in said} == {
        "accounts.Address": "account",
        "privacy.Identifier": "account",
        "orders.Order": "orders",
        "privacy.Message": "words",
        "privacy.ConsentState": "tastes",
    }


@pytest.mark.promise("JK-04", "JK-07", "JK-08")
def test_each_line_says_where_its_values_come_from(alice):
    """From its person, from a browser, from another company, or made by the shop; and what was made goes like what was told."""
    seen = overview.of(subjects.family(alice.subject), at=NOON)
    page = signed_in(alice).get("/account/privacy/").content.decode()
    for line in seen.lines:
        assert line.holding.sources
        assert ", ".join(line.holding.sources).capitalize() in page.replace("&#x27;", "'")
    assert {"you", "made by the shop"} <= {source for line in seen.lines for source in line.holding.sources}
    derived = [(each, field) for each, _, field in registry.every_field() if field.source is Source.DERIVED]
    assert derived
    for declaration, field in derived:
        assert declaration.retention or field.retention, "what the shop makes of it has its time as well"
    others = {Source.PROCESSOR, Source.LOGIN_PROVIDER}
    named = {field.source for _, _, field in registry.every_field()}
    assert others <= named, "a value from somebody else says from whom"


@pytest.mark.promise("JE-22")
def test_what_looks_after_the_account_and_what_helps_are_purposes_on_the_page(alice):
    wrote_a_mail(alice)
    asks(alice, "access")
    page = signed_in(alice).get("/account/privacy/").content.decode()
    for purpose in (Purpose.ACCOUNT, Purpose.SUPPORT):
        served = [each.model for each in registry.all_declared() if purpose in each.purposes]
        assert served
        assert purpose.words in page.lower()


@pytest.mark.promise("JE-09", "SG-04")
def test_what_was_said_to_support_is_kept_shown_and_has_its_end(alice, bob):
    """A mail, a message on the page, and a call that staff wrote down."""
    wrote_a_mail(alice)
    conversation.write(asks(alice), text=WORDS, by=alice.user, at=LATER)
    call = requests.receive(
        Kind.QUESTION,
        subject=alice.subject,
        contact=alice.email,
        channel="phone",
        wishes={"text": "Which ring size is mine?"},
        received_at=LATER,
        by="staff:3",
        at=LATER,
    )
    lines = {
        line.holding.declaration.model: line for line in overview.of(subjects.family(alice.subject), at=LATER).lines
    }
    for model in ("privacy.InboundMail", "privacy.RequestMessage"):
        assert lines[model].holding.count == 1
        assert lines[model].holding.declaration.retention.is_dated
    page = signed_in(alice).get("/account/privacy/").content.decode()
    for words in ("Does it come in gold?", WORDS, call.reference):
        assert words in page
    assert WORDS not in signed_in(bob).get("/account/privacy/").content.decode()


def test_two_clicks_from_the_ledger_to_an_erasure(alice):
    client = signed_in(alice)
    proves_again(client, alice)
    page = client.get("/account/privacy/").content.decode()
    assert re.findall(r'<a class="button[^"]*" href="([^"]+)">', page) == [
        "/account/privacy/copy/",
        "/account/privacy/erase/",
    ]
    answer = client.post("/account/privacy/erase/")
    assert answer["Location"] == reverse("privacy:own_request", args=[DataRequest.objects.get().reference])


@pytest.mark.promise("JH-22")
def test_what_was_agreed_to_is_switched_off_in_place(alice, bob):
    agrees(alice)
    bobs = agrees(bob)
    client = signed_in(alice)
    page = client.get("/account/privacy/").content.decode()
    (state,) = re.findall(r'name="state" value="(\d+)"', page)
    client.post(reverse("privacy:take_back"), {"state": str(bobs.state.pk)})
    assert ledger.may(bob.subject, Matter.NEW_PIECES, Channel.EMAIL), "nobody switches off what another agreed to"
    client.post(reverse("privacy:take_back"), {"state": state})
    assert not ledger.may(alice.subject, Matter.NEW_PIECES, Channel.EMAIL)
    assert ConsentRecord.objects.order_by("id").last().decision == ConsentRecord.Decision.WITHDRAWN
    before = ConsentRecord.objects.count()
    client.post(reverse("privacy:take_back"), {"state": state})
    assert ConsentRecord.objects.count() == before


# Asking


def test_everything_can_be_asked_for_once():
    shown = [kind for _, some in wishing.GROUPS for kind in some]
    assert sorted(shown) == sorted(Kind)


def test_each_thing_to_ask_for_has_a_page_in_its_own_words(alice):
    client = signed_in(alice)
    proves_again(client, alice)
    page = client.get(reverse("privacy:ask")).content.decode().replace("&#x27;", "'")
    for kind in Kind:
        rule = kinds.rule(kind)
        assert rule.label in page
        assert rule.explains in page
        assert f'href="{wishing.address(kind)}"' in page
        assert client.get(wishing.address(kind)).status_code == 200
    assert client.get("/account/privacy/ask/nonsense/").status_code == 404


WISHES = {
    Kind.PORTABILITY: {},
    Kind.CORRECTION: {"text": "My second name is missing."},
    Kind.RESTRICTION: {"ground": "accuracy"},
    Kind.OBJECTION: {"purpose": "marketing", "text": "Enough of it."},
    Kind.WITHDRAWAL: {},
    Kind.CATEGORIES: {},
    Kind.SHINE_THE_LIGHT: {},
    Kind.CHILD_REPORT: {"about": "LP-7F3K-92QD", "text": "This is my neighbour's child."},
    Kind.PARENTAL: {"about": "kid@example.com", "text": "Delete it, please."},
    Kind.COMPLAINT: {"text": "Nobody answered my letter."},
    Kind.QUESTION: {"text": "Who is your carrier?"},
}


@pytest.mark.parametrize("kind", sorted(WISHES))
def test_a_wish_becomes_a_request_that_counts(alice, bob, kind):
    kind = Kind(kind)
    client, before = signed_in(alice), held(bob)
    if kinds.rule(kind).proof is Proof.REAUTHENTICATED:
        assert client.post(wishing.address(kind), WISHES[kind])["Location"].startswith("/accounts/reauthenticate/")
        assert not DataRequest.objects.exists()
        proves_again(client, alice)
    answer = client.post(wishing.address(kind), WISHES[kind])
    request = DataRequest.objects.get()
    assert answer["Location"] == reverse("privacy:own_request", args=[request.reference])
    assert (request.kind, request.channel, request.subject) == (kind, "account", alice.subject)
    assert (request.wishes or {}) == WISHES[kind]
    assert request.verified_at is not None
    page = page_of(client, request)
    for words in WISHES[kind].values():
        assert words in page.replace("&#x27;", "'") or words in ("marketing", "accuracy")
    assert held(bob) == before


def test_what_shows_who_asks_is_said_as_it_was(alice):
    client = signed_in(alice)
    client.post(wishing.address(Kind.RESTRICTION), {})
    (check,) = IdentityCheck.objects.all()
    assert check.method == IdentityCheck.Method.SIGNED_IN
    assert "Signed in" in page_of(client, DataRequest.objects.get())


def test_a_question_without_words_is_asked_for_them(alice):
    answer = signed_in(alice).post(wishing.address(Kind.QUESTION), {"text": "  "})
    assert answer.status_code == 422
    assert "Write a few words first." in answer.content.decode()
    assert not DataRequest.objects.exists()


def test_a_value_is_put_right_by_choosing_it(alice, bob):
    """The list shows what stands there now, and takes only what could stand there; nobody chooses a value of another's."""
    client, (bobs,) = signed_in(alice), [each for each in entries_of(bob) if each.field == "city"]
    proves_again(client, alice)
    address = wishing.address(Kind.CORRECTION)
    page = client.get(address).content.decode()
    (city,) = [each for each in entries_of(alice) if each.field == "city"]
    assert f'value="{city.name}"' in page
    assert "Aliceville" in page
    assert "Bobville" not in page
    for wrong in (
        {"field": city.name, "value": ""},
        {"field": bobs.name, "value": "Nowhere"},
        {"field": "", "text": ""},
    ):
        assert client.post(address, wrong).status_code == 422
    assert not DataRequest.objects.exists()
    client.post(address, {"field": city.name, "value": "Opalton"})
    page = page_of(client, DataRequest.objects.get())
    assert "Saved addresses: town or city" in page
    assert "Opalton" in page


def test_what_was_set_aside_is_used_again_on_one_click(alice, bob):
    for person in (alice, bob):
        acts.carry_out(asks(person, Kind.RESTRICTION).pk, by="system:worker", at=NOON)
    client = signed_in(alice)
    assert "Your data are set aside" in client.get("/account/privacy/").content.decode()
    client.post(reverse("privacy:use_again"))
    assert "Your data are set aside" not in client.get("/account/privacy/").content.decode()
    assert "Your data are set aside" in signed_in(bob).get("/account/privacy/").content.decode()


# What came in under their address, and nobody has proved to be theirs


def test_a_mail_nobody_vouched_for_is_said_to_be_there_and_joins_with_the_next_link(client, alice, bob):
    raw = f"From: {alice.email}\r\nSubject: A ring\r\nMessage-ID: <1@example.com>\r\n\r\nIs it mended?".encode()
    mail = inbox.keep(inbox.Arrival(raw, len(raw), InboundMail.Via.IMAP, NOON), at=NOON)
    for person, is_told in ((alice, True), (bob, False)):
        client.force_login(person.user)
        page = client.get(reverse("privacy:centre")).content.decode()
        assert ('id="elsewhere"' in page, "mended" in page) == (is_told, False)
    asked = intake.ask(Kind.ERASURE, address=alice.email, at=NOON)
    intake.confirm(asked.pk, at=NOON)
    assert mail.subject_id in subjects.family(alice.subject)
    assert mail.subject_id not in subjects.family(bob.subject)
    client.force_login(alice.user)
    assert 'id="elsewhere"' not in client.get(reverse("privacy:centre")).content.decode()


def test_whoever_has_not_proved_an_address_is_told_nothing_about_it(alice):
    mallory = subjects.new(by="guest", at=NOON)
    subjects.identify(mallory, value=alice.email, by="guest", at=NOON)
    assert subjects.is_typed_elsewhere(mallory, value=alice.email) is False
    assert subjects.is_typed_elsewhere(alice.subject, value=alice.email) is True
    assert subjects.is_typed_elsewhere(alice.subject, value="bob@example.com") is False
