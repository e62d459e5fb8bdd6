"""What is paid back for a return, to the cent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from orders import fulfilment, payments, return_money, returns
from orders.models import Order, OrderLine, Return
from orders.tests.conftest import bag_of, mails
from orders.tests.parcels import delivered
from orders.tests.returns.conftest import everything, through
from shop.models import Variant

Right, Reason, Ground = Return.Right, Return.Reason, Return.Ground


@pytest.mark.parametrize(
    ("place", "method", "reason", "delivery"),
    [
        ("DE", "insured", "", 8_500),
        pytest.param("US-NY", "overnight", Reason.FAULTY, 4_500, marks=pytest.mark.prove),
        pytest.param("US-NY", "insured", Reason.SIZE, 0, marks=pytest.mark.prove),
    ],
    ids=["a withdrawal", "a fault", "a change of mind"],
)
def test_delivery_goes_back_as_the_right_says(
    buy: Callable[..., Order], stock_of: Callable[..., Variant], carol: User, now: datetime,
    place: str, method: str, reason: str, delivery: int,
) -> None:  # fmt: skip
    price = 300_000 if place == "DE" else 125_000
    order = delivered(buy(bag_of((stock_of(price_minor=price), 1)), place=place, method=method), carol, now)
    made = returns.ask(order, everything(order), reason=reason, by=order.subject, at=now)
    owed = return_money.owed(made)
    assert (owed.pieces_minor, owed.delivery_minor) == (order.lines.get().total_minor, delivery)
    assert owed.total_minor == owed.pieces_minor + delivery <= order.total_minor


def test_a_faster_way_was_the_customers_wish(stock_of: Callable[..., Variant], order: Order, now: datetime) -> None:
    """In a withdrawal the ordinary way's price goes back, with its own part of the tax."""
    Order.objects.filter(pk=order.pk).update(
        country="GB", region="", shipping_minor=12_000, tax_minor=order.tax_minor + 1_200,
        total_minor=order.subtotal_minor + 12_000 + order.tax_minor + 1_200,
    )  # fmt: skip
    order.refresh_from_db()
    made = Return(order=order, right=Right.WITHDRAWAL)
    assert return_money._delivery_owed(made) == 8_500 + 850
    made.right = Right.FAULT
    assert return_money._delivery_owed(made) == 12_000 + 1_200


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=st.integers(1, 999_999), parts=st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_the_parts_of_a_line_are_the_line(total: int, parts: list[int]) -> None:
    """Whatever is sent back in whatever portions: together it is what was paid, and no part is negative."""
    line = OrderLine(total_minor=total, quantity=sum(parts))
    steps = [sum(parts[:number]) for number in range(len(parts) + 1)]
    shares = [return_money._up_to(line, after) - return_money._up_to(line, before) for before, after in pairwise(steps)]
    assert sum(shares) == total
    assert min(shares) >= 0


@pytest.mark.prove
def test_what_the_desk_gave_back_before_is_not_given_back_again(
    order: Order, alice: User, carol: User, now: datetime
) -> None:
    line = order.lines.get()
    fulfilment.refund(order, amount_minor=order.total_minor - 1_000, reason="a scratch", by=carol, at=now)
    made = through(returns.ask(order, {line.pk: 1}, by=alice, at=now), carol, now)
    assert made.refund is not None
    assert made.refund.amount_minor == 1_000
    order.refresh_from_db()
    assert order.state == "refunded"


@pytest.mark.prove
def test_nothing_left_to_give_back_is_a_ground_to_refuse(order: Order, alice: User, carol: User, now: datetime) -> None:
    made = returns.receive(
        returns.approve(returns.ask(order, everything(order), by=alice, at=now), by=carol, at=now), by=carol, at=now
    )
    payments.refund(order, order.total_minor, reason="made at Stripe", by=carol, at=now)
    with pytest.raises(returns.NothingOwed):
        returns.refund(made, by=carol, at=now)
    refused = returns.refuse(made, ground=Ground.PAID_BACK, by=carol, at=now)
    assert (refused.state, refused.closed_at) == ("refused", now)
    assert "It was paid back before" in mails("return_refused")[0].payload["text"]
