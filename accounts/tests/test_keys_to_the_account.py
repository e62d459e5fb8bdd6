"""Passwords, addresses, devices, second factors and API keys of an account that is already open."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.management import call_command

from accounts import security, tasks
from accounts.models import ApiToken, Session, User
from accounts.tests.conftest import NOON, PASSWORD, Browser
from privacy.register import subjects
from privacy.rights import retention

pytestmark = pytest.mark.django_db
NEW = "another-string-of-pearls"


def works(browser):
    return browser.get("/account/").status_code == 200


def test_sign_in_and_out(browser, alice):
    assert browser.get("/account/").headers["Location"] == "/accounts/login/?next=/account/"
    assert browser.sign_in("ALICE@example.com").headers["Location"] == "/account/"
    assert works(browser)
    assert browser.get("/accounts/logout/").status_code == 200
    assert works(browser), "a link cannot sign anybody out"
    assert browser.post("/accounts/logout/").headers["Location"] == "/"
    assert not works(browser)
    assert not Session.objects.filter(user=alice).exists()


@pytest.mark.promise("JK-18", "JE-109")
def test_five_wrong_passwords_make_a_pause(browser, alice, bob):
    for _ in range(5):
        browser.sign_in("alice@example.com", "wrong")
    assert "Too many attempts" in browser.sign_in("alice@example.com").content.decode()
    assert Browser().sign_in("bob@example.com").status_code == 302


def test_a_new_sign_in_names_the_account_on_its_session(signed_in, alice, bob):
    Browser().sign_in("bob@example.com")
    assert Session.objects.filter(user=alice).count() == 1
    assert Session.objects.get(user=alice).session_key == signed_in.cookies["sessionid"].value


def test_a_forgotten_password(browser, signed_in, alice, bob, mailbox):
    security.issue_token(alice, name="watch", by=alice, at=NOON)
    security.issue_token(bob, name="watch", by=bob, at=NOON)
    browser.post("/accounts/password/reset/", {"email": "Alice@example.com"})
    link = mailbox("alice@example.com").link
    form = browser.get(link, follow=True).request["PATH_INFO"]
    assert form.endswith("-set-password/"), "the key leaves the address bar"
    answer = browser.post(form, {"password1": NEW, "password2": NEW})

    assert answer.headers["Location"] == "/accounts/password/reset/key/done/"
    assert not works(signed_in), "other devices are signed out"
    assert [token.user for token in ApiToken.objects.all()] == [bob]
    assert mailbox("alice@example.com").kinds == ["accounts.password_reset_link", "accounts.password_changed"]
    assert mailbox("bob@example.com").kinds == []
    assert "used already" in Browser().get(link).content.decode()
    browser.sign_in("alice@example.com", NEW)
    assert works(browser)


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/accounts/password/reset/", {"email": "alice@example.com"}),
        ("/accounts/signup/", {"email": "alice@example.com", "password1": NEW}),
        ("/accounts/signup/", {"email": "new@example.com", "password1": NEW}),
    ],
)
def test_links_stand_on_our_own_address_whatever_the_host_header_says(browser, alice, mailbox, settings, path, typed):
    browser.says_age()
    browser.post(path, typed, headers={"Sec-Fetch-Site": "same-origin", "Host": "localhost"})
    text = mailbox(typed["email"]).mails[0]["text"]
    assert f"{settings.LOUPE_PUBLIC_URL}/accounts/" in text
    assert "localhost" not in text


def test_a_changed_password_ends_keys_and_says_so(signed_in, alice, mailbox):
    elsewhere = Browser()
    elsewhere.sign_in(alice.email)
    security.issue_token(alice, name="watch", by=alice, at=NOON)
    typed = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert signed_in.post("/accounts/password/change/", typed).headers["Location"] == "/account/security/"
    assert works(signed_in)
    assert not works(elsewhere)
    assert not ApiToken.objects.exists()
    assert mailbox(alice.email).kinds == ["accounts.password_changed"]


def test_a_changed_address_is_proven_first_and_the_old_one_hears_of_it(signed_in, alice, mailbox):
    signed_in.post("/accounts/email/", {"action_add": "", "email": "New@Example.com"})
    assert User.objects.get(pk=alice.pk).email == "alice@example.com"
    assert mailbox("alice@example.com").kinds == []

    link = mailbox("new@example.com").link
    stranger = Browser()
    stranger.post(link)
    assert User.objects.get(pk=alice.pk).email == "alice@example.com", "the link counts only where she is signed in"

    signed_in.post(link)
    assert User.objects.get(pk=alice.pk).email == "new@example.com"
    assert [row.email for row in EmailAddress.objects.filter(user=alice)] == ["new@example.com"]
    assert mailbox("alice@example.com").kinds == ["accounts.email_changed"]
    assert "new@example.com" in mailbox("alice@example.com").mails[0]["text"]
    assert mailbox("new@example.com").kinds == ["accounts.confirm_change", "accounts.email_in_use"]
    assert works(signed_in)


def test_an_address_nobody_proved_yields_to_its_owner(signed_in, alice, mailbox):
    squatter = User.objects.create_user("new@example.com", "mallorys-own-password", at=NOON)
    EmailAddress.objects.create(user=squatter, email="new@example.com", primary=True)
    signed_in.post("/accounts/email/", {"action_add": "", "email": "new@example.com"})
    signed_in.post(mailbox("new@example.com").link)
    assert User.objects.get(email="new@example.com") == alice
    assert not User.objects.filter(pk=squatter.pk).exists()


def test_an_address_somebody_proved_is_theirs(signed_in, alice, bob, mailbox):
    """Alice is told the same as for a free address; the link in Bob's mailbox gives her nothing."""
    answer = signed_in.post("/accounts/email/", {"action_add": "", "email": "bob@example.com"})
    free = signed_in.post("/accounts/email/", {"action_add": "", "email": "free@example.com"})
    assert (answer.status_code, answer.headers["Location"]) == (free.status_code, free.headers["Location"])
    cache.clear()
    signed_in.post("/accounts/email/", {"action_add": "", "email": "bob@example.com"})
    assert signed_in.post(mailbox("bob@example.com").link).status_code in (200, 302)
    assert User.objects.get(pk=alice.pk).email == "alice@example.com"
    assert EmailAddress.objects.get(email="bob@example.com", verified=True).user == bob
    assert bob.subject_id not in subjects.family(alice.subject)


