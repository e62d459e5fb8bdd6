"""The boxes for news at the checkout: the order goes through whatever is ticked, and a guest is asked by mail first."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from orders import payments
from orders.models import Order
from orders.tests.conftest import Browser, bag_of, mails, typed
from privacy.consent import ledger, notices
from privacy.consent.models import ConsentRecord
from privacy.consent.soft_opt_in_models import SoftOptIn
from privacy.consent.vocabulary import Matter
from privacy.messages import newsletter, suppressions
from privacy.messages.newsroom import NewsletterSignup
from privacy.register import profiles
from shop.models import Variant

pytestmark = pytest.mark.usefixtures("local_stripe")
BOXES = {"news_new_pieces", "news_offers", "news_care"}


def boxes(answer: Any) -> dict[str, bool]:
    found = re.findall(r'<input type="checkbox" name="(news_[^"]+)"([^>]*)>', answer.content.decode())
    return {name: " checked" in rest for name, rest in found}


def total_of(answer: Any) -> str:
    return re.findall(r'id="expected-total" value="(\d+)"', answer.content.decode())[0]


def pay(browser: Browser, variant: Variant, **ticked: str) -> Any:
    browser.put_in_bag(f"v:{variant.pk}")
    asked = browser.post("/checkout/", typed(expected_total="0"))
    return browser.post("/checkout/", typed(expected_total=total_of(asked), **ticked))


def hears(order: Order) -> set[Matter]:
    topics = [matter for matter in Matter if matter.needs_channel]
    return {topic for topic in topics if ledger.may(order.subject, topic, "email")}


@pytest.mark.promise("JK-25", "JK-30", "JK-16")
def test_nothing_is_ticked_and_the_order_goes_through_without(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    assert boxes(browser.get("/checkout/")) == dict.fromkeys(BOXES, False)
    assert pay(browser, necklace).status_code == 303
    assert (ConsentRecord.objects.count(), NewsletterSignup.objects.count(), mails()) == (0, 0, [])


@pytest.mark.promise("JS-06", "SG-06", "JK-16")
def test_a_guest_who_ticked_is_asked_by_mail_and_the_yes_stands_with_the_order(
    browser: Browser, necklace: Variant
) -> None:
    answer = pay(browser, necklace, news_offers="on")
    assert answer.status_code == 303
    order, signup = Order.objects.get(), NewsletterSignup.objects.get()
    assert (signup.subject, signup.topic, signup.surface) == (order.subject, "offers", "checkout")
    assert [mail.kind for mail in mails()] == ["privacy.newsletter_confirm"]
    assert hears(order) == set()
    browser.post(newsletter.path(signup))
    assert hears(order) == {Matter.OFFERS}
    record = ConsentRecord.objects.get()
    assert (record.surface, record.notice.text) == ("checkout", notices.text("checkout_offers"))
    assert record.network == "127.0.0.0/24"


def test_trying_again_asks_once_and_shows_no_box_ticked_for_them(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    total = total_of(browser.post("/checkout/", typed(expected_total="0")))
    for _ in range(3):
        answer = browser.post("/checkout/", typed(expected_total=total, news_offers="on"))
        assert answer.status_code == 303
    assert len([mail for mail in mails() if mail.kind == "privacy.newsletter_confirm"]) == 1
    assert boxes(browser.get("/checkout/")) == dict.fromkeys(BOXES, False)


def test_a_tick_survives_a_field_that_needs_another_look(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    answer = browser.post("/checkout/", typed(line1="", expected_total="0", news_care="on"))
    assert answer.status_code == 422
    assert boxes(answer) == dict.fromkeys(BOXES, False) | {"news_care": True}


def test_a_customer_who_proved_the_address_says_yes_at_once(
    begin: Callable[..., Any], alice: User, bob: User, necklace: Variant
) -> None:
    suppressions.raise_for("email", alice.email, reason="unsubscribed", by="system:test", at=alice.date_joined)
    begun = begin(bag_of((necklace, 1)), alice, news=[Matter.CARE], email="parcels@example.com")
    assert hears(begun.order) == {Matter.CARE}
    assert not suppressions.stops("email", alice.email, marketing=True)
    assert (mails(), NewsletterSignup.objects.count()) == ([], 0)
    begin(bag_of((necklace, 1)), alice, news=[Matter.CARE])
    assert ConsentRecord.objects.count() == 1
    assert not ConsentRecord.objects.filter(subject_id=bob.subject_id).exists()


@pytest.fixture
def soft_opt_in_on(settings: Any, tmp_path: Any) -> None:
    text = (profiles.FOLDER / "jane_ellen.toml").read_text()
    own = tmp_path / "own.toml"
    own.write_text(text.replace("soft_opt_in = false", "soft_opt_in = true"))
    settings.LOUPE_POLICY = str(own)


@pytest.mark.parametrize("declines", [False, True])
def test_a_shop_with_the_soft_opt_in_shows_a_box_to_say_no_in_place_of_those_to_say_yes(
    browser: Browser, necklace: Variant, soft_opt_in_on: None, local_stripe: Any, declines: bool
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    page = browser.get("/checkout/")
    assert boxes(page) == {"news_care": False}
    assert '<input type="checkbox" name="no_similar" id="id_no_similar">' in page.content.decode()
    answer = pay(browser, necklace, **({"no_similar": "on"} if declines else {}))
    assert answer.status_code == 303
    order = Order.objects.get()
    local_stripe.pay(order)
    payments.settle(order.reference, by="stripe", at=order.placed_at + timedelta(minutes=5))
    shown = [(row.subject, row.sold_at is not None) for row in SoftOptIn.objects.all()]
    assert shown == ([] if declines else [(order.subject, True)])
    said = [(record.matter, record.decision) for record in ledger.history(order.subject).order_by("matter")]
    assert said == ([("new_pieces", "refused"), ("offers", "refused")] if declines else [])


def test_without_it_no_such_box_is_there(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    assert "no_similar" not in browser.get("/checkout/").content.decode()
