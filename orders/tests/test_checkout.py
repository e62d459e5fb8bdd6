"""From a bag to a page at Stripe: one order per bag, nothing lost, nobody else's data ever shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import Address, User
from orders import bag as bags
from orders import checkout, emails, payments
from orders.models import Order
from orders.tests.conftest import BOB_PHONE, NOON, Browser, bag_of, mails, pay_button
from orders.tests.payment.conftest import LocalStripe, session_id
from privacy.models import Identifier, Subject
from privacy.register import subjects
from shop import stock
from shop.models import Reservation, Stone, Variant

BOB_EMAIL = "bob@example.com"
pytestmark = pytest.mark.usefixtures("local_stripe")


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


def test_where_a_customer_lives_is_supposed_from_a_parcel_of_their_own(
    necklace: Variant, buy: Callable[..., Order], bob: User
) -> None:
    present = buy(bag_of((necklace, 1)), bob, email=BOB_EMAIL, recipient="Ann Brightwater")
    assert Subject.objects.get(pk=present.subject_id).residence == "", "a present says nothing about who sends it"
    own = buy(bag_of((necklace, 1)), bob, email=BOB_EMAIL)
    assert Subject.objects.get(pk=own.subject_id).residence == "US-NY"


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
