"""What may follow what in an order's life. `docs/orders.md` draws this table, and a test says the drawing is current."""

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
