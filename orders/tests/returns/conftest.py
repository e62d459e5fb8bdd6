"""An order of Alice's that can come back, and one of Bob's with a return of his own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from orders import payments, returns
from orders.models import Order, Return
from orders.tests.conftest import bag_of
from orders.tests.parcels import delivered
from shop.models import Variant

Reason = Return.Reason
HAMBURG = {"place": "DE", "city": "Hamburg", "postal_code": "20095"}


@pytest.fixture
def order(buy: Callable[..., Order], necklace: Variant, alice: User, carol: User, now: datetime) -> Order:
    """Two alike and delivered to Alice in New York."""
    return delivered(buy(bag_of((necklace, 2)), alice, email="alice@example.com"), carol, now)


@pytest.fixture
def bobs(buy: Callable[..., Order], necklace: Variant, bob: User, carol: User, now: datetime) -> Order:
    """Bob's, with a return of his own, which must come out untouched."""
    his = delivered(buy(bag_of((necklace, 1)), bob, email="bob@example.com"), carol, now)
    returns.ask(his, everything(his), reason=Reason.SIZE, by=bob, at=now)
    return his


def everything(order: Order) -> dict[int, int]:
    return {line.pk: line.quantity for line in order.lines.all()}


def picture(order: Order) -> tuple[Any, ...]:
    """What of an order a return of somebody else's must not touch."""
    rows = Return.objects.filter(order=order).values()
    return list(rows), payments.refundable(order), Order.objects.filter(pk=order.pk).values().get()


def through(made: Return, by: Any, at: datetime) -> Return:
    """Approved where it has to be, received, paid back."""
    if made.state == Return.State.REQUESTED:
        made = returns.approve(made, by=by, at=at)
    returns.receive(made, by=by, at=at)
    return returns.refund(made, by=by, at=at)
