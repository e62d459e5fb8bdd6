"""Every right, as somebody signed in uses it: asked for on one page, followed on its own, answered there.

A copy and an erasure have journeys of their own, which every run of the tests makes; this one is long.
"""

from __future__ import annotations

import re
import time

import pytest

from tests.journeys.people import Person, staff

BY_ITSELF = {
    "Take my data along": {},
    "Know which kinds of data you hold": {},
    "Keep my data, but do not use it": {"ground": "asked"},
    "Stop a use of my data": {"text": "Enough news."},
    "Take back what I agreed to": {},
    "Who received my data for their marketing": {},
}
"""What a worker does as soon as it counts."""
BY_STAFF = {
    "Correct my data": ({"text": "My second name is Quill."}, "Approve"),
    "Report data of a child": ({"about": "An order", "text": "My neighbour's child."}, ""),
    "Data of my child": ({"about": "kid@example.net", "text": "Show me what you hold."}, ""),
    "Complain": ({"text": "Nobody answered my letter."}, "Answer"),
    "Ask about privacy": ({"text": "Who carries my parcels?"}, "Answer"),
}
"""What staff decide or answer; the three steps about a child have tests of their own."""
ANSWER = "We looked into it, and this is what we found."


@pytest.fixture
def alice(new_page, processes):
    return Person(
        new_page(), processes, email="olga.every@example.net", full_name="Olga Everett", phone="+1 212 555 0161",
        street="3 Quillon Row",
    )  # fmt: skip


def asks_for(person: Person, what: str, **typed: str) -> str:
    """From the privacy centre to a request that counts; returns its reference."""
    person.open("/account/privacy/")
    person.follow("Everything you can ask for")
    person.follow(what)
    person.proves_it_is_them()
    for name, text in typed.items():
        control = person.page.locator(f"main [name='{name}']").first
        control.select_option(text) if control.evaluate("e => e.tagName") == "SELECT" else control.fill(text)
    person.press("Ask for it")
    person.page.wait_for_url(re.compile(r"/account/privacy/DSR-"))
    reference = re.search(r"DSR-\w{4}-\w{4}", person.page.url)
    assert reference
    return reference[0]


def is_done(person: Person, reference: str, *, seconds: int = 60) -> None:
    """Look at the request's page until it says so."""
    for _ in range(seconds):
        person.open(f"/account/privacy/{reference}/")
        if person.page.locator(".page-head", has_text="Done on").count():
            return
        time.sleep(1)
    raise AssertionError(f"{reference}: {person.page.locator('main').inner_text()}")


@pytest.mark.prove
def test_every_right_is_asked_for_followed_and_answered(alice, new_page, processes):
    alice.signs_up()
    if "/accounts/login" in alice.page.url:
        alice.signs_in()
    for what, typed in BY_ITSELF.items():
        is_done(alice, asks_for(alice, what, **typed))
        if what == "Keep my data, but do not use it":
            alice.open("/account/privacy/")
            alice.press("Use them again")

    carol = staff("privacy desk", new_page(), processes)
    for what, (typed, act) in BY_STAFF.items():
        reference = asks_for(alice, what, **typed)
        alice.types("Your message", f"About {what.lower()}.")
        alice.press("Send")
        alice.sees(f"About {what.lower()}.")
        said = {"text": ANSWER} if act == "Answer" else {}
        if act:
            carol.acts_on("/admin/privacy/datarequest/", reference, act, **said)
        alice.open(f"/account/privacy/{reference}/")
        if act == "Answer":
            alice.sees(ANSWER)

    for path, button in (
        ("/privacy/opt-out/", "Do not sell or share my information"),
        ("/privacy/limit/", "Limit the use of my sensitive information"),
    ):
        alice.open(path)
        alice.press(button)
        alice.sees(re.compile("honoured|recorded|holds|done|no longer|not sell|limited", re.I))

    reference = asks_for(alice, "Ask about privacy", text="One more thing, which I take back.")
    alice.press("Take it back")
    alice.sees("You took it back.")
    alice.open("/account/deactivate/")
    alice.proves_it_is_them()
    alice.press("Deactivate")
    alice.page.wait_for_load_state()
    assert alice.page.locator("main", has_text=re.compile("closed|come back", re.I)).count()
