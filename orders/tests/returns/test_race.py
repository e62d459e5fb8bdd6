"""Several tabs and several desks about one return at once, on a real PostgreSQL, each with a connection of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest

from accounts.models import User
from orders import payments, returns
from orders.models import Order, Refund, Return
from orders.tests.conftest import bag_of, mails
from orders.tests.parcels import delivered
from orders.tests.payment.conftest import at_once
from shop.models import StockLevel, Variant

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

AT_ONCE = 6


def test_of_many_tabs_and_desks_one_asks_one_pays_back_and_one_puts_it_on_the_shelf(
    buy: Callable[..., Order], stock_of: Callable[..., Variant], carol: User, now: datetime
) -> None:
    piece = stock_of(1)
    order = delivered(buy(bag_of((piece, 1))), carol, now)
    wanted = {order.lines.get().pk: 1}

    asked = at_once([partial(returns.ask, order, wanted, by=order.subject, at=now)] * AT_ONCE)
    assert Counter(type(each).__name__ for each in asked) == {"Return": 1, "TooMany": AT_ONCE - 1}
    made = Return.objects.get()

    approved = at_once([partial(returns.approve, made, by=carol, at=now)] * AT_ONCE)
    assert Counter(type(each).__name__ for each in approved) == {"Return": 1, "NotAllowed": AT_ONCE - 1}
    returns.receive(made, by=carol, at=now)
    paid = at_once([partial(returns.refund, made, by=carol, at=now)] * AT_ONCE)
    assert sum(isinstance(each, Return) for each in paid) == 1
    assert {type(each).__name__ for each in paid} <= {"Return", "NotAllowed", "NothingOwed"}
    refund = Refund.objects.get()
    assert payments.refundable(order) == order.total_minor - refund.amount_minor
    assert len(mails("return_refunded")) == 1

    put = at_once([partial(returns.put_back, made, by=carol, at=now)] * AT_ONCE)
    assert sorted(put) == [0] * (AT_ONCE - 1) + [1]
    assert StockLevel.objects.get(pk=piece.pk).on_hand == 1


@pytest.mark.prove
def test_taken_back_and_received_at_the_same_moment_is_one_of_the_two(
    buy: Callable[..., Order], stock_of: Callable[..., Variant], carol: User, now: datetime
) -> None:
    order = delivered(buy(bag_of((stock_of(1), 1)), place="DE", postal_code="20095"), carol, now)
    made = returns.ask(order, {order.lines.get().pk: 1}, by=order.subject, at=now)
    both = [partial(returns.withdraw, made, by=order.subject, at=now), partial(returns.receive, made, by=carol, at=now)]
    outcomes = at_once(both)
    assert Counter(type(each).__name__ for each in outcomes) == {"Return": 1, "NotAllowed": 1}
    made.refresh_from_db()
    assert (made.state, made.received_at, made.closed_at) in [("withdrawn", None, now), ("received", now, None)]
