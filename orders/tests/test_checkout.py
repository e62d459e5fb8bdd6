"""From a bag to a page at Stripe: one order per bag, nothing lost, nobody else's data ever shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Address, User
from orders import bag as bags
from orders import checkout, emails, payments
from orders.models import Bag as BagRow
from orders.models import Order
from orders.tests.conftest import BOB_PHONE, NOON, Browser, bag_of, mails, typed
from orders.tests.payment.conftest import LocalStripe, session_id
from privacy.models import Identifier, Subject
from privacy.register import subjects
from shop import stock
from shop.models import Reservation, Stone, Variant

BOB_EMAIL = "bob@example.com"
pytestmark = pytest.mark.usefixtures("local_stripe")


def pay_button(browser: Browser, **changes: Any) -> Any:
    """Press Pay with the total that the page shows for the place typed."""
    fields = typed(**changes)
    summary = browser.get("/checkout/summary/", {"place": fields["place"], "method": fields["method"]})
    return browser.post("/checkout/", fields | {"expected_total": summary.context["quote"].total_minor})


# The page


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


# The way back


def test_the_return_settles_thanks_and_empties_the_bag(browser: Browser, necklace: Variant, local_stripe: Any) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    pay_button(browser)
    order, used = Order.objects.get(), browser.bag
    local_stripe.pay(order)
    page = browser.get("/checkout/return/", {"session_id": order.payment.gateway_session_id}, follow=True)
    order.refresh_from_db()
    assert (order.state, page.status_code, "Thank you" in page.text) == ("paid", 200, True)
    assert (browser.bag.lines, browser.bag.id != used.id, browser.bag.place) == ((), True, "US-NY")
    assert sorted(mail.kind for mail in mails()) == ["orders.order_confirmed", "orders.payment_received"]


@pytest.mark.parametrize("session_id", ["", "x", "cs_test_unknown", "LP-2222-2222", "\x00"])
def test_a_return_of_nobody_leads_to_the_bag(browser: Browser, session_id: str) -> None:
    assert browser.get("/checkout/return/", {"session_id": session_id})["Location"] == "/bag/"


def test_the_reference_alone_is_no_way_back(browser: Browser, buy: Callable[..., Order], necklace: Variant) -> None:
    order = buy(bag_of((necklace, 1)))
    assert browser.get("/checkout/return/", {"session_id": order.reference})["Location"] == "/bag/"


def test_a_return_without_paying_leads_to_the_checkout_with_the_bag_as_it_was(
    browser: Browser, necklace: Variant
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    pay_button(browser)
    session = Order.objects.get().payment.gateway_session_id
    assert browser.get("/checkout/return/", {"session_id": session})["Location"] == "/checkout/"
    assert browser.bag.count == 1


def test_a_bag_that_was_ordered_starts_afresh_and_never_shows_the_order(
    browser: Browser, other_browser: Browser, necklace: Variant, local_stripe: Any, now: datetime
) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    other_browser.cookies["bag"] = browser.cookies["bag"].value
    pay_button(browser)
    order = Order.objects.get()
    local_stripe.pay(order)
    payments.settle(order.reference, by="stripe", at=now)
    response = pay_button(other_browser)
    assert (response.status_code, Order.objects.count()) == (409, 1)
    assert order.reference not in response.text
    assert other_browser.bag.lines == ()


# One order per bag


def test_two_tabs_with_the_same_bag_get_the_same_session(necklace: Variant, begin: Callable[..., Any]) -> None:
    bag = bag_of((necklace, 1))
    first, second = begin(bag), begin(bag)
    assert first.redirect_url == second.redirect_url
    assert Order.objects.get() == first.order == second.order


def test_a_changed_bag_closes_the_open_session_first(
    necklace: Variant, begin: Callable[..., Any], local_stripe: LocalStripe
) -> None:
    bag = bag_of((necklace, 1))
    first = begin(bag)
    second = begin(bags.set_quantity(bag, ("v", necklace.pk), 3))
    session = local_stripe.sdk.checkout.sessions.retrieve(session_id(first.order))
    first.order.refresh_from_db()
    necklace.stock.refresh_from_db()
    assert (session.status, first.order.state, second.order.state) == ("expired", "expired", "pending_payment")
    assert (first.redirect_url != second.redirect_url, necklace.stock.reserved) == (True, 3)


def test_ones_own_hold_never_counts_against_oneself(browser: Browser, stone: Stone) -> None:
    browser.put_in_bag(f"s:{stone.pk}")
    pay_button(browser)
    assert browser.get("/bag/").context["contents"].is_orderable
    assert pay_button(browser, city="Albany").status_code == 303
    assert sorted(Order.objects.values_list("state", flat=True)) == ["expired", "pending_payment"]


def test_a_bag_paid_in_one_tab_cannot_be_changed_into_a_second_order_in_another(
    necklace: Variant, begin: Callable[..., Any], local_stripe: LocalStripe
) -> None:
    bag = bag_of((necklace, 1))
    first = begin(bag).order
    local_stripe.pay(first)
    with pytest.raises(checkout.AlreadyOrdered):
        begin(bags.set_quantity(bag, ("v", necklace.pk), 2))
    first.refresh_from_db()
    assert (first.state, Order.objects.count()) == ("paid", 1)


def test_a_session_that_ran_out_is_followed_by_a_fresh_order(
    necklace: Variant, begin: Callable[..., Any], local_stripe: LocalStripe
) -> None:
    bag = bag_of((necklace, 1))
    first = begin(bag)
    local_stripe.expire(first.order)
    second = begin(bag)
    first.order.refresh_from_db()
    assert (first.order.state, second.order.state) == ("expired", "pending_payment")


def test_begin_reserves_all_or_nothing(necklace: Variant, stone: Stone, begin: Callable[..., Any]) -> None:
    bag = bag_of((necklace, 2), (stone, 1))
    Stone.objects.filter(pk=stone.pk).update(status="sold")
    with pytest.raises(stock.NotEnough) as refused:
        begin(bag)
    assert [(short.key, short.wanted, short.available) for short in refused.value.lines] == [(("s", stone.pk), 1, 0)]
    assert (Order.objects.count(), Reservation.objects.count(), Subject.objects.count()) == (0, 0, 0)


# Payment


def test_a_payment_after_cancellation_goes_back_by_itself(
    necklace: Variant, begin: Callable[..., Any], local_stripe: LocalStripe, now: datetime
) -> None:
    order = begin(bag_of((necklace, 1))).order
    local_stripe.pay(order)
    checkout.ORDER.advance(order, "cancelled", by="system:test", at=now)
    settled = payments.settle(order.reference, by="stripe", at=now)
    assert (settled.state, settled.paid_at, settled.invoice_number) == ("cancelled", None, None)
    assert settled.payment.refunds.get().amount_minor == order.total_minor


def test_a_mail_that_cannot_be_written_never_undoes_a_payment_and_is_swept(
    necklace: Variant,
    begin: Callable[..., Any],
    local_stripe: LocalStripe,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a template is broken")

    with monkeypatch.context() as patched:
        patched.setattr(emails.outbox, "post", broken)
        order = begin(bag_of((necklace, 1))).order
        local_stripe.pay(order)
        settled = payments.settle(order.reference, by="stripe", at=now)
        assert (settled.state, settled.confirmed_at, mails()) == ("paid", None, [])
    checkout.sweep(at=now)
    checkout.sweep(at=now)
    assert [mail.reference for mail in mails("order_confirmed")] == [order.reference]


def test_an_order_whose_payment_was_never_opened_lets_its_stock_go(
    necklace: Variant, settings: Any, begin: Callable[..., Any], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(*args: Any, **kwargs: Any) -> str:
        raise SystemExit

    monkeypatch.setattr(payments, "open_session", died)
    with pytest.raises(SystemExit):
        begin(bag_of((necklace, 1)))
    checkout.sweep(at=now + timedelta(minutes=4))
    assert Order.objects.get().state == "pending_payment"
    checkout.sweep(at=now + timedelta(minutes=6))
    necklace.stock.refresh_from_db()
    assert (Order.objects.get().state, necklace.stock.reserved) == ("expired", 0)


def test_an_order_that_came_to_nothing_is_forgotten_after_thirty_days(
    necklace: Variant, begin: Callable[..., Any], buy: Callable[..., Order], local_stripe: LocalStripe, now: datetime
) -> None:
    kept = buy(bag_of((necklace, 1)))
    lost = begin(bag_of((necklace, 1))).order
    local_stripe.expire(lost)
    payments.settle(lost.reference, by="stripe", at=now)
    checkout.forget(at=now + timedelta(days=29))
    assert Order.objects.count() == 2
    checkout.forget(at=now + timedelta(days=31))
    assert [*Order.objects.all()] == [kept]


# Whose


def test_a_guest_is_a_person_of_their_own_with_an_unproven_address(
    necklace: Variant, begin: Callable[..., Any]
) -> None:
    order = begin(bag_of((necklace, 1))).order
    identifier = Identifier.objects.get(subject=order.subject)
    assert (identifier.kind, identifier.proven_at, order.subject.residence) == ("email", None, "US-NY")


def test_mallory_typing_bobs_address_and_number_shows_and_joins_nothing(
    browser: Browser, bob: User, necklace: Variant, buy: Callable[..., Order]
) -> None:
    bobs = buy(bag_of((necklace, 1)), bob, email=BOB_EMAIL, line1="77 Foghorn Terrace", full_name="Bob Brightwater")
    before = subjects.family(bob.subject)
    browser.put_in_bag(f"v:{necklace.pk}")
    pages = [pay_button(browser, email=BOB_EMAIL, phone=BOB_PHONE, full_name="Mallory"), browser.get("/checkout/")]
    pages += [browser.get(f"/order/{bobs.reference}/"), browser.get("/account/orders/", follow=True)]
    mallorys = Order.objects.exclude(pk=bobs.pk).get()
    for page in pages:
        assert not any(word in page.text for word in ("Foghorn", "Brightwater", "Solitaire necklace, Bob"))
    assert mallorys.subject_id not in subjects.family(bob.subject)
    assert subjects.family(bob.subject) == before
    assert [*Order.objects.of(before)] == [bobs]


def test_bob_proving_his_address_later_finds_the_orders_made_with_it(
    bob: User, necklace: Variant, buy: Callable[..., Order], now: datetime
) -> None:
    guest_order = buy(bag_of((necklace, 1)), email="bob.old@example.com")
    assert [*Order.objects.of(subjects.family(bob.subject))] == []
    proof = subjects.Proof.LINK_CLICKED
    subjects.prove(bob.subject, value="bob.old@example.com", proof=proof, by=bob, at=now)
    assert [*Order.objects.of(subjects.family(bob.subject))] == [guest_order]


def test_a_signed_in_customers_order_is_theirs(browser: Browser, alice: User, bob: User, necklace: Variant) -> None:
    browser.force_login(alice)
    browser.put_in_bag(f"v:{necklace.pk}")
    pay_button(browser, email=BOB_EMAIL)
    assert Order.objects.get().subject == alice.subject
    assert Address.objects.filter(user=bob).count() == 1


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
    assert queries(2) == queries(30) == 7


def test_the_summary_for_a_place_nobody_knows_is_the_bags_own(browser: Browser, necklace: Variant) -> None:
    browser.put_in_bag(f"v:{necklace.pk}")
    for place in ("", "AQ", "US-ZZ", "\x00", "x" * 500):
        page = browser.get("/checkout/summary/", {"place": place, "method": place})
        assert page.context["quote"].destination.code == "US"


def test_at_is_the_doors(necklace: Variant, begin: Callable[..., Any], now: datetime) -> None:
    assert begin(bag_of((necklace, 1))).order.placed_at == now
    assert now > NOON


def test_ordering_keeps_the_account_in_use(
    alice: User, bob: User, necklace: Variant, begin: Callable[..., Any], now: datetime
) -> None:
    User.objects.update(active_at=NOON - timedelta(days=900))
    begin(bag_of((necklace, 1)), alice)
    begin(bag_of((necklace, 1)), email=bob.email)  # a guest who types his address is not yet Bob
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.active_at, bob.active_at) == (now, NOON - timedelta(days=900))
