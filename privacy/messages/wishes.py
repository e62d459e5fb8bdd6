"""What somebody wants to hear, how, and how often: one form, saved at once, and taken back at once.

Only what somebody changed is recorded. A form says what it showed (`seen`), so that one left open in another window never
switches on again what was switched off meanwhile. What is said goes to the ledger; the manner goes to `consent.preferences`; a
yes to mails of whoever controls the mailbox ends what stopped them before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.core import signing
from django.db import transaction

from privacy.consent import ledger, notices, partners, preferences
from privacy.consent.ledger import Thing
from privacy.consent.models import ConsentNotice
from privacy.consent.vocabulary import TOPICS, Channel, Matter, Surface
from privacy.ground import audit
from privacy.messages import newsletter, suppressions
from privacy.register import profiles, subjects
from privacy.register.models import Subject

ORDER: Final = (Matter.NEW_PIECES, Matter.OFFERS, Matter.CARE)
COOKIES: Final = frozenset({Matter.FUNCTIONALITY, Matter.PERFORMANCE, Matter.TARGETING})
"""What belongs to a browser: its cookie settings say it, not this form."""
CLOSED_FOR_GOOD: Final = frozenset({Matter.SHARE_WITH_APPRAISER})
"""What is taken back once and for all: whoever wants it again reads its own page and says yes there."""
UNDO_WITHIN: Final = timedelta(hours=1)
UNDO: Final = "privacy.preferences.undo"


class TooLate(Exception):
    """The hour in which a change can be taken back is over, or it is somebody else's."""


class Manner(NamedTuple):
    """How often, in which language, with which currency."""

    frequency: str
    language: str
    currency: str


@dataclass(frozen=True)
class Wishes:
    """What is switched on, and the manner."""

    yes: frozenset[Thing]
    manner: Manner


@dataclass(frozen=True)
class Change:
    """What a save did: given, taken back, asked for by a mail that has to be confirmed first; and the manner before."""

    given: frozenset[Thing] = field(default_factory=frozenset)
    taken: frozenset[Thing] = field(default_factory=frozenset)
    manner: Manner | None = None  # None: it stayed as it was

    def __bool__(self) -> bool:
        return bool(self.given or self.taken or self.manner)


@dataclass(frozen=True)
class Said:
    """Where somebody said it, as the ledger keeps it; *address* is a mailbox they proved, or nothing."""

    surface: Surface
    network: str
    by: audit.Actor
    at: datetime
    address: str = ""
    locale: str = notices.DEFAULT
    """The language of the texts that the page showed them."""

    @property
    def recorded(self) -> dict[str, Any]:
        return {"surface": self.surface, "network": self.network, "by": self.by, "at": self.at}


# What there is to say


def offered() -> list[Thing]:
    """Everything the form asks: each topic by each channel of the shop, the picks, and each partner."""
    channels = [Channel(name) for name in profiles.current().channels]
    topics = [Thing(topic, channel) for topic in ORDER for channel in channels]
    return [*topics, Thing(Matter.RECOMMENDATIONS), *partners.things()]


def name_of(thing: Thing) -> str:
    """How a form names it: `new_pieces-email`, `use_photo--RV-7F3K-92QD`."""
    return "-".join(part for part in (thing.matter, thing.channel, thing.about and f"-{thing.about}") if part)


def notice_of(thing: Thing) -> str:
    """The slug of the text that stands beside its switch."""
    if thing.matter in (Matter.RECOMMENDATIONS, Matter.PUBLISH_REVIEW, Matter.USE_PHOTO):
        return thing.matter.value
    return "text_messages" if thing.channel == Channel.SMS else "preferences"


def text_of(subject: Subject, thing: Thing, locale: str) -> str:
    """What this person reads beside the switch of a partner."""
    partner = partners.find(thing.about)
    return notices.text(partners.notice_of(subject), locale, partner=partner.name) if partner else ""


def _notice(subject: Subject, thing: Thing, locale: str) -> ConsentNotice:
    """The row of what stood beside a switch."""
    partner = partners.find(thing.about) if thing.matter == partners.MATTER else None
    if partner is not None:
        return notices.current(partners.notice_of(subject), locale, partner=partner.name)
    return notices.current(notice_of(thing), locale)


def box_notice(topic: Matter, surface: Surface) -> str:
    """The slug of the text beside the box for *topic* at the checkout or at sign-up."""
    return f"{surface}_{topic}"


# What holds


