"""A visitor, and a register that asks for something in every group."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from privacy.consent import cookies
from privacy.consent.entries import Entry, Kind
from privacy.tests.banner.clicks import F, T

OURS = cookies._ours()
OTHERS = [
    Entry("tongue", F, "To remember your language.", timedelta(days=90)),
    Entry("_ad", T, "To advertise.", timedelta(days=90), vendor="Example Ads", is_cross_site=True),
    Entry("drawer", F, "To remember.", timedelta(days=90), kind=Kind.STORAGE),
]


@pytest.fixture(autouse=True)
def _no_page_from_before(settings):
    settings.PAGE_CACHE_SECONDS = 0


@pytest.fixture
def everything_asked(monkeypatch):
    """A register with something in every group."""
    monkeypatch.setattr(cookies, "_ours", lambda: [*OURS, *OTHERS])
    cookies.book.cache_clear()
    yield
    monkeypatch.undo()
    cookies.book.cache_clear()


@pytest.fixture
def visitor():
    return Client(headers={"Sec-Fetch-Site": "same-origin"}, REMOTE_ADDR="203.0.113.77")
