"""A parent's word for somebody who is old enough for the shop, but not alone: asked by mail, given behind the link, recorded.

Until it is given nobody enters the account, and after a week without it everything goes. What ages there are is `register.ages`;
reports about children who are too young are `rights.child_reports`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from privacy.consent import notices
from privacy.ground import audit, digests
from privacy.messages import suppressions
from privacy.register import ages, stops, subjects, tombstones
from privacy.register.ages import Standing, band, is_minor
from privacy.register.models import Subject
from privacy.rights import at_once, child_reports, children_emails
from privacy.rights.child_models import ParentalConsent
from privacy.rights.models import DataRequest

__all__ = ["agree", "ask", "band", "is_minor", "lacks_parent", "path", "read", "refuses", "show", "sweep", "take_back"]

LIVES: Final = timedelta(days=7)
"""How long a parent has, and how long what the child typed rests here without an answer."""
KEPT_LINK: Final = timedelta(days=365)
"""How long the link in the parent's second mail leads to what they agreed to."""
MAILS_A_DAY: Final = 3
"""To one parent's address, however often it is typed."""
NOTICE: Final = "parent"
SALT: Final = "privacy.parent"


class Broken(Exception):
    """No link of ours, one whose time has run, or one whose matter is over."""


class OwnAddress(ValueError):
    """Nobody is their own parent."""


class Enough(Exception):
    """This address was asked often enough today."""


def lacks_parent(subject: Subject) -> bool:
    """Whether this person needs a parent's word in this shop and has none. Asks nothing of whoever was never asked their age."""
    if ages.standing(subject) is Standing.ALONE:
        return False
    word = ParentalConsent.objects.filter(child__in=subjects.family(subject), state=ParentalConsent.State.AGREED)
    return not word.exists()


def refuses(parent: str, *, child: str, at: datetime) -> type[OwnAddress | Enough] | None:
    """Why this address cannot be asked, before anything is written."""
    if digests.normal_email(parent) == digests.normal_email(child):
        return OwnAddress
    return Enough if _asked_lately(parent, at) >= MAILS_A_DAY else None


@transaction.atomic
def ask(child: Subject, *, address: str, parent: str, by: audit.Actor, at: datetime) -> ParentalConsent:
    """Somebody with the *address* says that *parent* is where their parent reads mail: mail a link there.

    Raises `OwnAddress`, `Enough`.
    """
    if why := refuses(parent, child=address, at=at):
        raise why
    grown_up = subjects.new(by=by, at=at)
    subjects.identify(grown_up, "email", value=parent, by=by, at=at)
    consent = ParentalConsent.objects.create(
        child=subjects.root(child), parent=grown_up, contact=parent, notice=notices.current(NOTICE), asked_at=at
    )
    audit.append("parent.asked", subject=child, obj=consent, by=by, at=at)
    children_emails.parent_asked(consent, url=url(consent), by=by, at=at)
    return consent


def agree(consent: ParentalConsent, *, at: datetime) -> ParentalConsent:
    """The parent pressed the button behind their link: the address is theirs, their word is recorded. Safe to press twice."""
    with transaction.atomic():
        consent = (
            ParentalConsent.objects.select_for_update(of=("self",)).select_related("parent", "child").get(pk=consent.pk)
        )
        if consent.is_agreed:
            return consent
        consent.state, consent.agreed_at = ParentalConsent.State.AGREED, at
        consent.save(update_fields=["state", "agreed_at"])
        proof = subjects.Proof.LINK_CLICKED
        subjects.prove(consent.parent, value=consent.contact, proof=proof, by=consent.parent, at=at)
        suppressions.reached(consent.contact, by=consent.parent, at=at)
        audit.append("parent.agreed", subject=consent.child, obj=consent, by=consent.parent, at=at)
        children_emails.parent_agreed(consent, url=url(consent), by=consent.parent, at=at)
    return consent


def show(consent: ParentalConsent, *, at: datetime) -> DataRequest:
    """The parent who gave their word sees what we hold about the child: a copy, fetched by a mailed link."""
    return child_reports.copy_for_parent(consent.child, contact=consent.contact, by=consent.parent, at=at)


def take_back(consent: ParentalConsent, *, stops_collection: bool = False, at: datetime) -> None:
    """The parent says no, or takes a yes back: the child's data go now. If they wish nothing is taken under the address again."""
    with transaction.atomic():
        if stops_collection:
            family = subjects.family(consent.child)
            known = [(kind, value) for kind, value in tombstones.values_of(family) if kind != "gateway"]
            stops.raise_for(family[0], known, at=at)
        audit.append("parent.said_no", subject=consent.child_id, obj=consent, by=consent.parent, at=at)
        at_once.erase(consent.child, because="the parent does not agree", by=consent.parent, at=at)


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Let go of everybody whose parent was silent for a week. Returns how many."""
    late = ParentalConsent.objects.filter(state=ParentalConsent.State.ASKED, asked_at__lte=at - LIVES)
    waiting = late.filter(child__restricted_at=None, child__erased_at=None).select_related("child")
    for consent in waiting:
        at_once.erase(consent.child, because="no parent agreed within a week", by=by, at=at)
    return len(waiting)


def url(consent: ParentalConsent) -> str:
    """The absolute address to put into a parent's mail."""
    return f"{settings.LOUPE_PUBLIC_URL}{path(consent)}"


def path(consent: ParentalConsent) -> str:
    """The address of the parent's page."""
    return f"{reverse('privacy:parent')}?key={signing.TimestampSigner(salt=SALT).sign(consent.pk.hex)}"


def read(text: str, *, at: datetime) -> ParentalConsent:
    """The word that a link is about: to be given within the week, to be looked at for a year. Raises `Broken`."""
    try:
        found = UUID(signing.TimestampSigner(salt=SALT).unsign(text, max_age=KEPT_LINK))
    except (signing.BadSignature, ValueError):
        raise Broken
    consent = ParentalConsent.objects.select_related("parent", "child", "notice").filter(pk=found).first()
    if consent is None or consent.contact is None or consent.child.is_restricted:
        raise Broken
    if not consent.is_agreed and consent.asked_at <= at - LIVES:
        raise Broken
    return consent


def _asked_lately(parent: str, at: datetime) -> int:
    values = [digest.value for digest in digests.all_of("email", parent)]
    lately = ParentalConsent.objects.filter(asked_at__gt=at - timedelta(days=1))
    return lately.filter(parent__identifiers__digest__in=values).distinct().count()
