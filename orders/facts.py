"""What the buyer of an order can tell about it: asked of a guest before a copy of their data leaves the house.

Two of three are enough, and nothing is asked that the order does not hold already. Handed in through the declarations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from orders.models import Order
from privacy.ground import digests
from privacy.register.declare import Fact, Facts, Family
from shop import money

NEWEST: Final = 5
ZIP_DIGITS: Final = 5


def recent(family: Family) -> Iterable[Order]:
    """Their newest orders that still hold who they went to."""
    return Order.objects.of(family).placed().exclude(email="").order_by("-placed_at")[:NEWEST]


def _is_number(order: Order, answer: str) -> bool:
    """`LP-7F3K-92QD`, however it is written down."""
    return digests.normal_number(answer) == digests.normal_number(order.reference)


def _is_postal_code(order: Order, answer: str) -> bool:
    """In the United States the first five digits are enough."""
    held, typed = (digests.normal_number(each) for each in (order.ship_postal_code, answer))
    if order.country == "US":
        held, typed = held[:ZIP_DIGITS], typed[:ZIP_DIGITS]
    return bool(held) and held == typed


def _is_total(order: Order, answer: str) -> bool:
    """`1,296.00`, `1.296,00 €`, `1296`: a point or comma with as many digits behind it as the currency has begins the cents."""
    digits = money.exponent(order.currency)
    cents = rf"(?:[.,]([0-9]{{{digits}}}))?" if digits else "()"
    found = re.fullmatch(rf"([0-9.,]*?[0-9]){cents}", "".join(re.findall(r"[0-9.,]", answer)))
    if found is None:
        return False
    whole, rest = re.sub(r"\D", "", found[1]), found[2] or "0"
    return bool(int(whole) * 10**digits + int(rest) == order.total_minor)


FACTS: Final = Facts(
    of="an order of yours",
    rows=recent,
    asks=(
        Fact("number", "The order's number", "It begins with LP.", _is_number),
        Fact("postal_code", "The postal code it was sent to", "As you typed it at the checkout.", _is_postal_code),
        Fact("total", "What you paid in total", "With shipping and tax, as on the invoice.", _is_total),
    ),
)
