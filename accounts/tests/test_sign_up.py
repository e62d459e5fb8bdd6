"""Signing up: an account opens only to somebody who owns the mailbox and knows the password."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache

from accounts.models import User
from accounts.tests.conftest import NOON, PASSWORD
from privacy.ground.models import AuditEvent
from privacy.register import subjects
from privacy.register.models import SubjectLink

pytestmark = pytest.mark.django_db


def sign_up(browser, email, password=PASSWORD, **more):
    browser.says_age()
    return browser.post("/accounts/signup/", {"email": email, "password1": password, **more})


def confirm(browser, path):
    assert browser.get(path).status_code == 200
    return browser.post(path)


def guest(email):
    """A guest who ordered with this address."""
    subject = subjects.new(by="test", at=NOON)
    subjects.identify(subject, value=email, by="test", at=NOON)
    return subject


def is_signed_in(browser):
    return browser.get("/account/").status_code == 200


@pytest.mark.promise("JS-07")
def test_sign_up_confirm_and_find_the_orders_made_as_a_guest(browser, mailbox):
    alices, bobs = guest("alice@example.com"), guest("bob@example.com")

    answer = sign_up(browser, "Alice@Example.com", full_name="Alice Abernathy")
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert not is_signed_in(browser)
    user = User.objects.get()
    assert (user.email, user.full_name) == ("alice@example.com", "Alice Abernathy")
    assert subjects.family(user.subject) == [user.subject_id], "typing an address joins nothing"
    assert mailbox("alice@example.com").kinds == ["accounts.confirm_signup"]

    answer = confirm(browser, mailbox("alice@example.com").link)
    assert answer.headers["Location"] == "/account/"
    assert is_signed_in(browser)
    assert set(subjects.family(user.subject)) == {user.subject_id, alices.pk}
    assert SubjectLink.objects.filter(child=bobs).count() == 0


def test_a_link_that_was_used_says_so(browser, mailbox):
    sign_up(browser, "alice@example.com")
    link = mailbox("alice@example.com").link
    confirm(browser, link)
    assert "used already" in browser.get(link).content.decode()
    assert browser.post(link).status_code == 404


@pytest.mark.parametrize("path", ["/accounts/confirm-email/nonsense/", "/accounts/confirm-email/a:b:c/"])
def test_a_link_nobody_sent_is_no_error_of_ours(browser, path):
    assert browser.get(path).status_code == 200
    assert browser.post(path).status_code == 404


def test_mallory_with_bobs_address_gains_nothing_when_bob_clicks(browser, other_browser, mailbox):
    """The classic: sign up with a stranger's address and hope they click."""
    bobs_order = guest("bob@example.com")
    sign_up(browser, "bob@example.com", "mallorys-own-password")

    answer = confirm(other_browser, mailbox("bob@example.com").link)

    assert answer.status_code == 302
    assert not EmailAddress.objects.get().verified
    user = User.objects.get()
    assert bobs_order.pk not in subjects.family(user.subject)
    assert not is_signed_in(other_browser)
    browser.sign_in("bob@example.com", "mallorys-own-password")
    assert not is_signed_in(browser)


def test_bob_takes_back_an_address_mallory_typed(browser, other_browser, mailbox):
    bobs_order = guest("bob@example.com")
    sign_up(browser, "bob@example.com", "mallorys-own-password", full_name="Mallory")
    bob = other_browser
    cache.clear()  # three minutes later: one such mail in three minutes is allauth's limit

    sign_up(bob, "bob@example.com")
    assert mailbox("bob@example.com").kinds[-1] == "accounts.already_exists"
    bob.post("/accounts/password/reset/", {"email": "bob@example.com"})
    form = bob.get(mailbox("bob@example.com").link, follow=True).request["PATH_INFO"]
    bob.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    bob.sign_in("bob@example.com")
    confirmation = [mail for mail in mailbox("bob@example.com").mails if "confirm-email" in mail["text"]][-1]
    path = "/accounts/confirm-email/" + confirmation["text"].split("/accounts/confirm-email/")[1].split()[0]
    confirm(bob, path)

    assert is_signed_in(bob)
    assert not is_signed_in(browser), "Mallory's waiting sign-in was not resumed"
    browser.sign_in("bob@example.com", "mallorys-own-password")
    assert not is_signed_in(browser)
    assert bobs_order.pk in subjects.family(User.objects.get().subject)


