"""What may follow what in an order's life, and a return's. The docs draw these tables, and a test says the drawings are current."""

from __future__ import annotations

from typing import Final

from privacy.ground import states

ORDER: Final = states.Machine(
    "order",
    {
        "pending_payment": {"paid", "cancelled", "expired"},
        "paid": {"packed", "cancelled"},
        "packed": {"shipped", "cancelled"},
        "shipped": {"delivered", "refunded"},
        "delivered": {"refunded"},
        "cancelled": set(),
        "expired": set(),
        "refunded": set(),
    },
)

PAYMENT: Final = states.Machine(
    "payment",
    {
        "open": {"captured", "expired"},
        "captured": {"refunded"},
        "expired": set(),
        "refunded": {"captured"},
    },
)

RETURN: Final = states.Machine(
    "return",
    {
        "requested": {"approved", "refused", "withdrawn"},
        "approved": {"received", "refused", "withdrawn"},
        "received": {"refunded", "refused"},
        "refused": set(),
        "refunded": set(),
        "withdrawn": set(),
    },
)
