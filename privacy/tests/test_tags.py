"""Tags of third parties: which may run for whom, what the register says of them, and what stops the start."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest

from privacy import checks
from privacy.consent import cookies, tags
from privacy.consent.choice import Category, Choice
from privacy.consent.entries import Entry, Kind, months
from privacy.register import profiles

IDS = {"google-analytics": "G-AB12CD34EF", "hotjar": "1234567", "google-ads": "AW-123456789", "meta": "123456789012345"}
OPTIONAL = (Category.PERFORMANCE, Category.FUNCTIONALITY, Category.TARGETING)
NEVER = [slug for slug in profiles.slugs() if profiles.named(slug).targeting_tags == "never"]
WITH_CONSENT = [slug for slug in profiles.slugs() if slug not in NEVER]


def slugs(found) -> list[str]:
    return [tag.slug for tag in found]


@pytest.fixture
def every_id(settings):
    settings.LOUPE_TAGS = IDS
    settings.LOUPE_POLICY = "jane_ellen"


def test_without_an_id_there_is_no_tag_and_no_line_in_the_register():
    assert (tags.enabled(), tags.running(Choice(frozenset(OPTIONAL))), list(tags.entries())) == ((), (), [])


@pytest.mark.promise("JE-43", "JK-09", "JE-126", "JS-14")
@pytest.mark.parametrize(
    "allowed",
    [set(c) for n in range(4) for c in combinations(OPTIONAL, n)],
    ids=lambda c: "+".join(sorted(c)) or "nothing",
)
@pytest.mark.parametrize("gpc", [False, True], ids=["silent", "gpc"])
def test_a_tag_runs_for_whoever_allowed_its_group_and_a_signal_takes_targeting_away(every_id, allowed, gpc):
    expected = []
    if Category.PERFORMANCE in allowed:
        expected += ["google-analytics", "hotjar"]
    if Category.TARGETING in allowed and not gpc:
        expected += ["google-ads", "meta"]
    assert slugs(tags.running(Choice(frozenset(allowed), gpc=gpc))) == expected


def test_what_google_is_told_is_what_was_allowed_and_everything_else_stays_denied(every_id):
    told = {
        name: tags.granted(Choice(frozenset(allowed)))
        for name, allowed in {"nothing": (), "performance": OPTIONAL[:1], "everything": OPTIONAL}.items()
    }
    assert told == {
        "nothing": [],
        "performance": ["analytics_storage"],
        "everything": [name for name in tags.SIGNALS if name != "security_storage"],
    }
    assert tags.granted(Choice(frozenset(OPTIONAL), gpc=True)) == [
        "analytics_storage",
        "functionality_storage",
        "personalization_storage",
    ]


@pytest.mark.promise("SG-08")
@pytest.mark.parametrize("shop", NEVER)
def test_a_shop_that_promises_no_sale_runs_no_targeting_tag_and_does_not_start_with_one(settings, shop):
    settings.LOUPE_POLICY, settings.LOUPE_TAGS = shop, IDS
    assert slugs(tags.enabled()) == ["google-analytics", "hotjar"]
    assert slugs(tags.running(Choice(frozenset(OPTIONAL)))) == ["google-analytics", "hotjar"]
    assert Category.TARGETING not in {entry.category for entry in cookies.register()}
    found = checks.no_tag_breaks_the_profile(None)
    assert [(each.id, each.msg.split(" has")[0]) for each in found] == [
        ("privacy.E016", "Google Ads"),
        ("privacy.E016", "Meta pixel"),
    ]


@pytest.mark.parametrize("shop", WITH_CONSENT)
def test_a_shop_that_promises_consent_may_have_them(settings, shop):
    settings.LOUPE_POLICY, settings.LOUPE_TAGS = shop, IDS
    assert checks.no_tag_breaks_the_profile(None) == []


@pytest.mark.promise("JE-54", "JE-55", "JE-56", "JK-11", "JS-14")
def test_the_register_names_every_tag_with_what_it_keeps_and_whether_it_follows_people(every_id):
    def line(entry: Entry) -> tuple[str, ...]:
        return entry.name, entry.vendor, entry.category, entry.kind.name, "follows" if entry.is_cross_site else ""

    assert [line(entry) for entry in cookies.register() if entry.vendor] == [
        ("Google Analytics", "Google", "performance", "TAG", ""),
        ("_ga", "Google", "performance", "COOKIE", ""),
        ("_ga_*", "Google", "performance", "COOKIE", ""),
        ("Hotjar", "Hotjar", "performance", "TAG", ""),
        ("_hjSessionUser_*", "Hotjar", "performance", "COOKIE", ""),
        ("_hjSession_*", "Hotjar", "performance", "COOKIE", ""),
        ("_hjTLDTest", "Hotjar", "performance", "COOKIE", ""),
        ("hjViewportId", "Hotjar", "performance", "STORAGE", ""),
        ("hjActiveViewportIds", "Hotjar", "performance", "STORAGE", ""),
        ("Google Ads", "Google", "targeting", "TAG", "follows"),
        ("_gcl_*", "Google", "targeting", "COOKIE", ""),
        ("IDE", "Google", "targeting", "COOKIE", "follows"),
        ("test_cookie", "Google", "targeting", "COOKIE", "follows"),
        ("Meta pixel", "Meta", "targeting", "PIXEL", "follows"),
        ("fr", "Meta", "targeting", "COOKIE", "follows"),
    ]


def test_switching_a_tag_on_asks_everybody_again(settings):
    settings.LOUPE_TAGS = {}
    before = cookies.book().version
    settings.LOUPE_TAGS = {"hotjar": IDS["hotjar"]}
    assert cookies.book().version != before


def test_a_cookie_of_a_vendors_domain_is_none_of_ours_to_set_or_take_away(every_id):
    assert [cookies.book().find(name) for name in ("IDE", "fr")] == [None, None]
    assert cookies.book().names.fullmatch("_ga_AB12CD34EF")
    assert not cookies.book().names.fullmatch("IDE")


def test_how_long_googles_cookie_lives_is_what_the_register_says(settings, monkeypatch):
    settings.LOUPE_TAGS = IDS
    strict = replace(profiles.current(), retention={"analytics_cookie_months": 2})
    monkeypatch.setattr(tags.profiles, "current", lambda: strict)
    lives = next(entry.lives for entry in tags.entries() if entry.name == "_ga")
    assert lives == months(2) == timedelta(seconds=tags.loading(tags.enabled(), Choice()).cookie_seconds)


@pytest.mark.parametrize("tag", tags.DECLARED, ids=lambda tag: tag.slug)
def test_every_tag_is_loaded_over_https_from_a_host_that_the_content_policy_names(every_id, tag):
    directive = "img-src" if tag.kind == Kind.PIXEL else "script-src"
    origin = "/".join(tag.url.split("/")[:3])
    named = {source.replace("*.", "www.") for source in tag.hosts[directive]} | set(tag.hosts[directive])
    assert origin.startswith("https://")
    assert origin in named
    assert IDS[tag.slug] in tag.url
    assert all(source.startswith(("https://", "wss://")) for sources in tag.hosts.values() for source in sources)


def test_no_tag_brings_anything_unsafe_into_a_content_policy(every_id):
    sources = [source for found in tags.hosts(tags.DECLARED).values() for source in found]
    assert [source for source in sources if "unsafe" in source or source in ("*", "https:", "data:")] == []
