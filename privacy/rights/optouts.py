"""Three ways of saying no, as requests: taking back a consent, *do not sell or share*, and *limit the use of sensitive data*.

Pages of their own do the same with one click (`privacy.views.choices`, the preferences); this is for whoever writes, calls or uses
the form, so that it has a reference, a date and a trail as well. What was held only while somebody agreed goes by
`rights.withdrawal`, which the ledger rings with each no.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from privacy.consent import answers, ledger, notices
from privacy.consent.vocabulary import Matter, Surface
from privacy.ground import audit
from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights.models import GUESTS, Channel, DataRequest

SAID: Final = {
    Channel.ACCOUNT: Surface.PREFERENCES,
    Channel.API: Surface.PREFERENCES,
    Channel.FORM: Surface.OPT_OUT_LINK,
    Channel.MAIL: Surface.MAIL,
}
"""Where they said it, by the channel; by telephone, letter and agent our staff wrote it down for them."""


def withdraw(request: DataRequest, *, by: audit.Actor, at: datetime) -> int:
    """Take back what was agreed to: the matter they named, or everything. Returns how many yeses ended."""
    person, wanted = subjects.root(request.subject), (request.wishes or {}).get("matter")
    return sum(
        ledger.withdraw(
            person,
            thing.matter,
            channel=thing.channel,
            about=thing.about,
            surface=_where(request),
            reason=request.reference,
            by=by,
            at=at,
        )
        is not None
        for thing in ledger.standing(person)
        if wanted in (None, "", thing.matter)
    )


def opt_out(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Nothing about them goes to anybody for advertising: a no to both matters, whether or not there was a yes."""
    _say_no(request, answers.SALE, "opt_out", by=by, at=at)


def limit(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Sensitive data serve only what was asked for."""
    _say_no(request, [Matter.SENSITIVE_USE], "limit", by=by, at=at)


def _say_no(request: DataRequest, matters: Iterable[Matter], notice: str, *, by: audit.Actor, at: datetime) -> None:
    for person in _concerned(request):
        for matter in matters:
            ledger.refuse(
                person,
                matter,
                notice=notices.current(notice),
                surface=_where(request),
                reason=request.reference,
                by=by,
                at=at,
            )


def _concerned(request: DataRequest) -> list[Subject]:
    """Whose data these are: the person; where nobody was asked for a proof, everybody on whom the address was typed.

    A no to advertising takes nothing away that could not be asked for again, so it may reach further than any proof would: whoever
    opts out is asked for none (11 CCR 7026(d), 7027(e)).
    """
    person = subjects.root(request.subject)
    if request.channel not in GUESTS or not request.contact:
        return [person]
    found = [person, *subjects.candidates("email", value=request.contact)]
    return [each for each in {one.pk: one for one in found}.values() if not each.is_erased]


def _where(request: DataRequest) -> Surface:
    return SAID.get(Channel(request.channel), Surface.STAFF)
