"""Whoever is not signed in costs no question to the database for their consent, whatever they chose and whatever they send."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy.consent import choice, cookies
from privacy.consent.choice import Category, Choice
from privacy.consent.entries import Entry

pytestmark = pytest.mark.django_db

OPTIONAL = (Category.PERFORMANCE, Category.FUNCTIONALITY, Category.TARGETING)
CHOICES = [allowed for number in range(4) for allowed in combinations(OPTIONAL, number)]
CONSENT = {"consentrecord", "consentstate", "consentnotice", "visitorlink", "preference"}


@pytest.fixture(autouse=True)
def _everything_asked(monkeypatch, settings):
    """A register with something in every group, and no page from before."""
    settings.PAGE_CACHE_SECONDS = 0
    others = [Entry(f"x_{each.value}", each, "For a test.", timedelta(days=90)) for each in OPTIONAL]
    ours = cookies._ours()
    monkeypatch.setattr(cookies, "_ours", lambda: [*ours, *others])
    cookies.book.cache_clear()
    yield
    monkeypatch.undo()
    cookies.book.cache_clear()


def jars():
    """Every cookie somebody may bring: none, each of the eight choices, one of them altered, and one that is no cookie of ours."""
    written = [choice.encoded(choice.decide(allowed, before=Choice(), at=timezone.now())) for allowed in CHOICES]
    altered = written[-1][:-1] + ("A" if written[-1][-1] != "A" else "B")
    return ["", *written, altered, "x" * 4000]


def asked(path, raw, **headers):
    """What the database is asked for a page that a stranger opens."""
    client = Client(headers=headers)
    if raw:
        client.cookies["consent"] = raw
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in seen]


@pytest.mark.parametrize("signal", [{}, {"Sec-GPC": "1"}], ids=["plain", "gpc"])
def test_a_page_without_rows_of_its_own_asks_nothing_in_any_state(signal):
    asked("/privacy/opt-out/", "")  # what a process reads once
    assert len(CHOICES) == 8
    assert [asked("/privacy/opt-out/", raw, **signal) for raw in jars()] == [[]] * 11


def test_the_shop_window_asks_the_same_in_every_state_and_never_about_consent():
    tables = [
        model._meta.db_table
        for model in apps.get_app_config("privacy").get_models()
        if model._meta.model_name in CONSENT
    ]
    assert len(tables) == len(CONSENT)
    asked("/", "")
    told = [asked("/", raw, **signal) for raw in jars() for signal in ({}, {"Sec-GPC": "1"})]
    assert told[0], "the window has rows of its own"
    assert {tuple(each) for each in told} == {tuple(told[0])}
    assert [sql for sql in told[0] for table in tables if table in sql] == []
