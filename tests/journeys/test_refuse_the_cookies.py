"""Refuse the cookies: nothing before an answer, nothing after a no, and a yes that is taken back as easily as it was given."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Person


@pytest.fixture
def grace(new_page, processes):
    """A stranger whose browser runs no script."""
    return Person(new_page(java_script_enabled=False), processes)


def cookies(person):
    return {cookie["name"] for cookie in person.page.context.cookies()}


def records(processes):
    return processes.query(
        "SELECT matter, decision, surface, visitor_id IS NOT NULL FROM privacy_consentrecord ORDER BY id"
    )


def last_about(matter, processes):
    return [record for record in records(processes) if record[0] == matter][-1]


@pytest.mark.promise("JE-59", "JE-60", "JE-62")
def test_a_visitor_refuses_the_cookies_and_the_shop_keeps_to_it(grace, processes):
    before = len(records(processes))
    grace.open("/")
    assert cookies(grace) == set(), "a first visit keeps nothing"
    banner = grace.page.get_by_role("region", name="Cookies")
    accept, refuse = (banner.get_by_role("button", name=name).bounding_box() for name in ("Accept", "Refuse"))
    assert (accept["width"], accept["height"], accept["y"]) == (refuse["width"], refuse["height"], refuse["y"])

    banner.get_by_role("button", name="Refuse").click()
    expect(banner).to_have_count(0)
    assert cookies(grace) == {"consent"}
    said = records(processes)[before:]
    assert said, "a no is written down like a yes"
    assert {(decision, surface) for _, decision, surface, _ in said} == {("refused", "banner")}

    grace.chooses_a_necklace()
    assert cookies(grace) == {"consent"}, "nothing was counted, nothing is asked again"
    grace.puts_it_in_the_bag()
    assert cookies(grace) == {"consent", "bag"}, "what is necessary works all the same"

    grace.page.get_by_role("contentinfo").get_by_role("link", name="Cookie settings").click()
    grace.page.get_by_role("checkbox", name=re.compile("^Performance")).check()
    grace.press("Keep my choice")
    assert last_about("performance", processes) == ("performance", "granted", "cookie_settings", True)
    grace.open("/privacy/choices/")
    grace.press("Refuse all")
    assert last_about("performance", processes)[:3] == ("performance", "withdrawn", "cookie_settings")
    grace.open("/")
    assert cookies(grace) == {"consent", "bag"}


@pytest.mark.promise("JK-12", "JE-63", "JH-26")
def test_a_browser_that_says_no_is_heard_and_told_so(new_page, processes):
    robin = Person(new_page(extra_http_headers={"Sec-GPC": "1"}), processes)
    robin.open("/")
    expect(robin.page.get_by_role("contentinfo")).to_contain_text("Global Privacy Control")
    robin.page.get_by_role("contentinfo").get_by_role("button", name=re.compile("^Do Not Sell")).click()
    robin.sees(re.compile("opted out|signal honoured|do not sell", re.I))
    assert cookies(robin) <= {"consent"}
