"""What comes back: who may send what back until when, and the course of one return until it is paid back.

On which right a return rests is decided here, by the law of the place the parcel went to and the shop's policy, never by the desk:

- *withdrawal*: within 14 days of delivery, no reason asked, where the EU's or the UK's law holds. It needs nobody's yes. Pieces
  made to the customer's own words (an engraving) are left out; a size or a metal chosen from the list makes no piece theirs.
- *fault*: whatever is wrong with it, for two years, engraved pieces too. The desk looks at it.
- *shop*: the shop's own return time, everywhere, for what is not engraved. The desk looks at it.

What goes back is `owed`, to the cent of what was paid for these pieces with their tax; delivery as `_delivery_owed` says. The
order's row is held while a return is asked for or paid back, so that no piece comes back twice and no money goes back twice.

*Sources*: Directive 2011/83/EU Art. 9 to 14 and 16(c), 2019/771 Art. 10; SI 2013/3134 reg. 28 to 34; Regulation 1182/71 Art. 3.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum

from orders import destinations, emails, fulfilment, papers, payments
from orders.models import Order, OrderLine, Return, ReturnLine, Shipment
from orders.models.returns import UNFINISHED
from orders.states import RETURN
from privacy.ground import audit, references, states
from privacy.ground.audit import Actor
from privacy.register.agreements import EEA
from privacy.rights import clock
from shop import money, stock

Right, Reason, Ground, State = Return.Right, Return.Reason, Return.Ground, Return.State

WITHDRAWAL_DAYS: Final = 14
FAULT_DAYS: Final = 730
MONEY_WITHIN_DAYS: Final = 14  # of the day a withdrawal was declared (Art. 13(1))
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
BY_LAW: Final = "system:returns"


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


class NoGround(Exception):
    """Against the right it rests on, this is no ground to refuse a return."""


class NothingOwed(Exception):
    """All that was paid for the order was promised back before."""


# What may come back


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
    taken = Sum("returned__quantity", filter=Q(returned__parent__state__in=[*UNFINISHED, State.REFUNDED]))
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


# The customer


@transaction.atomic
def ask(
    order: Order,
    wanted: Mapping[int, int],
    *,
    reason: str = "",
    words: str = "",
    wish: str = "",
    by: Actor,
    at: datetime,
) -> Return:
    """Ask to send pieces back: *wanted* says how many of which line. *Sends* a receipt with what happens next.

    A withdrawal is approved by law, in the same transaction. *Raises* NotReturnable with the sentence for whoever asks.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    offered = offer(order, at=at)
    chosen = _chosen(offered, wanted)
    made = Return.objects.create(
        reference=references.new("RT"),
        order=order,
        right=offered.right_to([line for line, _ in chosen], reason),
        reason=reason,
        words=words.strip() or None,
        wish=wish.strip() or None,
        requested_at=at,
    )
    ReturnLine.objects.bulk_create(ReturnLine(parent=made, line=line, quantity=many) for line, many in chosen)
    details: dict[str, audit.Detail] = {"right": str(made.right), "pieces": sum(many for _, many in chosen)}
    audit.append("return.requested", subject=order.subject_id, obj=made, details=details, by=by, at=at)
    if made.is_withdrawal:
        _decide(made, State.APPROVED, by=BY_LAW, at=at)
    emails.return_requested(made, by=by, at=at)
    return made


@transaction.atomic
def withdraw(made: Return, *, by: Actor, at: datetime) -> Return:
    """Its customer keeps the pieces after all. *Raises* `states.NotAllowed` once they are with us."""
    return _close(_held(made), State.WITHDRAWN, by=by, at=at)