def test_staff_addresses_are_not_taken_over(signed_in, alice, mailbox):
    User.objects.create_user("clerk@loupe.example", None, is_staff=True, at=NOON)
    signed_in.post("/accounts/email/", {"action_add": "", "email": "clerk@loupe.example"})
    answer = signed_in.post(mailbox("clerk@loupe.example").link, follow=True)
    assert "could not be confirmed" in answer.content.decode()
    assert User.objects.get(email="clerk@loupe.example").is_staff


def test_sessions_are_listed_and_ended(signed_in, alice, bob):
    elsewhere, bobs = Browser(headers={"user-agent": "Another phone"}), Browser(headers={"user-agent": "Bobs phone"})
    elsewhere.sign_in(alice.email)
    bobs.sign_in(bob.email)
    page = signed_in.get("/accounts/sessions/").content.decode()
    assert "Another phone" in page
    assert "Bobs phone" not in page
    signed_in.post("/accounts/sessions/")
    assert (works(signed_in), works(elsewhere), works(bobs)) == (True, False, True)


@pytest.mark.promise("JE-108")
def test_a_second_factor_is_asked_for_and_rests_sealed(signed_in, alice, mailbox, django_capture_on_commit_callbacks):
    secret = signed_in.get("/accounts/2fa/totp/activate/").context["form"].secret
    code = totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))
    with django_capture_on_commit_callbacks(execute=True):
        answer = signed_in.post("/accounts/2fa/totp/activate/", {"code": code})
    assert answer.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert signed_in.get("/accounts/2fa/recovery-codes/").status_code == 200
    assert mailbox(alice.email).kinds == ["accounts.totp_added"]
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))

    browser = Browser()
    assert browser.sign_in(alice.email).headers["Location"] == "/accounts/2fa/authenticate/"
    assert not works(browser)
    assert "Incorrect code" in browser.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    codes = Authenticator.objects.get(user=alice, type="recovery_codes").wrap().get_unused_codes()
    browser.post("/accounts/2fa/authenticate/", {"code": codes[0]})
    assert works(browser)
    assert len(Authenticator.objects.get(user=alice, type="recovery_codes").wrap().get_unused_codes()) == len(codes) - 1


