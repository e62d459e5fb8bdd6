"""Goods, people and a local Stripe, as the order tests have them."""

from orders.tests.conftest import (
    alice,
    begin,
    bob,
    buy,
    carol,
    local_stripe,
    necklace,
    necklaces,
    now,
    stock_of,
    stripe_process,
)

__all__ = [
    "alice",
    "begin",
    "bob",
    "buy",
    "carol",
    "local_stripe",
    "necklace",
    "necklaces",
    "now",
    "stock_of",
    "stripe_process",
]
