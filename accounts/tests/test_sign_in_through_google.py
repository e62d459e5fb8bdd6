"""Signing in through Google, against a Google of our own: what it says of an address is not believed, and nothing of it is kept."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from types import ModuleType
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.google import urls
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from django.apps import apps
from django.conf import settings as shop_settings
from django.urls import include, path
from django.utils import timezone

from accounts import social
from accounts.models import User
from privacy.models import Disclosure, Message, Subject
from privacy.register import disclosures, payloads, subjects
from privacy.register.declare import DECLARATIONS, PROCESSORS
from privacy.rights import identity
from tests import socket_guard

pytestmark = pytest.mark.django_db
CLIENT = "loupe-test.apps.googleusercontent.com"


class Google(http.server.ThreadingHTTPServer):
    """Its token endpoint (RFC 6749 4.1.4 with an OpenID id_token) and its revocation endpoint (RFC 7009)."""

    daemon_threads = True

    def __init__(self):
        self.says, self.asked, self.revoked, self.revoke_status = {}, [], [], 200
        super().__init__(("127.0.0.1", 0), Desk)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Desk(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if self.path == "/revoke":
            self.server.revoked.append(form["token"][0])
            return self._answer(self.server.revoke_status, {})
        self.server.asked.append(form)
        claims = {"iss": "https://accounts.google.com", "aud": CLIENT, **self.server.says}
        claims["exp"] = int(timezone.now().timestamp()) + 600
        claims["iat"] = int(timezone.now().timestamp())
        token = jwt.encode(claims, "a key nobody checks: the answer came over TLS from Google", algorithm="HS256")
        return self._answer(
            200, {"access_token": "ya29.x", "expires_in": 3599, "token_type": "Bearer", "id_token": token}
        )

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args):
        pass


def site_with_google():
    """The site's addresses as they are where Google's keys are set."""
    own, site = import_module(shop_settings.ROOT_URLCONF), ModuleType("site_with_google")
    site.urlpatterns, site.handler500 = [path("accounts/", include(urls.urlpatterns)), *own.urlpatterns], own.handler500
    return site


@pytest.fixture
def google(settings, monkeypatch):
    server = Google()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    registry.load()
    monkeypatch.setitem(registry.provider_map, "google", GoogleProvider)
    monkeypatch.setattr(GoogleOAuth2Adapter, "access_token_url", f"{server.url}/token")
    monkeypatch.setitem(social.REVOKED_AT, "google", f"{server.url}/revoke")
    monkeypatch.setitem(PROCESSORS, social.SLUG, social.processor())
    declared = DECLARATIONS["socialaccount.SocialToken"]
    to = {name: replace(declared.fields[name], recipients=(social.SLUG,)) for name in ("token", "token_secret")}
    monkeypatch.setitem(DECLARATIONS, declared.model, replace(declared, fields={**declared.fields, **to}))
    keys = {"client_id": CLIENT, "secret": "s3cret", "key": ""}
    own = shop_settings.SOCIALACCOUNT_PROVIDERS["google"]
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {**own, "APPS": [keys]}}
    settings.ROOT_URLCONF = site_with_google()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def enters(browser, google, email, *, sub="1001", **says):
    """Press the button, come back from Google."""
    google.says = {"sub": sub, "email": email, "email_verified": True, **says}
    browser.says_age()
    there = browser.post("/accounts/google/login/")
    query = parse_qs(urlsplit(there["Location"]).query)
    assert there["Location"].startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    assert set(query["scope"][0].split()) == {"openid", "email"}
    assert query["code_challenge_method"] == ["S256"]
    return browser.get("/accounts/google/login/callback/", {"code": "4/0A", "state": query["state"][0]})


@pytest.fixture
def grace(google, browser, mailbox):
    """Grace has an account without a password; her browser is signed in."""
    enters(browser, google, "grace@example.com", name="Grace Hopper", picture="https://lh3.example/g.jpg")
    browser.post(mailbox("grace@example.com").link)
    return User.objects.get(email="grace@example.com")


def test_without_keys_there_is_no_button_and_no_address(browser):
    for page in ("/accounts/login/", "/accounts/signup/"):
        assert "Google" not in browser.get(page).content.decode()
    assert browser.post("/accounts/google/login/").status_code == 404
    assert "allauth.socialaccount.providers.google" not in shop_settings.INSTALLED_APPS


def test_with_keys_there_is_a_button(google, browser):
    browser.says_age()
    for page in ("/accounts/login/", "/accounts/signup/"):
        assert 'action="/accounts/google/login/' in browser.get(page).content.decode()


def test_the_keys_come_from_the_environment_only(google, browser, settings):
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {"APPS": []}}
    SocialApp.objects.create(provider="google", name="x", client_id="y", secret="z")
    assert "Google" not in browser.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("given", [{"GOOGLE_CLIENT_ID": "x"}, {"GOOGLE_CLIENT_SECRET": "x"}])
def test_half_a_pair_of_keys_stops_the_start(given):
    environment = {**os.environ, "DATABASE_URL": "postgres://x", "REDIS_URL": "redis://x", **given}
    start = [sys.executable, "-c", "import shop.settings"]
    done = subprocess.run(start, env=environment, capture_output=True, text=True, cwd=shop_settings.BASE_DIR)
    assert done.returncode != 0
    assert "GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET must be set together" in done.stderr


def test_a_whole_pair_offers_the_address_and_lets_the_form_lead_there():
    look = (
        "import django; django.setup(); from django.conf import settings; from django.urls import reverse;"
        "print(reverse('google_login'), settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    environment = {**os.environ, "DATABASE_URL": "postgres://x", "REDIS_URL": "redis://x"}
    environment |= {"GOOGLE_CLIENT_ID": "x", "GOOGLE_CLIENT_SECRET": "y", "DJANGO_SETTINGS_MODULE": "shop.settings"}
    done = subprocess.run(
        [sys.executable, "-c", look], env=environment, capture_output=True, text=True, cwd=shop_settings.BASE_DIR
    )
    assert done.stdout.startswith("/accounts/google/login/ "), done.stderr
    assert "https://accounts.google.com" in done.stdout


def test_a_newcomer_proves_the_mailbox_whatever_google_says(google, browser, mailbox):
    guest = subjects.new(by="test", at=timezone.now())
    subjects.identify(guest, value="grace@example.com", by="test", at=timezone.now())
    assert enters(browser, google, "grace@example.com")["Location"] == "/accounts/confirm-email/"
    grace = User.objects.get(email="grace@example.com")
    assert EmailAddress.objects.get(user=grace).verified is False
    assert "_auth_user_id" not in browser.session
    assert guest.pk not in subjects.family(grace.subject), "Google's word joins nobody with their orders"
    browser.post(mailbox("grace@example.com").link)
    assert EmailAddress.objects.get(user=grace).verified is True
    assert browser.session["_auth_user_id"] == str(grace.pk)
    assert guest.pk in subjects.family(grace.subject)


@pytest.mark.promise("JE-12")
def test_nothing_of_what_google_told_is_kept_but_which_account_it_is(google, grace, browser):
    for _ in range(2):
        account = SocialAccount.objects.get()
        assert (account.user, account.uid, account.extra_data) == (grace, "1001", {})
        assert (grace.full_name, grace.has_usable_password()) == ("", False)
        assert not SocialToken.objects.exists()
        browser.post("/accounts/logout/")
        answer = enters(browser, google, "grace@example.com", name="Grace Hopper", picture="https://lh3.example/g.jpg")
        assert answer["Location"] == "/account/"
    assert browser.session.get_expire_at_browser_close() is False
    assert browser.session.get_expiry_age() > 86_400, "a sign-in lasts as long as any other"


@pytest.mark.promise("JH-10")
def test_what_a_platform_passes_on_beside_the_address_is_kept_nowhere(google, browser, mailbox):
    """The two scopes of `enters` ask for no more; and were more given, none of it is written down."""
    told = {
        "gender": "tokengender",
        "locale": "tokenplace",
        "birthday": "tokenday",
        "picture": "https://tokenface.example/",
    }
    told |= {"name": "Tokenname", "interests": ["tokenhobby"], "friends": [{"name": "tokenfriend"}]}
    enters(browser, google, "grace@example.com", **told)
    session = str(dict(browser.session))
    browser.post(mailbox("grace@example.com").link)
    words = ["tokengender", "tokenplace", "tokenday", "tokenface", "Tokenname", "tokenhobby", "tokenfriend"]
    rows = str([list(model._base_manager.values_list()) for model in apps.get_models()])
    assert "grace@example.com" in rows
    assert [word for word in words if word in rows + session + str(dict(browser.session))] == []


def test_somebody_elses_account_with_that_address_is_not_entered(google, browser, bob, mailbox):
    answer = enters(browser, google, bob.email, sub="666")
    assert answer.status_code == 302
    assert "_auth_user_id" not in browser.session
    assert not SocialAccount.objects.exists()
    assert mailbox(bob.email).kinds == ["accounts.already_exists"]


@pytest.mark.promise("JE-20")
def test_a_member_of_the_house_connects_and_unlinks_at_any_time(google, signed_in, browser, alice, mailbox):
    google.says = {"sub": "77", "email": "alice.private@gmail.com", "email_verified": True}
    there = signed_in.post("/accounts/google/login/?process=connect")
    state = parse_qs(urlsplit(there["Location"]).query)["state"][0]
    signed_in.get("/accounts/google/login/callback/", {"code": "4/0A", "state": state})
    account = SocialAccount.objects.get()
    assert (account.user, account.extra_data) == (alice, {})
    assert list(EmailAddress.objects.filter(user=alice).values_list("email", flat=True)) == [alice.email]
    assert mailbox(alice.email).kinds == ["accounts.social_added"]
    page = signed_in.get("/accounts/3rdparty/").content.decode()
    assert "Google" in page
    signed_in.post("/accounts/3rdparty/", {"account": account.pk})
    assert not SocialAccount.objects.exists()
    assert mailbox(alice.email).kinds[-1] == "accounts.social_removed"
    assert not SocialToken.objects.exists(), "nothing is left by which anything more could be shared"
    enters(browser, google, "alice.private@gmail.com", sub="77")
    assert SocialAccount.objects.get().user != alice, "Google leads to a newcomer now"


# Is it you, without a password?


def code_for(address):
    text = Message.objects.filter(kind="privacy.identity_code").order_by("-created_at").first().payload
    assert text["to"] == address
    return re.search(r"^\d{6}$", text["text"], re.MULTILINE)[0]


def test_a_browser_left_open_is_not_enough(grace, browser):
    for page in ("/account/privacy/copy/", "/account/privacy/erase/", "/account/security/keys/"):
        for answer in (browser.get(page), browser.post(page)):
            assert answer.status_code == 302
            assert answer["Location"].startswith("/account/privacy/prove/?next=%2Faccount%2F")


def test_six_digits_by_mail_open_the_page_she_wanted(grace, browser):
    prove = browser.get("/account/privacy/copy/")["Location"]
    assert "Mail me a code" in browser.get(prove).content.decode()
    assert browser.get(prove).status_code == 200
    assert not Message.objects.filter(kind="privacy.identity_code").exists(), "opening a page mails nothing"
    sent = browser.post(prove, {"send": "1"})
    code = code_for(grace.email)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert browser.post(sent["Location"], {"code": wrong}).status_code == 400
    assert browser.get("/account/privacy/copy/").status_code == 302
    answer = browser.post(sent["Location"], {"code": f" {code[:3]} {code[3:]} "})
    assert answer["Location"] == "/account/privacy/copy/"
    assert browser.get("/account/privacy/copy/").status_code == 200
    assert browser.post(sent["Location"], {"code": code}).status_code == 400, "it works once"


def test_a_proof_is_good_for_minutes_and_for_one_person(grace, browser, bob, settings):
    prove = browser.get("/account/privacy/copy/")["Location"]
    sent = browser.post(prove, {"send": "1"})
    browser.post(sent["Location"], {"code": code_for(grace.email)})
    session = browser.session
    session[identity.SESSION_KEY] = {**session[identity.SESSION_KEY], "at": session[identity.SESSION_KEY]["at"] - 300}
    session.save()
    assert browser.get("/account/privacy/copy/").status_code == 302
    session[identity.SESSION_KEY] = {"user": str(bob.pk), "at": timezone.now().timestamp()}
    session.save()
    assert browser.get("/account/privacy/copy/").status_code == 302


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_afterwards_nobody_is_sent_to_another_site(grace, browser, wanted):
    browser.post("/account/privacy/prove/", {"send": "1", "next": wanted})
    answer = browser.post("/account/privacy/prove/", {"code": code_for(grace.email), "next": wanted})
    assert answer["Location"] == "/account/privacy/"


def test_whoever_has_a_password_types_that(signed_in):
    assert signed_in.get("/account/privacy/prove/")["Location"].startswith("/accounts/reauthenticate/")


def test_the_page_says_when_there_were_enough_codes(grace, browser):
    for _ in range(3):
        assert browser.post("/account/privacy/prove/", {"send": "1"}).status_code == 302
    answer = browser.post("/account/privacy/prove/", {"send": "1"})
    assert answer.status_code == 429
    assert "enough codes for now" in answer.content.decode()
    assert Message.objects.filter(kind="privacy.identity_code").count() == 3


def test_a_first_password_starts_the_week_in_which_no_copy_leaves(grace, browser):
    browser.post("/accounts/password/set/", {"password1": "a-string-of-pearls-9", "password2": "a-string-of-pearls-9"})
    grace.refresh_from_db()
    assert grace.has_usable_password()
    cooling = identity.cooling(subjects.family(grace.subject), at=timezone.now())
    assert cooling.what == identity.Change.PASSWORD


# Erasure


def given_back(person):
    """What the step of an erasure does that asks Google."""
    with disclosures.occasion(
        subject_id=person.subject_id, reference="DSR-2345-6789", by="system:worker", at=timezone.now()
    ):
        return social.erase(subjects.family(person.subject))


def token_of(person, secret="1//grace"):
    account, _ = SocialAccount.objects.get_or_create(user=person, provider="google", defaults={"uid": "2002"})
    return SocialToken.objects.create(account=account, token="ya29", token_secret=secret)


def test_an_erasure_gives_stored_permissions_back_and_bob_keeps_his(google, grace, bob):
    token_of(grace), token_of(bob, "1//bob")
    with pytest.raises(social.NotRevoked):
        social.forget(subjects.family(grace.subject))
    assert given_back(grace) == "1 permission given back"
    assert social.forget(subjects.family(grace.subject)) == 1
    assert google.revoked == ["1//grace"]
    assert [token.token_secret for token in SocialToken.objects.all()] == ["1//bob"]


@pytest.mark.promise("JK-21", "JH-17")
@pytest.mark.parametrize(("secret", "key"), [("1//grace", "refresh_token"), ("", "token")])
def test_a_permission_given_back_leaves_a_row_before_it_leaves(google, grace, bob, secret, key):
    token_of(grace, secret), token_of(bob, "1//bob")
    with socket_guard.watching({("127.0.0.1", google.server_port): social.SLUG}) as guard:
        given_back(grace)
    assert (guard.connections, google.revoked) == ({social.SLUG: 1}, [secret or "ya29"])
    row = Disclosure.objects.get()
    assert (row.subject_id, row.processor, row.keys) == (grace.subject_id, social.SLUG, [key])
    assert (row.host, row.reference, row.actor) == ("127.0.0.1", "DSR-2345-6789", "system:worker")
    (told,) = disclosures.received(subjects.family(grace.subject))
    assert (told.name, told.times) == ("Google, for signing in", 1)
    assert disclosures.received(subjects.family(bob.subject)) == []
    assert list(payloads.disagreements()) == []


def test_without_an_occasion_nothing_is_given_back(google, grace):
    token_of(grace)
    with pytest.raises(disclosures.NoOccasion):
        social.erase(subjects.family(grace.subject))
    assert (google.revoked, Disclosure.objects.count()) == ([], 0)


@pytest.mark.parametrize(("status", "is_gone"), [(200, True), (400, True), (500, False), (302, False)])
def test_a_permission_that_google_keeps_is_not_called_gone(google, grace, status, is_gone):
    token_of(grace)
    google.revoke_status = status
    for verb in (given_back, lambda person: social.forget(subjects.family(person.subject))):
        if is_gone:
            verb(grace)
        else:
            with pytest.raises(social.NotRevoked):
                verb(grace)
    assert SocialToken.objects.exists() is not is_gone
    assert Disclosure.objects.count() == 1, "also of a call that came to nothing"


def test_an_erasure_is_partly_done_while_google_keeps_a_permission_and_says_so(google, grace, settings):
    from privacy.rights import erasure, requests

    settings.LOUPE_ERASURE_GRACE = timedelta(0)
    now = timezone.now()
    token_of(grace)
    google.revoke_status = 500
    request = requests.receive("erasure", subject=grace.subject, contact=grace.email, by=grace, at=now)
    requests.approve(requests.verify(request, evidence="reauthenticated", by=grace, at=now), by="staff:3", at=now)
    waiting = erasure.execute(request.pk, by="system:worker", at=now + timedelta(seconds=1))
    refused = waiting.steps.get(target=social.SLUG)
    assert (waiting.state, refused.state) == ("partly_done", "blocked")
    assert refused.blocker.endswith("the provider answered 500")
    assert User.objects.filter(pk=grace.pk).exists(), "the account leads to what is left"
    google.revoke_status = 200
    done = erasure.execute(request.pk, by="system:worker", at=waiting.retry_at)
    assert (done.state, SocialToken.objects.count(), User.objects.filter(pk=grace.pk).count()) == ("completed", 0, 0)


def test_after_an_erasure_google_leads_to_a_fresh_person(google, grace, browser, settings):
    from privacy.rights import erasure, requests

    settings.LOUPE_ERASURE_GRACE = timedelta(0)
    now, old = timezone.now(), grace.subject_id
    request = requests.receive("erasure", subject=grace.subject, contact=grace.email, by=grace, at=now)
    requests.approve(requests.verify(request, evidence="reauthenticated", by=grace, at=now), by="staff:3", at=now)
    erasure.execute(request.pk, by="system:worker", at=now + timedelta(seconds=1))
    assert not SocialAccount.objects.exists()
    browser.cookies.clear()
    enters(browser, google, "grace@example.com")
    assert Subject.objects.get(pk=old).is_erased
    assert SocialAccount.objects.get().user.subject_id != old
