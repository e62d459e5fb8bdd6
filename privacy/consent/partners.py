"""Partners who may write to people for themselves: whom this shop names, and what somebody says yes to.

A partner is an entry of the shop's profile, `[processors."partner:lumen"]`, with an agreement like any other. People are asked
about each by name. A shop whose policy promises that nothing is sold or shared has none, whatever its profile says (E016).
"""

from __future__ import annotations

from typing import Final

from privacy.consent import ledger
from privacy.consent.ledger import Thing
from privacy.consent.vocabulary import Matter
from privacy.register import profiles, registry
from privacy.register.declare import Processor
from privacy.register.models import Subject

KIND: Final = "partner"
MATTER: Final = Matter.PARTNER_MARKETING
ASKED, ASKED_LATE = "partner_marketing", "partner_opt_in"
"""The text of a first yes, and of one after a no to every sale or sharing, which says so."""


def named() -> list[Processor]:
    """Whom people can be asked about."""
    return [] if _promises_none() else registry.of_kind(KIND)


def forbidden() -> list[Processor]:
    """Whom the profile names although its policy promises that nothing is sold or shared."""
    return registry.of_kind(KIND) if _promises_none() else []


def things() -> list[Thing]:
    """What there is to say yes to: a switch for each partner."""
    return [Thing(MATTER, about=each.slug.partition(":")[2]) for each in named()]


def find(about: str) -> Processor | None:
    """The partner that a yes names, while the profile does."""
    return next((each for each in named() if each.slug == f"{KIND}:{about}"), None)


def notice_of(subject: Subject) -> str:
    """The slug of the text that this person reads: after an opt-out, by link or signal, it says that a yes counts all the same."""
    said = ledger.standing(subject).get(Thing(MATTER))
    return ASKED_LATE if said is not None and not said.is_granted else ASKED


def _promises_none() -> bool:
    return profiles.current().targeting_tags == "never"
