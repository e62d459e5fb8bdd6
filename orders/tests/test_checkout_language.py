"""The language of letters, chosen at the checkout."""

from __future__ import annotations

import pytest

from accounts.models import User
from orders import checkout
from orders.models import Order
from orders.tests.conftest import NOON, Browser, mails, pay_button
from privacy.consent import preferences
from shop.models import Variant

pytestmark = pytest.mark.usefixtures("local_stripe")


def test_the_mails_of_a_guests_order_come_in_the_language_chosen_at_the_checkout(
    browser: Browser, necklace: Variant, bob: User
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    german = browser.get("/checkout/", HTTP_ACCEPT_LANGUAGE="de-AT,en;q=0.5").content.decode()
    assert '<option value="de" selected>Deutsch</option>' in german
    pay_button(browser, language="de")
    order = Order.objects.get()
    checkout.paid(order, by="system:test", at=NOON)
    spoken = {mail.payload["to"]: mail.payload["title"] for mail in mails("order_confirmed")}
    assert spoken == {order.email: f"Ihre Bestellung {order.reference}"}
    assert preferences.language_of(bob.subject) == "en"


def test_a_customer_begins_with_the_language_they_chose_and_keeps_how_often(
    browser: Browser, necklace: Variant, alice: User, bob: User
) -> None:
    preferences.choose(alice.subject, frequency="weekly", language="de", currency="USD", by=alice, at=NOON)
    browser.force_login(alice)
    browser.put_in_bag(f"v:{necklace.pk}")
    assert '<option value="de" selected>' in browser.get("/checkout/").content.decode()
    pay_button(browser, email=alice.email, language="en")
    assert Order.objects.get().subject == alice.subject
    held = [preferences.of(each.subject) for each in (alice, bob)]
    assert [(each.frequency, each.language) for each in held] == [("weekly", "en"), ("all", "en")]
