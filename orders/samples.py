"""What an invented order looks like: delivered, paid, with sums that add up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from privacy.register import invented
from privacy.register.synthetic import Sketch, hint

CARD_BRANDS = ("visa", "mastercard", "amex")


@hint("orders.Order")
def order(row: Any, sketch: Sketch) -> None:
    """One delivered order of one piece to the person's own address."""
    who, chance = sketch.who, sketch.who.chance
    row.reference = invented.reference(chance, "LP")
    row.state = row.State.DELIVERED
    row.email, row.full_name, row.ship_name = who.email, who.name, who.name
    row.gift_message = invented.sentence(chance) if chance.random() < 0.3 else None
    row.subtotal_minor = chance.randint(200, 9_000) * 100
    row.shipping_minor = 2_500
    row.tax_rate, row.tax_name, row.is_tax_included = 8, "Sales tax", False
    row.tax_minor = round(row.subtotal_minor * 0.08)
    row.total_minor = row.subtotal_minor + row.shipping_minor + row.tax_minor
    row.shipping_method = "insured"
    row.invoice_number = f"INV-{who.number:09}-{chance.randint(0, 99):02}"
    row.placed_at = sketch.at - timedelta(minutes=chance.randint(20_000, 900_000))
    row.paid_at = row.confirmed_at = row.placed_at + timedelta(minutes=3)
    row.packed_at = row.placed_at + timedelta(days=1)
    row.completed_at = row.placed_at + timedelta(days=4)
    row.cancel_reason = ""


@hint("orders.OrderLine")
def line(row: Any, sketch: Sketch) -> None:
    """The one piece of it."""
    order = sketch.rows["orders.Order"]
    row.position, row.kind, row.quantity = 1, "v", 1
    row.title, row.detail, row.sku = "Invented necklace", "Yellow gold", "INVENTED-YG"
    row.item_id = sketch.who.number + 1
    row.unit_minor, row.tax_minor = order.subtotal_minor, order.tax_minor
    row.total_minor = row.unit_minor + row.tax_minor


@hint("orders.Payment")
def payment(row: Any, sketch: Sketch) -> None:
    """Paid with a card."""
    order, chance = sketch.rows["orders.Order"], sketch.who.chance
    row.reference = invented.reference(chance, "PY")
    row.gateway_session_id, row.gateway_payment_id = (
        f"{kind}_invented_{invented.hexadecimal(chance, 20)}" for kind in ("cs", "pi")
    )
    row.amount_minor, row.currency, row.refunded_minor = order.total_minor, order.currency, 0
    row.state, row.session_url = row.State.CAPTURED, ""
    row.card_brand = chance.choice(CARD_BRANDS)


@hint("orders.PaymentEvent")
def event(row: Any, sketch: Sketch) -> None:
    payment = sketch.rows["orders.Payment"]
    row.kind, row.gateway_id, row.amount_minor = row.Kind.CAPTURED, payment.gateway_payment_id, payment.amount_minor


@hint("orders.Refund")
def refund(row: Any, sketch: Sketch) -> None:
    """A small one that the worker has yet to carry out."""
    row.reference = invented.reference(sketch.who.chance, "RF")
    row.amount_minor, row.gateway_id, row.done_at = 100, None, None


@hint("orders.Shipment")
def shipment(row: Any, sketch: Sketch) -> None:
    row.tracking_number = f"1Z{invented.hexadecimal(sketch.who.chance, 14).upper()}"
    row.shipped_at = sketch.rows["orders.Order"].packed_at
    row.delivered_at = row.told_at = sketch.rows["orders.Order"].completed_at
    row.status = row.Status.DELIVERED


@hint("orders.Return")
def sent_back(row: Any, sketch: Sketch) -> None:
    """It was asked for and refused, so that it stands in nobody's way."""
    order, chance = sketch.rows["orders.Order"], sketch.who.chance
    row.reference = invented.reference(chance, "RT")
    row.state, row.right, row.reason = row.State.REFUSED, row.Right.SHOP, row.Reason.SIZE
    row.words, row.wish = invented.sentence(chance), invented.sentence(chance)
    row.ground, row.answer = row.Ground.WORN, invented.sentence(chance)
    row.requested_at = order.completed_at + timedelta(days=2)
    row.decided_at = row.closed_at = row.requested_at + timedelta(days=1)
    row.refund_id = row.received_at = None


@hint("orders.ReturnLine")
def line_sent_back(row: Any, sketch: Sketch) -> None:
    row.quantity, row.restocked_at = 1, None


@hint("orders.Share")
def shared(row: Any, sketch: Sketch) -> None:
    """It was shown to an appraiser, who looked once."""
    row.reference = invented.reference(sketch.who.chance, "SH")
    row.recipient, row.wish = "appraiser:invented", row.Wish.APPRAISAL
    row.asked_at = sketch.rows["orders.Order"].completed_at
    row.ends_at = row.asked_at + timedelta(days=30)
    row.opened_at, row.times_opened = row.asked_at + timedelta(days=1), 1
    row.answered_at = row.cancelled_at = None


@hint("orders.WebhookEvent")
def webhook(row: Any, sketch: Sketch) -> None:
    row.event_id = f"evt_invented_{invented.hexadecimal(sketch.who.chance, 20)}"
    row.kind, row.order_reference = "checkout.session.completed", sketch.rows["orders.Order"].reference
    row.handled_at = row.received_at
