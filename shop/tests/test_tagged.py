"""A tag of a third party is part of a page exactly where it may run, and the page's content policy names its hosts only there."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from privacy.consent import choice, tags
from privacy.consent.choice import Category, Choice
from shop.headers import content_policy
from shop.tests.goods import make_category, make_piece, make_stone

pytestmark = pytest.mark.django_db

IDS = {"google-analytics": "G-AB12CD34EF", "hotjar": "1234567", "google-ads": "AW-123456789", "meta": "123456789012345"}
ALL = frozenset(Category) - {Category.NECESSARY}
SLUGS = tuple(IDS)
VENDORS = re.compile(r"\b(google|hotjar|facebook|doubleclick)(?:tagmanager)?\.(?:com|net)")


@pytest.fixture(autouse=True)
def every_id(settings):
    settings.LOUPE_TAGS = IDS


@pytest.fixture
def paths():
    piece = make_piece(make_category("rings"))
    stone = make_stone()
    return {
        "tagged": [
            "/", "/category/rings/", f"/product/{piece.slug}/", "/stones/", f"/stones/{stone.ref}/",
            "/size-guide/", "/about-our-stones/",
        ],
        "never": [
            "/search/?q=ring", "/bag/", "/contact/", "/accounts/login/", "/accounts/signup/", "/privacy/",
            "/privacy/cookies/", "/privacy/opt-out/", "/privacy/request/", "/product/nothing-like-it/",
        ],
    }  # fmt: skip


def visitor(*allowed: Category, **signals: str) -> Client:
    """A browser whose owner answered: exactly this is allowed."""
    client = Client(headers=signals)
    chosen = choice.decide(allowed, before=Choice(), at=datetime.now(UTC))
    client.cookies["consent"] = choice.encoded(chosen)
    return client


def vendors_in(response) -> set[str]:
    """Which third parties the body or the content policy of a page names."""
    body = re.sub(r"<(a|p)\b.*?</\1>|<tr.*?</tr>", "", response.content.decode(), flags=re.S)
    return set(VENDORS.findall(body + response.headers["Content-Security-Policy"]))


@pytest.mark.promise("JS-13", "JE-43", "JK-09", "JE-126")
def test_whoever_was_not_asked_or_refused_gets_pages_without_a_trace_of_a_third_party(paths):
    for client in (Client(), visitor(), visitor(Category.FUNCTIONALITY)):
        assert {path: vendors_in(client.get(path)) for path in paths["tagged"]} == {
            path: set() for path in paths["tagged"]
        }


def test_each_group_brings_its_own_tags_and_no_other(paths):
    found = {
        "performance": vendors_in(visitor(Category.PERFORMANCE).get("/")),
        "targeting": vendors_in(visitor(Category.TARGETING).get("/")),
    }
    assert found == {
        "performance": {"google", "hotjar"},
        "targeting": {"google", "doubleclick", "facebook"},
    }


@pytest.mark.promise("JE-43")
def test_whoever_allowed_all_gets_them_in_the_shop_window_and_nowhere_else(paths):
    client = visitor(*ALL)
    every = {"google", "hotjar", "doubleclick", "facebook"}
    assert {path: vendors_in(client.get(path)) for path in paths["tagged"]} == dict.fromkeys(paths["tagged"], every)
    for path in paths["never"]:
        response = client.get(path)
        assert "js/tags.js" not in response.content.decode(), path
        assert response.headers["Content-Security-Policy"] == content_policy(), path


def test_a_signal_takes_the_advertisers_out_also_of_a_page_that_was_remembered(paths, settings):
    settings.PAGE_CACHE_SECONDS = 10
    assert vendors_in(visitor(*ALL).get("/")) == {"google", "hotjar", "doubleclick", "facebook"}
    assert vendors_in(visitor(*ALL, **{"Sec-GPC": "1"}).get("/")) == {"google", "hotjar"}
    assert vendors_in(visitor().get("/")) == set()
    assert vendors_in(visitor(*ALL).get("/")) == {"google", "hotjar", "doubleclick", "facebook"}


@pytest.mark.parametrize(
    ("query", "runs"),
    [("", True), ("?gclid=Cj0&utm_source=x", True), ("?mail=alice@example.com", False), ("?gclid=a&name=b", False)],
)
def test_an_address_that_might_carry_anything_runs_no_tag(paths, query, runs):
    assert ("js/tags.js" in visitor(*ALL).get(f"/{query}").content.decode()) is runs


def test_the_page_tells_the_script_all_signals_and_those_that_are_granted():
    page = visitor(Category.PERFORMANCE).get("/").content.decode()
    said = dict(re.findall(r' data-([a-z-]+)="([^"]*)"', page[page.index("js/tags.js") :]))
    assert said == {
        "signals": " ".join(tags.SIGNALS),
        "granted": "analytics_storage",
        "google": "G-AB12CD34EF",
        "google-script": "https://www.googletagmanager.com/gtag/js?id=G-AB12CD34EF",
        "hotjar": "1234567",
        "hotjar-script": "https://static.hotjar.com/c/hotjar-1234567.js?sv=6",
        "cookie-seconds": str(396 * 86_400),
    }


@pytest.mark.parametrize("slug", SLUGS)
def test_a_content_policy_names_the_hosts_of_its_tags_and_stays_as_strict_otherwise(slug):
    tag = next(tag for tag in tags.DECLARED if tag.slug == slug)
    plain, with_tag = (
        dict(part.split(" ", 1) for part in policy.split("; "))
        for policy in (content_policy(), content_policy(running=(tag,)))
    )
    for directive, sources in with_tag.items():
        ours = plain.get(directive, plain["default-src"])
        assert sources == " ".join([ours, *tag.hosts.get(directive, ())])
    assert with_tag.keys() == plain.keys() | tag.hosts.keys()
