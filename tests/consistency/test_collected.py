"""What the policies say is collected and what for, against what is declared, asked for, told by a browser and written to logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.account.forms import SignupForm
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils.html import escape

from accounts.tests.conftest import NOON, Browser, make_user
from orders import bag as bags
from orders.forms import CheckoutForm
from orders.tests.parcels import erase
from privacy.consent.choice import Category as Cookies
from privacy.consent.choice import Choice
from privacy.ground import logs
from privacy.register import activities, profiles, published, registry
from privacy.register.declare import Export
from privacy.register.vocabulary import Basis, Category, Purpose, Source
from privacy.rights.contents import Group
from privacy.tests.people import held
from shop import activity
from shop.models import Activity

pytestmark = pytest.mark.django_db

ABOUT_NOBODY = re.compile(r"gender|(^|_)sex(_|$)|birth|interests?(_|$)|friend|religio|politic|ethnic|location|latitude")
"""Names of fields for what no policy needs."""


def dump() -> str:
    """Every row of every table, as a search of a dump would see it."""
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts)


# The lists


@pytest.mark.promise("JS-01", "JS-05", "JK-15", "JE-17", "SG-01", "SG-03", "SG-05", "JH-03", "JH-11")
@pytest.mark.parametrize("shop", profiles.slugs())
def test_what_is_declared_is_what_the_policy_publishes(shop):
    assert published.disagreements(profiles.named(shop)) == []


@pytest.mark.promise("JS-01", "JS-05", "JK-15", "JE-17", "SG-05", "JH-03")
@pytest.mark.parametrize("shop", profiles.slugs())
def test_the_policy_prints_both_lists_whole(settings, client, shop):
    settings.LOUPE_POLICY, settings.PAGE_CACHE_SECONDS = shop, 0
    page, profile = client.get("/privacy/").content.decode(), profiles.named(shop)
    chapter = page[page.index('id="hold"') : page.index('id="others"')]
    listed = re.findall(r"<li>(.*?)</li>", chapter)
    assert listed == [escape(each.words) for each in (*profile.collects, *profile.uses)]


@pytest.mark.promise("JS-05", "JK-15", "JE-17", "SG-05", "JH-03")
@pytest.mark.parametrize(
    ("shop", "ends"),
    [("jessies_selection", 8), ("jskeuc", 8), ("jane_ellen", 5), ("selenegleam", 5), ("jen_hansen", 4)],
)
def test_data_serve_the_ends_that_were_promised_and_the_law_and_each_of_them_is_real(shop, ends):
    """Jane Ellen's sixth reason is the law itself; Selene's fifth line is news, which it promises to whoever agrees."""
    lines = profiles.named(shop).uses
    of_the_law = [each for each in lines if {use.basis for use in each.purposes} == {Basis.LEGAL_OBLIGATION}]
    assert (len(lines) - len(of_the_law), len(of_the_law)) == (ends, 1)
    assert [each.words for each in lines if not each.purposes] == []
    served = published.served()
    assert [use for each in lines for use in each.purposes if not served.get(use)] == []


# What forms ask for


@pytest.mark.promise("SG-01")
def test_signing_up_and_ordering_need_name_address_and_a_password():
    """By the declared column that each answer goes to."""
    homes = {
        "email": "orders.Order.email",
        "password1": "accounts.User.password",
        "full_name": "orders.Order.full_name",
        "line1": "orders.Order.ship_line1",
        "city": "orders.Order.ship_city",
        "place": "orders.Order.country",
    }
    asked = {**SignupForm().fields, **CheckoutForm(bags.contents(bags.Bag())).fields}
    needed = {name for name, field in asked.items() if field.required} - {"expected_total"}  # the price they saw
    assert needed == homes.keys()
    assert {_category(home) for home in homes.values()} == {
        Category.CONTACT,
        Category.CREDENTIAL,
        Category.NAME,
        Category.ADDRESS,
        Category.TRANSACTION,  # the country, by which the tax is reckoned
    }


@pytest.mark.promise("JS-01", "JH-10")
def test_there_is_no_place_for_gender_interests_friends_or_whereabouts():
    columns = [f"{model._meta.label}.{name}" for model in apps.get_models() for name in registry.field_names(model)]
    assert len(columns) > 500
    assert [each for each in columns if ABOUT_NOBODY.search(each.rpartition(".")[2])] == []
    assert ABOUT_NOBODY.search("gender")
    assert ABOUT_NOBODY.search("date_of_birth")


def _category(path: str) -> Category:
    model, _, name = path.rpartition(".")
    return registry.of(model).personal_fields()[name].category


# What a browser tells


@pytest.mark.promise("SG-03")
def test_what_a_browser_tells_of_itself_makes_the_site_work_and_is_never_counted():
    told = [
        (f"{declaration.model}.{name}", set(declaration.purposes_of(name)))
        for declaration, name, field in registry.every_field()
        if field.category is Category.ONLINE and not declaration.is_evidence
    ]
    assert told
    allowed = {Purpose.ACCOUNT, Purpose.SECURITY}
    others = [(name, uses - allowed) for name, uses in told if uses - allowed]
    assert others == [("privacy.NewsletterSignup.network", {Purpose.MARKETING})], "which shows whose sign-up it was"


def visited(email: str, agent: str, ip: str) -> Browser:
    """A browser in which somebody signed in and looked around; it sends what browsers send."""
    browser = Browser(REMOTE_ADDR=ip)
    browser.defaults |= {
        "HTTP_USER_AGENT": agent,
        "HTTP_ACCEPT_LANGUAGE": "de-TOKEN",
        "HTTP_REFERER": "https://search.example/?q=tokenreferrer",
        "HTTP_X_DEVICE_ID": "tokendevice",
    }
    browser.cookies["strange"] = "tokencookie"
    assert browser.sign_in(email).status_code == 302
    for path in ("/", "/account/", "/account/privacy/", "/account/security/"):
        assert browser.get(path).status_code == 200, path
    return browser


@pytest.mark.promise("JH-11")
def test_of_what_a_browser_sends_device_and_times_rest_and_nothing_else():
    alice = make_user("alice@example.com")
    visited(alice.email, "Tokenphone/9", "203.0.113.9")
    found = dump()
    assert "Tokenphone/9" in found, "the device stands among her sign-ins"
    assert [word for word in ("tokenreferrer", "tokendevice", "tokencookie", "de-TOKEN") if word in found] == []


@pytest.mark.promise("JH-09")
def test_what_was_collected_by_itself_is_shown_and_erased_with_its_person():
    alice, bob = make_user("alice@example.com"), make_user("bob@example.com")
    for user, agent, ip in ((alice, "Tokenalice/9", "203.0.113.9"), (bob, "Tokenbob/9", "203.0.113.10")):
        visited(user.email, agent, ip)
        facts = {"choice": Choice(frozenset({Cookies.PERFORMANCE})), "by": user.subject_id, "at": NOON}
        activity.record(Activity.Kind.VIEWED, what=f"product/token{user.email[:3]}", **facts)
    copy = "\n".join(shown_to(alice.subject_id))
    assert [word for word in ("Tokenalice/9", "203.0.113.9", "product/tokenali") if word not in copy] == []
    assert [word for word in ("Tokenbob/9", "203.0.113.10", "product/tokenbob") if word in copy] == []
    bobs = held(bob.subject)

    assert erase(alice, NOON).state == "completed"

    left = dump()
    assert [word for word in ("Tokenalice/9", "203.0.113.9", "product/tokenali") if word in left] == []
    assert held(bob.subject) == bobs
    assert [word for word in ("Tokenbob/9", "product/tokenbob") if word not in left] == []


def shown_to(subject_id: object) -> Iterator[str]:
    """Everything that a copy tells somebody, as text."""
    for declaration in registry.all_declared():
        yield from (str(row.values) for row in Group(declaration, [subject_id]).rows())


@pytest.mark.promise("JH-09")
def test_everything_observed_is_found_by_its_person_and_hidden_from_them_only_if_a_thief_would_gain():
    observed = [
        (declaration, name, field)
        for declaration, name, field in registry.every_field()
        if field.source is Source.OBSERVED
    ]
    assert len(observed) > 10
    assert [f"{each.model}.{name}" for each, name, _ in observed if each.reach is None] == []
    hidden = {f"{each.model}.{name}" for each, name, field in observed if field.on_export is Export.HIDE}
    assert hidden == set()


# Logs


@pytest.mark.promise("JH-08")
def test_no_log_line_of_a_visit_says_from_where_it_came(caplog):
    caplog.set_level(logging.DEBUG)
    stranger = Client(
        REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Tokenphone/9", HTTP_REFERER="https://tokenreferrer.example/"
    )
    for path in ("/", "/nowhere/?email=alice@example.com", "/accounts/login/"):
        stranger.get(path)
    stranger.post("/accounts/login/", {"login": "alice@example.com", "password": "x"})
    lines = [logs.Formatter().format(record) for record in caplog.records]
    assert any("/nowhere/" in line for line in lines), "something was written"
    found = [
        word for line in lines for word in ("203.0.113.9", "Tokenphone", "tokenreferrer", "alice@") if word in line
    ]
    assert found == []


@pytest.mark.promise("JH-08")
@pytest.mark.parametrize("shop", profiles.slugs())
def test_logs_stand_in_the_register_with_their_few_days(settings, client, shop):
    settings.LOUPE_POLICY, settings.PAGE_CACHE_SECONDS = shop, 0
    days = profiles.current().retention["logs_days"]
    assert timedelta(days=1) <= timedelta(days=days) <= timedelta(days=90)
    [security] = [each for each in activities.activities() if each.purpose is Purpose.SECURITY]
    assert activities.Kept(activities.LOG_FILES, f"{days} days") in security.retention
    assert f'<th scope="row">{activities.LOG_FILES}</th>' in client.get("/privacy/").content.decode()
