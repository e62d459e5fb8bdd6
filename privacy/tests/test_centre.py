"""The privacy centre and the page of one request: what people read there, and what they can do. Nobody else's ever shows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import inbox
from privacy.models import ConsentRecord, InboundMail, RequestMessage
from privacy.register import registry, subjects
from privacy.register.vocabulary import Purpose, Source
from privacy.rights import acts, clock, conversation, correction, grounds, intake, kinds, links, overview, requests
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.kinds import Kind, Proof
from privacy.rights.models import DataRequest, State
from privacy.tests.browsers import proves_again, signed_in, visitor
from privacy.tests.people import LATER, NOON, asks, held, mails
from privacy.views import wishing

pytestmark = pytest.mark.django_db
WORDS = "Is the old address on Quartz Lane part of this?"
ANSWER = "It is, and it goes with the rest."


def page_of(client, request):
    return client.get(reverse("privacy:own_request", args=[request.reference])).content.decode()


def words_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


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


# One request


def test_nobody_else_finds_the_page_of_a_request(alice, bob):
    request = asks(alice)
    address = reverse("privacy:own_request", args=[request.reference])
    for do in ("write", "withdraw", "appeal"):
        assert signed_in(bob).post(address, {"do": do, "text": WORDS}).status_code == 404
    assert signed_in(bob).get(address).status_code == 404
    assert visitor().get(address)["Location"].startswith("/accounts/login/")
    request.refresh_from_db()
    assert (request.state, conversation.of(request)) == (State.VERIFIED, [])


def test_alice_writes_about_her_request_and_reads_the_answer(alice):
    client, request = signed_in(alice), asks(alice)
    address = reverse("privacy:own_request", args=[request.reference])
    answer = client.post(address, {"do": "write", "text": WORDS})
    assert (answer.status_code, answer["Location"]) == (302, address)
    conversation.write(request, text=ANSWER, by="staff:3", at=timezone.now())
    assert "We wrote to you" in client.get("/account/privacy/").content.decode()
    page = page_of(client, request)
    assert page.index(WORDS) < page.index(ANSWER)
    assert RequestMessage.objects.get(is_from_staff=True).read_at is not None
    assert "We wrote to you" not in client.get("/account/privacy/").content.decode()


def test_what_cannot_be_sent_is_said_beside_its_field(alice):
    client, request = signed_in(alice), asks(alice)
    address = reverse("privacy:own_request", args=[request.reference])
    empty = client.post(address, {"do": "write", "text": " "})
    assert (empty.status_code, "Write a few words first." in empty.content.decode()) == (422, True)
    program = SimpleUploadedFile("card.exe", b"MZ" + b"0" * 64, content_type="application/pdf")
    wrong = client.post(address, {"do": "write", "text": WORDS, "attachment": program})
    assert (wrong.status_code, "Only PDF, PNG and JPEG files are kept" in wrong.content.decode()) == (422, True)
    assert WORDS in wrong.content.decode(), "what was typed is still there"
    assert (conversation.of(request), request.attachments.count()) == ([], 0)
    letter = SimpleUploadedFile("letter.pdf", b"%PDF-1.7 hello", content_type="application/pdf")
    client.post(address, {"do": "write", "text": WORDS, "attachment": letter})
    assert (len(conversation.of(request)), request.attachments.get().title) == (1, "letter.pdf")
    assert "letter.pdf" in page_of(client, request)


def test_a_no_names_its_ground_the_way_to_appeal_and_the_authority(alice):
    request = asks(alice)
    type(alice.subject).objects.filter(pk=alice.subject.pk).update(residence="DE")
    request.subject.refresh_from_db()
    ground = grounds.of(request.kind, "DE")[0]
    requests.refuse(request, ground=ground, reason="We hold nothing of this.", by="staff:3", at=LATER)
    page = page_of(signed_in(alice), request)
    said = words_of(page).replace("&#x27;", "'")
    for words in (
        grounds.basis(ground).words,
        grounds.basis(ground).source,
        "We hold nothing of this.",
        grounds.appeal("DE"),
    ):
        assert words in said, words
    assert "https://www.bfdi.bund.de" in page
    assert 'value="write"' not in page, "it is over"


def test_everything_that_is_over_says_how_it_ended(alice):
    client, request = signed_in(alice), asks(alice)
    requests.withdraw(request, by=alice.user, at=LATER)
    assert "You took it back." in page_of(client, request)
    DataRequest.objects.filter(pk=request.pk).update(state=State.COMPLETED, completed_at=LATER)
    assert f"Done on {LATER:%-d %B %Y}." in page_of(client, request)


def test_a_request_that_is_late_to_be_taken_back_says_so(alice):
    client, request = signed_in(alice), asks(alice)
    DataRequest.objects.filter(pk=request.pk).update(state=State.EXECUTING)
    address = reverse("privacy:own_request", args=[request.reference])
    assert "cannot be taken back" in client.post(address, {"do": "withdraw"}, follow=True).content.decode()


def test_somebody_without_an_account_does_the_same_behind_the_link(alice, bob):
    asked = intake.ask(Kind.ERASURE, address="gwen@example.com", at=NOON)
    request = intake.confirm(asked.pk, at=timezone.now())
    here, client = links.path(request, links.Use.FOLLOW), visitor()
    assert client.post(here, {"do": "write", "text": WORDS})["Location"].startswith("/privacy/request/follow/?key=")
    conversation.write(request, text=ANSWER, by="staff:3", at=timezone.now())
    page = client.get(here).content.decode()
    assert WORDS in page
    assert ANSWER in page
    assert alice.email not in page
    client.post(here, {"do": "withdraw"})
    request.refresh_from_db()
    assert request.state == State.WITHDRAWN
    assert client.cookies == {}


def test_a_date_is_told_as_the_day_of_the_shop_on_which_it_ends(alice):
    """The end of Saturday in Los Angeles is Sunday in London; the page says Saturday, as the derivation does."""
    request = asks(alice)
    request.refresh_from_db()
    day = clock.of_the_shop().local(request.due_at)
    assert (day.hour, request.due_at.day == day.day) == (23, False), "the two differ, or this shows nothing"
    page, mail = page_of(signed_in(alice), request), mails("request_verified")[0].payload["text"]
    for told in (page, mail):
        assert f"{day:%-d %B %Y}" in told
        assert f"{request.due_at:%-d %B %Y}" not in told


def test_an_answer_that_is_late_is_said_to_be_late(alice):
    request = asks(alice, at=timezone.now() - timedelta(days=40))
    page = page_of(signed_in(alice), request)
    assert "You should have had our answer by" in page
    assert reverse("privacy:authorities") in page.partition("We are late")[2]
    assert "You have our answer by" not in page


def test_a_day_that_has_passed_is_told_as_the_shops_own_too(alice):
    """Half past eleven on Monday in Los Angeles is Tuesday in London."""
    late_evening = datetime(2026, 11, 3, 7, 30, tzinfo=UTC)
    request = requests.withdraw(asks(alice), by=alice.user, at=LATER)
    DataRequest.objects.filter(pk=request.pk).update(state=State.COMPLETED, completed_at=late_evening)
    assert "Done on 2 November 2026." in page_of(signed_in(alice), request)


def test_our_no_is_looked_at_again_by_somebody_else(alice, bob):
    client, request = signed_in(alice), asks(alice)
    requests.refuse(request, ground=grounds.of(request.kind, "")[0], reason="No.", by="staff:3", at=LATER)
    address = reverse("privacy:own_request", args=[request.reference])
    assert client.post(address, {"do": "appeal", "text": ""}).status_code == 422
    client.post(address, {"do": "appeal", "text": "You looked at the wrong order."})
    appeal = DataRequest.objects.get(against=request)
    assert (appeal.kind, appeal.contact, appeal.subject) == (Kind.COMPLAINT, alice.email, alice.subject)
    assert appeal.reference in page_of(client, request)
    client.post(address, {"do": "appeal", "text": "Again."})
    assert DataRequest.objects.filter(against=request).count() == 1
    bobs = asks(bob)
    signed_in(bob).post(reverse("privacy:own_request", args=[bobs.reference]), {"do": "appeal", "text": "No."})
    assert not bobs.appeals.exists(), "only a no is appealed against"


def test_somebody_without_an_account_names_an_address_to_appeal(alice):
    asked = intake.ask(Kind.ERASURE, address="gwen@example.com", at=NOON)
    request = intake.confirm(asked.pk, at=timezone.now())
    requests.refuse(request, ground=grounds.of(request.kind, "")[0], reason="No.", by="staff:3", at=timezone.now())
    here, client = links.path(request, links.Use.FOLLOW), visitor()
    missing = client.post(here, {"do": "appeal", "text": "It was mine."})
    assert (missing.status_code, request.appeals.count()) == (422, 0)
    client.post(here, {"do": "appeal", "text": "It was mine.", "email": "Gwen@Example.com"})
    assert request.appeals.get().contact == "gwen@example.com"
    assert request.appeals.get().reference in client.get(here).content.decode()


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
