"""On which right something may come back, and until when.

Decided here, by the law of the place the parcel went to and the shop's policy, never by the desk:

- *withdrawal*: within 14 days of delivery, no reason asked, where the EU's or the UK's law holds. It needs nobody's yes. Pieces
  made to the customer's own words (an engraving) are left out; a size or a metal chosen from the list makes no piece theirs.
- *fault*: whatever is wrong with it, for two years, engraved pieces too. The desk looks at it.
- *shop*: the shop's own return time, everywhere, for what is not engraved. The desk looks at it.

Nothing is written here. What becomes of a return is `orders.returns`, what is paid back for one `orders.return_money`.

*Sources*: Directive 2011/83/EU Art. 9 and 16(c), 2019/771 Art. 10; SI 2013/3134 reg. 28 to 30; Regulation 1182/71 Art. 3.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, Sum

from orders import fulfilment
from orders.models import Order, OrderLine, Return, Shipment
from orders.models.returns import UNFINISHED
from privacy.register.agreements import EEA
from privacy.rights import clock

Right, Reason, Ground = Return.Right, Return.Reason, Return.Ground

WITHDRAWAL_DAYS: Final = 14
FAULT_DAYS: Final = 730
#: Where people may withdraw from what they bought at a distance.
WITHDRAWAL_IN: Final = EEA | {"GB"}
#: Reasons that say that the shop did not deliver what it sold.
FAULTS: Final = frozenset({Reason.NOT_AS_SHOWN, Reason.FAULTY, Reason.WRONG_PIECE})
#: On what the desk may say no. The law lets nobody refuse a withdrawal for how a piece looks, nor a faulty one for being worn.
GROUNDS: Final[Mapping[Return.Right, tuple[Return.Ground, ...]]] = {
    Right.WITHDRAWAL: (Ground.NOT_OURS, Ground.NOT_ARRIVED, Ground.PAID_BACK),
    Right.FAULT: (Ground.NO_FAULT, Ground.NOT_OURS, Ground.NOT_ARRIVED, Ground.PAID_BACK),
    Right.SHOP: (Ground.WORN, Ground.INCOMPLETE, Ground.NOT_OURS, Ground.NOT_ARRIVED, Ground.PAID_BACK),
}
#: A day ends when it has ended everywhere.
EVERYWHERE: Final = ZoneInfo("Etc/GMT+12")


class NotReturnable(Exception):
    """Nothing was asked for; the words say why, to whoever asked."""


class NotShipped(NotReturnable):
    """It has not left yet: it can be cancelled."""

    def __init__(self) -> None:
        super().__init__("This order has not left us yet. Cancel it instead, and all of it goes back.")


class Gone(NotReturnable):
    """Nobody is named on the order any more, it was never sent, or all of it was paid back."""

    def __init__(self) -> None:
        super().__init__("Nothing of this order can be sent back.")


class NothingChosen(NotReturnable):
    """No piece was chosen, or one that the order does not have."""

    def __init__(self) -> None:
        super().__init__("Choose what you send back.")


class NothingLeft(NotReturnable):
    """Every piece is on its way back or was paid back, or two years are over."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing more of this order can come back: it is on its way to us already, or its time is over."
        )


class TooMany(NotReturnable):
    """More of a piece than were bought and are not on their way back."""

    def __init__(self, line: OrderLine, left: int) -> None:
        none_left = f"{line.title} is on its way back already, or was paid back."
        super().__init__(f"Of {line.title} {left} can still come back." if left else none_left)


class MadeForYou(NotReturnable):
    """It bears the customer's own words, and nothing is wrong with it."""

    def __init__(self, line: OrderLine) -> None:
        super().__init__(f"{line.title} was engraved for you: it can only come back if something is wrong with it.")


class TooLate(NotReturnable):
    """The time for this is over."""

    def __init__(self, until: datetime | None) -> None:
        when = f" It ended on {until:%-d %B %Y}." if until else ""
        super().__init__(f"The time to send this back is over.{when} If something is wrong with it, say so instead.")


@dataclass(frozen=True, slots=True)
class Returnable:
    """One piece of an order, and how many of it may still come back."""

    line: OrderLine
    left: int

    @property
    def is_engraved(self) -> bool:
        """Whether it was made to the customer's own words."""
        return bool(self.line.engraving)


