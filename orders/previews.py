"""Every mail about an order, shown on an invented one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orders import destinations, emails
from privacy.messages.previews import BY, shows
from privacy.register.synthetic import Sketch


def _order(sketch: Sketch) -> Any:
    order = sketch.rows["orders.Order"]
    order.country = destinations.HOME
    return order


def _return(sketch: Sketch) -> Any:
    made = sketch.rows["orders.Return"]
    made.order = _order(sketch)
    return made


@shows(emails.ORDER_CONFIRMED)
def order_confirmed(sketch: Sketch, at: datetime) -> None:
    emails.order_confirmed(_order(sketch), by=BY, at=at)


@shows(emails.PAYMENT_RECEIVED)
def payment_received(sketch: Sketch, at: datetime) -> None:
    emails.payment_received(_order(sketch), by=BY, at=at)


@shows(emails.ORDER_ADDRESS_CHANGED)
def order_address_changed(sketch: Sketch, at: datetime) -> None:
    emails.order_address_changed(_order(sketch), by=BY, at=at)


@shows(emails.ORDER_DELIVERY_CHANGED)
def order_delivery_changed(sketch: Sketch, at: datetime) -> None:
    way = destinations.get(destinations.HOME).methods[0]
    emails.order_delivery_changed(_order(sketch), method=way, refunded_minor=2_000, by=BY, at=at)


@shows(emails.ORDER_SHIPPED)
def order_shipped(sketch: Sketch, at: datetime) -> None:
    emails.order_shipped(_order(sketch), sketch.rows["orders.Shipment"], by=BY, at=at)


@shows(emails.ORDER_DELIVERED)
def order_delivered(sketch: Sketch, at: datetime) -> None:
    emails.order_delivered(_order(sketch), by=BY, at=at)


@shows(emails.ORDER_CANCELLED)
def order_cancelled(sketch: Sketch, at: datetime) -> None:
    order = _order(sketch)
    order.cancel_reason = "the stone is flawed"
    emails.order_cancelled(order, refunded_minor=order.total_minor, by=BY, at=at)


@shows(emails.ORDER_REFUNDED)
def order_refunded(sketch: Sketch, at: datetime) -> None:
    emails.order_refunded(_order(sketch), refunded_minor=2_600, by=BY, at=at)


@shows(emails.REFUND_FAILED)
def refund_failed(sketch: Sketch, at: datetime) -> None:
    emails.refund_failed(_order(sketch), refunded_minor=2_600, by=BY, at=at)


@shows(emails.RETURN_REQUESTED)
def return_requested(sketch: Sketch, at: datetime) -> None:
    emails.return_requested(_return(sketch), by=BY, at=at)


@shows(emails.RETURN_APPROVED)
def return_approved(sketch: Sketch, at: datetime) -> None:
    emails.return_approved(_return(sketch), by=BY, at=at)


@shows(emails.RETURN_REFUSED)
def return_refused(sketch: Sketch, at: datetime) -> None:
    made = _return(sketch)
    made.ground, made.answer = made.Ground.WORN, "The ring was made smaller by somebody else."
    emails.return_refused(made, by=BY, at=at)


@shows(emails.RETURN_RECEIVED)
def return_received(sketch: Sketch, at: datetime) -> None:
    emails.return_received(_return(sketch), by=BY, at=at)


@shows(emails.RETURN_REFUNDED)
def return_refunded(sketch: Sketch, at: datetime) -> None:
    made = _return(sketch)
    emails.return_refunded(made, refunded_minor=made.order.total_minor, by=BY, at=at)


@shows(emails.APPRAISER_LINK)
def appraiser_link(sketch: Sketch, at: datetime) -> None:
    share = sketch.rows["orders.Share"]
    emails.appraiser_link(share, to="desk@appraiser.example", url="https://shop.example/appraiser/", by=BY, at=at)


@shows(emails.ORDER_LINK)
def order_link(sketch: Sketch, at: datetime) -> None:
    emails.order_link(_order(sketch), by=BY, at=at)
