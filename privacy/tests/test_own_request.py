"""One request on a page of its own: what is written both ways, how it ended, and how to appeal."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from privacy.models import RequestMessage
from privacy.rights import clock, conversation, grounds, intake, links, requests
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest, State
from privacy.tests.browsers import signed_in, visitor
from privacy.tests.people import LATER, NOON, asks, mails

pytestmark = pytest.mark.django_db
WORDS = "Is the old address on Quartz Lane part of this?"
ANSWER = "It is, and it goes with the rest."


def page_of(client, request):
    return client.get(reverse("privacy:own_request", args=[request.reference])).content.decode()


def words_of(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


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


def test_the_page_of_an_approved_erasure_says_when_it_begins(alice, settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=72)
    request = requests.approve(asks(alice), by="staff:3", at=NOON)
    page = page_of(signed_in(alice), request)
    assert "We said yes, and begin after <strong>5 November 2026, 12:00 UTC</strong>." in page
    assert "You can take it back until" in page
    assert "You have our answer by" not in page
    DataRequest.objects.filter(pk=request.pk).update(state=State.EXECUTING)
    assert "You could take it back until" in page_of(signed_in(alice), request)


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
