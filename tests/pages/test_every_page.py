"""Every public and account page, looked at by a real browser.

No accessibility violation (axe-core); nothing scrolls sideways; no request to anybody else; nothing the content policy had to stop;
and a first visit leaves no cookie. `make test` looks at a page of each make, in light on a desk; the long proofs at every page, in
light on a desk and in dark on a phone.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request

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
    "/accounts/age/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/privacy/",
    "/privacy/cookies/",
    "/privacy/choices/",
    "/privacy/choices/kept/",
    "/privacy/device-cleared/",
    "/privacy/limit/",
    "/privacy/opt-out/",
    "/privacy/authorities/",
    "/privacy/versions/",
    "/privacy/versions/1/",
    "/privacy/promises/",
    "/privacy/request/",
    "/privacy/request/agent/correction/",
    "/privacy/certificate/",
    "/privacy/receipt/",
    "/no-such-page/",
]
LINKED = {"/category/necklaces/": "a[href^='/product/']", "/stones/": "a[href^='/stones/ST-']"}
ACCOUNT = [
    "/account/",
    "/account/orders/",
    "/account/addresses/",
    "/account/addresses/add/",
    "/account/details/",
    "/account/security/",
    "/account/security/keys/",
    "/account/preferences/",
    "/account/privacy/",
    "/account/privacy/ask/",
    "/account/privacy/ask/objection/",
    "/account/privacy/copy/",
    "/account/privacy/erase/",
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
A_FEW = [
    "/", "/category/necklaces/", "/search/?q=necklace", "/accounts/signup/", "/privacy/", "/privacy/cookies/", "/privacy/choices/",
    "/privacy/request/", "/no-such-page/",
]  # fmt: skip
A_FEW_OF_ONES_OWN = [
    "/account/",
    "/account/details/",
    "/account/preferences/",
    "/account/privacy/",
    "/account/privacy/erase/",
]


@dataclass(frozen=True)
class Eyes:
    """Who looks: the browser's options, and which pages."""

    options: dict[str, object]
    public: list[str]
    account: list[str]


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


@contextmanager
def watched(page: Page) -> Iterator[Visit]:
    """Write down meanwhile what *page* asks of others and what it complains about."""
    visit = Visit()

    def note_request(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(page.url).netloc and not page.url.startswith("about:"):
            visit.elsewhere.append(request.url)

    def note_message(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            visit.complaints.append(message.text)

    def note_error(error: Error) -> None:
        visit.complaints.append(str(error))

    noted = {"request": note_request, "console": note_message, "pageerror": note_error}
    for event, note in noted.items():
        page.on(event, note)
    yield visit
    for event, note in noted.items():
        page.remove_listener(event, note)


def measure(page: Page, visit: Visit) -> Visit:
    """Complete *visit* with what stands on the page now."""
    visit.sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.evaluate(
        "scrollTo(0, document.documentElement.scrollHeight)"
    )  # where the question about cookies lies over nothing
    found = Axe().run(page, options=RULES).response["violations"]
    visit.violations = [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:160]}" for rule in found for node in rule["nodes"]
    ]
    visit.cookies = sorted(str(cookie.get("name")) for cookie in page.context.cookies())
    return visit


def look_at_all(context: BrowserContext, shop_url: str, paths: list[str]) -> Visits:
    """One visit for each path, one after the other in one tab: each new one would be another process."""
    visits: Visits = {}
    page = context.new_page()
    for path in paths:
        with watched(page) as visit:
            response = page.goto(shop_url + path, wait_until="load")
            visit.status = response.status if response else 0
            visits[path] = measure(page, visit)
    page.close()
    return visits


def first_link(page: Page, url: str, selector: str) -> list[str]:
    """The first link that *selector* finds on the page at *url*, when there is one."""
    page.goto(url)
    return page.eval_on_selector_all(selector, "links => links.map(link => link.getAttribute('href'))")[:1]


def paths_behind(context: BrowserContext, shop_url: str) -> list[str]:
    """One product and, where stones are loaded, one stone: pages whose address only a list knows."""
    page = context.new_page()
    found = [link for path, selector in LINKED.items() for link in first_link(page, shop_url + path, selector)]
    page.close()
    return found


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(Eyes(DESK, A_FEW, A_FEW_OF_ONES_OWN), id="desk, light, a few"),
        pytest.param(Eyes(DESK, PUBLIC, ACCOUNT), id="desk, light", marks=pytest.mark.prove),
        pytest.param(Eyes(PHONE, PUBLIC, ACCOUNT), id="phone, dark", marks=pytest.mark.prove),
    ],
)
def eyes(request: pytest.FixtureRequest) -> Eyes:
    """On a desk in daylight or on a phone at night."""
    found: Eyes = request.param
    return found


