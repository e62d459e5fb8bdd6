"""The hosted page in a real browser: for a keyboard, a phone, a screen reader, in light and in dark."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser import NewPage

from .conftest import Double

PAY = re.compile("^Pay ")


def problems(page: Page) -> list[str]:
    """What axe finds, and whether the page scrolls sideways."""
    found = Axe().run(page).response["violations"]
    is_too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [f"{page.url}: {violation['id']}" for violation in found] + ["scrolls sideways"] * is_too_wide


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_of_the_page_is_accessible_on_a_small_phone(double: Double, new_page: NewPage, scheme: str):
    page = new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    session = double.open(customer_email=None, success_url=f"{double.url}/healthz")
    found = []

    page.goto(session.url)
    found += problems(page)
    page.get_by_label("Insufficient funds").check()
    page.get_by_role("button", name=PAY).click()
    assert page.get_by_role("alert").inner_text() == "Your card has insufficient funds."
    found += problems(page)
    page.get_by_label("3-D Secure").check()
    page.get_by_role("button", name=PAY).click()
    found += problems(page)
    page.get_by_role("button", name="Authorise the payment").click()
    assert page.url == f"{double.url}/healthz"
    page.goto(session.url)
    found += problems(page)
    expired = double.open()
    double.client.v1.checkout.sessions.expire(expired.id)
    page.goto(expired.url)
    found += problems(page)

    assert found == []


def test_without_a_script_and_without_a_mouse_one_can_pay(double: Double, new_page: NewPage):
    page = new_page(java_script_enabled=False)
    session = double.open(success_url=f"{double.url}/healthz?session={{CHECKOUT_SESSION_ID}}")
    page.goto(session.url)

    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{double.url}/healthz?session={session.id}")
    paid = double.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    assert paid.payment_intent.latest_charge.payment_method_details.card.brand == "mastercard"
