"""Lists for partners: how addresses of people who agreed to hear from a partner leave the house, and how a no follows them.

Staff make a list and take it out. Whether somebody agrees to this very partner, and may be written to at all, is asked when it is
made and once more when it leaves; each who stands on it leaves a disclosure. A partner gets an address and a number that only it
and we can read. Whoever takes the yes back, or is erased, is told on by that number alone. A list can be taken out for fourteen
days; then its addresses are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction

from privacy.consent import partners
from privacy.consent.models import ConsentState
from privacy.consent.vocabulary import Channel
from privacy.ground import audit, references
from privacy.messages import contacts, gate, suppressions
from privacy.messages.partner_models import PartnerList, PartnerListed
from privacy.register import agreements, disclosures, subjects
from privacy.register.declare import Processor
from privacy.register.models import Disclosure, Subject
from privacy.register.vocabulary import Purpose

KEPT_FOR: Final = timedelta(days=14)
EMAIL, NUMBER = "email", "number"
"""What a partner gets, by the names of its declaration."""
Kind = PartnerList.Kind


class Over(Exception):
    """The fortnight has run: no address is left on it."""


class Nobody(Exception):
    """Nobody would stand on it: no list is made, and none is taken out."""


@dataclass(frozen=True, slots=True)
class Line:
    """One person as the partner reads them; whoever took it back has no address here."""

    number: str
    email: str = ""


@transaction.atomic
def make(partner: Processor, kind: PartnerList.Kind, *, by: audit.Actor, at: datetime) -> PartnerList:
    """Put down who agrees now, or who took it back since they were named. *Raises* `Nobody`, `agreements.NotAgreed`."""
    agreements.guard(partner.slug, at=at)
    people = dict(_agreeing(partner)) if kind == Kind.AGREED else dict.fromkeys(taken_back(partner), "")
    if not people:
        raise Nobody
    made = PartnerList.objects.create(
        reference=references.new("PT"),
        partner=partner.slug,
        kind=kind,
        size=len(people),
        made_at=at,
        ends_at=at + KEPT_FOR,
    )
    if kind == Kind.AGREED:
        PartnerListed.objects.bulk_create(
            PartnerListed(partner_list=made, subject_id=number, email=email, put_at=at)
            for number, email in people.items()
        )
    details: dict[str, audit.Detail] = {"partner": partner.slug, "kind": str(kind), "people": len(people)}
    audit.append("partner_list.made", obj=made, details=details, by=by, at=at)
    return made


def take_out(partner_list: PartnerList, *, by: audit.Actor, at: datetime) -> list[Line]:
    """What the partner is given. *Writes* a disclosure for each who stands on it, and the trail; strikes off whoever says no now.

    *Raises* `Over`, `Nobody`, `agreements.NotAgreed`.
    """
    with transaction.atomic():
        made = PartnerList.objects.select_for_update().get(pk=partner_list.pk)
        if at >= made.ends_at:
            raise Over
        agreements.guard(made.partner, at=at)
        people = dict(_still_on(made)) if made.kind == Kind.AGREED else dict.fromkeys(_to_tell(made), "")
        if people:
            _disclose(made, people, by=by, at=at)
            made.taken_at, made.times_taken = made.taken_at or at, made.times_taken + 1
            made.save(update_fields=["taken_at", "times_taken"])
            audit.append("partner_list.taken_out", obj=made, details={"people": len(people)}, by=by, at=at)
    if not people:
        raise Nobody
    return [Line(number_of(each, made.partner), email) for each, email in people.items()]


def taken_back(partner: Processor) -> list[UUID]:
    """Whom this partner was given and who agrees no more, until it was told so. Those erased since are among them."""
    told = Disclosure.objects.filter(processor=partner.slug, subject_id__isnull=False)
    last = told.order_by("subject_id", "-pk").distinct("subject_id").values_list("subject_id", "keys")
    given = [number for number, keys in last if number is not None and EMAIL in keys]
    return [number for number in given if refusal(subjects.of_number(number), partner)]


def refusal(person: Subject, partner: Processor) -> str:
    """Why this partner must not be given this person, or an empty text. Read afresh."""
    return gate.refuses_news(person, partners.MATTER, "", about=_about(partner))


def number_of(subject_id: UUID, partner: str) -> str:
    """What this partner knows a person by: made of their random number, which nobody outside knows; another for each partner."""
    return uuid5(subject_id, partner).hex


# Within


def _agreeing(partner: Processor) -> Iterator[tuple[UUID, str]]:
    """Everybody who may be given now, each with the mailbox that they proved."""
    yes = ConsentState.objects.granted().filter(matter=partners.MATTER, about=_about(partner))
    roots = {subjects.of_number(number) for number in yes.values_list("subject_id", flat=True)}
    for person in sorted(roots, key=lambda each: each.pk):
        if address := _address(person, partner):
            yield person.pk, address


def _still_on(made: PartnerList) -> Iterator[tuple[UUID, str]]:
    """Those who may be given at this moment, too; the others are struck off."""
    partner = _partner(made)
    for each in made.people.select_for_update().order_by("pk"):
        if partner and _address(subjects.of_number(each.subject_id), partner) == each.email:
            yield each.subject_id, each.email
        else:
            each.delete()


def _to_tell(made: PartnerList) -> Iterable[UUID]:
    """Who took it back, with those whom this very list has told of before: it may have been lost on the way."""
    partner = _partner(made)
    before = Disclosure.objects.filter(reference=made.reference).values_list("subject_id", flat=True)
    return {*filter(None, before), *(taken_back(partner) if partner else ())}


def _address(person: Subject, partner: Processor) -> str:
    """The mailbox that may be given, or nothing."""
    if refusal(person, partner):
        return ""
    owners = dict.fromkeys(subjects.family(person), person.pk)
    address = contacts.of(Channel.EMAIL, owners).get(person.pk, "")
    return "" if suppressions.stops(Channel.EMAIL, address, marketing=True) else address


def _disclose(made: PartnerList, people: Iterable[UUID], *, by: audit.Actor, at: datetime) -> None:
    keys = [EMAIL, NUMBER] if made.kind == Kind.AGREED else [NUMBER]
    for number in people:
        disclosures.record(
            made.partner,
            subject_id=number,
            keys=keys,
            purpose=Purpose.MARKETING,
            host="by hand",
            reference=made.reference,
            by=by,
            at=at,
        )


def _partner(made: PartnerList) -> Processor | None:
    return partners.find(made.partner.partition(":")[2])


def _about(partner: Processor) -> str:
    return partner.slug.partition(":")[2]
