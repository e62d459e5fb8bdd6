"""The register's page, and a device that forgets."""

from __future__ import annotations

import re

import pytest

from privacy.consent import cookies
from privacy.consent.choice import Category
from privacy.tests.banner.clicks import F, P, T, answer, has_banner, signed_in
from privacy.tests.people import someone

pytestmark = pytest.mark.django_db


@pytest.mark.promise("JK-11", "JE-54", "JE-55", "JE-56", "JS-14")
def test_the_cookie_page_is_the_register(visitor, everything_asked):
    page = visitor.get("/privacy/cookies/").text
    rows = re.findall(r'<th scope="row"><span class="nowrap">(.*?)</span>', page)
    lines = [entry for entry in cookies.register() if not entry.is_for_staff]
    assert rows == [entry.name for each in Category for entry in lines if entry.category == each]
    assert [entry.name for entry in cookies.register() if entry.is_for_staff and entry.name not in page] == []
    assert re.findall(r"<h2>(Strictly necessary|Performance|Functionality|Targeting)</h2>", page) == [
        "Strictly necessary", "Performance", "Functionality", "Targeting",
    ]  # fmt: skip
    assert "Example Ads; can follow you to other sites" in page


@pytest.mark.promise("JE-55", "JK-11", "SG-15")
def test_every_thing_of_every_tag_stands_in_exactly_one_of_four_groups(visitor, settings):
    settings.LOUPE_POLICY = "jane_ellen"
    settings.LOUPE_TAGS = {
        "google-analytics": "G-AB12CD34EF", "hotjar": "1234567", "google-ads": "AW-123456789", "meta": "1234567890123",
    }  # fmt: skip
    found = {
        each: {entry.vendor for entry in cookies.register() if entry.category == each and not entry.is_for_staff}
        for each in Category
    }
    assert found == {
        Category.NECESSARY: {""}, P: {"", "Google", "Hotjar"}, F: set(), T: {"Google", "Meta"},
    }  # fmt: skip
    assert {"bag", "sessionid"} <= {e.name for e in cookies.register() if e.category == Category.NECESSARY}
    page = visitor.get("/privacy/choices/").text
    assert re.findall(r'name="allow" value="(.*?)"', page) == ["performance", "targeting"], (
        "each can be chosen by itself"
    )


@pytest.mark.promise("JE-58", "JK-13", "JE-44", "JH-25", "SG-15", "JE-61")
def test_the_cookie_page_points_to_the_browsers_help_and_to_opt_outs_nobody_needs(visitor):
    page = visitor.get("/privacy/cookies/").text
    assert [name for name in ("Chrome", "Firefox", "Safari", "Edge") if f">{name}" not in page] == []
    assert [
        host for host in ("optout.aboutads.info", "thenai.org", "tools.google.com/dlpage/gaoptout") if host not in page
    ] == []
    assert "Nobody needs them here" in page


@pytest.mark.promise("JK-14", "JE-77")
def test_clearing_the_device_signs_out_and_forgets_everything(everything_asked):
    alice = someone("alice")
    client = signed_in(alice)
    answer(client, "accept")
    client.cookies["bag"] = "x"
    response = client.post("/privacy/clear-device/")
    assert response.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert {name: cookie["max-age"] for name, cookie in response.cookies.items()} == {
        "bag": 0,
        "consent": 0,
        "sessionid": 0,
    }
    assert client.get(response.headers["Location"]).status_code == 200
    assert client.get("/account/").status_code == 302
    assert has_banner(client)


def test_clearing_a_device_needs_a_post(visitor):
    assert visitor.get("/privacy/clear-device/").status_code == 405


def test_an_oversized_jar_of_cookies_survives(visitor):
    for number in range(3_000):
        visitor.cookies[f"_ga_{number}"] = "x"
    visitor.cookies["consent"] = "x" * 4_000
    assert visitor.get("/privacy/").status_code == 200
    assert has_banner(visitor)
