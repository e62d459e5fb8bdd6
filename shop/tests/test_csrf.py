"""Forms without a session rest on what the browser says; forms with one rest on Django's token."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return Client(enforce_csrf_checks=True)


def post(browser, **headers):
    return browser.post("/bag/add/", {"key": "v:0", "quantity": "1"}, headers=headers)


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://testserver"}])
def test_our_own_pages_may_post_without_a_session(browser, settings, headers):
    settings.ALLOWED_HOSTS = ["testserver"]
    assert post(browser, **headers).status_code != 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
def test_anything_else_is_refused_with_an_explanation(browser, headers):
    response = post(browser, **headers)
    assert response.status_code == 403
    assert b"another site" in response.content


def test_with_a_session_the_token_is_needed_whatever_the_browser_says(browser, django_user_model):
    alice = django_user_model.objects.create_user("alice@example.com", "correct horse battery")
    browser.force_login(alice)
    assert post(browser, **{"sec-fetch-site": "same-origin"}).status_code == 403


def test_a_first_visit_gets_no_cookie_and_no_token(browser):
    response = browser.get("/")
    assert response.status_code == 200
    assert not response.cookies
    assert b"csrfmiddlewaretoken" not in response.content
