"""Somebody told us to stop: no more news, texts or letters. It holds at once, whoever wrote, since it takes nothing away.

What stops is an address, not a person: a mail whose sender nobody has proved ends what goes there, and touches nobody's rows. Where
it is proven, the yeses that stood behind it are taken back too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import phonenumbers

from privacy.consent import ledger
from privacy.consent.vocabulary import Channel, Surface
from privacy.ground import audit
from privacy.messages import suppressions
from privacy.messages.arrivals import InboundMail
from privacy.messages.routing import Route
from privacy.register import registry, subjects
from privacy.register.declare import Declaration
from privacy.register.models import Subject
from privacy.register.vocabulary import Category

CHANNELS: Final = {Route.UNSUBSCRIBE: Channel.EMAIL, Route.STOP_SMS: Channel.SMS, Route.STOP_POST: Channel.POST}


def stop(mail: InboundMail, *, by: audit.Actor, at: datetime) -> None:
    """End what the mail wants to end. Writes suppressions, which the gate asks before the next message.

    Letters are stopped under the e-mail address: print lists ask for it beside the postal one.
    """
    channel = CHANNELS[Route(mail.route)]
    values = {*numbers_in(mail), *numbers_of(mail.sender)} if channel is Channel.SMS else {mail.sender}
    for value in sorted(values):
        suppressions.raise_for(channel, value, reason=suppressions.Reason.UNSUBSCRIBED, by=by, at=at)
    if mail.is_proven:
        withdraw(subjects.candidates("email", value=mail.sender), channel, surface=Surface.MAIL, by=by, at=at)


def withdraw(people: Iterable[Subject], channel: Channel, *, surface: Surface, by: audit.Actor, at: datetime) -> None:
    """Take back every yes to messages by *channel* of these people, those erased left out."""
    for person in people:
        if not person.is_erased:
            ledger.withdraw_all(person, channel=channel, surface=surface, by=by, at=at)


def numbers_in(mail: InboundMail) -> list[str]:
    """The telephone numbers that the mail names, in one spelling (E.164)."""
    found = phonenumbers.PhoneNumberMatcher(f"{mail.says('subject')}\n{mail.says('text')}"[:5_000], "US")
    return [phonenumbers.format_number(each.number, phonenumbers.PhoneNumberFormat.E164) for each in found]


def numbers_of(address: str) -> list[str]:
    """The telephone numbers kept with an address, in whatever app: who writes from it need not spell out their own."""
    found: set[str] = set()
    for person in subjects.candidates("email", value=address):
        family = subjects.family(person)
        for declaration in _with_phones():
            found.update(declaration.rows(family).order_by().values_list("phone", flat=True))
    return sorted(found - {""})


def people_with(number: str) -> list[Subject]:
    """The people with whom this number is kept. It says nothing about who they are, and joins nobody."""
    ids = {
        subject_id
        for declaration in _with_phones()
        for path in declaration.paths
        for subject_id in declaration.model_class()._base_manager.filter(phone=number).values_list(path, flat=True)
    }
    return list(Subject.objects.filter(pk__in=ids - {None}).order_by("pk"))


def _with_phones() -> Iterator[Declaration]:
    return (each for each, name, _ in registry.fields(category=Category.CONTACT) if name == "phone")
