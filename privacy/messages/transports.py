"""The last metre of a channel: what carries a message out of the house, and what it may say about how that went.

A transport lives as long as one worker's batch, so that it can keep a connection open. It says one of three things: it went (it
returns), it certainly did not (`NotSent`), or nobody knows (`InDoubt`). The outbox does the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from privacy.messages.models import Message


class NotSent(Exception):
    """It certainly did not go. *is_final*: asking again would not help. *is_dead*: there is nobody at this address.

    *why*: for staff, without a name or an address in it.
    """

    def __init__(self, why: str, *, is_final: bool = False, is_dead: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.is_final = is_final or is_dead
        self.is_dead = is_dead


class InDoubt(Exception):
    """It was handed over and no answer came: it may have gone."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message made ready. *keys*: everything that leaves, by the names that its processor's declaration has for it."""

    keys: Sequence[str]
    content: Any


class Transport(Protocol):
    """One worker's way out of one channel."""

    processor: str  #: whose declaration says what may leave, and where to

    def address(self) -> str:
        """Where it goes to, with the scheme: `https://api.twilio.com`, `smtp+tls://mail.example:587`."""

    def pack(self, message: Message) -> Parcel:
        """Make it ready. Asks nobody outside. *Raises* `payloads.NotDeclared`."""

    def hand_over(self, parcel: Parcel) -> None:
        """Send it. *Raises* `NotSent`, `InDoubt`."""

    def close(self) -> None:
        """Let go of connections."""
