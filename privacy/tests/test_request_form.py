"""The public form: it answers the same whatever is typed, Mallory sees nobody, a guest proves by link."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from privacy.models import Message, Subject
from privacy.register import subjects
from privacy.rights import acts, intake, links, requests
from privacy.rights.models import DataRequest, State
from privacy.tests.browsers import keys_in, latest, unpacked, visitor
from privacy.tests.people import asks, held

pytestmark = pytest.mark.django_db
CAROL = "staff:3"


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


def ask_by_form(email, kind="erasure"):
    return visitor().post("/privacy/request/", {"kind": kind, "email": email})


def test_the_form_answers_the_same_whatever_was_typed(bob):
    known, unknown = ask_by_form(bob.email), ask_by_form("nobody@example.com")
    assert (
        (known.status_code, known["Location"])
        == (unknown.status_code, unknown["Location"])
        == (302, "/privacy/request/asked/")
    )
    assert "Set-Cookie" not in known.headers


def test_mallory_typing_bobs_address_sees_and_moves_nothing(bob):
    before, mine = held(bob), subjects.family(bob.subject)
    ask_by_form(bob.email)
    ask_by_form(bob.email.upper(), kind="access")
    assert held(bob) == before
    assert subjects.family(bob.subject) == mine
    for request in DataRequest.objects.all():
        assert (request.state, request.verified_at) == (State.RECEIVED, None)
        assert request.subject_id not in mine
        acts.carry_out(request.pk, by="system:worker", at=timezone.now() + timedelta(days=90))
    assert held(bob) == before
    assert asks(bob, at=timezone.now()).state == State.VERIFIED, "an unproven request does not stand in Bob's way"


@pytest.mark.promise("JE-81", "JE-97", "SG-14")
def test_a_guest_proves_by_link_follows_and_fetches(bob, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    guest = subjects.new(by="test", at=timezone.now())
    subjects.identify(guest, value="gwen@example.com", by="test", at=timezone.now())
    ask_by_form("gwen@example.com", kind="access")
    (key,) = keys_in(latest("request_received"), "/privacy/request/confirm/")
    link, client = f"/privacy/request/confirm/?key={key}", visitor()
    assert client.get(link).status_code == 200
    assert DataRequest.objects.get().state == State.RECEIVED, "opening a link does nothing"
    answer = client.post(link)
    request = DataRequest.objects.get()
    assert request.state == State.VERIFIED
    assert guest.pk in subjects.family(request.subject)
    assert client.get(answer["Location"]).status_code == 200

    acts.carry_out(request.pk, by="system:worker", at=timezone.now())
    (copy_key,) = keys_in(latest("copy_ready"), "/privacy/request/copy/")
    page = f"/privacy/request/copy/?key={copy_key}"
    assert client.get(page).status_code == 200
    data, _ = unpacked(client.post(page))
    assert [word for word in bob.words if word in json.dumps(data)] == []


def test_a_link_works_once_expires_and_cannot_be_changed(bob):
    ask_by_form("gwen@example.com")
    request = DataRequest.objects.get()
    client, link = visitor(), links.path(request, links.Use.CONFIRM)
    assert client.post(link).status_code == 302
    for answer in (client.post(link), client.get(link)):
        assert answer.status_code == 410
    other_use = links.key(request, links.Use.FOLLOW)
    for key in ("", "x", other_use, link.partition("=")[2][:-1] + "x", "\x00", "é"):
        for answer in (
            client.get("/privacy/request/confirm/", {"key": key}),
            client.post(f"/privacy/request/copy/?key={key}"),
        ):
            assert answer.status_code == 404


def test_an_old_link_opens_nothing(bob, monkeypatch):
    ask_by_form("gwen@example.com")
    request = DataRequest.objects.get()
    monkeypatch.setattr("django.core.signing.time.time", lambda: 1_000_000_000)
    link = links.path(request, links.Use.CONFIRM)
    monkeypatch.undo()
    assert visitor().post(link).status_code == 410
    request.refresh_from_db()
    assert request.state == State.RECEIVED


def test_a_guest_takes_it_back_by_link(settings):
    ask_by_form("gwen@example.com")
    request = intake.confirm(DataRequest.objects.get().pk, at=timezone.now())
    requests.approve(request, by=CAROL, at=timezone.now())
    client, link = visitor(), links.path(request, links.Use.FOLLOW)
    client.post(link)
    request.refresh_from_db()
    assert request.state == State.WITHDRAWN
    assert client.post(link).status_code == 302, "too late is no error page"


def test_the_link_is_sent_three_times_and_the_form_falls_silent():
    for _ in range(5):
        ask_by_form("gwen@example.com")
    assert Message.objects.filter(kind="privacy.request_received").count() == 3
    assert DataRequest.objects.count() == 1


def test_one_network_address_may_ask_ten_times_an_hour():
    answers = [ask_by_form(f"p{number}@example.com").status_code for number in range(11)]
    assert answers == [302] * 10 + [429]


@pytest.mark.parametrize(
    "typed",
    [{}, {"kind": "erasure"}, {"kind": "nothing", "email": "a@example.com"}, {"kind": "access", "email": "no address"},
     {"kind": "access", "email": "a" * 300 + "@example.com"}, {"kind": "access", "email": "a\x00@example.com"}],
)  # fmt: skip
def test_bad_input_is_answered_beside_the_field(typed):
    answer = visitor().post("/privacy/request/", typed)
    assert answer.status_code == 400
    assert "field__error" in answer.content.decode()
    assert not Subject.objects.exists()


def test_a_form_from_another_site_is_refused():
    answer = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "cross-site"}).post(
        "/privacy/request/", {"kind": "access", "email": "a@example.com"}
    )
    assert answer.status_code == 403


def test_behind_a_proxy_the_form_counts_visitors_not_the_proxy(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def ask_from(address, number):
        typed = {"kind": "access", "email": f"p{number}@example.com"}
        return visitor().post("/privacy/request/", typed, headers={"X-Forwarded-For": address}).status_code

    assert [ask_from("203.0.113.7", number) for number in range(11)][-1] == 429
    assert ask_from("203.0.113.8", 12) == 302