def test_a_closed_account_lets_nobody_in_until_it_is_opened(signed_in, alice, bob, carol):
    bobs = Browser()
    bobs.sign_in(bob.email)
    _, key = security.issue_token(alice, name="watch", by=alice, at=NOON)
    security.deactivate(alice, by=carol, at=NOON)
    assert not works(signed_in)
    assert Browser().get("/api/v1/me/", headers={"Authorization": f"Token {key}"}).status_code == 401
    assert Browser().sign_in(alice.email).headers["Location"] == "/accounts/inactive/"
    assert works(bobs)
    security.reactivate(alice, by=carol, at=NOON)
    assert Browser().sign_in(alice.email).headers["Location"] == "/account/"


def test_keys_are_shown_once_listed_and_revoked(signed_in, alice, bob):
    bobs, _ = security.issue_token(bob, name="Bob's watch", by=bob, at=NOON)
    page = signed_in.post("/account/security/keys/", {"name": "My watch"})
    key = page.context["key"]
    assert key in page.content.decode()
    again = signed_in.get("/account/security/keys/").content.decode()
    assert key not in again
    assert "My watch" in again
    assert "Bob&#x27;s watch" not in again
    assert key not in str(list(ApiToken.objects.values()))
    asked = Browser().get("/api/v1/me/", headers={"Authorization": f"Token {key}"})
    assert asked.json()["email"] == alice.email

    assert signed_in.post(f"/account/security/keys/{bobs.reference}/revoke/").status_code == 404
    assert (
        signed_in.post(f"/account/security/keys/{ApiToken.objects.get(user=alice).reference}/revoke/").status_code
        == 302
    )
    assert [token.user for token in ApiToken.objects.all()] == [bob]
    assert Browser().get("/api/v1/me/", headers={"Authorization": f"Token {key}"}).status_code == 401


def test_there_is_an_end_to_keys(signed_in, alice):
    for number in range(security.MOST_TOKENS):
        security.issue_token(alice, name=str(number), by=alice, at=NOON)
    page = signed_in.post("/account/security/keys/", {"name": "One more"})
    assert "as many keys as we give out" in page.content.decode()
    assert ApiToken.objects.count() == security.MOST_TOKENS


def test_a_key_needs_a_fresh_password(alice, bob):
    browser = Browser()
    browser.sign_in(alice.email)
    answer = browser.post("/account/security/keys/", {"name": "Mallory at an open laptop"})
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiToken.objects.exists()


def test_sessions_past_their_time_go_with_what_we_noted_about_them(alice, bob):
    for email in (alice.email, bob.email):
        Browser().sign_in(email)
    Session.objects.filter(user=alice).update(expire_date=NOON)
    retention.run(apply=True, by="system:retention", at=NOON.replace(hour=13))
    assert [row.user for row in Session.objects.all()] == [bob]
    assert [row.user for row in UserSession.objects.all()] == [bob]


def test_accounts_nobody_confirmed_go_after_a_week(alice):
    late = User.objects.create_user("late@example.com", PASSWORD, at=NOON)
    EmailAddress.objects.create(user=late, email=late.email, primary=True)
    clerk = User.objects.create_user("clerk@loupe.example", None, is_staff=True, at=NOON)
    assert security.sweep_unconfirmed(at=NOON.replace(day=9, hour=11)) == 0
    assert security.sweep_unconfirmed(at=NOON.replace(day=9, hour=13)) == 1
    assert set(User.objects.all()) == {alice, clerk}
    assert subjects.candidates("email", value="late@example.com") == [], "nothing typed is left behind"
    assert subjects.candidates("email", value="alice@example.com") == [alice.subject]


def test_the_timetable_runs_both_sweeps(settings):
    timetable = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {tasks.sweep_inactive.name, tasks.sweep_unconfirmed.name} <= timetable
    assert tasks.sweep_unconfirmed() == 0
    tasks.sweep_inactive()


def test_an_account_made_at_the_command_line_proves_its_address_like_any_other(browser, mailbox, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="Root@loupe.example", interactive=False)
    assert browser.sign_in("root@loupe.example").headers["Location"] == "/accounts/confirm-email/"
    assert browser.post(mailbox("root@loupe.example").link).headers["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200
