"""The checkout page: what it asks, what it says beside a field, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from orders import bag as bags
from orders.models import Bag as BagRow
from orders.models import Order
from orders.tests.conftest import BOB_PHONE, Browser, bag_of, pay_button, typed
from orders.tests.payment.conftest import LocalStripe
from shop.models import Reservation, Stone, Variant

BOB_EMAIL = "bob@example.com"
pytestmark = pytest.mark.usefixtures("local_stripe")


def test_a_guest_is_sent_to_stripe_with_the_order_written_and_the_stock_held(
    browser: Browser, necklace: Variant
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}", 2)
    response = pay_button(browser, gift_message="For ever", **{f"engraving_v_{necklace.pk}": "G & G"})
    order = Order.objects.get()
    assert (response.status_code, response["Location"]) == (303, order.payment.session_url)
    assert (order.state, order.email, order.ship_name) == ("pending_payment", "gwen@example.com", "Gwen Garnet")
    assert (order.subtotal_minor, order.tax_minor, order.total_minor) == (250_000, 10_000, 260_000)
    assert (order.country, order.region, order.gift_message) == ("US", "NY", "For ever")
    line = order.lines.get()
    assert (line.title, line.quantity, line.engraving, line.variant) == ("Solitaire necklace", 2, "G & G", necklace)
    assert Reservation.objects.get(owner=order.pk).quantity == 2


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("de 136 695 976", "DE136695976"),
        ("FR40303265045", "FR40303265045"),
        ("GB 980 7806 84", "GB980780684"),
        ("", None),
    ],
)
def test_a_company_gives_its_vat_number_which_rests_sealed(
    browser: Browser, necklace: Variant, written: str, kept: str | None
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    assert pay_button(browser, vat_number=written).status_code == 303
    order = Order.objects.get()
    assert order.vat_number == kept
    with connection.cursor() as cursor:
        cursor.execute("SELECT vat_number FROM orders_order")
        (stored,) = cursor.fetchone()
    assert stored is None if kept is None else kept.encode() not in bytes(stored)


def test_a_vat_number_stands_on_the_invoice(
    buy: Callable[..., Order], necklace: Variant, alice: User, browser: Browser
) -> None:
    order = buy(bag_of((necklace, 1)), alice, vat_number="DE136695976")
    browser.force_login(alice)
    assert "DE136695976" in browser.get(f"/account/orders/{order.reference}/invoice/").text


@pytest.mark.parametrize("written", ["DE136695975", "US123456789", "136695976", "GB980780685", "<script>", "٣٤٥"])
def test_a_vat_number_that_cannot_be_one_is_named_and_nothing_is_ordered(
    browser: Browser, necklace: Variant, written: str
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    page = pay_button(browser, vat_number=written)
    assert "This is no VAT number of the EU or the United Kingdom." in page.text
    assert Order.objects.count() == 0


@pytest.mark.promise("JE-101")
def test_words_rest_sealed_and_go_when_the_order_is_paid(
    browser: Browser, necklace: Variant, local_stripe: Any
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    pay_button(browser, gift_message="Unmistakable words", **{f"engraving_v_{necklace.pk}": "Unmistakable too"})
    with connection.cursor() as cursor:
        cursor.execute("select words from orders_bag union all select gift_message from orders_order")
        cells = [bytes(cell) for (cell,) in cursor.fetchall()]
    assert len(cells) == 2
    assert not any(b"Unmistakable" in cell for cell in cells)
    order = Order.objects.get()
    local_stripe.pay(order)
    browser.get("/checkout/return/", {"session_id": order.payment.gateway_session_id})
    assert BagRow.objects.count() == 0


def test_wrong_fields_are_told_beside_them_and_nothing_typed_is_lost(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    response = pay_button(browser, email="gwen@", phone="12", postal_code="", line1="12 Bezel Street")
    form = response.context["form"]
    assert response.status_code == 422
    assert form.errors.keys() == {"email", "phone", "postal_code"}
    assert all(f'id="id_{name}_error"' in response.text for name in form.errors)
    assert "12 Bezel Street" in response.text
    assert browser.bag.count == 1
    assert not Order.objects.exists()


@pytest.mark.parametrize("total", ["", "abc", "1e9", "-1", "99999999999999999999"])
def test_a_total_that_is_no_total_is_asked_again(browser: Browser, necklace: Variant, total: str) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    assert browser.post("/checkout/", typed(expected_total=total)).status_code == 422


def test_a_changed_price_is_shown_and_asked_again(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    Variant.objects.filter(pk=necklace.pk).update(price_minor=150_000)
    response = browser.post("/checkout/", typed(expected_total=125_000))
    assert response.status_code == 409
    assert "The total is now $1,585.00" in response.text
    assert 'name="expected_total" id="expected-total" value="158500"' in response.text
    assert "Gwen Garnet" in response.text
    assert not Order.objects.exists()
    assert browser.post("/checkout/", typed(expected_total=158_500)).status_code == 303


def test_stock_gone_between_bag_and_payment_is_told(browser: Browser, stone: Stone, begin: Callable[..., Any]) -> None:
    browser.put_in_bag(f"s:{stone.pk}")
    begin(bag_of((stone, 1)), email="other@example.com")
    response = pay_button(browser)
    assert response.status_code == 409
    assert "has just gone to somebody else" in response.text
    assert Order.objects.count() == 1
    assert browser.bag.count == 1


def test_an_empty_bag_leads_back_to_the_bag(browser: Browser) -> None:
    assert browser.get("/checkout/")["Location"] == "/bag/"
    assert browser.post("/checkout/", typed())["Location"] == "/bag/"


def test_a_signed_in_customer_finds_the_form_filled_in(browser: Browser, bob: User, necklace: Variant) -> None:
    browser.force_login(bob)
    browser.put_in_bag(f"v:{necklace.pk}")
    page = browser.get("/checkout/")
    assert all(value in page.text for value in (BOB_EMAIL, "77 Foghorn Terrace", BOB_PHONE))
    assert page.context["quote"].destination.code == "US-CA"


def test_coming_back_from_stripe_finds_the_words_again(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    pay_button(browser, gift_message="For ever", **{f"engraving_v_{necklace.pk}": "G & G"})
    page = browser.get("/checkout/")
    assert all(value in page.text for value in ("12 Bezel Street", "For ever", "G &amp; G"))


def test_a_guests_words_never_show_to_somebody_who_signed_in_on_the_same_device(
    browser: Browser, alice: User, necklace: Variant
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    pay_button(browser)
    browser.force_login(alice)
    assert "12 Bezel Street" not in browser.get("/checkout/").text


def test_stripe_away_is_told_and_the_second_try_pays_the_same_order(
    browser: Browser, necklace: Variant, settings: Any, local_stripe: LocalStripe
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    response = pay_button(browser)
    assert (response.status_code, "Nothing was charged" in response.text) == (503, True)
    settings.STRIPE_API_BASE = local_stripe.url
    assert pay_button(browser)["Location"] == Order.objects.get().payment.session_url


# How much it asks


def test_the_checkout_asks_as_much_for_thirty_lines_as_for_two(
    browser: Browser, stock_of: Callable[..., Variant], stone: Stone, bob: User
) -> None:
    browser.force_login(bob)

    def queries(count: int) -> int:
        things = [(stock_of(), 1) for _ in range(count - 1)]
        browser.cookies["bag"] = bags._signer().sign(bags._encode(bag_of((stone, 1), *things)))
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/checkout/").status_code == 200
        return len(captured)

    queries(2)  # the first page of a session writes it down
    assert queries(2) == queries(30) == 10


def test_the_summary_for_a_place_nobody_knows_is_the_bags_own(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    for place in ("", "AQ", "US-ZZ", "\x00", "x" * 500):
        page = browser.get("/checkout/summary/", {"place": place, "method": place})
        assert page.context["quote"].destination.code == "US"
