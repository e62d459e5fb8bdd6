"""Somebody told us by mail to stop: no more news, texts or letters. It holds at once, whoever wrote, since it takes nothing away.

What stops is named by address, not by person: a mail whose sender nobody has proved ends what goes there, and shows nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import phonenumbers

from privacy.ground import audit
from privacy.messages import suppressions
from privacy.messages.arrivals import InboundMail
from privacy.messages.routing import Route
from privacy.register import registry, subjects
from privacy.register.vocabulary import Category

CHANNELS: Final = {Route.UNSUBSCRIBE: "email", Route.STOP_SMS: "sms", Route.STOP_POST: "post"}


def stop(mail: InboundMail, *, by: audit.Actor, at: datetime) -> None:
    """End what the mail wants to end. Writes suppressions, which the gate asks before the next message."""
    channel = CHANNELS[Route(mail.route)]
    values = {*numbers_in(mail), *numbers_of(mail.sender)} if channel == "sms" else {mail.sender}
    for value in sorted(values):
        suppressions.raise_for(channel, value, reason=suppressions.Reason.UNSUBSCRIBED, by=by, at=at)


def numbers_in(mail: InboundMail) -> list[str]:
    """The telephone numbers that the mail names, in one spelling (E.164)."""
    found = phonenumbers.PhoneNumberMatcher(f"{mail.says('subject')}\n{mail.says('text')}"[:5_000], "US")
    return [phonenumbers.format_number(each.number, phonenumbers.PhoneNumberFormat.E164) for each in found]


def numbers_of(address: str) -> list[str]:
    """The telephone numbers kept with an address, in whatever app: who writes from it need not spell out their own."""
    found: set[str] = set()
    for person in subjects.candidates("email", value=address):
        family = subjects.family(person)
        for declaration, name, _ in registry.fields(category=Category.CONTACT):
            if name == "phone":
                found.update(declaration.rows(family).order_by().values_list(name, flat=True))
    return sorted(found - {""})
