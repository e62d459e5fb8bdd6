"""Whoever waits to be erased buys nothing meanwhile, and buys again once they took it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.models import User
from orders import checkout
from orders.models import Order
from orders.tests.conftest import bag_of
from privacy.register import subjects
from shop.models import Variant


@pytest.mark.promise("JE-85")
def test_a_restricted_customer_orders_nothing_and_others_do(
    begin: Callable[..., checkout.Begun], necklace: Variant, alice: User, bob: User, now: datetime
) -> None:
    subjects.restrict(alice.subject, by="staff:1", at=now)
    with pytest.raises(checkout.Locked):
        begin(bag_of((necklace, 1)), alice)
    assert not Order.objects.exists()
    assert begin(bag_of((necklace, 1)), bob).order.subject == bob.subject

    subjects.lift(alice.subject, by=alice, at=now)
    assert begin(bag_of((necklace, 1)), alice).order.subject == alice.subject
