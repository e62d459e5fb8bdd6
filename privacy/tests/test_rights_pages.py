"""The pages of privacy, through the front door: Alice sees herself, Mallory sees nobody, a guest proves by link."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from privacy.models import Disclosure, Message, Subject
from privacy.register import profiles, subjects
from privacy.rights import acts, intake, links, packages, requests
from privacy.rights.models import DataRequest, ExportPackage, State
from privacy.tests.people import asks, held, someone

pytestmark = pytest.mark.django_db
CAROL = "staff:3"


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


@pytest.fixture
def alice():
    return someone("alice")


@pytest.fixture
def bob():
    return someone("bob")


def visitor():
    """A browser without a session; the header is what a real one sends with our own forms."""
    return Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})


def signed_in(person):
    client = Client()
    client.force_login(person.user)
    return client


def proves_again(client, person):
    """Type the password once more, as the reauthentication page asks."""
    answer = client.post(reverse("account_reauthenticate"), {"password": f"{person.email[:-12]}-opal-briolette-7"})
    assert answer.status_code == 302


def keys_in(mail, page):
    """The signed keys of a page's links in a mail."""
    return re.findall(rf"{page}\?key=([^\s\"<]+)", mail.payload["text"])


def latest(kind):
    return Message.objects.filter(kind=f"privacy.{kind}").order_by("-created_at").first()


def unpacked(response):
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    return json.loads(archive.read("data.json")), archive.read("index.html").decode()


# The account page


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
    assert "request.received" in {row["values"]["event"] for row in groups["privacy.AuditEvent"]["rows"]}
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


# The public form


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


# The policy and its neighbours


@pytest.mark.parametrize(
    "page",
    [
        "/privacy/",
        "/privacy/cookies/",
        "/privacy/opt-out/",
        "/privacy/certificate/",
        "/privacy/request/",
        "/privacy/request/asked/",
    ],
)
def test_a_public_page_sets_no_cookie(page):
    answer = visitor().get(page)
    assert answer.status_code == 200
    assert not answer.cookies


@pytest.mark.promise("JS-36", "JK-02", "JE-01")
def test_the_policy_names_everything_the_register_holds():
    from django.utils.html import escape

    from privacy.register import registry

    page = visitor().get("/privacy/").content.decode()
    assert [each.label for each in registry.all_declared() if escape(each.label) not in page] == []
    assert [each.name for each in registry.processors() if escape(each.name) not in page] == []


@pytest.mark.parametrize(
    ("value", "honoured"), [("1", True), ("0", False), ("true", False), ("", False), ("0, 1", True)]
)
@pytest.mark.promise("JK-12", "JE-63", "JH-26", "JE-89")
def test_the_signal_is_honoured_and_shown(value, honoured):
    page = visitor().get("/privacy/opt-out/", headers={"Sec-GPC": value}).content.decode()
    assert ("Opt-out signal honoured" in page) is honoured


@pytest.mark.parametrize("policy", profiles.slugs())
@pytest.mark.promise("JK-02", "JE-01")
def test_every_shop_has_its_policy_in_its_own_words(settings, policy):
    settings.LOUPE_POLICY, settings.PAGE_CACHE_SECONDS = policy, 0
    shop, page = profiles.current(), visitor().get("/privacy/").content.decode()
    reply = shop.clocks.first_reply_hours
    assert (f"{reply} hours" if reply else f"{shop.clocks.first_reply_business_days} business days") in page
    for words in (shop.contact.email, f"people of {shop.ages.alone_from} and older", f"below {shop.ages.erased_below}"):
        assert words in page
    assert ("a parent or guardian may buy" in page) is (shop.ages.parent_from is not None)
    assert ("nothing of the card" in page) is (shop.card_facts == ())


def test_behind_a_proxy_the_form_counts_visitors_not_the_proxy(settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def ask_from(address, number):
        typed = {"kind": "access", "email": f"p{number}@example.com"}
        return visitor().post("/privacy/request/", typed, headers={"X-Forwarded-For": address}).status_code

    assert [ask_from("203.0.113.7", number) for number in range(11)][-1] == 429
    assert ask_from("203.0.113.8", 12) == 302


@pytest.mark.promise("JE-117")
def test_the_well_known_files():
    assert visitor().get("/.well-known/gpc.json").json() == {"gpc": True, "lastUpdate": "2026-11-01"}
    text = visitor().get("/.well-known/security.txt").content.decode()
    assert text.startswith("Contact: mailto:privacy@janeellen.example\nExpires: ")
