"""Four visitors walk through the shop: what their browsers hold and ask for is what the register says they allowed.

The tags of third parties are switched on, and every host but the shop's is a stand-in that keeps what the real one keeps.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext

from privacy.consent import cookies, tags
from tests.crawl import stand_in, violations, walks
from tests.crawl.stand_in import StandIn
from tests.crawl.walks import STATES, State, Walk
from tests.processes import TAGS, RunningShop

A_FEW = ["/", "/search/?q=ring+for+alice", "/category/rings/", "/bag/", "/privacy/cookies/"]
FRESH, REFUSED, ACCEPTED, GPC = STATES
MEASURING = {
    "consent",
    "seen",
    "_ga",
    "_ga_CRAWL12345",
    "_hjSessionUser_1234567",
    "_hjSession_1234567",
    "hjViewportId",
    "hjActiveViewportIds",
}
HELD = {
    "fresh": set(),
    "refused": {"consent"},
    "accepted": MEASURING | {"_gcl_au", "IDE", "fr"},
    "gpc": MEASURING,
}
ASKED = {
    "fresh": set(),
    "refused": set(),
    "accepted": {
        "www.googletagmanager.com", "region1.google-analytics.com", "googleads.g.doubleclick.net", "www.facebook.com",
        "static.hotjar.com", "script.hotjar.com", "content.hotjar.io",
    },
    "gpc": {
        "www.googletagmanager.com", "region1.google-analytics.com", "static.hotjar.com", "script.hotjar.com",
        "content.hotjar.io",
    },
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def same_tags() -> Iterator[None]:
    """The register in this process is that of the running shop."""
    slugs = ("google-analytics", "hotjar", "google-ads", "meta")
    with override_settings(LOUPE_TAGS=dict(zip(slugs, TAGS.values(), strict=True)), LOUPE_POLICY="jane_ellen"):
        yield


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in.running(tmp_path_factory.mktemp("stand-in")) as running:
        yield running


@pytest.fixture(scope="module")
def context(browser: Browser, others: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser in which every third party is the stand-in."""
    with walks.chromium(browser, others, tmp_path_factory.mktemp("profile")) as launched:
        yield launched


@pytest.fixture(scope="module")
def few(same_tags: None, context: BrowserContext, processes: RunningShop) -> dict[str, Walk]:
    """What each of the four saw on a few pages."""
    found = {}
    for state in STATES:
        walks.become(context, state, processes.shop_url)
        found[state.name] = walks.walk(context, state, processes.shop_url, A_FEW)
    return found


@pytest.mark.promise("JS-13", "JS-14", "JE-43", "JE-54", "JE-56", "JK-09", "JE-126")
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_browser_holds_and_asks_for_what_its_owner_allowed_and_nothing_else(
    few: dict[str, Walk], state: State
) -> None:
    seen = few[state.name].seen
    assert (seen.names, seen.hosts) == (HELD[state.name], ASKED[state.name])


@pytest.mark.promise("JS-15", "JK-11", "JE-55")
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_of_the_violations_that_a_study_counts_there_is_none(few: dict[str, Walk], state: State) -> None:
    assert violations.of(cookies.register(), few[state.name].seen) == violations.NONE


def test_only_the_shop_window_asks_anybody_else(few: dict[str, Walk]) -> None:
    with_others = {path for path, hosts in few["accepted"].by_page.items() if hosts}
    assert with_others == {"/", "/category/rings/"}


def test_the_content_policy_had_nothing_to_stop_and_every_page_answered(few: dict[str, Walk]) -> None:
    assert {name: walk.complaints for name, walk in few.items() if walk.complaints} == {}
    assert {status for walk in few.values() for status in walk.statuses.values()} == {200}


@pytest.mark.promise("JE-42")
def test_google_hears_a_no_to_everything_before_any_yes_and_never_where_somebody_came_from(
    few: dict[str, Walk], others: StandIn, processes: RunningShop
) -> None:
    told = [asked for asked in others.asked if "order" in asked.said]
    denied = "default:" + "+".join(f"{name}=denied" for name in tags.SIGNALS)
    everything = denied + ",update:" + "+".join(f"{name}=granted" for name in tags.granted(ACCEPTED.choice))
    without_ads = denied + ",update:" + "+".join(f"{name}=granted" for name in tags.granted(GPC.choice))
    assert {(asked.said["tid"], asked.said["order"]) for asked in told} == {
        (TAGS["GOOGLE_ANALYTICS_ID"], everything),
        (TAGS["GOOGLE_ADS_ID"], everything),
        (TAGS["GOOGLE_ANALYTICS_ID"], without_ads),
    }
    assert {asked.said["dl"] for asked in told} == {f"{processes.shop_url}/", f"{processes.shop_url}/category/rings/"}
    assert {(asked.referrer, asked.said.get("referrer", "")) for asked in others.asked} == {("", "")}


def test_taking_it_back_takes_away_what_this_site_let_others_keep(
    few: dict[str, Walk], context: BrowserContext, processes: RunningShop
) -> None:
    walks.become(context, ACCEPTED, processes.shop_url)
    walks.walk(context, ACCEPTED, processes.shop_url, ["/"])
    page = context.new_page()
    page.goto(f"{processes.shop_url}/privacy/choices/")
    page.get_by_role("button", name="Refuse all").click()
    page.wait_for_load_state("load")
    page.close()
    left = walks.walk(context, REFUSED, processes.shop_url, ["/"]).seen
    # A vendor's own domain is beyond our reach; the cookie page says so.
    beyond = {("IDE", "doubleclick.net"), ("fr", "facebook.com")}
    assert {(thing.name, thing.host) for thing in left.things} == {("consent", ""), *beyond}
    assert left.hosts == set()
