"""A real browser for tests: Chromium of the system, driven by Playwright.

Tests that ask for `page` or `new_page` are marked `browser`. Without Chromium they are skipped, and one line at the end
of the run says how to get it; with `LOUPE_REQUIRE_BROWSER=1` they fail instead.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dev.services import data_home

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",  # no test reaches anybody else
]
NO_CHROMIUM = "Browser tests need Chromium: `apt-get install chromium` (or set CHROME_PATH to one you have)."
STEP_MILLISECONDS = 15_000

NewPage = Callable[..., Page]


def chromium() -> str:
    """The browser to use; empty when there is none."""
    if named := os.environ.get("CHROME_PATH"):
        return named
    on_the_path = next(filter(None, map(shutil.which, NAMES)), "")
    return on_the_path or (str(MAC) if MAC.exists() else "")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of the session."""
    path = chromium()
    if not path:
        required = os.environ.get("LOUPE_REQUIRE_BROWSER") == "1"
        (pytest.fail if required else pytest.skip)(NO_CHROMIUM)
    # Playwright keeps an event loop open in this thread; Django would take the tests' own queries for async code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        launched = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[NewPage]:
    """Opens pages, each in a context of its own: another person with other cookies. Takes Playwright's context options.

    When the test fails, a picture of each page goes to `failures/` in the data folder.
    """
    contexts: list[BrowserContext] = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "accept_downloads": True, **options}
        )
        context.set_default_timeout(STEP_MILLISECONDS)
        contexts.append(context)
        return context.new_page()

    yield open_page
    if request.node.stash.get(FAILED, False):
        _photograph(contexts, name=request.node.name)
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page at a desk."""
    return new_page()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Let fixtures know, when they end, that their test failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what needs a browser, and let the journeys share one running shop when workers divide the tests."""
    fixtures = set(getattr(item, "fixturenames", ()))
    if "browser" in fixtures:
        item.add_marker(pytest.mark.browser)
    if "processes" in fixtures:
        item.add_marker(pytest.mark.xdist_group("processes"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for all tests that were skipped for want of a browser."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if NO_CHROMIUM in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} browser tests skipped. {NO_CHROMIUM}", yellow=True)


def _photograph(contexts: list[BrowserContext], *, name: str) -> None:
    """Keep a picture of every page that is open."""
    folder = data_home() / "failures"
    folder.mkdir(parents=True, exist_ok=True)
    pages = [page for context in contexts for page in context.pages]
    for number, page in enumerate(pages, start=1):
        page.screenshot(path=folder / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{number}.png", full_page=True)
