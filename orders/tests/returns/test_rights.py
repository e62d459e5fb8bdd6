"""On which right something may come back, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from orders import fulfilment, return_rights, returns
from orders.models import Order, Return
from orders.tests.conftest import bag_of
from orders.tests.parcels import delivered
from orders.tests.returns.conftest import HAMBURG, everything
from shop.models import Variant

Right, Reason = Return.Right, Return.Reason
DAY = timedelta(days=1)
ARRIVED = datetime(2026, 11, 2, 12, tzinfo=UTC)  # a Monday; the fourteenth day after it is Monday, 16 November


@pytest.mark.parametrize(
    ("country", "arrived", "last"),
    [
        ("DE", ARRIVED, "2026-11-16"),
        ("DE", ARRIVED - 2 * DAY, "2026-11-16"),  # the fourteenth day is a Saturday
        ("DE", datetime(2026, 12, 11, 12, tzinfo=UTC), "2026-12-28"),  # Christmas Day, Boxing Day, a Sunday
        ("GB", datetime(2026, 12, 14, 12, tzinfo=UTC), "2026-12-29"),  # Boxing Day is kept on the Monday
    ],
    ids=["a working day", "a Saturday", "Christmas", "the Monday after Boxing Day"],
)
def test_fourteen_days_end_on_a_working_day_wherever_it_ends_last(country: str, arrived: datetime, last: str) -> None:
    until = return_rights._end(Order(country=country), arrived, 14, to_a_working_day=True)
    assert until is not None
    assert until.date().isoformat() == last
    assert until.astimezone(UTC).hour == 11, "the day ends last twelve hours behind Greenwich"


def test_each_right_ends_on_its_day(buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime) -> None:
    order = delivered(buy(bag_of((necklace, 1)), **HAMBURG), carol, now)
    offer = return_rights.offer(order, at=now)
    assert offer.withdraw_until and offer.shop_until and offer.fault_until  # noqa: PT018
    assert offer.withdraw_until < offer.shop_until < offer.fault_until
    lines, second = list(order.lines.all()), timedelta(seconds=1)
    for moment, reason, right in (
        (offer.withdraw_until, "", Right.WITHDRAWAL),
        (offer.withdraw_until + second, "", Right.SHOP),
        (offer.shop_until, Reason.SIZE, Right.SHOP),
        (offer.shop_until + second, Reason.FAULTY, Right.FAULT),
        (offer.fault_until, Reason.WRONG_PIECE, Right.FAULT),
    ):
        assert return_rights.offer(order, at=moment).right_to(lines, reason) == right
    for moment, reason in ((offer.shop_until + second, Reason.SIZE), (offer.fault_until + second, Reason.FAULTY)):
        with pytest.raises(return_rights.TooLate):
            return_rights.offer(order, at=moment).right_to(lines, reason)


@pytest.mark.prove
def test_nothing_runs_before_it_has_arrived(
    buy: Callable[..., Order], necklace: Variant, carol: User, now: datetime
) -> None:
    order = buy(bag_of((necklace, 1)), **HAMBURG)
    fulfilment.pack(order, by=carol, at=now)
    fulfilment.ship(order, carrier="ups", tracking_number="1Z", by=carol, at=now)
    made = returns.ask(order, everything(order), by=order.subject, at=now + 60 * DAY)
    assert made.right == Right.WITHDRAWAL


@pytest.mark.prove
def test_a_shop_without_a_time_of_its_own_gives_what_the_law_gives(
    order: Order, alice: User, now: datetime, settings: Any
) -> None:
    settings.LOUPE_RETURN_DAYS = 0
    with pytest.raises(return_rights.TooLate):
        returns.ask(order, everything(order), reason=Reason.SIZE, by=alice, at=now)
    assert returns.ask(order, everything(order), reason=Reason.FAULTY, by=alice, at=now).right == Right.FAULT


def test_what_was_engraved_comes_back_for_a_fault_only(
    buy: Callable[..., Order], necklace: Variant, stock_of: Callable[..., Variant], carol: User, now: datetime
) -> None:
    engraved = {("v", necklace.pk): "For Ida"}
    order = delivered(buy(bag_of((necklace, 1), (stock_of(), 1)), **HAMBURG, engravings=engraved), carol, now)
    hers, plain = order.lines.order_by("position")
    with pytest.raises(return_rights.MadeForYou, match="was engraved for you"):
        returns.ask(order, everything(order), by=order.subject, at=now)
    assert not Return.objects.exists()
    assert returns.ask(order, {plain.pk: 1}, by=order.subject, at=now).right == Right.WITHDRAWAL
    assert returns.ask(order, {hers.pk: 1}, reason=Reason.FAULTY, by=order.subject, at=now).right == Right.FAULT