def standing(subject: Subject, *, address: str = "") -> Wishes:
    """What this person switched on, as it works today: mails to an *address* that is not written to are off."""
    chosen = preferences.of(subject)
    yes = {
        thing for thing, state in ledger.standing(subject).items() if state.is_granted and thing.matter not in COOKIES
    }
    if address and suppressions.stops(Channel.EMAIL, address, marketing=True):
        yes = {thing for thing in yes if thing.channel != Channel.EMAIL}
    return Wishes(frozenset(yes), Manner(chosen.frequency, chosen.language, chosen.currency))


# Saying it


@transaction.atomic
def save(subject: Subject, wanted: Wishes, *, seen: Iterable[Thing], said: Said) -> Change:
    """Record what is different from what the form showed. *Raises* `preferences.NotOffered`, `ledger.Erased`."""
    shown = frozenset(seen)
    given = wanted.yes - shown
    for thing in sorted(given):
        _give(subject, thing, said)
    taken = frozenset(thing for thing in sorted(shown - wanted.yes) if _take(subject, thing, said))
    return Change(given, taken, _manner(subject, wanted.manner, said))


@transaction.atomic
def withdraw_everything(subject: Subject, *, said: Said) -> Change:
    """Take back every yes there is, whatever it is about, but for cookies, which are a browser's."""
    every = sorted(standing(subject).yes)
    return Change(taken=frozenset(thing for thing in every if _take(subject, thing, said)))


@transaction.atomic
def tick(
    topics: Iterable[Matter],
    *,
    address: str,
    customer: Subject | None = None,
    guest: Subject | None = None,
    said: Said,
) -> None:
    """Boxes ticked at the checkout or at sign-up, for mails to *address*.

    It is a yes of a *customer* who is signed in and proved the address. Everybody else is asked by a mail first: on a *guest's* own
    record, or on one made for it, as for a new account (`newsletter.ask_confirmation` says why).
    """
    read = {topic: notices.current(box_notice(topic, said.surface)) for topic in topics}
    if customer is None or not subjects.has_proved(customer, value=address):
        newsletter.ask_confirmation(address, read=read, subject=guest, **said.recorded)
        return
    for topic, notice in read.items():
        if not ledger.may(customer, topic, Channel.EMAIL):
            ledger.grant(customer, topic, channel=Channel.EMAIL, notice=notice, **said.recorded)
    if read:
        suppressions.lift(Channel.EMAIL, address, by=said.by, at=said.at)


def undo_key(subject: Subject, change: Change) -> str:
    """What takes a change back, for an hour: kept in the page that says it was saved, and nowhere else.

    Nothing, where something was closed that an undo must not open again.
    """
    if any(thing.matter in CLOSED_FOR_GOOD for thing in change.taken):
        return ""
    what = [subject.pk.hex, sorted(change.given), sorted(change.taken), change.manner]
    return signing.dumps(what, salt=UNDO, compress=True)


@transaction.atomic
def undo(subject: Subject, key: str, *, said: Said) -> None:
    """Everything as before the save. The ledger keeps both words. *Raises* `TooLate`."""
    try:
        whose, given, taken, manner = signing.loads(key, salt=UNDO, max_age=UNDO_WITHIN)
    except signing.BadSignature:
        raise TooLate
    if UUID(whose) != subject.pk:
        raise TooLate
    for thing in (_thing(each) for each in given):
        _take(subject, thing, said)
    for thing in (_thing(each) for each in taken):
        _give(subject, thing, said)
    if manner:
        _manner(subject, Manner(*manner), said)


def _thing(parts: list[str]) -> Thing:
    return Thing(Matter(parts[0]), *parts[1:])


def _give(subject: Subject, thing: Thing, said: Said) -> None:
    notice = _notice(subject, thing, said.locale)
    ledger.grant(subject, thing.matter, channel=thing.channel, about=thing.about, notice=notice, **said.recorded)
    if thing.matter in TOPICS and thing.channel == Channel.EMAIL and said.address:
        suppressions.lift(Channel.EMAIL, said.address, by=said.by, at=said.at)


def _take(subject: Subject, thing: Thing, said: Said) -> bool:
    notice = _notice(subject, thing, said.locale)
    channel, about = thing.channel, thing.about
    return (
        ledger.withdraw(subject, thing.matter, channel=channel, about=about, notice=notice, **said.recorded) is not None
    )


def _manner(subject: Subject, wanted: Manner, said: Said) -> Manner | None:
    """Keep the manner; returns the one before where it was another."""
    chosen = preferences.of(subject)
    before = Manner(chosen.frequency, chosen.language, chosen.currency)
    preferences.choose(subject, **wanted._asdict(), by=said.by, at=said.at)
    return before if before != wanted else None
