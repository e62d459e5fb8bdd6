"""Stock: all or nothing, each owner's own, and never promised twice."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from privacy.models import AuditEvent
from shop import stock
from shop.models import Reservation, StockLevel, Stone
from shop.tests.goods import NOON, make_category, make_piece, make_stone

pytestmark = pytest.mark.django_db
BY = {"by": "system:test", "at": NOON}
ALICE, BOB = uuid4(), uuid4()


@pytest.fixture
def necklace():
    """Three of one variant."""
    return make_piece(make_category()).variants.get()


@pytest.fixture
def stone():
    return make_stone()


def reserve(owner, wanted):
    return stock.reserve(owner, wanted, expires_at=None, **BY)


def level(variant):
    row = StockLevel.objects.get(pk=variant.pk)
    return row.on_hand, row.reserved


def test_a_hold_lowers_what_others_can_have(necklace, stone):
    reserve(ALICE, {("v", necklace.pk): 2, ("s", stone.pk): 1})
    assert stock.available([("v", necklace.pk), ("s", stone.pk)]) == {("v", necklace.pk): 1, ("s", stone.pk): 0}
    assert level(necklace) == (3, 2)
    assert Stone.objects.get().status == "reserved"


def test_what_is_short_is_said_line_by_line_and_nothing_is_held(necklace, stone):
    reserve(ALICE, {("s", stone.pk): 1})
    with pytest.raises(stock.NotEnough) as short, transaction.atomic():
        reserve(BOB, {("v", necklace.pk): 4, ("s", stone.pk): 1, ("v", 0): 1})
    assert short.value.lines == [
        stock.Short(("v", necklace.pk), 4, 3),
        stock.Short(("s", stone.pk), 1, 0),
        stock.Short(("v", 0), 1, 0),
    ]
    assert level(necklace) == (3, 0)
    assert list(Reservation.objects.values_list("owner", flat=True)) == [ALICE]


def test_one_line_short_holds_none_of_the_others(necklace, stone):
    with pytest.raises(stock.NotEnough), transaction.atomic():
        reserve(BOB, {("s", stone.pk): 1, ("v", necklace.pk): 4})
    assert Stone.objects.get().status == "available"
    assert not Reservation.objects.exists()


def test_an_owners_own_hold_does_not_count_against_it(necklace, stone):
    reserve(ALICE, {("v", necklace.pk): 3, ("s", stone.pk): 1})
    reserve(ALICE, {("v", necklace.pk): 3, ("s", stone.pk): 1})
    assert level(necklace) == (3, 3)
    assert Reservation.objects.count() == 2


def test_a_second_call_replaces_the_first(necklace):
    reserve(ALICE, {("v", necklace.pk): 3})
    reserve(ALICE, {("v", necklace.pk): 1})
    assert level(necklace) == (3, 1)
    assert reserve(BOB, {("v", necklace.pk): 2})[0].quantity == 2


def test_what_is_no_longer_on_sale_cannot_be_held(necklace):
    necklace.is_live = False
    necklace.save()
    with pytest.raises(stock.NotEnough):
        reserve(ALICE, {("v", necklace.pk): 1})


def test_a_withheld_stone_cannot_be_held():
    stone = make_stone(status="withheld")
    with pytest.raises(stock.NotEnough):
        reserve(ALICE, {("s", stone.pk): 1})


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_and_less_than_nothing_are_refused(necklace, quantity):
    with pytest.raises(ValueError, match="at least 1"):
        reserve(ALICE, {("v", necklace.pk): quantity})


def test_a_released_hold_gives_back_its_own_and_no_others(necklace, stone):
    reserve(ALICE, {("v", necklace.pk): 1, ("s", stone.pk): 1})
    reserve(BOB, {("v", necklace.pk): 1})
    assert len(stock.release(ALICE, **BY)) == 2
    assert level(necklace) == (3, 1)
    assert Stone.objects.get().status == "available"
    assert Reservation.objects.get(owner=BOB).state == "held"


def test_releasing_twice_gives_back_once(necklace):
    reserve(ALICE, {("v", necklace.pk): 2})
    stock.release(ALICE, **BY)
    assert stock.release(ALICE, **BY) == []
    assert level(necklace) == (3, 0)


def test_what_was_released_can_be_held_again(necklace, stone):
    for _ in range(2):
        reserve(ALICE, {("v", necklace.pk): 2, ("s", stone.pk): 1})
        stock.release(ALICE, **BY)
    reserve(BOB, {("s", stone.pk): 1})
    assert Reservation.objects.filter(state="held").get().owner == BOB


def test_what_is_sold_leaves_the_safe_once(necklace, stone):
    reserve(ALICE, {("v", necklace.pk): 2, ("s", stone.pk): 1})
    assert len(stock.commit(ALICE, **BY)) == 2
    assert stock.commit(ALICE, **BY) == []
    assert level(necklace) == (1, 0)
    assert Stone.objects.get().status == "sold"


def test_what_is_sold_is_not_released(necklace):
    reserve(ALICE, {("v", necklace.pk): 2})
    stock.commit(ALICE, **BY)
    assert stock.release(ALICE, **BY) == []
    assert level(necklace) == (1, 0)


def test_a_lost_hold_cannot_be_sold(necklace):
    reserve(ALICE, {("v", necklace.pk): 2})
    stock.release(ALICE, **BY)
    with pytest.raises(stock.NothingHeld):
        stock.commit(ALICE, **BY)
    with pytest.raises(stock.NothingHeld):
        stock.commit(BOB, **BY)
    assert level(necklace) == (3, 0)


def test_a_cancelled_order_puts_everything_back_once(necklace, stone):
    reserve(ALICE, {("v", necklace.pk): 2, ("s", stone.pk): 1})
    stock.commit(ALICE, **BY)
    assert len(stock.restock(ALICE, **BY)) == 2
    assert stock.restock(ALICE, **BY) == []
    assert level(necklace) == (3, 0)
    assert Stone.objects.get().status == "available"


def test_a_return_puts_back_only_what_came_back(necklace, stone):
    reserve(ALICE, {("v", necklace.pk): 2, ("s", stone.pk): 1})
    stock.commit(ALICE, **BY)
    stock.restock(ALICE, [("s", stone.pk)], **BY)
    assert level(necklace) == (1, 0)
    assert Stone.objects.get().status == "available"


def test_a_count_cannot_go_below_what_is_promised(necklace):
    reserve(ALICE, {("v", necklace.pk): 2})
    with pytest.raises(stock.NotEnough):
        stock.count(necklace.pk, 1, **BY)
    assert stock.count(necklace.pk, 7, **BY).available == 5


def test_the_database_refuses_to_promise_more_than_there_is(necklace):
    with pytest.raises(IntegrityError), transaction.atomic():
        StockLevel.objects.filter(pk=necklace.pk).update(reserved=4)


def test_the_database_refuses_two_live_holds_on_one_stone(stone):
    reserve(ALICE, {("s", stone.pk): 1})
    with pytest.raises(IntegrityError), transaction.atomic():
        Reservation.objects.create(owner=BOB, stone=stone, quantity=1, created_at=NOON)


def test_only_stones_where_they_were_thought_to_be_are_moved(stone):
    gone = make_stone(status="sold")
    assert stock.move_stones([stone.pk, gone.pk], "available", "withheld", **BY) == 1
    assert list(Stone.objects.order_by("pk").values_list("status", flat=True)) == ["withheld", "sold"]


def test_every_move_is_in_the_audit_trail_by_the_orders_id_alone(necklace):
    reserve(ALICE, {("v", necklace.pk): 2})
    stock.commit(ALICE, **BY)
    stock.restock(ALICE, **BY)
    events = AuditEvent.objects.about(f"order:{ALICE}")
    assert [(event.event, event.details, event.subject_id) for event in events] == [
        (name, {f"v:{necklace.pk}": 2}, None) for name in ("stock.reserved", "stock.sold", "stock.restocked")
    ]
