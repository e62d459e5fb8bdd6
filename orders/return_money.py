"""What is paid back for a return, to the cent of what was paid for its pieces with their tax, and by when.

Read by whoever shows it and by `orders.returns`, which pays it back. Delivery goes back as `_delivery_owed` says.

*Sources*: Directive 2011/83/EU Art. 13; SI 2013/3134 reg. 34.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Q, Sum

from orders import destinations, payments
from orders.models import OrderLine, Return, ReturnLine
from shop import money

WITHIN_DAYS: Final = 14  # of the day a withdrawal was declared (Art. 13(1))
PAID_BACK: Final = Return.State.REFUNDED


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


def due(made: Return) -> datetime | None:
    """By when the law wants the money back; None where it names no day."""
    return made.requested_at + timedelta(days=WITHIN_DAYS) if made.is_withdrawal else None


def _share(each: ReturnLine) -> int:
    """Its part of the line's total: the differences of one rounded series, so that all parts together are the line to the cent."""
    paid = ReturnLine.objects.filter(line=each.line_id, parent__state=PAID_BACK)
    before = paid.aggregate(many=Sum("quantity"))["many"] or 0
    return _up_to(each.line, before + each.quantity) - _up_to(each.line, before)


def _up_to(line: OrderLine, many: int) -> int:
    return money.rounded(Decimal(line.total_minor) * many / line.quantity)


def _is_all_that_was_left(made: Return) -> bool:
    """Whether with this return nothing of the order stays with its customer."""
    counted = ReturnLine.objects.filter(Q(parent=made) | Q(parent__state=PAID_BACK), line__order=made.order_id)
    back = dict(counted.order_by().values_list("line").annotate(many=Sum("quantity")))
    return all(back.get(line.pk) == line.quantity for line in made.order.lines.all())


def _delivery_owed(made: Return) -> int:
    """What delivery cost, with its tax.

    All of it where something was wrong; for a withdrawal as much as the ordinary way costs, since a faster one was the customer's
    wish (Art. 13(2)); nothing in the shop's own time.
    """
    order = made.order
    if made.right == Return.Right.SHOP or not order.shipping_minor:
        return 0
    net = order.shipping_minor
    if made.is_withdrawal and (place := destinations.find(order.country, order.region)):
        net = min(net, *(way.price_minor(order.subtotal_minor) for way in place.methods))
    if order.is_tax_included:
        return net
    tax = order.tax_minor - sum(line.tax_minor for line in order.lines.all())
    return net + money.rounded(Decimal(tax) * net / order.shipping_minor)
