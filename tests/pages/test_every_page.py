"""Every public and account page, looked at by a real browser.

No accessibility violation (axe-core), in light on a desk and in dark on a phone; nothing scrolls sideways at 360 pixels;
no request to anybody else; nothing the content policy had to stop; and a first visit leaves no cookie.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.processes import RunningShop

DESK = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light", "reduced_motion": "reduce"}
PHONE = {"viewport": {"width": 360, "height": 780}, "color_scheme": "dark", "reduced_motion": "reduce"}
PUBLIC = [
    "/",
    "/category/necklaces/",
    "/category/rings/",
    "/category/earrings/",
    "/category/bracelets/",
    "/stones/",
    "/search/?q=necklace",
    "/search/?q=nothing-of-this-kind",
    "/size-guide/",
    "/about-our-stones/",
    "/bag/",
    "/contact/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/privacy/",
    "/privacy/cookies/",
    "/privacy/opt-out/",
    "/privacy/request/",
    "/privacy/certificate/",
    "/no-such-page/",
]
LINKED = {"/category/necklaces/": "a[href^='/product/']", "/stones/": "a[href^='/stones/']"}
ACCOUNT = [
    "/account/",
    "/account/orders/",
    "/account/addresses/",
    "/account/addresses/add/",
    "/account/details/",
    "/account/security/",
    "/account/security/keys/",
    "/account/privacy/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/logout/",
]
RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
SLOW = pytest.mark.slow


@dataclass
class Visit:
    """What one page did when it was opened."""

    status: int = 0
    violations: list[str] = field(default_factory=list)
    sideways: int = 0
    elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)


Visits = dict[str, Visit]


def look(page: Page, url: str) -> Visit:
    """Open *url* and write down what happened."""
    visit, host = Visit(), urlsplit(url).netloc
    page.on(
        "request", lambda request: visit.elsewhere.append(request.url) if urlsplit(request.url).netloc != host else None
    )
    page.on(
        "console", lambda message: visit.complaints.append(message.text) if "Content Security" in message.text else None
    )
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    response = page.goto(url, wait_until="load")
    visit.status = response.status if response else 0
    visit.sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = Axe().run(page, options=RULES).response["violations"]
    visit.violations = [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:160]}" for rule in found for node in rule["nodes"]
    ]
    visit.cookies = sorted(str(cookie.get("name")) for cookie in page.context.cookies())
    return visit


def look_at_all(context: BrowserContext, shop_url: str, paths: list[str]) -> Visits:
    """One visit for each path, each in a tab of its own."""
    visits: Visits = {}
    for path in paths:
        page = context.new_page()
        visits[path] = look(page, shop_url + path)
        page.close()
    return visits


def paths_behind(context: BrowserContext, shop_url: str) -> list[str]:
    """One product and, where stones are loaded, one stone: pages whose address only a list knows."""
    page, found = context.new_page(), []
    for path, selector in LINKED.items():
        page.goto(shop_url + path)
        links = page.eval_on_selector_all(selector, "links => links.map(link => link.getAttribute('href'))")
        found += [link for link in links if "?" not in link and link not in LINKED][:1]
    page.close()
    return found


def sign_in(context: BrowserContext, processes: RunningShop) -> None:
    """Sign in as a customer of the demo, who has orders and a request."""
    logins = json.loads((processes.shop.home / "demo.json").read_text())
    page = context.new_page()
    page.goto(processes.shop_url + "/accounts/login/")
    page.fill("[name=login]", logins["customers"][0]["email"])
    page.fill("[name=password]", logins["customers"][0]["password"])
    page.click("main button.button")
    page.wait_for_url("**/account/")
    page.close()


@pytest.fixture(scope="module", params=[DESK, PHONE], ids=["desk, light", "phone, dark"])
def public(request: pytest.FixtureRequest, browser: Browser, processes: RunningShop) -> Iterator[Visits]:
    """What a stranger sees."""
    context = browser.new_context(**request.param)
    yield look_at_all(context, processes.shop_url, PUBLIC + paths_behind(context, processes.shop_url))
    context.close()


@pytest.fixture(scope="module", params=[DESK, PHONE], ids=["desk, light", "phone, dark"])
def personal(request: pytest.FixtureRequest, browser: Browser, processes: RunningShop) -> Iterator[Visits]:
    """What a customer sees, signed in."""
    context = browser.new_context(**request.param)
    sign_in(context, processes)
    yield look_at_all(context, processes.shop_url, ACCOUNT)
    context.close()


@SLOW
def test_public_pages_have_no_violation(public: Visits) -> None:
    assert {path: visit.violations for path, visit in public.items() if visit.violations} == {}


@SLOW
def test_account_pages_have_no_violation(personal: Visits) -> None:
    assert {path: visit.violations for path, visit in personal.items() if visit.violations} == {}


@SLOW
def test_every_page_answers(public: Visits, personal: Visits) -> None:
    expected = {"/no-such-page/": 404}
    answers = {path: visit.status for path, visit in {**public, **personal}.items()}
    assert answers == {path: expected.get(path, 200) for path in answers}
    assert len([path for path in public if path.startswith("/product/")]) == 1


@SLOW
def test_nothing_scrolls_sideways(public: Visits, personal: Visits) -> None:
    assert {path: visit.sideways for path, visit in {**public, **personal}.items() if visit.sideways > 0} == {}


@SLOW
def test_no_page_asks_anybody_else(public: Visits, personal: Visits) -> None:
    assert {path: visit.elsewhere for path, visit in {**public, **personal}.items() if visit.elsewhere} == {}


@SLOW
def test_the_content_policy_has_nothing_to_stop(public: Visits, personal: Visits) -> None:
    assert {path: visit.complaints for path, visit in {**public, **personal}.items() if visit.complaints} == {}


@SLOW
def test_looking_around_leaves_no_cookie(public: Visits) -> None:
    assert {path: visit.cookies for path, visit in public.items() if visit.cookies} == {}
