"""The desk and the API: Carol decides, others may not, nobody reads a name."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from privacy.models import AuditEvent, Message
from privacy.rights import acts, erasure, requests
from privacy.rights.models import DataRequest, State
from privacy.tests.people import asks, at_the_desk, held, someone

pytestmark = pytest.mark.django_db
QUEUE = "/admin/privacy/datarequest/"


@pytest.fixture
def request_of_alice(alice):
    return asks(alice, at=timezone.now())


@pytest.fixture
def carol():
    return at_the_desk()


def page_of(request, *, then=""):
    return f"{QUEUE}{request.pk}/{then}"


def test_the_queue_and_the_page_name_nobody(carol, alice, request_of_alice):
    queue = carol.get(QUEUE).content.decode()
    page = carol.get(page_of(request_of_alice, then="change/")).content.decode()
    assert request_of_alice.reference in queue
    for shown in (
        "The plan: what goes, what stays",
        "Saved addresses",
        request_of_alice.derivation[0]["words"],
        "request.verified",
    ):
        assert shown in page.replace("&#x27;", "'")
    assert [word for word in alice.words if word in queue or word in page] == []


def test_carol_reads_what_is_wanted_and_the_order_desk_does_not(carol, alice):
    wishes = {"text": "My street is spelt with one n."}
    page = page_of(asks(alice, "correction", wishes=wishes, at=timezone.now()), then="change/")
    assert wishes["text"] in carol.get(page).content.decode()
    assert wishes["text"] not in at_the_desk("order desk", name="olive").get(page).content.decode()


def test_carol_approves(carol, alice, request_of_alice):
    ask = carol.get(page_of(request_of_alice, then="approve/"))
    assert (ask.status_code, b"the grace runs" in ask.content) == (200, True)
    request_of_alice.refresh_from_db()
    assert request_of_alice.state == State.VERIFIED, "looking decides nothing"
    carol.post(page_of(request_of_alice, then="approve/"))
    request_of_alice.refresh_from_db()
    assert request_of_alice.state == State.APPROVED
    assert request_of_alice.approved_by.startswith("staff:")
    assert Message.objects.filter(kind="privacy.erasure_approved").count() == 1


def test_a_refusal_needs_its_reason_and_mails_it(carol, alice, request_of_alice):
    empty = carol.post(page_of(request_of_alice, then="refuse/"), {"ground": "gdpr.legal_claims", "reason": "  "})
    request_of_alice.refresh_from_db()
    assert (empty.status_code, request_of_alice.state) == (200, State.VERIFIED)
    carol.post(
        page_of(request_of_alice, then="refuse/"),
        {"ground": "gdpr.legal_claims", "reason": "A court asked us to keep it."},
    )
    request_of_alice.refresh_from_db()
    assert (request_of_alice.state, request_of_alice.contact) == (State.REFUSED, None)
    mail = Message.objects.get(kind="privacy.request_refused")
    for told in ("A court asked us to keep it.", "GDPR Art. 17(3)(e)", "somebody else decides"):
        assert told in mail.payload["text"]


def test_the_second_to_decide_is_told(carol, request_of_alice):
    requests.withdraw(request_of_alice, by="customer", at=timezone.now())
    answer = carol.post(page_of(request_of_alice, then="approve/"), follow=True)
    assert b"nothing was changed" in answer.content
    request_of_alice.refresh_from_db()
    assert request_of_alice.state == State.WITHDRAWN


def test_carol_does_not_decide_about_herself(carol):
    own = asks_herself()
    answer = carol.post(page_of(own, then="approve/"))
    assert b"Somebody else decides about it" in answer.content
    own.refresh_from_db()
    assert own.state == State.VERIFIED


def asks_herself():
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.get(email="carol@example.com")
    now = timezone.now()
    made = requests.receive("erasure", subject=user.subject, contact=user.email, by=user, at=now)
    return requests.verify(made, evidence="reauthenticated", by=user, at=now)


@pytest.mark.parametrize("role", ["order desk", "catalogue"])
@pytest.mark.parametrize("then", ["change/", "approve/", "refuse/", "check-again/"])
def test_other_desks_may_not(request_of_alice, role, then):
    client = at_the_desk(role, name="oscar")
    assert client.post(page_of(request_of_alice, then=then), {"reason": "x"}).status_code == 403
    request_of_alice.refresh_from_db()
    assert request_of_alice.state == State.VERIFIED


def test_a_customer_and_a_stranger_are_sent_away(alice, request_of_alice):
    client = Client()
    assert client.get(QUEUE).status_code == 302
    client.force_login(alice.user)
    assert client.get(QUEUE).status_code == 302


@pytest.mark.parametrize("model", ["certificate", "auditevent", "message", "datarequest"])
def test_evidence_can_be_read_and_nothing_else(carol, request_of_alice, model):
    assert carol.get(f"/admin/privacy/{model}/").status_code == 200
    assert carol.get(f"/admin/privacy/{model}/add/").status_code == 403
    if model == "auditevent":
        event = AuditEvent.objects.latest("pk")
        assert carol.get(f"/admin/privacy/auditevent/{event.pk}/change/").status_code == 200
        assert carol.post(f"/admin/privacy/auditevent/{event.pk}/delete/").status_code == 403
        assert carol.post(f"/admin/privacy/auditevent/{event.pk}/change/", {"event": "x"}).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?standing=ended",
        "?standing=all",
        "?due=late",
        "?due=soon&kind=erasure",
        "?q=alice@example.com",
        "?q=%00",
        "?due=nonsense",
    ],
)
def test_filters_and_search(carol, request_of_alice, query):
    answer = carol.get(f"{QUEUE}{query}")
    assert answer.status_code in (200, 302)
    if query in ("", "?q=alice@example.com"):
        assert request_of_alice.reference in answer.content.decode()


def test_the_queue_asks_as_many_queries_for_thirty_as_for_one(carol, request_of_alice):
    carol.get(QUEUE)
    with CaptureQueriesContext(connection) as one:
        carol.get(QUEUE)
    for number in range(29):
        row = DataRequest.objects.get(pk=request_of_alice.pk)
        row.pk, row.reference, row.state = None, f"DSR-AAAA-{number:04}", State.REFUSED
        row.refused_at, row.refused_by, row.refusal_reason = timezone.now(), "staff:1", "x"
        row.save(force_insert=True)
    with CaptureQueriesContext(connection) as thirty:
        carol.get(f"{QUEUE}?standing=all")
    assert len(thirty) == len(one)


def test_a_partly_done_erasure_is_tried_again_by_a_button(carol, alice, request_of_alice):
    from django.apps import apps

    now = timezone.now()
    requests.approve(request_of_alice, by="staff:1", at=now)
    late = request_of_alice.execute_after
    erasure._begin(request_of_alice.pk, by="system:worker", at=late)
    apps.get_model("accounts.Address").objects.filter(user=alice.user).delete()
    erasure.execute(request_of_alice.pk, by="system:worker", at=late)
    page = carol.get(page_of(request_of_alice, then="change/")).content.decode()
    assert "1 planned, none found" in page
    carol.post(page_of(request_of_alice, then="check-again/"))
    assert acts.sweep(by="system:sweep", at=timezone.now()) == 1
    request_of_alice.refresh_from_db()
    assert request_of_alice.state == State.COMPLETED


# The API


def api(person):
    client = APIClient()
    client.force_login(person.user)
    return client


def test_the_api_makes_and_reads_ones_own_requests_only(alice):
    cache.clear()
    bob = someone("bob")
    client, before = api(alice), held(bob)
    made = client.post("/api/v1/privacy/requests/", {"kind": "access"})
    assert (made.status_code, made.json()["state"]) == (201, "received")
    assert Message.objects.get(kind="privacy.request_received").payload["to"] == alice.email
    again = client.post("/api/v1/privacy/requests/", {"kind": "access"})
    assert again.json()["reference"] == made.json()["reference"]
    own = f"/api/v1/privacy/requests/{made.json()['reference']}/"
    assert client.get(own).json()["due_at"] == made.json()["due_at"]
    assert held(bob) == before
    assert api(bob).get(own).status_code == 404
    assert api(bob).get("/api/v1/privacy/requests/").json()["results"] == []
    assert APIClient().get(own).status_code in (401, 403)


@pytest.mark.parametrize("typed", [{}, {"kind": "x"}, {"kind": None}, [], {"kind": ["access"]}])
def test_the_api_answers_bad_input_with_400(alice, typed):
    cache.clear()
    answer = api(alice).post("/api/v1/privacy/requests/", typed, format="json")
    assert answer.status_code == 400
    assert not DataRequest.objects.exists()


def test_the_api_verifies_at_once_after_a_fresh_password(alice):
    cache.clear()
    client = api(alice)
    client.post("/accounts/reauthenticate/", {"password": "alice-opal-briolette-7"}, format="multipart")
    made = client.post("/api/v1/privacy/requests/", {"kind": "erasure"})
    assert made.json()["state"] == "verified"
