"""The test cards the hosted page offers, and what becomes of each. *Source*: https://docs.stripe.com/testing"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Outcome(Enum):
    PAID = "paid"
    DECLINED = "declined"
    ASKS_THE_BANK = "3-D Secure"


@dataclass(frozen=True)
class Card:
    """A test card: its number is the only thing a shopper chooses; everything else follows from it."""

    number: str
    label: str
    outcome: Outcome
    decline_code: str | None = None
    decline_message: str | None = None
    brand: str = "visa"
    exp_month: int = 12
    exp_year: int = 2034

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        return " ".join(self.number[start : start + 4] for start in range(0, len(self.number), 4))


CARDS: Final[tuple[Card, ...]] = (
    Card("4242424242424242", "Payment succeeds", Outcome.PAID),
    Card("5555555555554444", "Payment succeeds, Mastercard", Outcome.PAID, brand="mastercard"),
    Card(
        "4000002500003155",
        "The bank asks for confirmation (3-D Secure)",
        Outcome.ASKS_THE_BANK,
    ),
    Card(
        "4000000000000002",
        "Card is declined",
        Outcome.DECLINED,
        decline_code="generic_decline",
        decline_message="Your card was declined.",
    ),
    Card(
        "4000000000009995",
        "Insufficient funds",
        Outcome.DECLINED,
        decline_code="insufficient_funds",
        decline_message="Your card has insufficient funds.",
    ),
)

_BY_NUMBER: Final = {card.number: card for card in CARDS}


def find(number: str) -> Card | None:
    """The test card with this number, spaces ignored; None for anything else, real cards included."""
    return _BY_NUMBER.get("".join(number.split()))
