"""Promises about the shop as a whole: what pages, forms, mails and cookies never do, and what the policy always says."""

import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.forms import SignupForm
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from accounts.tests.conftest import NOON, Browser, make_user
from orders import bag as bags
from orders.forms import CheckoutForm
from privacy.consent import choice, cookies, ledger, notices
from privacy.consent.choice import Choice
from privacy.consent.entries import Category, Kind
from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import wishes
from privacy.register import agreements, profiles, registry
from privacy.rights import requests
from shop import activity
from shop.models import Activity
from shop.tests.goods import make_category, make_piece
from shop.tests.test_environment import OWN_POLICY, PRODUCTION

pytestmark = pytest.mark.django_db

PUBLIC = [
    "/",
    "/bag/",
    "/stones/",
    "/contact/",
    "/accounts/login/",
    "/accounts/signup/",
    "/privacy/",
    "/privacy/cookies/",
]
PUBLIC += ["/privacy/opt-out/", "/privacy/request/", "/privacy/certificate/", "/privacy/receipt/", "/privacy/promises/"]
THIRTEEN_MONTHS = timedelta(days=396)
UNSEEN = re.compile(r"<img|<script|<link|<iframe|<video|<object|\bsrc=|\bbackground=|url\(", re.I)
IN_THE_MAIL_ITSELF = re.compile(r'<img src="cid:{{ [a-z_.]+ }}"')  # a picture that came with it (RFC 2392)


@pytest.fixture(autouse=True)
def _no_page_from_before(settings):
    settings.PAGE_CACHE_SECONDS = 0


@pytest.fixture
def stranger():
    return Client(headers={"Sec-Fetch-Site": "same-origin", "host": "127.0.0.1"})


