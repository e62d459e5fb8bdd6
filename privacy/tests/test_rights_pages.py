"""The account page, through the front door: Alice sees herself, asks for a copy or an erasure, and takes it back."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from privacy.models import Disclosure
from privacy.rights import acts, packages
from privacy.rights.models import DataRequest, ExportPackage, State
from privacy.tests.browsers import latest, proves_again, signed_in, unpacked, visitor
from privacy.tests.people import asks, held

pytestmark = pytest.mark.django_db
CAROL = "staff:3"


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


def test_the_ledger_shows_real_values_and_nobody_elses(alice, bob):
    page = signed_in(alice).get("/account/privacy/").content.decode()
    assert all(word in page for word in alice.words)
    assert [word for word in bob.words if word in page] == []


def test_a_stranger_is_sent_to_sign_in():
    answer = visitor().get("/account/privacy/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/account/privacy/")


@pytest.mark.parametrize("page", ["/account/privacy/copy/", "/account/privacy/erase/"])
@pytest.mark.promise("JE-97")
def test_either_wish_asks_for_the_password_once_more(alice, page):
    client = signed_in(alice)
    for answer in (client.get(page), client.post(page)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not DataRequest.objects.exists()


@pytest.mark.promise("JK-29", "JE-98", "JH-37")
def test_the_plan_is_shown_before_anything_is_asked(alice, bob):
    client = signed_in(alice)
    proves_again(client, alice)
    page = client.get("/account/privacy/erase/").content.decode()
    assert "Saved addresses" in page
    assert "What stays, why, and until when" in page
    assert not DataRequest.objects.exists()


def test_the_plan_names_the_companies_that_received_something_and_no_other(alice, bob):
    for person, company in ((alice, "mail"), (bob, "stripe")):
        given = {"keys": ["order.reference"], "purpose": "orders", "host": "localhost", "actor": "system:test"}
        Disclosure.objects.create(processor=company, subject_id=person.subject.pk, at=timezone.now(), **given)
    client = signed_in(alice)
    proves_again(client, alice)
    page = client.get("/account/privacy/erase/").content.decode()
    assert "Who else received something" in page
    assert "The mail service" in page
    assert "Stripe" not in page


@pytest.mark.promise("JS-25", "SG-14")
def test_alice_asks_for_erasure_sees_her_dates_and_takes_it_back(alice, bob):
    client, stranger = signed_in(alice), signed_in(bob)
    before = held(bob)
    proves_again(client, alice)
    client.post("/account/privacy/erase/")
    request = DataRequest.objects.get()
    assert (request.state, request.subject, request.channel) == (State.VERIFIED, alice.subject, "account")
    page = client.get("/account/privacy/").content.decode()
    assert request.reference in page
    assert request.derivation[1]["words"] in page.replace("&#x27;", "'")

    assert stranger.post(reverse("privacy:withdraw", args=[request.reference])).status_code == 404
    assert request.reference not in stranger.get("/account/privacy/").content.decode()

    client.post(reverse("privacy:withdraw", args=[request.reference]))
    request.refresh_from_db()
    assert request.state == State.WITHDRAWN
    assert held(bob) == before


def test_alice_asks_twice_and_has_one_request(alice):
    client = signed_in(alice)
    proves_again(client, alice)
    client.post("/account/privacy/erase/")
    client.post("/account/privacy/erase/")
    assert DataRequest.objects.count() == 1


@pytest.mark.promise("JE-75", "JE-81", "SG-14")
def test_alice_fetches_her_copy_once_and_it_holds_all_of_her_and_none_of_bob(
    alice, bob, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.LOUPE_HOME = tmp_path
    client = signed_in(alice)
    proves_again(client, alice)
    client.post("/account/privacy/copy/")
    request = DataRequest.objects.get()
    acts.carry_out(request.pk, by="system:worker", at=timezone.now())
    request.refresh_from_db()
    assert (request.state, request.contact) == (State.COMPLETED, None)
    assert latest("copy_ready").payload["to"] == alice.email

    (file,) = (tmp_path / "exports").iterdir()
    assert b"alice" not in file.read_bytes(), "sealed at rest"
    address = reverse("privacy:download", args=[request.reference])
    proves_again(signed_in(bob), bob)
    assert client.get(address).status_code == 200
    data, page = unpacked(client.post(address))
    text = json.dumps(data, ensure_ascii=False)
    assert [word for word in alice.words if word not in text or word not in page] == []
    assert [word for word in bob.words if word in text or word in page] == []
    groups = {group["model"]: group for group in data["groups"]}
    assert groups["accounts.Address"]["why"] == ["to deliver to you", "to send you news you asked for"]
    assert groups["accounts.Address"]["kept"] == "while you have an account"
    assert groups["privacy.DataRequest"]["rows"][0]["values"]["reference"] == request.reference
    assert "request.received" in {row["values"]["what happened"] for row in groups["privacy.AuditEvent"]["rows"]}
    assert "argon2" not in text

    assert client.post(address).status_code == 302, "its last byte has left, so it is gone"
    package = ExportPackage.objects.get()
    assert (package.starts, package.spent_at is not None, package.removed_at is not None) == (1, True, True)
    assert list((tmp_path / "exports").iterdir()) == []
    assert "Handed out on" in client.get("/account/privacy/").content.decode()


def test_a_broken_connection_does_not_spend_the_copy_and_three_starts_do(alice, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    request = asks(alice, "access", at=timezone.now())
    acts.carry_out(request.pk, by="system:worker", at=timezone.now())
    client, address = signed_in(alice), reverse("privacy:download", args=[request.reference])
    proves_again(client, alice)
    for starts in (1, 2, 3):
        answer = client.post(address)
        assert answer.status_code == 200
        assert next(answer.streaming_content)
        for close in answer._resource_closers:  # what the server's close() runs when the browser is gone
            close()
        package = ExportPackage.objects.get()
        assert (package.starts, package.spent_at, package.removed_at) == (starts, None, None)
    assert client.post(address).status_code == 302
    assert "can no longer be fetched" in client.get("/account/privacy/").content.decode()
    packages.sweep(by="system:sweep", at=timezone.now())
    assert list((tmp_path / "exports").iterdir()) == []


def test_what_arrives_is_as_long_and_as_signed_as_we_said(alice, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    request = asks(alice, "access", at=timezone.now())
    acts.carry_out(request.pk, by="system:worker", at=timezone.now())
    client = signed_in(alice)
    proves_again(client, alice)
    answer = client.post(reverse("privacy:download", args=[request.reference]))
    content, package = b"".join(answer.streaming_content), ExportPackage.objects.get()
    assert int(answer["Content-Length"]) == len(content) == package.size_bytes
    assert hashlib.sha256(content).hexdigest() == package.sha256
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Accel-Buffering"] == "no"


def test_bob_cannot_fetch_alices_copy(alice, bob, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    request = asks(alice, "access", at=timezone.now())
    acts.carry_out(request.pk, by="system:worker", at=timezone.now())
    client = signed_in(bob)
    proves_again(client, bob)
    for answer in (client.get, client.post):
        assert answer(reverse("privacy:download", args=[request.reference])).status_code == 404
    assert ExportPackage.objects.get().starts == 0


def test_a_copy_asks_for_the_password_and_ends_after_72_hours(alice, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    request = asks(alice, "access", at=timezone.now())
    acts.carry_out(request.pk, by="system:worker", at=timezone.now())
    client, address = signed_in(alice), reverse("privacy:download", args=[request.reference])
    assert client.post(address)["Location"].startswith("/accounts/reauthenticate/")
    proves_again(client, alice)
    ExportPackage.objects.update(built_at=timezone.now() - timedelta(hours=73), expires_at=timezone.now())
    assert client.post(address).status_code == 302
    assert "can no longer be fetched" in client.get("/account/privacy/").content.decode()


@pytest.mark.parametrize("page", ["/account/privacy/", "/account/privacy/erase/"])
def test_a_page_asks_as_many_queries_for_thirty_rows_as_for_one(alice, page, django_assert_max_num_queries, client):
    from django.apps import apps
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in(alice)
    proves_again(client, alice)
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(page)
    address = apps.get_model("accounts.Address")
    row = address.objects.get(user=alice.user)
    for number in range(29):
        row.pk, row.line1 = None, f"{number} Lane"
        row.save()
    with CaptureQueriesContext(connection) as thirty:
        client.get(page)
    assert len(thirty) == len(one)
