"""Walks through the shop as four visitors, and writes down what their browsers held and asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from privacy.consent import cookies as register
from privacy.consent.choice import Choice
from privacy.consent.entries import Kind
from tests.browser import FLAGS
from tests.browser import chromium as chromium_path
from tests.crawl.stand_in import StandIn
from tests.crawl.violations import Found, Seen

STORED: Final = """async () => [
  ...Object.keys(localStorage), ...Object.keys(sessionStorage),
  ...(await indexedDB.databases()).map((each) => each.name), ...(await caches.keys()),
]"""


@dataclass(frozen=True)
class State:
    """One kind of visitor: what they press in the banner, and whether their browser sends the signal."""

    name: str
    presses: str = ""
    gpc: bool = False

    @property
    def choice(self) -> Choice:
        """What counts for them, as the register's rules have it."""
        allowed = register.book().asked if self.presses == "Accept" else frozenset()
        today = datetime.now(UTC).date() if self.presses else None
        return Choice(allowed, decided_on=today, has_refused=self.presses == "Refuse", gpc=self.gpc)


STATES: Final = (
    State("fresh"),
    State("refused", presses="Refuse"),
    State("accepted", presses="Accept"),
    State("gpc", presses="Accept", gpc=True),
)


@dataclass
class Walk:
    """What one visitor's browser did on the pages of one walk."""

    seen: Seen
    statuses: dict[str, int] = field(default_factory=dict)
    by_page: dict[str, set[str]] = field(default_factory=dict)  # hosts of others, by page
    complaints: list[str] = field(default_factory=list)


@contextmanager
def chromium(browser: Browser, stand_in: StandIn, folder: Path) -> Iterator[BrowserContext]:
    """A browser like *browser* in which every name but the shop's address leads to the stand-in.

    Its profile lies in *folder* and takes the cookies of third parties, which Chromium refuses in a private window: here it is the
    shop that must keep them away, not the browser.
    """
    preferences = folder / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text(json.dumps({"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}}))
    context = browser.browser_type.launch_persistent_context(
        folder,
        executable_path=chromium_path(),
        args=[*FLAGS, f"--host-resolver-rules={stand_in.rules}"],
        ignore_https_errors=True,
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


def become(context: BrowserContext, state: State, shop_url: str) -> None:
    """Let the browser be one that nobody has used, whose owner then answers the banner as *state* says."""
    context.clear_cookies()
    context.set_extra_http_headers({"Sec-GPC": "1"} if state.gpc else {})
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Storage.clearDataForOrigin", {"origin": shop_url, "storageTypes": "all"})
    if state.presses:
        page.goto(f"{shop_url}/privacy/promises/")
        page.locator(".consent").get_by_role("button", name=state.presses, exact=True).click()
        page.wait_for_load_state("load")
    page.close()


def walk(
    context: BrowserContext,
    state: State,
    shop_url: str,
    paths: Iterable[str],
    presses: Iterable[tuple[str, tuple[str, ...]]] = (),
) -> Walk:
    """Open every path, each in a tab of its own; then those of *presses*, each with the buttons to press there in turn."""
    found = Walk(Seen(state.choice))
    for path, buttons in [*((path, ()) for path in paths), *presses]:
        with _watched(context, found, path, ours=urlsplit(shop_url).netloc) as page:
            response = page.goto(shop_url + path, wait_until="load")
            found.statuses[path] = response.status if response else 0
            for button in buttons:
                page.get_by_role("button", name=button, exact=True).first.click()
                page.wait_for_load_state("load")
            if state.presses == "Accept":
                page.wait_for_load_state("networkidle")
            found.seen.things |= stored(page)
    found.seen.things |= cookies(context, shop_url)
    return found


@contextmanager
def _watched(context: BrowserContext, found: Walk, path: str, *, ours: str) -> Iterator[Page]:
    """A tab of which is written down what it asks of others, and what it complains about."""
    page, others = context.new_page(), found.by_page.setdefault(path, set())

    def note_request(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != ours:
            others.add(parts.netloc)

    def note_message(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            found.complaints.append(message.text)

    page.on("request", note_request)
    page.on("console", note_message)
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    yield page
    page.close()
    found.seen.hosts |= others


def cookies(context: BrowserContext, shop_url: str) -> set[Found]:
    """Every cookie of the browser, of whatever host."""
    ours, now = urlsplit(shop_url).hostname, datetime.now(UTC).timestamp()
    found = set()
    for cookie in context.cookies():
        expires, domain = float(cookie.get("expires", -1)), str(cookie.get("domain", ""))
        lives = timedelta(seconds=expires - now) if expires > 0 else None
        found.add(Found(str(cookie.get("name")), "" if domain == ours else domain.lstrip("."), lives=lives))
    return found


def stored(page: Page) -> set[Found]:
    """Every key that the page's origin keeps outside of cookies."""
    return {Found(str(name), kind=Kind.STORAGE) for name in page.evaluate(STORED)}
