"""Every mail to the shop becomes a row before anything else happens: its words sealed, its cards masked, its way decided.

Nothing is acted upon here; the mailroom (`privacy.rights.mailroom`) does that, when a worker finds the row. A mail that comes
twice is one row. A mail too large to take in is kept by its headers, and stays in the mailbox as it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from privacy.ground import audit, digests, doorbell, references
from privacy.messages import authentication, automatic, cards, letters, routing
from privacy.messages.arrivals import LARGEST, InboundMail, MailState
from privacy.messages.letters import Letter
from privacy.messages.routing import Direction, Route
from privacy.register import profiles, subjects
from privacy.register.models import Identifier, Subject
from privacy.tasks import handle_mail

log = logging.getLogger(__name__)

INBOX: Final = "system:inbox"
MOST_AN_HOUR: Final = 20


@dataclass(frozen=True)
class Arrival:
    """A mail as it was handed over. *raw* holds its headers only where it is larger than `LARGEST`."""

    raw: bytes
    size: int
    via: InboundMail.Via
    received_at: datetime

    @property
    def is_whole(self) -> bool:
        return self.size <= LARGEST


def keep(arrival: Arrival, *, by: audit.Actor = INBOX, at: datetime) -> InboundMail:
    """Write one mail down and ring for the mailroom. The same mail again is the row that is there already."""
    letter = letters.read(arrival.raw, is_whole=arrival.is_whole)
    if known := InboundMail.objects.filter(digest=letter.digest).first():
        return known
    direction = directed(letter, at=at)
    try:
        with transaction.atomic():
            mail = _row(letter, direction, arrival, by=by, at=at)
            mail.save(force_insert=True)
            details: dict[str, audit.Detail] = {
                "route": str(mail.route),
                "because": mail.because,
                "via": str(mail.via),
                "cards": mail.cards_masked,
            }
            audit.append("inbound_mail.kept", subject=mail.subject_id, obj=mail, details=details, by=by, at=at)
            if mail.state == MailState.NEW:
                doorbell.ring(handle_mail, mail_id=mail.pk)
    except IntegrityError:  # two polls at once
        return InboundMail.objects.get(digest=letter.digest)
    return mail


def directed(letter: Letter, *, at: datetime) -> Direction:
    """Where a letter goes; *automatic* where nobody wrote it, or somebody writes without end."""
    contact = profiles.current().contact.email.lower()
    ours = {contact, settings.DEFAULT_FROM_EMAIL.lower()} - {""}
    domains = {address.rpartition("@")[2].strip(">") for address in ours}
    if why := automatic.why_ignored(letter, ours=domains, our_addresses=ours):
        return Direction(Route.AUTOMATIC, why)
    if letter.sender and lately(letter.sender, since=at - timedelta(hours=1)) >= MOST_AN_HOUR:
        return Direction(Route.AUTOMATIC, "too many from one sender")
    direction = routing.direct(letter, labels=profiles.current().mail_subjects)
    if letter.sender.rpartition("@")[2] in domains and direction.route in routing.AT_ONCE | routing.REQUESTS:
        return Direction(Route.INQUIRY, "passed on by a colleague")
    return direction


def lately(address: str, *, since: datetime) -> int:
    """How many mails an address has sent since then."""
    values = [digest.value for digest in digests.all_of("email", address)]
    return InboundMail.objects.from_address(values).filter(kept_at__gt=since).count()


def _row(letter: Letter, direction: Direction, arrival: Arrival, *, by: audit.Actor, at: datetime) -> InboundMail:
    is_ignored = direction.route is Route.AUTOMATIC
    kept, found = cards.masked_all(_kept(letter))
    mail = InboundMail(
        reference=references.new("IN"),
        digest=letter.digest,
        envelope=letter.envelope,
        route=direction.route,
        because=direction.because[:120],
        about=direction.about,
        via=arrival.via,
        is_silent=automatic.is_not_to_be_answered(letter),
        is_whole=letter.is_whole,
        size_bytes=arrival.size,
        enclosures=len(letter.enclosed),
        cards_masked=found,
        received_at=min(arrival.received_at, at),
        kept_at=at,
    )
    if is_ignored:
        mail.state, mail.handled_at, mail.handled_by = MailState.IGNORED, at, audit.actor(by)
        return mail
    mail.sender, mail.letter = letter.sender or None, kept
    mail.is_proven = authentication.is_proven(letter)
    if letter.sender:
        known = _owner(letter.sender) if mail.is_proven else None
        mail.subject = known or _stranger(letter.sender, by=by, at=at)
    return mail


def _kept(letter: Letter) -> dict[str, Any]:
    """What of a letter is kept. What was enclosed is named, never stored."""
    return {
        "subject": letter.subject,
        "text": letter.text,
        "message_id": letter.message_id,
        "enclosed": [{"name": each.name, "kind": each.kind, "size": each.size} for each in letter.enclosed],
    }


def _owner(address: str) -> Subject | None:
    """The person who has proved this address, where there is exactly one: whose mail it is, if our server vouches for it."""
    values = [digest.value for digest in digests.all_of("email", address)]
    proven = Identifier.objects.filter(kind="email", digest__in=values, proven_at__isnull=False)
    roots = {
        person.pk: person for person in map(subjects.root, Subject.objects.filter(identifiers__in=proven).distinct())
    }
    living = [person for person in roots.values() if not person.is_erased]
    return living[0] if len(living) == 1 else None


def _stranger(address: str, *, by: audit.Actor, at: datetime) -> Subject:
    """The unproven person record of an address that only its mails have; a fresh one where it is proven by now, or joined."""
    values = [digest.value for digest in digests.all_of("email", address)]
    typed = Identifier.objects.filter(
        kind="email", digest__in=values, proven_at=None, subject__inbound_mails__isnull=False
    )
    alone = typed.filter(subject__erased_at=None, subject__restricted_at=None).filter(subjects.unlinked("subject"))
    if known := alone.select_related("subject").order_by("pk").first():
        return known.subject
    stranger = subjects.new(by=by, at=at)
    subjects.identify(stranger, "email", value=address, by=by, at=at)
    return stranger


def to_handle(at: datetime, *, most: int) -> list[UUID]:
    """Mails whose bell was missed."""
    missed = InboundMail.objects.filter(state=MailState.NEW, kept_at__lte=at - timedelta(seconds=15))
    return list(missed.order_by("received_at").values_list("pk", flat=True)[:most])
