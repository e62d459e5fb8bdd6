"""A guest says how old they are where the shop's policy speaks of buying; of a minor who tries, nothing is kept."""

import pytest

from accounts.tests.conftest import Browser
from accounts.tests.test_age_screen import rows
from orders.models import Order
from orders.tests.conftest import typed
from privacy.register import ages, stops, subjects
from privacy.tests.people import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(necklace, local_stripe):
    browser = Browser(headers={"host": "127.0.0.1"})
    browser.post("/bag/add/", {"key": f"v:{necklace.pk}", "quantity": 1})
    return browser


def pays(browser, **changes):
    shown = browser.get("/checkout/summary/", {"place": "US-NY"}).context["quote"].total_minor
    return browser.post("/checkout/", typed(**{"expected_total": shown} | changes))


def asks(page):
    return 'name="age"' in page.content.decode()


def test_a_guest_is_asked_and_their_band_is_kept_with_the_order(browser):
    assert asks(browser.get("/checkout/"))
    assert pays(browser, age="").status_code == 422
    assert not Order.objects.exists()
    assert pays(browser).status_code == 303
    assert Order.objects.get().subject.age_band == "adult"


@pytest.mark.promise("JK-39", "JE-119", "JH-34")
@pytest.mark.parametrize("age", ["to_12", "13_15", "16_17"])
def test_of_a_minor_who_orders_alone_no_table_gains_a_row_and_no_second_answer_counts(browser, age):
    before = rows()
    assert "a parent or guardian orders" in pays(browser, age=age).content.decode()
    assert "a parent or guardian orders" in pays(browser, age="40_64").content.decode()
    assert "a parent or guardian orders" in browser.get("/checkout/").content.decode()
    assert rows() == before


def test_a_shop_whose_policy_is_silent_asks_nobody(browser, settings):
    settings.LOUPE_POLICY = "selenegleam"
    assert not asks(browser.get("/checkout/"))
    assert pays(browser, age="").status_code == 303
    assert Order.objects.get().subject.age_band == ""


def test_whoever_said_so_in_this_browser_is_not_asked_again(browser):
    browser.says_age()
    assert not asks(browser.get("/checkout/"))
    assert pays(browser, age="").status_code == 303
    assert ages.band(Order.objects.get().subject) == "adult"


def test_a_customer_with_an_account_is_not_asked(browser, alice):
    browser.force_login(alice)
    assert not asks(browser.get("/checkout/"))


@pytest.mark.promise("JE-123")
def test_an_address_that_was_a_childs_orders_nothing(browser):
    guest = subjects.new(by="test", at=NOON)
    stops.raise_for(guest.pk, [("email", "gwen@example.com")], at=NOON)
    answer = pays(browser)
    assert answer.status_code == 422
    assert "We cannot take an order with this address" in answer.content.decode()
    assert not Order.objects.exists()
