"""May this message go, now? Asked in the worker at the moment of sending, so that what changed after queueing counts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from privacy.consent import ledger, preferences, soft_opt_in
from privacy.consent.vocabulary import Channel, Matter
from privacy.messages import contacts, suppressions
from privacy.messages.kinds import KINDS, Kind
from privacy.messages.models import Message
from privacy.register import objections, subjects
from privacy.register.age_bands import NOT_FOR_MINORS
from privacy.register.models import Subject
from privacy.register.vocabulary import Purpose

#: What a person whose account is deactivated still hears about: their rights, and what they ordered.
REACHES_PAUSED: Final = frozenset({Purpose.RIGHTS, Purpose.ORDER, Purpose.DELIVERY, Purpose.PAYMENT})


def objection(message: Message) -> str:
    """Why the message must not go, or an empty text."""
    kind = KINDS.get(message.kind)
    if kind is None:
        return "no such kind"
    person = None if message.subject_id is None else subjects.of_number(message.subject_id)
    asked_at = message.created_at if kind.proves_address else None
    if not kind.is_last_word and any(
        suppressions.stops(message.channel, value, marketing=kind.is_marketing, asked_at=asked_at)
        for value in _known_by(message, person)
    ):
        return "suppressed"
    state = "" if person is None else forbids(person, kind, objects=_objects(person, kind))
    return state or (_consent(person, kind, message) if kind.is_marketing else "")


def too_soon(message: Message, *, at: datetime) -> str:
    """Whether news come closer together than their reader wants. Asked last: what passes here is counted as the one that went."""
    if not KINDS[message.kind].is_marketing or message.subject_id is None:
        return ""
    person = Subject.objects.get(pk=message.subject_id)
    return "" if preferences.take_turn(person, message=message.pk, at=at) else "too soon"


def refuses_news(person: Subject, matter: Matter, channel: str, *, about: str = "") -> str:
    """Why no news about *matter* may go to this person by a way that no outbox carries, or an empty text. Read afresh."""
    root = subjects.of_number(person.pk)
    standing = {
        "erased": root.is_erased,
        "restricted": root.is_restricted,
        "paused": root.is_paused,
        "a minor": root.is_minor,
        "objected": objections.stands(root, Purpose.MARKETING),
    }
    forbids = next((why for why, holds in standing.items() if holds), "")
    return forbids or ("" if ledger.may(root, matter, channel, about=about) else "no consent")


def _known_by(message: Message, person: Subject | None) -> Iterator[str]:
    """Under what its address may stand on the suppression list: a mail to us ends letters too (`stopping`)."""
    yield message.payload["to"]
    if message.channel == Channel.POST and person is not None:
        owners = dict.fromkeys(subjects.family(person), person.pk)
        yield from contacts.proven_emails(owners).get(person.pk, [])


def forbids(person: Subject, kind: Kind, *, objects: bool) -> str:
    """What about the person forbids it, or an empty text. *objects*: an objection of theirs to its purpose stands."""
    if person.is_erased:
        return "erased"
    if person.is_restricted and not kind.reaches_restricted:
        return "restricted"
    if person.is_paused and not kind.reaches_restricted and kind.purpose not in REACHES_PAUSED:
        return "paused"
    if kind.purpose in NOT_FOR_MINORS and person.is_minor:
        return "a minor"
    if objects and not kind.reaches_restricted:
        return "objected"
    return ""


def _objects(person: Subject, kind: Kind) -> bool:
    return kind.purpose in objections.OPEN_TO and objections.stands(person, kind.purpose)


def _consent(person: Subject | None, kind: Kind, message: Message) -> str:
    """Whether a live yes to this very topic by this very channel is there, or, where a shop chose that, the soft opt-in holds."""
    if person is None or kind.matter is None:
        return "no consent"
    if ledger.may(person, kind.matter, message.channel) or soft_opt_in.allows(person, kind.matter, message.channel):
        return ""
    return "no consent"
