"""May this mail go, now? Asked in the worker at the moment of sending, so that what changed after queueing counts."""

from typing import Final

from privacy.messages.kinds import KINDS
from privacy.messages.models import Message
from privacy.register import subjects
from privacy.register.vocabulary import Purpose

#: What a person whose account is deactivated still hears about: their rights, and what they ordered.
REACHES_PAUSED: Final = frozenset({Purpose.RIGHTS, Purpose.ORDER, Purpose.DELIVERY, Purpose.PAYMENT})


def objection(message: Message) -> str:
    """Why the mail must not go, or an empty text."""
    kind = KINDS.get(message.kind)
    if kind is None:
        return "no such kind"
    if kind.is_marketing:
        return "no consent"  # nobody has been asked for consent to news in this version, so nobody has given it
    if message.subject is None:
        return ""
    person = subjects.root(message.subject)
    if person.is_erased:
        return "erased"
    if person.is_restricted and not kind.reaches_restricted:
        return "restricted"
    if person.is_paused and not kind.reaches_restricted and kind.purpose not in REACHES_PAUSED:
        return "paused"
    return ""
