"""The nouns of an order: the bag's words, the order and its lines, the payment ledger, the parcel."""

from orders.models.bag import Bag
from orders.models.order import InvoiceCounter, Order, OrderLine
from orders.models.papers import Paper, SoldCertificate
from orders.models.payment import Payment, PaymentEvent, Refund, WebhookEvent
from orders.models.shipment import Shipment

__all__ = [
    "Bag",
    "InvoiceCounter",
    "Order",
    "OrderLine",
    "Paper",
    "Payment",
    "PaymentEvent",
    "Refund",
    "Shipment",
    "SoldCertificate",
    "WebhookEvent",
]
