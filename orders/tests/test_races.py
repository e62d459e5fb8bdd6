"""Many buyers at once, on a real PostgreSQL, each with a connection of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from orders import bag as bags
from orders import checkout, invoices, payments
from orders.models import InvoiceCounter, Order
from orders.tasks import sweep_payments
from orders.tests.conftest import Browser, bag_of, typed
from orders.tests.payment.conftest import LocalStripe, at_once
from privacy.models import Subject
from shop import stock
from shop.celery import app
from shop.models import Reservation, Stone, Variant

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

BUYERS = 50


def kinds(outcomes: list[Any]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


def test_fifty_buyers_of_one_stone_make_one_order(stone: Stone, begin: Callable[..., Any]) -> None:
    buyers = [partial(begin, bag_of((stone, 1)), email=f"buyer{number}@example.com") for number in range(BUYERS)]
    outcomes = at_once(buyers)
    assert kinds(outcomes) == {"Begun": 1, "NotEnough": BUYERS - 1}
    assert (Order.objects.count(), Reservation.objects.count(), Subject.objects.count()) == (1, 1, 1)
    stone.refresh_from_db()
    assert stone.status == "reserved"


def test_twenty_buyers_of_the_last_three_make_three_orders(
    stock_of: Callable[..., Variant], begin: Callable[..., Any]
) -> None:
    variant = stock_of(3)
    outcomes = at_once([partial(begin, bag_of((variant, 1)), email=f"b{n}@example.com") for n in range(20)])
    assert kinds(outcomes) == {"Begun": 3, "NotEnough": 17}
    variant.stock.refresh_from_db()
    assert (variant.stock.reserved, Order.objects.count()) == (3, 3)


def test_bags_that_want_the_same_pieces_in_another_order_never_deadlock(
    stock_of: Callable[..., Variant], stone: Stone, begin: Callable[..., Any]
) -> None:
    one, other = stock_of(20), stock_of(20)
    ways = [bag_of((one, 1), (other, 1)), bag_of((other, 1), (one, 1))]
    outcomes = at_once([partial(begin, bags.Bag(place="US-NY", lines=ways[n % 2].lines)) for n in range(20)])
    assert kinds(outcomes) == {"Begun": 20}


def test_ten_tabs_with_one_bag_share_one_order_and_one_page(stone: Stone, begin: Callable[..., Any]) -> None:
    bag = bag_of((stone, 1))
    outcomes = at_once([partial(begin, bag)] * 10)
    assert kinds(outcomes) == {"Begun": 10}
    assert len({begun.redirect_url for begun in outcomes}) == Order.objects.count() == 1


def test_tabs_that_keep_changing_one_bag_leave_one_live_order(
    stock_of: Callable[..., Variant], begin: Callable[..., Any]
) -> None:
    variant = stock_of(20)
    bag = bag_of((variant, 1))
    changes = [bags.set_quantity(bag, ("v", variant.pk), quantity) for quantity in range(1, 7)]
    outcomes = at_once([partial(begin, changed) for changed in changes])
    assert kinds(outcomes).keys() <= {"Begun", "Busy"}
    live = Order.objects.get(state="pending_payment")
    variant.stock.refresh_from_db()
    assert variant.stock.reserved == live.lines.get().quantity


def test_invoice_numbers_taken_at_once_have_no_gap_and_no_twin(now: datetime) -> None:
    def take(fails: bool) -> str:
        with transaction.atomic():
            number = invoices.next_number(at=now)
            transaction.set_rollback(fails)
        return "" if fails else number

    taken = at_once([partial(take, number % 3 == 0) for number in range(30)])
    assert sorted(number for number in taken if number) == [f"LI-{now:%Y}-{n:06}" for n in range(1, 21)]
    assert InvoiceCounter.objects.get().last == 20


def test_while_redis_is_away_the_checkout_answers_and_the_sweep_completes_the_order(
    necklace: Variant, local_stripe: LocalStripe, settings: Any
) -> None:
    broker, browser = app.conf.broker_url, Browser()
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}}
    app.conf.broker_url = app.conf.broker_write_url = "redis://127.0.0.1:9/0"
    try:
        browser.put_in_bag(f"v:{necklace.pk}")
        total = browser.get("/checkout/summary/", {"place": "US-NY"}).context["quote"].total_minor
        assert browser.get("/checkout/").status_code == 200
        assert browser.post("/checkout/", typed(expected_total=total)).status_code == 303
        order = Order.objects.get()
        local_stripe.pay(order)
        payments.Payment.objects.update(next_check_at=order.placed_at)
        sweep_payments()
        session = order.payment.gateway_session_id
        thanks = browser.get("/checkout/return/", {"session_id": session}, follow=True)
    finally:
        app.conf.broker_url = app.conf.broker_write_url = broker
    order.refresh_from_db()
    assert (order.state, order.confirmed_at is not None, thanks.status_code) == ("paid", True, 200)


def test_a_stone_whose_buyer_let_the_page_run_out_is_anybodys_again(
    stone: Stone, begin: Callable[..., Any], local_stripe: LocalStripe, now: datetime
) -> None:
    first = begin(bag_of((stone, 1)), email="first@example.com").order
    with pytest.raises(stock.NotEnough):
        begin(bag_of((stone, 1)), email="second@example.com")
    local_stripe.expire(first)
    payments.settle(first.reference, by="stripe", at=now)
    assert isinstance(begin(bag_of((stone, 1)), email="second@example.com"), checkout.Begun)
