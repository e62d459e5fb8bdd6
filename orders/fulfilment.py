"""What the order desk does with a paid order: pack, ship, deliver, send elsewhere or another way, cancel, refund.

Each verb is one transaction: it moves the state first, and its effects are the lines after it. `payments.refund` promises the
money back in that transaction; the worker then carries the promise out at Stripe.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Final

from django.db import transaction

from orders import carriers, destinations, emails, papers, payments, pricing
from orders.destinations import Destination, Method
from orders.models import Order, Refund, Shipment
from orders.states import ORDER
from privacy.ground import audit, states
from privacy.ground.audit import Actor
from privacy.register.declare import Unfit, Values
from shop import stock

CUSTOMERS_WISH: Final = "cancelled by you"
STILL_HERE: Final = frozenset({Order.State.PAID, Order.State.PACKED})


class NotYetShipped(Exception):
    """An order that has not left is cancelled, never refunded in full: else its stock would stay sold."""


class NoTracking(Exception):
    """A parcel of jewellery never leaves without a tracking number."""


class NothingChanged(Exception):
    """It goes there, or that way, already: nobody is told of a change that is none."""


class NoSuchWay(Exception):
    """Parcels to this place do not travel that way."""


@dataclass(frozen=True, slots=True)
class Whereto:
    """Where a parcel goes, within the place that its tax and delivery were reckoned for. Named as on the order."""

    ship_name: str
    ship_line1: str
    ship_line2: str
    ship_city: str
    ship_postal_code: str


@transaction.atomic
def pack(order: Order, *, by: Actor, at: datetime) -> Order:
    """Everything lies in the box."""
    ORDER.advance(order, "packed", by=by, at=at)
    order.packed_at = at
    order.save(update_fields=["packed_at"])
    return order


@transaction.atomic
def ship(order: Order, *, carrier: str, tracking_number: str, by: Actor, at: datetime) -> Shipment:
    """The parcel left. *Writes* its shipment and what its carrier was told; *sends* the tracking number.

    *Raises* NoTracking, `agreements.NotAgreed` for a carrier that the shop has agreed nothing with.
    """
    if not tracking_number.strip():
        raise NoTracking
    ORDER.advance(order, "shipped", by=by, at=at)
    shipment = Shipment.objects.create(
        order=order, carrier=carrier, tracking_number=tracking_number.strip(), shipped_at=at
    )
    carriers.disclose(order, shipment, by=by, at=at)
    emails.order_shipped(order, shipment, by=by, at=at)
    emails.text_shipped(order, shipment, by=by, at=at)
    return shipment


@transaction.atomic
def deliver(order: Order, *, arrived_at: datetime | None = None, by: Actor, at: datetime) -> Order:
    """The parcel arrived, *arrived_at* if somebody knows when: retention and the time to send it back count from there."""
    arrived_at = arrived_at or at
    ORDER.advance(order, "delivered", by=by, at=at)
    Shipment.objects.filter(order=order).update(
        delivered_at=arrived_at, status=Shipment.Status.DELIVERED, told_at=arrived_at
    )
    _complete(order, at=arrived_at)
    emails.order_delivered(order, by=by, at=at)
    emails.text_delivered(order, by=by, at=at)
    return order


@transaction.atomic
def readdress(order: Order, whereto: Whereto, *, by: Actor, at: datetime) -> Order:
    """Send a parcel that has not left to another address in the same place; its invoice keeps the one it was issued with.

    *Sends* a mail; its trail names fields only. *Raises* NothingChanged, and `states.NotAllowed` once it has left.
    """
    order = _still_here(order)
    changed = [name for name, value in asdict(whereto).items() if getattr(order, name) != value]
    if not changed:
        raise NothingChanged
    order.invoiced_to = order.invoice_lines  # issued when it was paid, and it stays so
    for name in changed:
        setattr(order, name, getattr(whereto, name))
    order.save(update_fields=[*changed, "invoiced_to"])
    _note(order, "address_changed", {"fields": changed}, by=by, at=at)
    emails.order_address_changed(order, by=by, at=at)
    return order


def correct_address(order: Order, values: Values, by: Actor, at: datetime) -> Order:
    """What its person asked to have put right about where a parcel goes, as long as it has not left. *Raises* `Unfit`."""
    now = {each.name: getattr(order, each.name) for each in fields(Whereto)} | dict(values)
    try:
        return readdress(order, Whereto(**now), by=by, at=at)
    except NothingChanged:
        return order
    except states.NotAllowed:
        raise Unfit("the parcel has left")


@transaction.atomic
def reroute(order: Order, *, method: str, by: Actor, at: datetime) -> Order:
    """Send a parcel that has not left another way. *Sends* a mail, and money back where the new way costs less.

    A dearer way is the shop's to pay: what was agreed stays. *Raises* NothingChanged, NoSuchWay, `states.NotAllowed`.
    """
    order = _still_here(order)
    if method == order.shipping_method:
        raise NothingChanged
    before, order.shipping_method = order.shipping_method, method
    way = _way_of(order)
    order.save(update_fields=["shipping_method"])
    saved = min(_saved_by(order, way), payments.refundable(order))
    if saved:
        payments.refund(order, saved, reason="a way of delivery that costs less", by=by, at=at)
    _note(order, "delivery_changed", {"from": before, "to": method, "saved_minor": saved}, by=by, at=at)
    emails.order_delivery_changed(order, method=way, refunded_minor=saved, by=by, at=at)
    return order


@transaction.atomic
def hand_over(order: Order, *, carrier: str, tracking_number: str, by: Actor, at: datetime) -> Shipment:
    """A parcel on its way goes on with another carrier, or under another number. *Sends* a mail.

    *Raises* NoTracking, NothingChanged, `agreements.NotAgreed`, and `states.NotAllowed` for a parcel that is not on its way.
    """
    number = tracking_number.strip()
    if not number:
        raise NoTracking
    order = _locked(order, {Order.State.SHIPPED})
    shipment = Shipment.objects.select_for_update().get(order=order)
    if (shipment.carrier, shipment.tracking_number) == (carrier, number):
        raise NothingChanged
    before, shipment.carrier, shipment.tracking_number = shipment.carrier, carrier, number
    shipment.status, shipment.told_at = Shipment.Status.HANDED_OVER, None
    shipment.save(update_fields=["carrier", "tracking_number", "status", "told_at"])
    carriers.disclose(order, shipment, by=by, at=at)
    _note(order, "carrier_changed", {"from": before, "to": carrier}, by=by, at=at)
    emails.order_delivery_changed(order, shipment=shipment, by=by, at=at)
    return shipment


@transaction.atomic
def cancel(order: Order, *, reason: str, by: Actor, at: datetime) -> Order:
    """Call a paid order off before it left: stock back on the shelf, everything promised back, a mail. *reason* is shown."""
    ORDER.advance(order, "cancelled", by=by, at=at, note=reason)
    order.cancelled_at, order.cancel_reason = at, reason
    order.save(update_fields=["cancelled_at", "cancel_reason"])
    _complete(order, at=at)
    stock.restock(order.pk, by=by, at=at)
    papers.return_certificates(order, by=by, at=at)
    left = payments.refundable(order)
    if left:
        payments.refund(order, left, reason="cancelled", by=by, at=at)
    emails.order_cancelled(order, refunded_minor=left, by=by, at=at)
    return order


def call_off(order: Order, *, by: Actor, at: datetime) -> Order:
    """What its customer may do by themselves until it leaves: cancel it, or give up an attempt that was not paid yet.

    *Raises* `states.NotAllowed` and `states.Changed` where it is too late, `gateway.Unavailable`.
    """
    if order.state == Order.State.PENDING_PAYMENT:
        order = payments.close_session(order, by=by, at=at)
        if not order.is_paid:
            return order
    return cancel(order, reason=CUSTOMERS_WISH, by=by, at=at)


@transaction.atomic
def refund(order: Order, *, amount_minor: int, reason: str, by: Actor, at: datetime) -> Order:
    """Give back a part, or all that is left. *Sends* a mail. *Raises* NotYetShipped, `refunds.TooMuch`."""
    give_back(order, amount_minor=amount_minor, reason=reason, by=by, at=at)
    emails.order_refunded(order, refunded_minor=amount_minor, by=by, at=at)
    return order


@transaction.atomic
def give_back(order: Order, *, amount_minor: int, reason: str, by: Actor, at: datetime) -> Refund:
    """The same without a mail, for a room that writes one of its own. Returns the refund that was promised."""
    is_whole = amount_minor == payments.refundable(order)
    if is_whole and ORDER.allows(order.state, "cancelled"):
        raise NotYetShipped
    promised = payments.refund(order, amount_minor, reason=reason, by=by, at=at)
    if is_whole and ORDER.allows(order.state, "refunded"):
        ORDER.advance(order, "refunded", by=by, at=at, note=reason)
        _complete(order, at=at)
    return promised


def _complete(order: Order, *, at: datetime) -> None:
    if order.completed_at is None:
        order.completed_at = at
        order.save(update_fields=["completed_at"])


def _still_here(order: Order) -> Order:
    return _locked(order, STILL_HERE)


def _locked(order: Order, froms: Collection[str]) -> Order:
    """The order as it stands now, held against another desk. *Raises* `states.NotAllowed` in any other state."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.state not in froms or order.is_erased:
        raise states.NotAllowed(f"{order} is {order.state}")
    return order


def _place_of(order: Order) -> Destination | None:
    return destinations.find(order.country, order.region)


def _way_of(order: Order) -> Method:
    place = _place_of(order)
    way = place.method(order.shipping_method) if place else None
    if way is None or way.slug != order.shipping_method:
        raise NoSuchWay
    return way


def _saved_by(order: Order, way: Method) -> int:
    """What the customer paid for delivery and need not have, with its tax; nothing for a way that costs more."""
    less, place = max(0, order.shipping_minor - way.price_minor(order.subtotal_minor)), _place_of(order)
    if order.is_tax_included or place is None or not place.is_shipping_taxed:
        return less
    return less + pricing.tax_within(less, order.tax_rate, included=False)


def _note(order: Order, what: str, details: Mapping[str, audit.Detail], *, by: Actor, at: datetime) -> None:
    audit.append(f"order.{what}", subject=order.subject_id, obj=order, details=details, by=by, at=at)