def read(client, path, **headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200, path
    return answer.content.decode()


def rows():
    """How many rows of each declared model there are."""
    return {each.model: each.model_class().objects.count() for each in registry.all_declared()}


@pytest.mark.promise("JK-03", "JK-06", "JE-06", "JE-132", "JH-01")
def test_looking_at_pages_writes_nothing_down(stranger):
    before = rows()
    for path in PUBLIC:
        read(stranger, path, **{"user-agent": "Mozilla/5.0", "referer": "https://search.example/?q=alice"})
    assert not stranger.cookies
    assert rows() == before


@pytest.mark.promise("JS-15")
def test_no_cookie_outlives_thirteen_months():
    declared = {each.name: each.lives for each in cookies.register() if each.kind == Kind.COOKIE}
    assert {name: lives for name, lives in declared.items() if lives > THIRTEEN_MONTHS} == {}
    alice, browser = make_user("alice@example.com"), Browser()
    cookies_set = browser.sign_in(alice.email).cookies
    lives = {name: timedelta(seconds=cookie["max-age"]) for name, cookie in cookies_set.items()}
    assert lives == {settings.SESSION_COOKIE_NAME: declared[settings.SESSION_COOKIE_NAME]}


@pytest.mark.promise("JS-16")
def test_where_the_policy_says_so_a_sign_in_ends_with_the_browser(settings):
    names = ["SESSION_EXPIRE_AT_BROWSER_CLOSE", "ACCOUNT_SESSION_REMEMBER"]
    assert in_production_of("jessies_selection", names) == [True, False]
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE, settings.ACCOUNT_SESSION_REMEMBER = True, False
    alice = make_user("alice@example.com")
    cookie = Browser().sign_in(alice.email).cookies[settings.SESSION_COOKIE_NAME]
    assert (bool(cookie.value), cookie["max-age"], cookie["expires"]) == (True, "", "")


@pytest.mark.promise("JS-17")
def test_signed_out_a_browser_keeps_country_bag_and_its_answer_about_cookies(stranger):
    piece = make_piece(make_category(), variants=({"price_minor": 129_600},))
    variant = piece.variants.get()
    stranger.post("/privacy/choices/", {"answer": "refuse"})
    stranger.post("/bag/add/", {"key": f"v:{variant.pk}", "quantity": "2"})
    stranger.post("/bag/place/", {"place": "GB"})
    for path in PUBLIC:
        read(stranger, path)
    assert sorted(stranger.cookies) == ["bag", "consent"]
    bag = bags._decode(stranger.cookies["bag"].value)
    assert (bag.place, bag.lines) == ("GB", ((("v", variant.pk), 2),))
    assert {field.name for field in fields(bag)} == {"id", "place", "currency", "lines", "is_tampered"}
    answered = choice.read(stranger.cookies["consent"].value, gpc=False, at=timezone.now())
    assert answered == Choice(decided_on=timezone.now().date(), has_refused=True)


@pytest.mark.promise("JS-18")
def test_the_session_says_who_is_signed_in_and_how_and_no_more():
    alice, browser = make_user("alice@example.com"), Browser()
    browser.sign_in(alice.email)
    for path in ("/", "/account/", "/account/details/", "/account/privacy/", "/account/preferences/", "/bag/"):
        assert browser.get(path).status_code == 200, path
    assert re.fullmatch(r"[a-z0-9]{32}", browser.cookies[settings.SESSION_COOKIE_NAME].value), "a random number"
    who = {"_auth_user_id", "_auth_user_backend", "_auth_user_hash"}
    how_and_how_long = {"account_authentication_methods", "account_authentication_methods_user", "_session_expiry"}
    token_of_forms = {"_csrftoken"}
    assert set(browser.session.keys()) == who | how_and_how_long | token_of_forms


@pytest.mark.promise("JE-50", "JE-89", "JE-51", "JE-60")
def test_refusing_the_sale_takes_one_click_on_every_page_and_no_account(stranger):
    links = {"opt-out": "Do Not Sell or Share My", "limit": "Limit the Use of My Sensitive"}
    for path, label in links.items():
        form = f'<form method="post" action="/privacy/{path}/"><button class="link">{label} Personal Information</button></form>'
        assert [page for page in PUBLIC if form not in read(stranger, page)] == []
    assert [
        page for page in PUBLIC if '<a href="/privacy/choices/">Cookie settings</a>' not in read(stranger, page)
    ] == []
    assert not stranger.cookies


@pytest.mark.promise("JK-10")
def test_registering_agrees_to_no_cookie(stranger):
    form = {"email": "alice@example.com", "password1": "alice-opal-briolette-7", "full_name": "Alice"}
    assert stranger.post("/accounts/age/", {"age": "40_64"}).status_code == 302
    assert stranger.post("/accounts/signup/", form).status_code == 302
    assert "consent" not in stranger.cookies
    about_cookies = [matter for matter in Matter if matter.value in set(Category)]
    assert len(about_cookies) == 3
    assert ConsentRecord.objects.filter(matter__in=about_cookies).count() == 0
    assert '<section class="consent' in read(stranger, "/privacy/"), "she is still asked"


@pytest.mark.promise("JE-35", "JE-19", "JE-60")
def test_the_settings_of_this_site_end_the_counting(stranger):
    def counted(**headers):
        answer = stranger.get("/privacy/choices/", headers=headers)
        facts = {"what": "product/solitaire", "choice": answer.wsgi_request.choice, "by": None, "at": NOON}
        return activity.record(Activity.Kind.VIEWED, **facts) is not None

    def answers(said):
        stranger.post("/privacy/choices/", {"answer": said, "surface": "settings"})
        return counted()

    assert [counted(), answers("accept"), answers("refuse"), answers("accept")] == [False, True, False, True]
    assert Activity.objects.count() == 2


@pytest.mark.promise("JS-12")
def test_one_place_of_the_policy_says_how_to_erase_and_how_to_unsubscribe(stranger):
    page = read(stranger, "/privacy/")
    place = page[page.index('id="you"') : page.index('id="hold"')]
    assert [words for words in ("Have it erased", "/privacy/request/", "Unsubscribe") if words not in place] == []


@pytest.mark.promise("JE-129")
@pytest.mark.parametrize("shop", profiles.slugs())
def test_the_policy_begins_with_its_date(stranger, settings, shop):
    settings.LOUPE_POLICY = shop
    page = read(stranger, "/privacy/")
    head = page[page.index("<main") : page.index("<h1")]
    assert profiles.current().effective_on == "2026-11-01"
    assert "In force since 1 November 2026" in head


@pytest.mark.promise("JE-117")
def test_the_policy_says_how_to_reach_us_by_mail_phone_and_letter(stranger):
    page, contact = read(stranger, "/privacy/"), profiles.current().contact
    place = page[page.index('id="contact"') : page.index("</main>")]
    assert [words for words in (contact.email, contact.phone, *contact.address) if escape(words) not in place] == []
    assert f"mailto:{contact.email}" in read(stranger, "/.well-known/security.txt")


@pytest.mark.promise("JE-93", "JH-35")
def test_the_policy_gives_the_basis_and_the_period_of_everything_held(stranger):
    page = read(stranger, "/privacy/")
    held = [each for each in registry.all_declared() if not each.is_evidence]
    bases = {str(purpose.basis) for each in held for purpose in each.purposes}
    assert [basis for basis in bases if escape(basis) not in page] == []
    assert [each.model for each in held if not str(each.retention).strip()] == []
    assert [each.model for each in held if escape(str(each.retention)) not in page] == []


@pytest.mark.promise("JK-45")
def test_the_policy_names_the_country_of_whoever_works_for_us(stranger):
    page = read(stranger, "/privacy/")
    others = page[page.index('id="others"') : page.index('id="sale"')]
    stated = {each.name: agreements.country(each.slug) for each in registry.processors()}
    assert stated
    assert agreements.NOWHERE not in stated.values()
    told = [f'data-label="Country">{escape(country)}' for country in stated.values()]
    assert [each for each in told if each not in others] == []


BOXES = dict.fromkeys(("news_new_pieces", "news_offers", "news_care"), False)


@pytest.mark.promise("JE-07", "JE-18", "JH-05")
def test_sign_up_and_checkout_ask_for_these_fields_and_no_others():
    assert {name: field.required for name, field in SignupForm().fields.items()} == {
        "email": True,
        "password1": True,
        "full_name": False,
        **BOXES,
    }
    needed = {"email", "full_name", "line1", "city", "place", "expected_total"}
    optional = {"phone", "recipient", "line2", "region", "postal_code", "method", "gift_message", "vat_number"}
    optional.add("language")  # of the letters about the order, where we write in more than one
    optional.add("wants_texts")  # about the parcel, where the shop can send any
    fields = CheckoutForm(bags.contents(bags.Bag())).fields
    asked = {name: field.required for name, field in fields.items()}
    assert asked == {**dict.fromkeys(needed, True), **dict.fromkeys(optional, False), **BOXES}
    of_guests = CheckoutForm(bags.contents(bags.Bag()), asks_age=True).fields
    assert of_guests.keys() - fields.keys() == {"age"}


@pytest.mark.promise("JE-90")
def test_using_ones_rights_changes_no_offer_and_no_price():
    """Whoever opted out, and whoever made a request, sees the same pieces at the same price as everybody."""
    piece = make_piece(make_category(), variants=({"price_minor": 129_600},))
    path, bought = piece.get_absolute_url(), {"key": f"v:{piece.variants.get().pk}", "quantity": 2}
    alice, bob = make_user("alice@example.com"), make_user("bob@example.com")
    requests.receive("erasure", subject=alice.subject, contact=alice.email, by=alice, at=NOON)
    seen = []
    for customer, headers in ((None, {}), (None, {"Sec-GPC": "1"}), (alice, {"Sec-GPC": "1"}), (bob, {})):
        browser = Client(headers={"Sec-Fetch-Site": "same-origin", **headers})
        if customer:
            browser.force_login(customer)
        shown = main_of(browser.get(path))
        browser.post("/bag/add/", bought)
        seen.append((shown, main_of(browser.get("/bag/"))))
    assert "$1,296" in seen[0][0]
    assert "$2,592" in seen[0][1]
    assert seen == [seen[0]] * 4


@pytest.mark.promise("JE-90")
def test_no_choice_about_consent_changes_an_offer_or_a_price():
    """Whoever agreed to everything, to nothing, or took it all back, sees the same shop at the same prices as a stranger."""
    shelf = make_category()
    piece, _ = (make_piece(shelf, name=name, variants=({"price_minor": 129_600},)) for name in ("Alba", "Brisa"))
    paths = ["/", shelf.get_absolute_url(), piece.get_absolute_url(), "/search/?q=alba", "/bag/"]
    alice, bob, dana = (make_user(f"{name}@example.com") for name in ("alice", "bob", "dana"))
    for customer in (alice, dana):
        agreed_to_everything(customer)
    said = wishes.Said(Surface.PREFERENCES, "", by=dana, at=NOON)
    assert wishes.withdraw_everything(dana.subject, said=said)
    seen = []
    for customer in (None, alice, bob, dana):
        browser = Client(headers={"Sec-Fetch-Site": "same-origin"})
        if customer:
            browser.force_login(customer)
        browser.post("/bag/add/", {"key": f"v:{piece.variants.get().pk}", "quantity": 2})
        seen.append([main_of(browser.get(path)) for path in paths])
    assert "$1,296" in seen[0][2]
    assert "$2,592" in seen[0][4]
    assert seen == [seen[0]] * 4


def agreed_to_everything(customer):
    """A yes to every topic by every channel, and to everything else there is."""
    ways = {matter: list(Channel) if matter.needs_channel else [""] for matter in Matter}
    for matter, channel in ((matter, channel) for matter, channels in ways.items() for channel in channels):
        notice, surface = notices.current("preferences"), Surface.PREFERENCES
        ledger.grant(customer.subject, matter, channel=channel, notice=notice, surface=surface, by=customer, at=NOON)


def main_of(answer):
    """What stands between the header and the footer, without the form token of a session."""
    assert answer.status_code == 200
    page = answer.content.decode()
    return re.sub(
        r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>', "", page[page.index("<main") : page.index("</main>")]
    )


MAILS = sorted((Path(settings.BASE_DIR) / "templates" / "emails").rglob("*.html"))


@pytest.mark.promise("JE-57")
@pytest.mark.parametrize("mail", MAILS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_mail_can_tell_that_it_was_opened(mail):
    assert UNSEEN.findall(IN_THE_MAIL_ITSELF.sub("", mail.read_text())) == []


@pytest.mark.promise("JS-04", "JK-43", "JE-100", "SG-09")
def test_in_production_nothing_travels_unencrypted():
    names = [
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "STRIPE_API_BASE",
        "EMAIL_USE_TLS",
        "IMAP_TLS",
    ]
    in_force = [True, 31_536_000, True, True, True, "https://api.stripe.com", True, True]
    assert in_production_of("jane_ellen", names) == in_force


def in_production_of(shop, names):
    """These settings, where a shop runs for real under a policy like this one."""
    demo = (profiles.FOLDER / f"{shop}.toml").read_text()
    OWN_POLICY.write_text(demo.replace("demo = true", "demo = false"))
    try:
        return in_production(names)
    finally:
        OWN_POLICY.unlink(missing_ok=True)


def in_production(names):
    """These settings, read by a fresh process that runs for real."""
    kept = {name: os.environ[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL") if name in os.environ}
    script = f"import json; from shop import settings; print(json.dumps([getattr(settings, n, None) for n in {names}]))"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**kept, **PRODUCTION, "LOUPE_HOME": str(settings.LOUPE_HOME)},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(run.stdout)
