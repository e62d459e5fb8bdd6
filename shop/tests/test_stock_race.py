"""Many buyers at once, on the real database: a stone is sold once, and nobody deadlocks."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from shop import stock
from shop.models import Reservation, StockLevel
from shop.tests.goods import NOON, make_category, make_piece, make_stone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
BUYERS = 50
PATIENCE = 60


def at_once(buyers, buy):
    """Run `buy(number)` in so many threads that start together; what each returned."""
    gate = Barrier(buyers, timeout=PATIENCE)

    def run(number):
        try:
            connection.ensure_connection()
            gate.wait()
            return buy(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(buyers) as pool:
        return list(pool.map(run, range(buyers), timeout=PATIENCE))


def try_to_reserve(wanted):
    try:
        stock.reserve(uuid4(), wanted, expires_at=None, by="system:test", at=NOON)
    except stock.NotEnough:
        return "short"
    return "held"


def test_fifty_buyers_for_one_stone_make_one_reservation():
    stone = make_stone()
    outcomes = at_once(BUYERS, lambda number: try_to_reserve({("s", stone.pk): 1}))
    assert Counter(outcomes) == {"held": 1, "short": BUYERS - 1}
    assert Reservation.objects.get().stone_id == stone.pk


def test_fifty_buyers_for_three_necklaces_make_three_reservations():
    variant = make_piece(make_category()).variants.get()
    outcomes = at_once(BUYERS, lambda number: try_to_reserve({("v", variant.pk): 1}))
    assert Counter(outcomes) == {"held": 3, "short": BUYERS - 3}
    assert StockLevel.objects.get().reserved == 3


def test_buyers_who_name_things_in_opposite_order_wait_and_do_not_deadlock():
    category = make_category()
    variants = [make_piece(category, variants=({"on_hand": BUYERS},)).variants.get() for _ in range(2)]
    forwards = {("v", variant.pk): 1 for variant in variants}
    backwards = dict(reversed(forwards.items()))
    outcomes = at_once(20, lambda number: try_to_reserve(forwards if number % 2 else backwards))
    assert outcomes == ["held"] * 20
    assert list(StockLevel.objects.values_list("reserved", flat=True)) == [20, 20]
