"""The bag: which pieces and stones, how many, and where to. It travels in one signed cookie and asks the database nothing.

Words never travel with it: a gift message, an engraving or an address turns the bag into a row, sealed (`checkout.note`).
What the pieces are called and cost is read from the catalogue when a page shows them (`contents`).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final
from uuid import UUID, uuid4

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from orders import destinations, pricing
from orders.models import Order, OrderLine
from orders.models.order import MOST_OF_ONE
from orders.pricing import Quote
from shop import buyables
from shop.buyables import Buyable
from shop.stock import Key

COOKIE: Final = "bag"
VERSION: Final = "1"
MOST_LINES: Final = 30
KEPT_SECONDS: Final = 30 * 86_400
KEY: Final = re.compile(r"([vs]):(\d{1,15})")
PAIR: Final = re.compile(r"([vs])(\d{1,15})x(\d{1,2})")


class BadKey(Exception):
    """Not the key of anything: neither `v:12` nor `s:34`."""


class BadQuantity(Exception):
    """Not from 1 to 20."""


class BagFull(Exception):
    """Thirty different things are in it already."""


class NotForSale(Exception):
    """No such thing, or not any more."""


class TooMany(Exception):
    """More than there are; `available` is how many more could be added."""

    def __init__(self, available: int) -> None:
        super().__init__(available)
        self.available = available


@dataclass(frozen=True, slots=True)
class Bag:
    """What the cookie says. `is_tampered` if its signature was wrong, and it was therefore set aside."""

    id: UUID = field(default_factory=uuid4)
    place: str = destinations.HOME
    currency: str = "USD"
    lines: tuple[tuple[Key, int], ...] = ()
    is_tampered: bool = False

    @property
    def count(self) -> int:
        """How many things are in it."""
        return sum(quantity for _, quantity in self.lines)

    @property
    def keys(self) -> list[Key]:
        """What is in it, in the order it was put in."""
        return [key for key, _ in self.lines]

    def quantity(self, key: Key) -> int:
        """How many of this are in it."""
        return dict(self.lines).get(key, 0)


@dataclass(frozen=True, slots=True)
class Line:
    """A thing in the bag as the catalogue knows it now; `is_short` if there are fewer than wanted."""

    buyable: Buyable
    quantity: int
    available: int

    @property
    def is_short(self) -> bool:
        """Whether there are fewer than wanted."""
        return self.available < self.quantity

    @property
    def total_minor(self) -> int:
        """What the line costs by the price list."""
        return self.buyable.unit_minor * self.quantity


@dataclass(frozen=True, slots=True)
class Contents:
    """A bag with names and prices; `gone` counts what is no longer sold at all."""

    lines: tuple[Line, ...]
    gone: int
    quote: Quote

    @property
    def is_orderable(self) -> bool:
        """Whether there is something in it, and enough of everything."""
        return bool(self.lines) and not any(line.is_short for line in self.lines)


def parse_key(text: str) -> Key:
    """The key that a form or a link names: `v:12` a variant, `s:34` a stone. *Raises* BadKey."""
    match = KEY.fullmatch(text)
    if match is None:
        raise BadKey
    return ("v", int(match[2])) if match[1] == "v" else ("s", int(match[2]))


def name_of(key: Key) -> str:
    """How forms and links name a key."""
    return f"{key[0]}:{key[1]}"


# In and out of the cookie


def read(request: HttpRequest) -> Bag:
    """The bag this browser carries, or an empty one; never an error, whatever the cookie holds."""
    raw = request.COOKIES.get(COOKIE)
    if not raw:
        return Bag()
    try:
        return _decode(raw)
    except signing.BadSignature:
        return Bag(is_tampered=True)
    except _Outdated:
        return Bag()


def write(response: HttpResponseBase, bag: Bag) -> None:
    """Send the bag along, or take the cookie away when there is nothing to remember."""
    if not bag.lines and bag.place == destinations.HOME:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    response.set_cookie(
        COOKIE,
        _signer().sign(_encode(bag)),
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _signer() -> signing.Signer:
    return signing.Signer(salt="bag")


def _encode(bag: Bag) -> str:
    number = base64.urlsafe_b64encode(bag.id.bytes).decode().rstrip("=")
    pairs = "_".join(f"{kind}{item}x{quantity}" for (kind, item), quantity in bag.lines)
    return ".".join((VERSION, number, bag.place, bag.currency, pairs))


class _Outdated(Exception):
    """Ours, but written in another way, or for a place not served any more."""


@lru_cache(maxsize=1024)
def _decode(raw: str) -> Bag:
    """The bag in a cookie. Raises rather than returning an empty bag, which the cache would hand to two people."""
    version, *rest = _signer().unsign(raw).split(".")
    if version != VERSION or len(rest) != 4 or rest[1] not in destinations.table():
        raise _Outdated
    number, place, currency, pairs = rest
    lines = tuple((parse_key(f"{kind}:{item}"), int(quantity)) for kind, item, quantity in PAIR.findall(pairs))
    return Bag(UUID(bytes=base64.urlsafe_b64decode(number + "==")), place, currency, lines)


# Changes: pure, from bag to bag


def add_line(bag: Bag, key: Key, quantity: int) -> Bag:
    """Put so many more of this in. A stone is one of its kind. *Raises* BadQuantity, BagFull."""
    present = bag.quantity(key)
    wanted = 1 if key[0] == "s" and quantity == 1 else present + quantity
    if present:
        return set_quantity(bag, key, wanted)
    if len(bag.lines) >= MOST_LINES:
        raise BagFull
    _check(key, wanted)
    return replace(bag, lines=(*bag.lines, (key, wanted)))


def set_quantity(bag: Bag, key: Key, quantity: int) -> Bag:
    """Have exactly so many of something that is in it. *Raises* BadQuantity."""
    _check(key, quantity)
    return replace(bag, lines=tuple((k, quantity if k == key else q) for k, q in bag.lines))


def remove_line(bag: Bag, key: Key) -> Bag:
    """Take this out."""
    return replace(bag, lines=tuple((k, q) for k, q in bag.lines if k != key))


def send_to(bag: Bag, place: str) -> Bag:
    """Price it for this place. *Raises* destinations.NotServed."""
    return replace(bag, place=destinations.get(place).code)


def fresh(bag: Bag) -> Bag:
    """An empty bag with an id of its own, for the same place: what is left once a bag was ordered."""
    return Bag(place=bag.place, currency=bag.currency)


def _check(key: Key, quantity: int) -> None:
    if not 1 <= quantity <= (1 if key[0] == "s" else MOST_OF_ONE):
        raise BadQuantity


# With the catalogue


def add(bag: Bag, key: Key, quantity: int) -> Bag:
    """Put in what the catalogue has. *Raises* NotForSale, TooMany, BadQuantity, BagFull."""
    added = add_line(bag, key, quantity)
    buyable = buyables.find([key]).get(key)
    if buyable is None:
        raise NotForSale
    if buyable.available < added.quantity(key):
        raise TooMany(max(0, buyable.available - bag.quantity(key)))
    return added


def contents(bag: Bag, *, method: str = "") -> Contents:
    """The bag with names, prices and what is left of each; two or three queries, however many lines."""
    found = buyables.find(bag.keys) if bag.lines else {}
    present = [(found[key], quantity) for key, quantity in bag.lines if key in found]
    held = _held(bag) if any(buyable.available < quantity for buyable, quantity in present) else {}
    lines = tuple(Line(it, quantity, it.available + held.get(it.key, 0)) for it, quantity in present)
    items = [pricing.Item(line.buyable.key, line.quantity, line.buyable.unit_minor) for line in lines]
    quote = pricing.quote(items, destinations.get(bag.place), method=method, currency=bag.currency)
    return Contents(lines, gone=len(bag.lines) - len(lines), quote=quote)


def _held(bag: Bag) -> dict[Key, int]:
    """What an unpaid order of this very bag holds in stock; one's own hold never counts against oneself."""
    lines = OrderLine.objects.filter(order__bag_id=bag.id, order__state=Order.State.PENDING_PAYMENT)
    return {
        parse_key(f"{kind}:{item}"): quantity
        for kind, item, quantity in lines.values_list("kind", "item_id", "quantity")
    }
