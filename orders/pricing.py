"""What a bag costs at a place: subtotal, shipping, tax, total. Pure: no database, no clock, no settings.

Amounts are integers in minor units. Every fraction of a cent is rounded once, by `shop.money`'s one rule, where it arises
(a line's tax, the tax on shipping); sums are then exact, so that what a page, an invoice and Stripe show always agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.destinations import Destination, Method
from shop import money
from shop.stock import Key


@dataclass(frozen=True, slots=True)
class Item:
    """So many of one thing at its unit price."""

    key: Key
    quantity: int
    unit_minor: int


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """A line with its tax; `total_minor` is what the customer pays for it."""

    key: Key
    quantity: int
    unit_minor: int
    tax_minor: int
    total_minor: int

    @property
    def net_minor(self) -> int:
        """The price list's price of the line."""
        return self.unit_minor * self.quantity


@dataclass(frozen=True, slots=True)
class Quote:
    """What a bag costs at a place, to the last cent.

    Where tax is included in prices it is a part of subtotal and shipping; else it is added to them.
    """

    lines: tuple[QuotedLine, ...]
    destination: Destination
    method: Method
    currency: str
    subtotal_minor: int
    shipping_minor: int
    shipping_tax_minor: int
    tax_minor: int
    total_minor: int

    @property
    def rate(self) -> Decimal:
        """The tax rate in percent; zero while the place is not exact."""
        return self.destination.rate or Decimal(0)

    @property
    def percent(self) -> str:
        """The tax rate as it is written: *7.25*, *20*."""
        return f"{self.rate.normalize():f}"


def quote(lines: Sequence[Item], destination: Destination, *, method: str = "", currency: str = "USD") -> Quote:
    """Price *lines* as sent to *destination* by the method of that name, or its ordinary one."""
    rate, included = destination.rate or Decimal(0), destination.is_tax_included
    quoted = tuple(_line(line, rate, included=included) for line in lines)
    subtotal = sum(line.net_minor for line in quoted)
    way = destination.method(method)
    shipping = way.price_minor(subtotal) if quoted else 0
    shipping_tax = tax_within(shipping, rate, included=included) if destination.is_shipping_taxed else 0
    tax = sum(line.tax_minor for line in quoted) + shipping_tax
    return Quote(
        lines=quoted,
        destination=destination,
        method=way,
        currency=currency,
        subtotal_minor=subtotal,
        shipping_minor=shipping,
        shipping_tax_minor=shipping_tax,
        tax_minor=tax,
        total_minor=subtotal + shipping + (0 if included else tax),
    )


def tax_within(amount_minor: int, rate: Decimal, *, included: bool) -> int:
    """The tax of an amount: the part of it that is tax where tax is included, else what is added to it."""
    base = 100 + rate if included else Decimal(100)
    return money.rounded(amount_minor * rate / base)


def _line(item: Item, rate: Decimal, *, included: bool) -> QuotedLine:
    net = item.unit_minor * item.quantity
    tax = tax_within(net, rate, included=included)
    return QuotedLine(item.key, item.quantity, item.unit_minor, tax, net if included else net + tax)
