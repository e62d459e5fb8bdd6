"""The API for people's own requests: every kind, the same verbs and the same proofs as on the pages."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.utils import timezone
from knox.models import get_token_model
from rest_framework.test import APIClient

from privacy.consent.ledger import Thing
from privacy.consent.vocabulary import Matter
from privacy.rights import acts, duplicates, identity, kinds
from privacy.rights.kinds import Kind, Proof
from privacy.rights.models import DataRequest, State
from privacy.tests.consents import may, says_yes
from privacy.tests.people import asks, held, mails, someone

pytestmark = pytest.mark.django_db
HERE = "/api/v1/privacy/requests/"
ADVERTISING = Thing(Matter.TARGETING)


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def app(alice):
    """A program with a key of Alice's."""
    return with_key(alice)


def with_key(person):
    _, key = get_token_model().objects.create(user=person.user)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {key}")
    return client


def in_session(person):
    client = APIClient()
    client.force_login(person.user)
    return client


def checks(request):
    return [each.method for each in identity.evidence_of(request)]


def test_a_key_asks_for_every_kind_and_proves_nothing(app, alice):
    known = {"text": "By my app", "field": "name", "value": "Alice", "purpose": "marketing", "about": "LP-7F3K-92QD"}
    for kind in Kind:
        rule = kinds.rule(kind)
        wishes = {name: known[name] for name in rule.asks if name in known}
        cache.clear()  # more than ten an hour, this once
        made = app.post(HERE, {"kind": kind, "wishes": wishes})
        request = DataRequest.objects.get(kind=kind)
        assert (made.status_code, made.json()["reference"], made.json()["channel"]) == (201, request.reference, "api")
        assert (request.subject, request.wishes) == (alice.subject, wishes or None)
        is_free = rule.proof is Proof.NOTHING
        assert (request.state, checks(request)) == (
            (State.VERIFIED, ["not_asked"]) if is_free else (State.RECEIVED, [])
        ), kind
    needs_link = [kind for kind in Kind if kinds.rule(kind).proof is not Proof.NOTHING]
    assert len(mails("request_received")) == len(needs_link)


@pytest.mark.parametrize(
    ("kind", "state", "method"),
    [("restriction", "verified", ["signed_in"]), ("erasure", "received", []), ("opt_out", "verified", ["not_asked"])],
)
def test_a_session_shows_as_much_as_it_does_on_the_pages(alice, kind, state, method):
    made = in_session(alice).post(HERE, {"kind": kind})
    assert (made.json()["state"], checks(DataRequest.objects.get())) == (state, method)


def test_a_fresh_password_counts_and_sends_no_link(alice):
    client = in_session(alice)
    client.post("/accounts/reauthenticate/", {"password": "alice-opal-briolette-7"}, format="multipart")
    assert client.post(HERE, {"kind": "erasure"}).json()["state"] == "verified"
    assert (checks(DataRequest.objects.get()), mails("request_received")) == (["reauthenticated"], [])


def test_bad_wishes_are_answered_with_400_and_nothing_is_kept(app):
    every = [
        {"kind": "access", "wishes": {"text": "x"}},  # not asked
        {"kind": "question"},
        {"kind": "question", "wishes": {"text": "  "}},
        {"kind": "question", "wishes": {"text": "x" * 4_001}},
        {"kind": "question", "wishes": "words"},
        {"kind": "question", "wishes": {"text": ["x"]}},
        {"kind": "correction", "wishes": {"field": "name"}},  # and no value
        {"kind": "objection", "wishes": {"purpose": "tax"}},
        {"kind": "nothing"},
    ]
    answers = [app.post(HERE, wrong) for wrong in every]
    assert [(each.status_code, set(each.json()) <= {"kind", "wishes"}) for each in answers] == [(400, True)] * 9
    assert not DataRequest.objects.exists()


def test_the_same_again_is_the_same_request_and_too_many_are_refused(app, monkeypatch):
    first, again = (app.post(HERE, {"kind": "question", "wishes": {"text": "Why?"}}).json() for _ in range(2))
    assert first["reference"] == again["reference"]
    monkeypatch.setattr(duplicates, "MOST", 2)
    answers = [app.post(HERE, {"kind": "question", "wishes": {"text": f"{number}?"}}) for number in range(2)]
    assert [each.status_code for each in answers] == [201, 429]


def test_one_takes_back_ones_own_and_nobody_elses(app, alice):
    bob = someone("bob")
    his, mine = asks(bob, at=timezone.now()), asks(alice, at=timezone.now())
    before = held(bob)
    assert app.post(f"{HERE}{his.reference}/withdraw/").status_code == 404
    assert app.post(f"{HERE}{mine.reference}/withdraw/").json()["state"] == "withdrawn"
    assert app.post(f"{HERE}{mine.reference}/withdraw/").status_code == 409
    assert held(bob) == before


def test_without_a_key_there_is_nothing_here():
    assert [APIClient().get(HERE).status_code, APIClient().post(HERE, {"kind": "access"}).status_code] == [401, 401]


@pytest.mark.promise("JH-42")
def test_a_no_by_the_app_holds_on_the_website_and_for_nobody_else(app, alice):
    bob = someone("bob")
    for person in (alice, bob):
        says_yes(person.subject, ADVERTISING)
    assert (may(alice.subject, ADVERTISING), may(bob.subject, ADVERTISING)) == (True, True)
    app.post(HERE, {"kind": "opt_out"})
    request = DataRequest.objects.get()
    acts.carry_out(request.pk, by="system:worker", at=timezone.now())
    assert (may(alice.subject, ADVERTISING), may(bob.subject, ADVERTISING)) == (False, True)
    shown = [in_session(person).get("/account/preferences/").content.decode() for person in (alice, bob)]
    assert [request.reference in page for page in shown] == [True, False]
