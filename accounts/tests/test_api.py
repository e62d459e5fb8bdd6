"""The API's plumbing: who is asking, how often, and documents that load nothing from outside."""

import re

import pytest
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

from accounts import security
from accounts.tests.conftest import NOON, Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(alice):
    _, key = security.issue_token(alice, name="watch", by=alice, at=NOON)
    return {"Authorization": f"Token {key}"}


def patch(data, headers, content_type="application/json"):
    return Browser().patch("/api/v1/me/", data, content_type=content_type, headers=headers)


def test_me_is_whoever_holds_the_key(browser, key, alice, bob):
    assert browser.get("/api/v1/me/", headers=key).json() == {
        "email": "alice@example.com",
        "full_name": "Alice Abernathy",
        "phone": "+12125550137",
        "date_joined": "2026-11-02T12:00:00Z",
    }


def test_a_session_counts_too_but_a_change_needs_its_token(signed_in):
    assert signed_in.get("/api/v1/me/").status_code == 200
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    answer = strict.patch("/api/v1/me/", {"full_name": "Mallory"}, content_type="application/json")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Token"}, {"Authorization": "Token nonsense"}, {"Authorization": "Token a b"}],
)
def test_without_a_key_the_api_asks_for_one(browser, alice, headers):
    answer = browser.get("/api/v1/me/", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_details_change_and_nothing_else_does(key, alice, bob):
    wanted = {"full_name": "Alice Baker", "phone": "(212) 555-0199", "email": "x@example.com", "is_staff": True}
    answer = patch(wanted, key)
    assert answer.status_code == 200
    assert answer.json()["phone"] == "+12125550199"
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.full_name, alice.email, alice.is_staff) == ("Alice Baker", "alice@example.com", False)
    assert bob.full_name == "Bob Brightwater"
    assert patch({"phone": ""}, key).json()["phone"] == ""


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        ({"phone": "pearl"}, "application/json", 400),
        ({"full_name": "x" * 151}, "application/json", 400),
        ({"full_name": None}, "application/json", 400),
        ({"full_name": "a\x00b"}, "application/json", 400),
        ("{not json", "application/json", 400),
        ("[]", "application/json", 400),
        ("full_name=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_bad_input_is_the_senders_fault(key, alice, data, content_type, status):
    assert patch(data, key, content_type).status_code == status


def test_too_many_questions_are_told_to_wait(browser, key, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "rate", "2/min", raising=False)
    answers = [browser.get("/api/v1/me/", headers=key).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_an_invented_address_does_not_start_a_new_count(browser, monkeypatch):
    monkeypatch.setattr(AnonRateThrottle, "rate", "2/min", raising=False)
    headers = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(3)]
    assert [browser.get("/api/v1/", headers=header).status_code for header in headers] == [200, 200, 429]


def test_the_front_page_leads_to_the_documents(browser, settings):
    links = browser.get("/api/v1/").json()
    assert links["docs"] == f"{settings.LOUPE_PUBLIC_URL}/api/docs/"
    for link in (links["docs"], links["schema"]):
        assert browser.get(link.removeprefix(settings.LOUPE_PUBLIC_URL)).status_code == 200


def test_the_documents_load_nothing_from_outside_and_run_nothing_inline(browser):
    page = browser.get("/api/docs/")
    html = page.content.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded), loaded
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    script = next(address for address in loaded if "script" in address)
    assert browser.get(script.replace("&amp;", "&")).status_code == 200


def test_the_schema_names_every_address_of_the_api_without_a_complaint(browser, capsys):
    schema = browser.get("/api/v1/schema/?format=json").json()
    assert {"/api/v1/me/", "/api/v1/"} <= set(schema["paths"])
    assert set(schema["paths"]["/api/v1/me/"]) == {"get", "patch"}
    assert all(path.startswith("/api/v1/") for path in schema["paths"])