@dataclass(frozen=True, slots=True)
class Offer:
    """What an order's customer may send back now. A moment is None where the right does not exist, or has no end yet."""

    order: Order
    pieces: tuple[Returnable, ...]
    has_withdrawal: bool
    withdraw_until: datetime | None
    shop_until: datetime | None
    fault_until: datetime | None
    at: datetime

    @property
    def is_open(self) -> bool:
        """Whether there is anything that may come back, for whatever reason."""
        return any(piece.left for piece in self.pieces) and self._runs(self.fault_until)

    @property
    def can_withdraw(self) -> bool:
        """Whether the law lets them withdraw today, without a word about why."""
        return self.has_withdrawal and self._runs(self.withdraw_until)

    @property
    def can_change_mind(self) -> bool:
        """Whether they need no fault to send something back today."""
        return self.can_withdraw or self._in_the_shops_time()

    def chosen(self, wanted: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
        """The lines and how many of each; *wanted* says how many by the line's key. *Raises* NothingChosen, TooMany."""
        left = {piece.line.pk: piece for piece in self.pieces}
        if not any(many > 0 for many in wanted.values()) or not wanted.keys() <= left.keys():
            raise NothingChosen
        for pk, many in wanted.items():
            if not 0 <= many <= left[pk].left:
                raise TooMany(left[pk].line, left[pk].left)
        return [(piece.line, wanted[pk]) for pk, piece in left.items() if wanted.get(pk)]

    def right_to(self, lines: Collection[OrderLine], reason: str) -> Return.Right:
        """On what a return of these pieces rests. *Raises* MadeForYou, TooLate."""
        if reason in FAULTS:
            if not self._runs(self.fault_until):
                raise TooLate(self.fault_until)
            return Right.FAULT
        for line in lines:
            if line.engraving:
                raise MadeForYou(line)
        if self.can_withdraw:
            return Right.WITHDRAWAL
        if self._in_the_shops_time():
            return Right.SHOP
        raise TooLate(max(filter(None, (self.withdraw_until, self.shop_until)), default=None))

    def _in_the_shops_time(self) -> bool:
        return bool(settings.LOUPE_RETURN_DAYS) and self._runs(self.shop_until)

    def _runs(self, until: datetime | None) -> bool:
        return until is None or self.at <= until


def offer(order: Order, *, at: datetime) -> Offer:
    """What may come back of an order. *Raises* NotShipped, Gone."""
    if order.is_paid and order.state in fulfilment.STILL_HERE:
        raise NotShipped
    shipment = Shipment.objects.filter(order=order).first()
    if order.is_erased or shipment is None or order.state == Order.State.REFUNDED:
        raise Gone
    arrived = shipment.delivered_at
    has_withdrawal = order.country in WITHDRAWAL_IN
    return Offer(
        order=order,
        pieces=tuple(_pieces(order)),
        has_withdrawal=has_withdrawal,
        withdraw_until=_end(order, arrived, WITHDRAWAL_DAYS, to_a_working_day=True) if has_withdrawal else None,
        shop_until=_end(order, arrived, settings.LOUPE_RETURN_DAYS),
        fault_until=_end(order, arrived, FAULT_DAYS),
        at=at,
    )


def still_offered(order: Order, *, at: datetime) -> Offer:
    """The same, for whoever wants to send something back now. *Raises* NothingLeft, too."""
    if not (found := offer(order, at=at)).is_open:
        raise NothingLeft
    return found


def _pieces(order: Order) -> Sequence[Returnable]:
    """Each line with what is left of it: bought, less what is on its way back or was paid back."""
    taken = Sum("returned__quantity", filter=Q(returned__parent__state__in=[*UNFINISHED, Return.State.REFUNDED]))
    lines = order.lines.annotate(taken=taken).order_by("position")
    return [Returnable(line, line.quantity - (line.taken or 0)) for line in lines]


def _end(order: Order, arrived: datetime | None, days: int, *, to_a_working_day: bool = False) -> datetime | None:
    """The last moment of the last day; the day of arrival is not counted. None: it has not arrived, nothing has begun to run."""
    if arrived is None:
        return None
    calendar = clock.Calendar(order.country, EVERYWHERE)
    day = arrived.date() + timedelta(days=days)
    while to_a_working_day and not calendar.is_working_day(day):
        day += timedelta(days=1)
    return calendar.end_of(day)