@pytest.fixture(scope="module")
def context(eyes: Eyes, browser: Browser) -> Iterator[BrowserContext]:
    """A browser nobody has used."""
    context = browser.new_context(**eyes.options)
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def public(eyes: Eyes, context: BrowserContext, processes: RunningShop) -> Visits:
    """What a stranger sees."""
    return look_at_all(context, processes.shop_url, eyes.public + paths_behind(context, processes.shop_url))


@pytest.fixture(scope="module")
def buying(context: BrowserContext, processes: RunningShop, public: Visits) -> Visits:
    """The bag with a piece in it, the checkout, and the checkout sent back because it is empty."""
    page = context.new_page()
    page.goto(processes.shop_url + next(path for path in public if path.startswith("/product/")))
    page.get_by_role("button", name="Add to bag").click()
    page.wait_for_url("**/bag/")
    page.close()
    visits = look_at_all(context, processes.shop_url, ["/bag/", "/checkout/"])
    page = context.new_page()
    page.goto(processes.shop_url + "/checkout/")
    with watched(page) as visit:
        with page.expect_response(lambda response: response.request.method == "POST") as answer:
            page.get_by_role("button", name="Pay").click()
        page.wait_for_load_state("load")
        visit.status = answer.value.status
        visits["/checkout/ sent empty"] = measure(page, visit)
    page.close()
    return visits


@pytest.fixture(scope="module")
def personal(eyes: Eyes, context: BrowserContext, processes: RunningShop, buying: Visits) -> Visits:
    """What a customer of the demo sees, signed in; she has orders."""
    alice = json.loads((processes.shop.home / "demo.json").read_text())["customers"][0]
    page = context.new_page()
    page.goto(processes.shop_url + "/accounts/login/")
    page.fill("[name=login]", alice["email"])
    page.fill("[name=password]", alice["password"])
    page.click("main button.button")
    page.wait_for_url("**/account/")
    order = first_link(page, processes.shop_url + "/account/orders/", "main a[href^='/account/orders/LP-']")
    page.goto(processes.shop_url + "/account/privacy/erase/")
    page.fill("[name=password]", alice["password"])
    page.click("main button.button")
    page.wait_for_url("**/account/privacy/erase/")
    page.close()
    return look_at_all(context, processes.shop_url, [*eyes.account, *order])


@pytest.fixture(scope="module")
def everywhere(public: Visits, buying: Visits, personal: Visits) -> Visits:
    """All of it."""
    return {**public, **{f"{path} (full)": visit for path, visit in buying.items()}, **personal}


@SLOW
def test_no_page_has_a_violation(everywhere: Visits) -> None:
    """Every page that is looked at passes the checks of axe-core for WCAG 2.2 AA."""
    assert {path: visit.violations for path, visit in everywhere.items() if visit.violations} == {}


@SLOW
def test_every_page_answers(everywhere: Visits) -> None:
    """Every page answers as it should."""
    expected = {"/no-such-page/": 404, "/checkout/ sent empty (full)": 422}
    answers = {path: visit.status for path, visit in everywhere.items()}
    assert answers == {path: expected.get(path, 200) for path in answers}
    assert len([path for path in answers if path.startswith(("/product/", "/account/orders/LP-"))]) == 2


@SLOW
def test_nothing_scrolls_sideways(everywhere: Visits) -> None:
    """No page scrolls sideways."""
    assert {path: visit.sideways for path, visit in everywhere.items() if visit.sideways > 0} == {}


@SLOW
@pytest.mark.promise("JS-13", "JS-14", "JK-09", "JE-25", "JE-42", "JE-126")
def test_no_page_asks_anybody_else(everywhere: Visits) -> None:
    """No page asks anybody else for anything."""
    assert {path: visit.elsewhere for path, visit in everywhere.items() if visit.elsewhere} == {}


@SLOW
def test_the_content_policy_has_nothing_to_stop(everywhere: Visits) -> None:
    """No page does what its content policy would have to stop."""
    assert {path: visit.complaints for path, visit in everywhere.items() if visit.complaints} == {}


@SLOW
@pytest.mark.promise("JS-13", "JS-19", "JE-62", "JH-24")
def test_looking_around_leaves_no_cookie(public: Visits) -> None:
    """Looking around leaves no cookie."""
    assert {path: visit.cookies for path, visit in public.items() if visit.cookies} == {}
