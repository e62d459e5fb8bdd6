"""What an answer about cookies does: a new choice, and the records that show it.

Whoever is signed in answers for themselves, everybody else for the random number in their cookie. A visitor who refuses has no
number, and gets none: their no is recorded under one that is used once and given to nobody, so that it can be counted and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import uuid4

from django.db import transaction

from privacy.consent import banner, choice, ledger, notices, partners, visitors
from privacy.consent.choice import Choice
from privacy.consent.entries import Category
from privacy.consent.models import ConsentNotice, ConsentState
from privacy.consent.vocabulary import Matter, Surface
from privacy.ground import audit
from privacy.register.models import Subject

#: What a sale or sharing for advertising would rest on.
SALE: Final = (Matter.TARGETING, Matter.PARTNER_MARKETING)
VISITOR: Final = "visitor"


@dataclass(frozen=True)
class Said:
    """How and where somebody answered. *who* is None for a visitor nobody has signed in as."""

    who: Subject | None
    surface: Surface
    network: str
    by: audit.Actor
    at: datetime


@transaction.atomic
def decide(before: Choice, allowed: Iterable[Category], *, said: Said) -> Choice:
    """Allow exactly this of what is asked for. Records each yes with the words that were shown, and each no."""
    after = choice.decide(allowed, before=before, at=said.at)
    if said.who is not None:
        after = replace(after, visitor=before.visitor if after.allowed else None)
    holder = said.who or after.visitor or before.visitor or uuid4()
    for category in sorted(banner.open_groups(gpc=before.gpc)):
        matter = Matter(category.value)
        if category in after.allowed:
            _yes(holder, matter, _notice(matter, before, said), said)
        else:
            _no(holder, matter, None, said)
    return after


@transaction.atomic
def opt_out(before: Choice, *, said: Said) -> Choice:
    """*Do not sell or share*: nothing about them is, from here on; what else they allow stays as it is."""
    after = choice.decide(before.allowed - {Category.TARGETING}, before=before, opts_out=True, at=said.at)
    if said.who is not None:
        after = replace(after, visitor=before.visitor if after.allowed else None)
    holder = said.who or before.visitor or uuid4()
    for matter in SALE:
        _no(holder, matter, notices.current("opt_out"), said)
    if said.who is not None:
        _no_to_partners(said.who, ledger.standing(said.who), notices.current("opt_out"), said)
    return after


def limit(before: Choice, *, said: Said) -> None:
    """*Limit the use of my sensitive information*: to what they gave it for."""
    _no(said.who or before.visitor or uuid4(), Matter.SENSITIVE_USE, notices.current("limit"), said)


def has_objected(subject: Subject) -> bool:
    """Whether this person's last word about targeting is a no, wherever they said it."""
    state = ledger.standing(subject).get(ledger.Thing(Matter.TARGETING))
    return state is not None and not state.is_granted


@transaction.atomic
def follow(found: Choice, subject: Subject, *, by: audit.Actor, at: datetime) -> None:
    """What this browser said becomes the account's: an opt-out, once, and what was allowed before the sign-in.

    A signal speaks for whoever is signed in (11 CCR 7025(c)(1)); the record says that the browser said it.
    """
    if found.visitor is not None:
        visitors.join(found.visitor, subject, by=by, at=at)
    if not (found.gpc or found.has_opted_out):
        return
    ledger.one_at_a_time(subject)
    surface, slug = (Surface.GPC, "gpc") if found.gpc else (Surface.OPT_OUT_LINK, "opt_out")
    standing, said = ledger.standing(subject), Said(subject, surface, "", by, at)
    for matter in SALE:
        state = standing.get(ledger.Thing(matter))
        if state is None or state.is_granted:
            _no(subject, matter, notices.current(slug), said)
    beaten = {thing: state for thing, state in standing.items() if not _is_later_yes(state, found)}
    _no_to_partners(subject, beaten, notices.current(slug), said)


def _is_later_yes(state: ConsentState, found: Choice) -> bool:
    """Whether it was said knowing of the opt-out: to the text that speaks of it, and, where a day is known, after that day."""
    notice = state.record.notice
    knew = state.is_granted and notice is not None and notice.slug == partners.ASKED_LATE
    opted_out_on = found.decided_on if found.has_opted_out else None
    return knew and (opted_out_on is None or state.decided_at.date() > opted_out_on)


def _no_to_partners(
    person: Subject, standing: Mapping[ledger.Thing, ConsentState], notice: ConsentNotice, said: Said
) -> None:
    """Take back each yes to a partner by name."""
    for thing, state in standing.items():
        if thing.matter == partners.MATTER and thing.about and state.is_granted:
            ledger.withdraw(
                person, thing.matter, about=thing.about, notice=notice, surface=said.surface, by=said.by, at=said.at
            )


def _notice(matter: Matter, before: Choice, said: Said) -> ConsentNotice:
    """The text this yes was given to."""
    if matter == Matter.TARGETING and (before.has_opted_out or (said.who is not None and has_objected(said.who))):
        return notices.current("opt_in")
    if said.surface == Surface.BANNER:
        return notices.current(banner.NOTICE, asked=banner.asked_words(gpc=before.gpc))
    return notices.current(banner.SETTINGS_NOTICE)


def _yes(holder: ledger.Who, matter: Matter, notice: ConsentNotice, said: Said) -> None:
    ledger.grant(holder, matter, notice=notice, surface=said.surface, network=said.network, by=said.by, at=said.at)


def _no(holder: ledger.Who, matter: Matter, notice: ConsentNotice | None, said: Said) -> None:
    """A yes is withdrawn; where there was none, the no is recorded all the same. Neither says from which network."""
    taken = ledger.withdraw(holder, matter, notice=notice, surface=said.surface, by=said.by, at=said.at)
    if taken is None:
        ledger.refuse(holder, matter, notice=notice, surface=said.surface, by=said.by, at=said.at)


def actor_of(who: Subject | None) -> audit.Actor:
    """Who acts, as records name them."""
    return VISITOR if who is None else who
