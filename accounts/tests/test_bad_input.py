"""Nonsense at every door of an account is answered with a message or a 4xx page, never with an error of ours."""

import pytest

from accounts.tests.conftest import Browser

pytestmark = pytest.mark.django_db
HUGE = "9" * 40
NONSENSE = [
    {},
    {"login": "\x00", "password": "\x00", "email": "\x00", "password1": "\x00", "name": "\x00", "code": "\x00"},
    {"login": "x" * 5000, "password": "x" * 5000, "email": "x" * 5000, "password1": "x" * 5000, "code": "x" * 5000},
    {
        "login": "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        "email": "ü@ü.ü",
        "name": "\u202e",
        "code": "١٢٣",
    },
    {"next": "//evil.example", "login": "a@b.example", "password": "x", "action_remove": "", "action_send": ""},
    {"next": "http://[", "email": "a@b.example", "action_primary": "", "oldpassword": "x"},
]
FOR_ALL = [
    "/accounts/age/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/logout/",
    "/accounts/password/reset/",
    "/accounts/confirm-email/nonsense/",
    "/accounts/password/reset/key/1-set-password/",
    "/accounts/2fa/authenticate/",
    "/accounts/login/code/confirm/",
]
SIGNED_IN = [
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/password/set/",
    "/accounts/reauthenticate/",
    "/accounts/sessions/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/recovery-codes/download/",
    "/accounts/2fa/reauthenticate/",
    "/account/details/",
    "/account/addresses/add/",
    f"/account/addresses/{HUGE}/",
    f"/account/addresses/{HUGE}/remove/",
    "/account/security/keys/",
    "/account/security/keys/nonsense/revoke/",
]


def no_error_of_ours(browser, path):
    """True when every kind of nonsense at this address is answered."""
    answers = [browser.get(path), browser.get(path, {"next": "http://[", "email": "\x00"})]
    answers += [browser.post(path, typed) for typed in NONSENSE]
    answers.append(browser.post(path, "{not json", content_type="application/json"))
    return all(answer.status_code < 500 for answer in answers)


@pytest.mark.parametrize("path", FOR_ALL)
def test_nonsense_from_a_stranger(browser, path):
    assert no_error_of_ours(browser, path)


def test_nonsense_from_a_stranger_who_said_how_old_they_are(browser):
    browser.says_age()
    assert no_error_of_ours(browser, "/accounts/signup/")


@pytest.mark.parametrize("path", SIGNED_IN)
def test_nonsense_from_a_customer(alice, path):
    browser = Browser()
    browser.sign_in(alice.email)
    browser.say_who_you_are()
    assert no_error_of_ours(browser, path)


@pytest.mark.parametrize("cookie", ["", "x", "\x00", "a" * 5000, "' OR 1=1"])
def test_a_made_up_session_is_no_session(browser, cookie):
    browser.cookies["sessionid"] = cookie
    assert browser.get("/account/").headers["Location"] == "/accounts/login/?next=/account/"


@pytest.mark.parametrize("words", [HUGE, "\x00", "'", "%", "x" * 5000])
def test_nonsense_in_the_search_of_the_desk(browser, carol, words):
    carol.is_superuser = True
    carol.save()
    browser.force_login(carol)
    assert browser.get("/admin/accounts/user/", {"q": words}).status_code in (200, 302)
    assert browser.get(f"/admin/accounts/user/{HUGE}/change/").status_code in (302, 404)


def test_too_many_tries_get_a_page_in_the_shops_clothes(browser):
    browser.says_age()
    answers = [browser.post("/accounts/signup/", {}) for _ in range(21)]
    assert answers[-1].status_code == 429
    assert "A little slower, please" in answers[-1].content.decode()
    assert 'class="wordmark"' in answers[-1].content.decode()