def test_a_mail_to_a_stranger_carries_no_words_of_the_sender(browser, mailbox):
    sign_up(browser, "bob@example.com", full_name="Visit evil.example now")
    assert "evil" not in str(mailbox("bob@example.com").mails)


def test_sign_up_tells_nobody_whether_an_address_has_an_account(browser, other_browser, alice, mailbox):
    known = sign_up(browser, "alice@example.com", "some-other-password")
    unknown = sign_up(other_browser, "nobody@example.com", "some-other-password")

    assert seen(known) == seen(unknown)
    assert browser.cookies.keys() == other_browser.cookies.keys()
    assert without_tokens(browser.get(known.url)) == without_tokens(other_browser.get(unknown.url))
    assert mailbox("alice@example.com").kinds == ["accounts.already_exists"]
    assert alice.check_password(PASSWORD)


def test_password_reset_tells_nobody_whether_an_address_has_an_account(browser, other_browser, alice, mailbox):
    known = browser.post("/accounts/password/reset/", {"email": "alice@example.com"})
    unknown = other_browser.post("/accounts/password/reset/", {"email": "nobody@example.com"})

    assert seen(known) == seen(unknown)
    assert browser.get(known.url).content == other_browser.get(unknown.url).content
    assert mailbox("nobody@example.com").kinds == []


def test_sign_in_tells_nobody_whether_an_address_has_an_account(browser, other_browser, alice):
    known = browser.sign_in("alice@example.com", "wrong")
    unknown = other_browser.sign_in("nobody@example.com", "wrong")
    wash = lambda page, email: page.content.decode().replace(email, "…")  # noqa: E731
    assert known.status_code == unknown.status_code == 200
    assert wash(known, "alice@example.com") == wash(unknown, "nobody@example.com")


def without_tokens(answer):
    """The page but for the token of each browser's own session."""
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())


def seen(answer):
    return answer.status_code, answer.headers["Location"], answer.content


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"email": "", "password1": ""},
        {"email": "no-address", "password1": PASSWORD},
        {"email": "a" * 400 + "@example.com", "password1": PASSWORD},
        {"email": "alice@example.com", "password1": "short"},
        {"email": "alice@example.com", "password1": PASSWORD, "full_name": "x" * 151},
        {"email": "alice@example.com\x00", "password1": PASSWORD},
        {"email": "alice@example.com", "password1": "alice@example.com"},
    ],
)
@pytest.mark.promise("JS-37", "JE-115")
def test_what_cannot_be_used_is_said_beside_the_field(browser, typed):
    browser.says_age()
    answer = browser.post("/accounts/signup/", typed)
    assert answer.status_code == 200
    assert "field--wrong" in answer.content.decode()
    assert not User.objects.exists()


def test_two_sign_ups_at_once_make_one_account_and_hear_the_same(browser, monkeypatch, alice):
    """The second one passed the check before the first one's row was there."""
    from allauth.account.forms import BaseSignupForm

    monkeypatch.setattr(BaseSignupForm, "validate_unique_email", lambda self, value: value)
    answer = sign_up(browser, "alice@example.com")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/confirm-email/")
    assert User.objects.count() == 1


def test_the_trail_holds_no_address(browser, mailbox):
    sign_up(browser, "alice@example.com", full_name="Alice Abernathy")
    confirm(browser, mailbox("alice@example.com").link)
    trail = str(list(AuditEvent.objects.values()))
    assert "alice" not in trail.lower()
