"""Texts: which gateway carries them, and how a text of the outbox leaves by it.

Without a gateway of its own the shop writes texts to the worker's console, which is what a demo wants and production refuses
(`disclosures.address`: it is no host over TLS). Everything above this module says *text*; only `twilio` knows a company.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from django.conf import settings

from privacy.messages import twilio
from privacy.messages.kinds import KINDS
from privacy.messages.models import Message
from privacy.messages.transports import InDoubt, NotSent, Parcel
from privacy.register import masks, payloads

PROCESSOR: Final = "sms"


class Text(NamedTuple):
    """One text ready to leave. *is_last_word*: better lost than sent twice."""

    to: str
    text: str
    reference: str
    is_last_word: bool


class Gateway(Protocol):
    """What carries texts."""

    @property
    def address(self) -> str:
        """Where it is reached, with the scheme."""

    def send(self, to: str, text: str, reference: str) -> str:
        """Hand one text over; returns the gateway's receipt. *Raises* `NotSent`, `InDoubt`."""

    def close(self) -> None:
        """Let go of connections."""


class Console:
    """Shows each text where the worker writes, its number masked."""

    address = "console://localhost"

    def send(self, to: str, text: str, reference: str) -> str:
        """Print it."""
        sys.stdout.write(f"Text to {masks.contact(to)}: {text}\n")
        return f"console-{reference}"

    def close(self) -> None:
        """Nothing is open."""


GATEWAYS: Final[Mapping[str, Callable[[], Gateway]]] = {"console": Console, "twilio": twilio.Twilio}


def is_on() -> bool:
    """Whether texts reach anybody: customers are offered them only then."""
    return bool(settings.IS_DEMO or settings.LOUPE_SMS != "console")


class Sms:
    """One worker's way to the gateway."""

    processor = PROCESSOR

    def __init__(self) -> None:
        self.gateway = GATEWAYS[settings.LOUPE_SMS]()

    def address(self) -> str:
        """The gateway's."""
        return self.gateway.address

    def pack(self, message: Message) -> Parcel:
        """Number, words, whom it is from and where the gateway reports. *Raises* `payloads.NotDeclared`."""
        keys = [*message.payload, "from", "status-callback"]
        payloads.guard(PROCESSOR, keys)
        to, words = message.payload["to"], " ".join(message.payload["text"].split())
        return Parcel(keys, Text(to, words, str(message.pk), KINDS[message.kind].is_last_word))

    def hand_over(self, parcel: Parcel) -> None:
        """Send it. *Raises* `NotSent`, `InDoubt`."""
        text: Text = parcel.content
        try:
            self.gateway.send(text.to, text.text, text.reference)
        except InDoubt as doubt:
            if text.is_last_word:
                raise NotSent(doubt.why, is_final=True)
            raise

    def close(self) -> None:
        """Hang up."""
        self.gateway.close()