def _chosen(offered: Offer, wanted: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
    """The lines and how many of each. *Raises* NothingChosen, TooMany."""
    left = {piece.line.pk: piece for piece in offered.pieces}
    if not any(many > 0 for many in wanted.values()) or not wanted.keys() <= left.keys():
        raise NothingChosen
    for pk, many in wanted.items():
        if not 0 <= many <= left[pk].left:
            raise TooMany(left[pk].line, left[pk].left)
    return [(piece.line, wanted[pk]) for pk, piece in left.items() if wanted.get(pk)]


# The desk


@transaction.atomic
def approve(made: Return, *, by: Actor, at: datetime) -> Return:
    """Say yes. *Sends* the address to send it to."""
    made = _decide(_held(made), State.APPROVED, by=by, at=at)
    emails.return_approved(made, by=by, at=at)
    return made


@transaction.atomic
def refuse(made: Return, *, ground: str, answer: str = "", by: Actor, at: datetime) -> Return:
    """Say no, on a ground there is against this right. *Sends* it with the desk's words. *Raises* NoGround, `states.NotAllowed`."""
    made = _held(made)
    if ground not in GROUNDS[Right(made.right)]:
        raise NoGround
    made.ground, made.answer = Ground(ground), answer.strip()
    made = _close(made, State.REFUSED, "ground", "answer", by=by, at=at)
    emails.return_refused(made, by=by, at=at)
    return made


@transaction.atomic
def receive(made: Return, *, by: Actor, at: datetime) -> Return:
    """The pieces lie on the desk. *Sends* a receipt."""
    made = RETURN.advance(_held(made), State.RECEIVED, by=by, at=at)
    made.received_at = at
    made.save(update_fields=["received_at"])
    emails.return_received(made, by=by, at=at)
    return made


@transaction.atomic
def refund(made: Return, *, by: Actor, at: datetime) -> Return:
    """Pay back what is `owed`. *Writes* the refund that a worker carries out; *sends* a mail.

    The stones' certificates are the shop's again; the pieces are not for sale before somebody says so (`put_back`).
    *Raises* `states.NotAllowed`, `states.Changed`, NothingOwed.
    """
    order = Order.objects.select_for_update().get(pk=made.order_id)
    made = _held(made)
    amount = owed(made).total_minor
    if not amount:
        raise NothingOwed
    RETURN.advance(made, State.REFUNDED, by=by, at=at)
    made.refund = fulfilment.give_back(order, amount_minor=amount, reason=f"return {made.reference}", by=by, at=at)
    made.closed_at = at
    made.save(update_fields=["refund", "closed_at"])
    papers.return_certificates(order, [each.line_id for each in made.lines.all()], by=by, at=at)
    emails.return_refunded(made, refunded_minor=amount, by=by, at=at)
    return made


@transaction.atomic
def put_back(made: Return, *, by: Actor, at: datetime) -> int:
    """Offer its pieces for sale again, once somebody has looked at them. Returns how many lines; a second call finds none.

    *Raises* `states.NotAllowed` before the pieces are the shop's again.
    """
    made = _held(made)
    if made.state != State.REFUNDED:
        raise states.NotAllowed(f"{made} is {made.state}")
    waiting = list(made.lines.select_for_update(of=("self",)).filter(restocked_at=None).select_related("line"))
    for each in waiting:
        key: stock.Key = ("s" if each.line.kind == OrderLine.Kind.STONE else "v", each.line.item_id)
        stock.put_back(made.order_id, key, each.quantity, by=by, at=at)
    ReturnLine.objects.filter(pk__in=[each.pk for each in waiting]).update(restocked_at=at)
    return len(waiting)


# What is owed


@dataclass(frozen=True, slots=True)
class Owed:
    """What goes back for a return, with tax, in minor units. The total is never more than was paid and not promised back."""

    pieces_minor: int
    delivery_minor: int
    total_minor: int


def owed(made: Return) -> Owed:
    """What its customer will be paid back once the pieces are here."""
    pieces = sum(_share(each) for each in made.lines.select_related("line"))
    delivery = _delivery_owed(made) if _is_all_that_was_left(made) else 0
    return Owed(pieces, delivery, min(pieces + delivery, payments.refundable(made.order)))


def money_due(made: Return) -> datetime | None:
    """By when the law wants the money back; None where it names no day."""
    return made.requested_at + timedelta(days=MONEY_WITHIN_DAYS) if made.is_withdrawal else None


def _share(each: ReturnLine) -> int:
    """Its part of the line's total: the differences of one rounded series, so that all parts together are the line to the cent."""
    paid = ReturnLine.objects.filter(line=each.line_id, parent__state=State.REFUNDED)
    before = paid.aggregate(many=Sum("quantity"))["many"] or 0
    return _up_to(each.line, before + each.quantity) - _up_to(each.line, before)


def _up_to(line: OrderLine, many: int) -> int:
    return money.rounded(Decimal(line.total_minor) * many / line.quantity)


def _is_all_that_was_left(made: Return) -> bool:
    """Whether with this return nothing of the order stays with its customer."""
    counted = ReturnLine.objects.filter(Q(parent=made) | Q(parent__state=State.REFUNDED), line__order=made.order_id)
    back = dict(counted.order_by().values_list("line").annotate(many=Sum("quantity")))
    return all(back.get(line.pk) == line.quantity for line in made.order.lines.all())


def _delivery_owed(made: Return) -> int:
    """What delivery cost, with its tax.

    All of it where something was wrong; for a withdrawal as much as the ordinary way costs, since a faster one was the customer's
    wish (Art. 13(2)); nothing in the shop's own time.
    """
    order = made.order
    if made.right == Right.SHOP or not order.shipping_minor:
        return 0
    net = order.shipping_minor
    if made.is_withdrawal and (place := destinations.find(order.country, order.region)):
        net = min(net, *(way.price_minor(order.subtotal_minor) for way in place.methods))
    if order.is_tax_included:
        return net
    tax = order.tax_minor - sum(line.tax_minor for line in order.lines.all())
    return net + money.rounded(Decimal(tax) * net / order.shipping_minor)


# Inside


def _held(made: Return) -> Return:
    """The return as it stands now, held against another desk."""
    return Return.objects.select_for_update(of=("self",)).select_related("order", "refund").get(pk=made.pk)


def _decide(made: Return, to: str, *, by: Actor, at: datetime) -> Return:
    RETURN.advance(made, to, by=by, at=at)
    made.decided_at = at
    made.save(update_fields=["decided_at"])
    return made


def _close(made: Return, to: str, *changed: str, by: Actor, at: datetime) -> Return:
    RETURN.advance(made, to, by=by, at=at)
    made.closed_at = at
    if to == State.REFUSED and made.decided_at is None:
        made.decided_at = at
    made.save(update_fields=["closed_at", "decided_at", *changed])
    return made
