"""Who holds what: reserve, release, commit, restock, put back.

A variant has a quantity; a loose stone is one unit. An owner (an order's id) holds each thing at
most once, and its own holds never count against it. Rows are locked in primary-key order, variants
before stones, so that two buyers wait for each other but never deadlock; the database refuses what
a mistake here would let through. For what is on sale, see `shop.catalogue`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import F

from privacy.ground import audit
from shop.models import Reservation, StockLevel, Stone

#: What can be put in a bag: ("v", variant id) or ("s", stone id).
Key = tuple[Literal["v", "s"], int]

HELD, COMMITTED, RELEASED = (
    Reservation.State.HELD,
    Reservation.State.COMMITTED,
    Reservation.State.RELEASED,
)


@dataclass(frozen=True, slots=True)
class Short:
    """One line that cannot be had: what was wanted, and what there is for this owner."""

    key: Key
    wanted: int
    available: int


class NotEnough(Exception):
    """Something in the bag cannot be had in the quantity wanted. `lines` says what."""

    def __init__(self, lines: list[Short]) -> None:
        super().__init__(f"not enough of {', '.join(spell(line.key) for line in lines)}")
        self.lines = lines


class NothingHeld(Exception):
    """An owner is to be sold what it no longer holds: the hold had been released before."""


def spell(key: Key) -> str:
    """A key as a form or a cookie carries it: "v:12"."""
    return f"{key[0]}:{key[1]}"


def available(keys: Collection[Key]) -> dict[Key, int]:
    """How many of each can be had now; a key that names nothing is absent."""
    levels = StockLevel.objects.filter(variant_id__in=_ids(keys, "v"))
    stones = Stone.objects.filter(id__in=_ids(keys, "s"))
    found: dict[Key, int] = {
        ("v", pk): on_hand - reserved for pk, on_hand, reserved in levels.values_list("pk", "on_hand", "reserved")
    }
    found |= {("s", pk): int(status == Stone.Status.AVAILABLE) for pk, status in stones.values_list("pk", "status")}
    return found


@transaction.atomic
def reserve(
    owner: UUID,
    wanted: Mapping[Key, int],
    *,
    expires_at: datetime | None,
    by: audit.Actor,
    at: datetime,
) -> list[Reservation]:
    """Hold everything wanted for its owner, or nothing at all.

    Afterwards the owner holds exactly `wanted[key]` of each key named; a second call replaces
    the first. Raises `NotEnough`; inside the caller's transaction, which then rolls back.
    """
    if any(quantity < 1 for quantity in wanted.values()):
        raise ValueError("a quantity to reserve is at least 1")
    levels, stones = _locked(wanted)
    holds = {_key(hold): hold for hold in Reservation.objects.filter(owner=owner)}
    own = {key: hold.quantity for key, hold in holds.items() if hold.state == HELD}

    free: dict[Key, int] = {("v", pk): level.available if level.variant.is_live else 0 for pk, level in levels.items()}
    free |= {("s", pk): int(stone.status == Stone.Status.AVAILABLE) for pk, stone in stones.items()}
    short = [
        Short(key, quantity, free.get(key, 0) + own.get(key, 0))
        for key, quantity in wanted.items()
        if quantity > free.get(key, 0) + own.get(key, 0)
    ]
    if short:
        raise NotEnough(short)

    reservations = []
    for key, quantity in wanted.items():
        _promise(key, quantity - own.get(key, 0))
        hold = holds.get(key) or Reservation(owner=owner, created_at=at, **_thing(key))
        hold.quantity, hold.state, hold.expires_at = quantity, HELD, expires_at
        hold.save()
        reservations.append(hold)
    audit.append("stock.reserved", obj=f"order:{owner}", details=_counted(wanted), by=by, at=at)
    return reservations


@transaction.atomic
def release(owner: UUID, *, by: audit.Actor, at: datetime) -> list[Reservation]:
    """Give back what an owner holds and has not bought. A second call finds nothing to do."""
    holds = _holds(owner, HELD)
    for hold in holds:
        _promise(_key(hold), -hold.quantity)
    return _moved(holds, RELEASED, "stock.released", by=by, at=at)


@transaction.atomic
def commit(owner: UUID, *, by: audit.Actor, at: datetime) -> list[Reservation]:
    """Sell what an owner holds: it leaves the safe. A second call finds nothing to do.

    Raises `NothingHeld` when the owner's hold was released before, or never was.
    """
    holds = _holds(owner, HELD)
    if not holds and not Reservation.objects.filter(owner=owner, state=COMMITTED).exists():
        raise NothingHeld(str(owner))
    for hold in holds:
        if hold.stone_id is not None:
            Stone.objects.filter(pk=hold.stone_id).update(status=Stone.Status.SOLD)
        else:
            StockLevel.objects.filter(pk=hold.variant_id).update(
                on_hand=F("on_hand") - hold.quantity, reserved=F("reserved") - hold.quantity
            )
    return _moved(holds, COMMITTED, "stock.sold", by=by, at=at)


@transaction.atomic
def restock(owner: UUID, keys: Collection[Key] | None = None, *, by: audit.Actor, at: datetime) -> list[Reservation]:
    """Put back what an owner had bought: a cancelled order (everything) or a return (`keys`)."""
    sold = [hold for hold in _holds(owner, COMMITTED) if keys is None or _key(hold) in keys]
    for hold in sold:
        if hold.stone_id is not None:
            Stone.objects.filter(pk=hold.stone_id).update(status=Stone.Status.AVAILABLE)
        else:
            StockLevel.objects.filter(pk=hold.variant_id).update(on_hand=F("on_hand") + hold.quantity)
    return _moved(sold, RELEASED, "stock.restocked", by=by, at=at)


@transaction.atomic
def put_back(owner: UUID, key: Key, quantity: int, *, by: audit.Actor, at: datetime) -> Reservation:
    """Offer so many of one thing again that an owner had bought and sent back. Raises `NothingHeld` beyond what it bought."""
    hold = next((each for each in _holds(owner, COMMITTED) if _key(each) == key), None)
    if hold is None or not 1 <= quantity <= hold.quantity:
        raise NothingHeld(f"{owner} has not bought {quantity} of {spell(key)}")
    if hold.quantity == quantity:
        return restock(owner, [key], by=by, at=at)[0]
    StockLevel.objects.filter(pk=hold.variant_id).update(on_hand=F("on_hand") + quantity)
    hold.quantity -= quantity
    hold.save(update_fields=["quantity"])
    audit.append("stock.restocked", obj=f"order:{owner}", details=_counted({key: quantity}), by=by, at=at)
    return hold


@transaction.atomic
def count(variant_id: int, on_hand: int, *, by: audit.Actor, at: datetime) -> StockLevel:
    """Set how many lie in the safe, as counted by hand. Raises `NotEnough` below what is promised."""
    level = StockLevel.objects.select_for_update().get(pk=variant_id)
    if on_hand < level.reserved:
        raise NotEnough([Short(("v", variant_id), level.reserved, on_hand)])
    before, level.on_hand = level.on_hand, on_hand
    level.save(update_fields=["on_hand"])
    audit.append(
        "stock.counted",
        obj=f"variant:{variant_id}",
        details={"before": before, "after": on_hand},
        by=by,
        at=at,
    )
    return level


@transaction.atomic
def move_stones(stone_ids: Collection[int], old: str, new: str, *, by: audit.Actor, at: datetime) -> int:
    """Withhold stones from sale, or offer them again; those that are elsewhere by now stay. Returns how many moved."""
    moved = 0
    for stone in Stone.objects.filter(pk__in=stone_ids, status=old).order_by("pk").select_for_update():
        Stone.objects.filter(pk=stone.pk).update(status=new)
        audit.append(f"stone.{new}", obj=f"stone:{stone.ref}", by=by, at=at)
        moved += 1
    return moved


def _ids(keys: Iterable[Key], kind: Literal["v", "s"]) -> list[int]:
    return sorted(pk for of, pk in keys if of == kind)


def _key(hold: Reservation) -> Key:
    return ("v", hold.variant_id) if hold.variant_id is not None else ("s", hold.stone_id or 0)


def _thing(key: Key) -> dict[str, int]:
    kind, pk = key
    return {"variant_id": pk} if kind == "v" else {"stone_id": pk}


def _counted(wanted: Mapping[Key, int]) -> dict[str, int]:
    return {spell(key): quantity for key, quantity in wanted.items()}


def _locked(keys: Iterable[Key]) -> tuple[dict[int, StockLevel], dict[int, Stone]]:
    """The rows behind the keys, locked: variants first, each kind in primary-key order."""
    wanted = list(keys)
    levels = StockLevel.objects.filter(pk__in=_ids(wanted, "v")).select_related("variant")
    stones = Stone.objects.filter(pk__in=_ids(wanted, "s"))
    return (
        {row.pk: row for row in levels.order_by("pk").select_for_update(of=("self",))},
        {row.pk: row for row in stones.order_by("pk").select_for_update(of=("self",))},
    )


def _holds(owner: UUID, state: Reservation.State) -> list[Reservation]:
    """An owner's reservations in one state, with the rows behind them locked first."""
    mine = Reservation.objects.filter(owner=owner)
    _locked([_key(hold) for hold in mine])
    return list(mine.filter(state=state).order_by("pk").select_for_update())


def _promise(key: Key, quantity: int) -> None:
    """Promise so many more (or fewer) of a locked row."""
    kind, pk = key
    if kind == "v":
        StockLevel.objects.filter(pk=pk).update(reserved=F("reserved") + quantity)
    elif quantity:
        status = Stone.Status.RESERVED if quantity > 0 else Stone.Status.AVAILABLE
        Stone.objects.filter(pk=pk).update(status=status)


def _moved(
    holds: list[Reservation],
    to: Reservation.State,
    event: str,
    *,
    by: audit.Actor,
    at: datetime,
) -> list[Reservation]:
    if not holds:
        return []
    Reservation.objects.filter(pk__in=[hold.pk for hold in holds]).update(state=to)
    for hold in holds:
        hold.state = to
    details = _counted({_key(hold): hold.quantity for hold in holds})
    audit.append(event, obj=f"order:{holds[0].owner}", details=details, by=by, at=at)
    return holds
