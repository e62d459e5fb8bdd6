"""Leaving by a mail's link: opening changes nothing, a POST acts without login or token, and it holds from the next send on."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from privacy.consent import ledger, links, notices
from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Matter
from privacy.ground import digests
from privacy.messages import suppressions, unsubscribe
from privacy.messages.stoplist import Suppression
from privacy.register import subjects
from privacy.tests.people import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_count():
    cache.clear()


@pytest.fixture
def strict():
    """A browser that is checked for forged requests, as in production."""
    return Client(enforce_csrf_checks=True)


def link(person):
    return unsubscribe.path(person.subject, address=person.email)


def agrees(person, *matters):
    for matter in matters:
        notice = notices.current("preferences")
        by = person.user
        ledger.grant(person.subject, matter, channel="email", notice=notice, surface="preferences", by=by, at=NOON)


def topics_of(person):
    states = ledger.standing(person.subject).items()
    return sorted(thing.matter.value for thing, state in states if state.is_granted)


def left(person):
    return suppressions.stops("email", person.email, marketing=True)


@pytest.mark.promise("JS-28", "JE-34")
def test_a_mail_program_presses_it_without_login_cookie_or_token(strict, alice, bob):
    answer = strict.post(link(alice), unsubscribe.ONE_CLICK)
    assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert (left(alice), left(bob)) == (True, False)
    assert strict.post(link(alice), unsubscribe.ONE_CLICK).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_scanner_that_opens_the_link_changes_nothing(client, alice, method):
    getattr(client, method)(link(alice))
    assert Suppression.objects.count() == 0


def test_the_page_has_one_button_that_is_no_link(client, alice):
    page = client.get(link(alice)).content.decode()
    assert page.count('<form method="post" class="form">') == 1
    assert "alice" not in page


@pytest.mark.promise("JS-28")
def test_the_headers_are_what_mail_programs_ask_for(alice, settings):
    settings.LOUPE_PUBLIC_URL = "https://shop.example"
    message = SimpleNamespace(subject_id=alice.subject.pk, payload={"to": alice.email})
    headers = unsubscribe.headers(message)
    web, mailbox = headers["List-Unsubscribe"].split(", ")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mailbox == "<mailto:privacy@janeellen.example?subject=Unsubscribe>"
    assert web.startswith("<https://shop.example/privacy/unsubscribe/?key=")
    key = parse_qs(urlsplit(web.strip("<>")).query)["key"][0]
    assert unsubscribe.read(key) == unsubscribe.Reader(alice.subject.pk, digests.of("email", alice.email))


def test_the_key_says_nothing_and_differs_in_every_mail(alice):
    first, second = link(alice), link(alice)
    assert first != second
    for spoken in (alice.email, alice.subject.pk.hex, str(alice.subject.pk), digests.of("email", alice.email).value):
        assert spoken not in first
    assert len(first) < 250


def test_the_link_works_years_later_and_for_an_account_that_is_gone(client, alice):
    old = link(alice)
    subjects.mark_erased(alice.subject, by="test", at=NOON)
    alice.user.delete()
    page = client.post(old)
    assert (page.status_code, left(alice)) == (200, True)
    assert client.get(old).status_code == 200


def test_the_link_works_when_the_person_record_is_gone(client):
    nobody = subjects.new(by="test", at=NOON)
    path = unsubscribe.path(nobody, address="nobody@example.com")
    nobody.delete()
    assert client.post(path).status_code == 200
    assert suppressions.stops("email", "nobody@example.com", marketing=True)


def forged(path):
    key = path.partition("key=")[2]
    middle = len(key) // 2
    yield "one letter changed", f"{key[:middle]}{'A' if key[middle] != 'A' else 'B'}{key[middle + 1 :]}"
    yield "cut", key[:-5]
    yield "empty", ""
    yield "not ours", "gAAAAABm" + "A" * 140
    yield "not text", "%00%ff\u2603"
    yield "very long", "A" * 5000


@pytest.mark.parametrize("number", range(6))
def test_a_forged_key_acts_on_nobody_and_its_page_still_lets_one_leave(client, alice, number):
    _, key = list(forged(link(alice)))[number]
    for answer in (
        client.get("/privacy/unsubscribe/", {"key": key}),
        client.post("/privacy/unsubscribe/", {"key": key}),
    ):
        assert answer.status_code == 404
        assert 'action="/privacy/unsubscribe/by-address/"' in answer.content.decode()
    assert Suppression.objects.count() == 0


def test_a_key_for_another_use_is_no_key(client, alice):
    other = unsubscribe.preferences_url(alice.subject).partition("key=")[2]
    assert client.post(f"/privacy/unsubscribe/?key={other}").status_code == 404
    assert links.read(other, at=NOON) == alice.subject
    with pytest.raises(links.Broken):
        links.read(link(alice).partition("key=")[2], at=NOON)


def test_an_address_that_is_typed_is_stopped_with_the_same_answer_for_everybody(strict, alice, bob):
    sent = {"HTTP_SEC_FETCH_SITE": "same-origin"}
    known = strict.post("/privacy/unsubscribe/by-address/", {"email": " ALICE@example.com"}, **sent)
    stranger = strict.post("/privacy/unsubscribe/by-address/", {"email": "stranger@example.com"}, **sent)
    assert (known.status_code, known.content) == (stranger.status_code, stranger.content)
    assert (left(alice), left(bob)) == (True, False)
    assert client_refused(strict)


def client_refused(strict):
    answer = strict.post(
        "/privacy/unsubscribe/by-address/", {"email": "x@example.com"}, HTTP_SEC_FETCH_SITE="cross-site"
    )
    return answer.status_code == 403


def test_the_form_is_paced_and_says_what_is_wrong(client):
    assert client.post("/privacy/unsubscribe/by-address/", {"email": "not one"}).status_code == 400
    answers = [client.post("/privacy/unsubscribe/by-address/", {"email": f"a{n}@example.com"}) for n in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert Suppression.objects.count() == 20


def test_a_slip_is_taken_back_within_the_hour_and_by_that_page_only(client, alice, bob):
    page = client.post(link(alice))
    client.post(link(bob))
    undone = client.post("/privacy/unsubscribe/undo/", {"key": page.context["undo_key"]})
    assert (undone.status_code, left(alice), left(bob)) == (200, False, True)
    for key in (link(bob).partition("key=")[2], "forged"):
        assert client.post("/privacy/unsubscribe/undo/", {"key": key}).status_code == 404
    assert left(bob)


def test_after_an_hour_it_holds(client, alice):
    then = timezone.now() - unsubscribe.UNDO_WITHIN - timedelta(seconds=2)
    key = unsubscribe.leave(unsubscribe.read(link(alice).partition("key=")[2]), at=then)
    assert client.post("/privacy/unsubscribe/undo/", {"key": key}).status_code == 410
    assert left(alice)


def test_an_undo_lifts_no_complaint(client, alice):
    suppressions.raise_for("email", alice.email, reason="complained", by="test", at=NOON)
    page = client.post(link(alice))
    client.post("/privacy/unsubscribe/undo/", {"key": page.context["undo_key"]})
    assert left(alice)


@pytest.mark.promise("JS-28", "JE-24", "JE-34")
def test_leaving_takes_back_every_yes_to_mail_and_an_undo_gives_back_just_those(client, alice, bob):
    agrees(alice, Matter.NEW_PIECES, Matter.CARE)
    agrees(bob, Matter.NEW_PIECES)
    page = client.post(link(alice))
    assert (topics_of(alice), topics_of(bob)) == ([], ["new_pieces"])
    last = ConsentRecord.objects.first()
    assert (last.decision, last.surface, last.network) == ("withdrawn", "unsubscribe_link", "127.0.0.0/24")
    client.post("/privacy/unsubscribe/undo/", {"key": page.context["undo_key"]})
    assert topics_of(alice) == ["care", "new_pieces"]
    given = ConsentRecord.objects.filter(decision="granted", surface="unsubscribe_link")
    assert {record.notice.slug for record in given} == {"preferences"}


def test_leaving_twice_writes_one_word_and_an_undo_of_the_second_gives_nothing(client, alice):
    agrees(alice, Matter.NEW_PIECES)
    client.post(link(alice))
    second = client.post(link(alice))
    assert ConsentRecord.objects.filter(decision="withdrawn").count() == 1
    client.post("/privacy/unsubscribe/undo/", {"key": second.context["undo_key"]})
    assert topics_of(alice) == []
