"""A leak from the first line to the last, and a demand of a court: by pages and mails only, with the person it is about."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Person, staff

LEAKS = "/admin/privacy/incident/"
DEMANDS = "/admin/privacy/demand/"
COURT = "District Court of Harrow Falls"
WORDS = {
    "happened": "A list of parcels lay open for an hour.",
    "consequences": "Somebody may know where jewellery was delivered.",
    "measures": "The list is closed, and lists are sealed from now on.",
    "advice": "Let nobody in who comes for a parcel that you did not send back.",
}
PARTS = ("_0", "%Y-%m-%d"), ("_1", "%H:%M:%S")


@pytest.fixture
def alice(new_page, processes):
    return Person(
        new_page(), processes, email="linnea.marsh@example.net", full_name="Linnea Marsh", phone="+1 212 555 0163",
        street="21 Heron Weir",
    )  # fmt: skip


@pytest.fixture
def bob(new_page, processes):
    return Person(
        new_page(), processes, email="silas.thorne@example.net", full_name="Silas Thorne", phone="+1 212 555 0164",
        street="8 Tannery Court",
    )  # fmt: skip


def noon(name: str, days: int) -> dict[str, str]:
    """A date and a time, as the desk's forms take them: noon so many days from now, past or to come on every clock."""
    moment = (datetime.now(UTC) + timedelta(days=days)).replace(hour=12, minute=0, second=0)
    return {name + part: moment.strftime(style) for part, style in PARTS}


def is_a_customer_with_an_order(person: Person) -> str:
    person.signs_up()
    if "/accounts/login" in person.page.url:
        person.signs_in()
    return person.buys_a_necklace()


def page_of(carol: Person, kind: str) -> str:
    """The reference of the row whose page is open."""
    found = re.search(rf"{kind}-\w{{4}}-\w{{4}}", carol.page.content())
    assert found
    return found[0]


@pytest.mark.prove
@pytest.mark.promise("JE-30")
def test_a_court_gets_what_a_second_person_approved_and_whom_it_is_about_reads_of_it(alice, bob, new_page, processes):
    theirs, bobs = is_a_customer_with_an_order(alice), is_a_customer_with_an_order(bob)
    carol, dave = staff("privacy desk", new_page(), processes), staff("data protection officer", new_page(), processes)
    said = {"authority": COURT, "case": "7 C 12", "ground": "law", "order": "Order of 3 May.", "scope": "orders.Order"}

    carol.open(DEMANDS)
    carol.follow("Enter a demand")
    carol.decides("Enter it", person="nobody.at.all@example.net", **said, **noon("received_at", 2))
    carol.sees("Nobody is known by that")
    carol.decides("Enter it", person=alice.email)
    carol.sees("It was not received yet at that moment")
    carol.decides("Enter it", **noon("received_at", -1))
    reference = page_of(carol, "DEM")
    assert carol.page.get_by_role("link", name="Approve", exact=True).count() == 0, (
        "whoever entered it does not approve"
    )
    assert carol.page.get_by_role("link", name="Hand over", exact=True).count() == 0, "nothing is approved yet"

    carol.acts_on(DEMANDS, reference, "Keep what it asks for", review_on="2020-01-01")
    carol.sees("that one has passed")
    carol.decides("Keep what it asks for", review_on=noon("", 30)["_0"])
    expect(carol.page.get_by_text(re.compile(r"LH-\w{4}-\w{4}")).first).to_be_visible()
    dave.acts_on(DEMANDS, reference, "Approve")
    carol.open(f"{DEMANDS}?q={reference}")
    carol.follow(reference)
    carol.follow("Hand over")
    with carol.page.expect_download() as file:
        carol.press("Hand over and download")
    given = json.loads(file.value.path().read_text())
    assert (given["for"], given["case"], list(given["records"])) == (COURT, "7 C 12", ["Orders"])
    assert [order["reference"] for order in given["records"]["Orders"]] == [theirs]
    assert bobs not in json.dumps(given)
    carol.page.reload()
    assert carol.page.get_by_role("link", name="Hand over", exact=True).count() == 0, "it is given once"

    for person, reads_of_it in ((alice, True), (bob, False)):
        person.open("/account/privacy/")
        assert (COURT in person.page.locator("main").inner_text()) is reads_of_it


@pytest.mark.prove
@pytest.mark.promise("JE-112", "JE-113")
def test_a_leak_is_followed_until_everybody_was_told_and_nothing_is_left_to_do(alice, new_page, processes):
    is_a_customer_with_an_order(alice)
    carol = staff("privacy desk", new_page(), processes)

    carol.open(LEAKS)
    carol.follow("Open an incident")
    carol.decides("Open it", title="List of parcels", targets="orders.Order", **noon("noticed_at", 2))
    carol.sees("Nobody has noticed it yet at that moment")
    carol.decides("Open it", **noon("noticed_at", -1))
    reference = page_of(carol, "INC")
    carol.acts_on(LEAKS, reference, "Close", lessons="Lists are sealed.")
    carol.sees("It is not contained")

    carol.acts_on(LEAKS, reference, "Contain", how="The list is closed.", **noon("contained_at", -1))
    carol.acts_on(LEAKS, reference, "Weigh the risk", risk="high", reason="It names streets.")
    carol.acts_on(LEAKS, reference, "Tell the people")
    carol.sees("Some of the four texts are missing")
    carol.acts_on(LEAKS, reference, "Write the words", **WORDS)
    carol.acts_on(LEAKS, reference, "Record a notice", authority="California Attorney General", **noon("told_at", -1))
    carol.sees("California Attorney General")
    carol.acts_on(LEAKS, reference, "Tell the people")
    mail = alice.mail("What happened to data about you")
    assert [text for text in WORDS.values() if text not in mail.text] == []

    for _ in range(4):
        carol.open(f"{LEAKS}?q={reference}")
        carol.follow(reference)
        carol.follow("Finish something")
        carol.page.locator("[name='action']").select_option(index=1)
        carol.decides("Finish something", outcome="Done and looked at twice.")
    assert carol.page.get_by_role("link", name="Finish something", exact=True).count() == 0
    carol.acts_on(LEAKS, reference, "Close", lessons="Lists are sealed.")
    carol.sees("Lists are sealed.")
    assert carol.page.get_by_role("link", name="Open again", exact=True).count() == 1
    assert carol.page.get_by_role("link", name="Contain", exact=True).count() == 0, "nothing is changed on it any more"
