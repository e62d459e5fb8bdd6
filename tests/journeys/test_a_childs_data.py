"""Reports about children, by pages and mails only: what staff decide, what is deleted, and how the parent hears of it."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Person, staff

QUEUE = "/admin/privacy/datarequest/"


@pytest.fixture
def kid(new_page, processes):
    return Person(new_page(), processes, email="kim.little@example.net", full_name="Kim Little", street="5 Kite Row")


def reports(person: Person, kind: str, **typed: str) -> None:
    """Fill the public form in, as anybody may."""
    person.open(f"/privacy/request/{kind}/")
    for name, text in {"email": person.email, **typed}.items():
        person.page.locator(f"main [name='{name}']").fill(text)
    person.page.locator("main form button").first.click()
    person.page.wait_for_url(re.compile(r"/privacy/request/(taken|asked)/$"))


def report_at_the_desk(carol: Person, kind: str) -> str:
    """Where the newest report of the kind stands; waits for a mailed link that is being pressed."""
    carol.open(f"{QUEUE}?kind__exact={kind}&state__exact=verified&o=-8")
    reference = carol.page.locator("#result_list").get_by_role("link", name=re.compile("DSR-")).first.inner_text()
    return reference.strip()


def all_three_steps(carol: Person, reference: str, *, told: bool, seconds: int = 150) -> None:
    """Look at the report's page until everything is deleted; the moments of the steps stand there."""
    for _ in range(seconds):
        carol.open(f"{QUEUE}?standing=all&q={reference}")
        carol.page.get_by_role("link", name=reference).first.click()
        steps = carol.page.locator(".desk__steps li")
        expect(steps).to_have_count(3)
        said = steps.locator(".desk__when").all_inner_texts()
        if said[1] != "not yet":
            break
        time.sleep(1)
    assert [re.search(r"\d{4}, \d{2}:\d{2}", each) is not None for each in said] == [True, True, told], said
    carol.follow("The record of it")
    expect(carol.page.locator(".desk__steps")).to_contain_text("Looked into")


def is_gone(person: Person) -> None:
    """Nobody can sign in with the child's address any more."""
    person.page.context.clear_cookies()
    person.open("/accounts/login/")
    person.types("E-mail", person.email)
    person.page.get_by_label("Password").first.fill(person.password)
    person.press("Sign in")
    person.page.wait_for_load_state()
    assert "/accounts/login" in person.page.url


@pytest.mark.prove
@pytest.mark.promise("JE-121")
def test_staff_look_into_a_report_delete_the_child_and_tell_a_parent_found_later(kid, new_page, processes):
    kid.signs_up()
    rita = Person(new_page(), processes, email="rita.teacher@example.net")
    reports(rita, "child_report", about=kid.email, text="A pupil of mine. She is eleven.")

    carol = staff("privacy desk", new_page(), processes)
    reference = report_at_the_desk(carol, "child_report")
    carol.acts_on(QUEUE, reference, "It is a child: delete now", address=kid.email, how="own_words")
    all_three_steps(carol, reference, told=False)
    expect(carol.page.locator(".desk__steps")).to_contain_text("No parent is known")
    is_gone(kid)

    carol.follow("Tell a parent")
    carol.page.locator("[name='address']").fill("petra.little@example.net")
    carol.press("Tell a parent")
    expect(carol.page.locator(".desk__steps")).to_contain_text("By mail; the address is forgotten.")
    petra = Person(new_page(), processes, email="petra.little@example.net")
    assert reference in petra.mail("deleted").text
    assert kid.email not in rita.mail(reference).text, "whoever reported it learns that we looked, and no more"


@pytest.mark.prove
@pytest.mark.promise("JE-123")
def test_a_parent_asks_by_the_form_and_is_told_when_it_is_done(kid, new_page, processes):
    kid.email = "kai.little@example.net"
    kid.signs_up()
    petra = Person(new_page(), processes, email="pat.little@example.net")
    reports(petra, "parental", about=kid.email, text="My son is ten. Please delete it.")
    petra.page.goto(petra.mail("confirm").link("/privacy/request/confirm/"))
    petra.press("Yes, this was me")
    petra.sees("Data of my child")

    carol = staff("privacy desk", new_page(), processes)
    reference = report_at_the_desk(carol, "parental")
    carol.acts_on(QUEUE, reference, "It is a child: delete now", address=kid.email, how="parent")
    all_three_steps(carol, reference, told=True)
    is_gone(kid)
    petra.page.reload()
    petra.sees("Done on")
    assert petra.mail("done").text
