"""A crawl of the whole shop as a stranger: every link leads to a page, and no page keeps or loads what it must not."""

import re
from collections import deque
from html import unescape
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

HOST = "http://127.0.0.1"
LINKS = re.compile(r"<(?:a|link|form)\b[^>]*?\s(?:href|action)=\"([^\"]+)\"", re.I)
LOADS = re.compile(
    r"<(?:script|img|source|iframe|link rel=\"stylesheet\")\b[^>]*?\s(?:src|srcset|href)=\"([^\"]+)\"", re.I
)
# Facets multiply without end; a filtered list is the same page with other rows.
LEFT_OUT = ("/admin/", "/accounts/login/", "/accounts/signup/", "/static/", "/api/")
POSTED = re.compile(r"<form\b[^>]*method=\"post\"", re.I)


@pytest.fixture
def shelves(db):
    call_command("load_catalogue", "--without-stones", verbosity=0)


def crawl(most: int) -> dict[str, int]:
    """Follow links from the home page, broadly first; returns the pages seen with their status."""
    client = Client(headers={"host": "127.0.0.1"})
    waiting, seen = deque(["/"]), {"/": 0}
    while waiting and len([status for status in seen.values() if status]) < most:
        path = waiting.popleft()
        response = client.get(path)
        seen[path] = response.status_code
        if response.status_code == 302:
            continue
        assert response.status_code == 200, f"{path} answers {response.status_code}"
        assert not response.cookies, f"{path} sets a cookie on a visitor who did nothing"
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        policy = response.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'self'" in policy
        html = response.content.decode()
        foreign = [url for url in LOADS.findall(html) if urlsplit(unescape(url)).netloc not in ("", "127.0.0.1")]
        assert foreign == [], f"{path} loads from elsewhere"
        for link in LINKS.findall(POSTED.sub("<skipped", html)):
            target = urldefrag(urljoin(HOST + path, unescape(link)))[0]
            parts = urlsplit(target)
            address = parts.path + (f"?{parts.query}" if parts.query else "")
            if (
                parts.netloc == "127.0.0.1"
                and parts.scheme == "http"
                and not address.startswith(LEFT_OUT)
                and address not in seen
            ):
                seen[address] = 0
                waiting.append(address)
    return {path: status for path, status in seen.items() if status}


@pytest.mark.promise("JS-13", "JS-14", "JK-09", "JE-25", "JE-42", "JE-126", "JS-19", "JE-62", "JH-24")
def test_the_first_sixty_pages_are_whole(shelves):
    assert len(crawl(60)) == 60


@pytest.mark.prove
def test_every_page_of_the_shop_is_whole(shelves, record_property):
    """Every page a stranger can reach answers, sets no cookie, loads nothing from elsewhere, and has the strict policy."""
    seen = crawl(3000)
    record_property("pages", len(seen))
    assert len(seen) > 150
