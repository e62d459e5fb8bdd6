"""The nouns of an order: the bag's words, the order and its lines, the payment ledger, the parcel, what comes back."""

from orders.models.bag import Bag
from orders.models.order import InvoiceCounter, Order, OrderLine
from orders.models.papers import Paper, SoldCertificate
from orders.models.payment import Payment, PaymentEvent, Refund, WebhookEvent
from orders.models.returns import Return, ReturnLine
from orders.models.sharing import Share
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
    "Return",
    "ReturnLine",
    "Share",
    "Shipment",
    "SoldCertificate",
    "WebhookEvent",
]
