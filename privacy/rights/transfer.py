"""Hand a copy straight to another provider, because its owner asks for that (GDPR Art. 20(2)).

The customer types an https address and confirms the host; a worker PUTs the ZIP there, opened piece by piece on its way into TLS.
Where it may go and how is `ground.public_hosts`. It counts as one start of the package, spends it when the other side has taken
it, and is tried once: what the other side did with a broken half is for the customer to judge, who may start it again.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from privacy.ground import audit, doorbell, public_hosts, sealed_files, states, tongue
from privacy.ground.public_hosts import PUBLIC, Route, Target
from privacy.register import disclosures
from privacy.register.vocabulary import Purpose
from privacy.rights import emails, packages
from privacy.rights.models import ExportPackage, Transfer, TransferState
from privacy.rights.states import TRANSFER
from privacy.tasks import send_transfer

log = logging.getLogger(__name__)

WITHIN: Final = 300.0
ABANDONED_AFTER: Final = timedelta(minutes=15)
TAKEN: Final = range(200, 300)
MOVED: Final = range(300, 400)


@dataclass(frozen=True)
class Outcome:
    """How it went: an English sentence and what it leaves open, read in the language that is being written."""

    words: str
    facts: Mapping[str, str | int | datetime] = field(default_factory=dict)

    def __str__(self) -> str:
        return gettext(self.words).format(**{name: _said(fact) for name, fact in self.facts.items()})


def _said(fact: str | int | datetime) -> str:
    return tongue.day(fact) if isinstance(fact, datetime) else tongue.translated(str(fact))


GIVEN: Final = Outcome(_("The other provider has taken it."))
GONE: Final = Outcome(_("The copy was no longer there to be sent."))
BROKE_OFF: Final = Outcome(_("We were interrupted while we sent it. It may have arrived in part."))
MOVED_AWAY: Final = Outcome(_("The other provider answered with a redirect, which we do not follow."))
REFUSED: Final = _("The other provider did not take it (it answered {status}).")
CHANGED: Final = _("The {what} of your account changed, so no copy leaves before {until}.")


class UnderWay(Exception):
    """This copy is being sent already."""


def read(address: str) -> Target:
    """What the customer typed, before anything is asked of the network. Raises `public_hosts.Refused`."""
    return public_hosts.read(address.strip())


def ask(package: ExportPackage, *, address: str, contact: str, by: audit.Actor, at: datetime) -> Transfer:
    """The owner confirmed the host: a worker will send it. *contact* hears how it went.

    Raises `public_hosts.Refused`, `packages.Held`, `packages.PackageGone`, `UnderWay`.
    """
    target = read(address)
    if cooling := packages.held(package, at=at):
        raise packages.Held(cooling)
    if not package.is_available(at):
        raise packages.PackageGone
    try:
        with transaction.atomic():
            transfer = Transfer.objects.create(
                package=package, host=target.host, address=address.strip(), contact=contact, asked_at=at
            )
            details = {"host": target.host}
            audit.append(
                "transfer.asked", subject=transfer.subject_id, obj=package.request, details=details, by=by, at=at
            )
            doorbell.ring(send_transfer, transfer_id=transfer.pk)
    except IntegrityError:
        raise UnderWay
    return transfer


def send(transfer_id: UUID, *, by: audit.Actor, at: datetime, route: Route = PUBLIC) -> Transfer | None:
    """Send one that waits. Returns it with its outcome, or None where another worker has it. Safe to call twice."""
    transfer = Transfer.objects.select_related("package__request__subject").filter(pk=transfer_id).first()
    if transfer is None or transfer.state != TransferState.WAITING:
        return None
    try:
        with transaction.atomic():
            TRANSFER.advance(transfer, TransferState.SENDING, by=by, at=at)
            transfer.started_at = at
            transfer.save(update_fields=["started_at"])
    except states.Changed:
        return None
    try:
        status = _put(transfer, by=by, at=at, route=route)
    except (public_hosts.Refused, public_hosts.Unreachable) as problem:
        return _finish(transfer, TransferState.FAILED, Outcome(str(problem)), by=by, at=at)
    except (packages.PackageGone, sealed_files.Damaged):
        return _finish(transfer, TransferState.FAILED, GONE, by=by, at=at)
    except packages.Held as held:
        why = Outcome(CHANGED, {"what": held.cooling.what, "until": held.cooling.until})
        return _finish(transfer, TransferState.FAILED, why, by=by, at=at)
    if status in TAKEN:
        packages.spend(transfer.package, by=by, at=at)
        return _finish(transfer, TransferState.DONE, GIVEN, by=by, at=at)
    return _finish(transfer, TransferState.FAILED, _refusal(status), by=by, at=at)


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Send what missed its bell, and close what a worker left in the middle. Returns how many."""
    late = Transfer.objects.filter(state=TransferState.SENDING, started_at__lt=at - ABANDONED_AFTER)
    left = list(late.select_related("package__request__subject"))
    for transfer in left:
        _finish(transfer, TransferState.FAILED, BROKE_OFF, by=by, at=at)
    waiting = list(Transfer.objects.filter(state=TransferState.WAITING).values_list("pk", flat=True)[:20])
    for transfer_id in waiting:
        send(transfer_id, by=by, at=at)
    return len(left) + len(waiting)


def _put(transfer: Transfer, *, by: audit.Actor, at: datetime, route: Route) -> int:
    if cooling := packages.held(transfer.package, at=at):
        raise packages.Held(cooling)
    target = read(transfer.address or "")
    ip = public_hosts.vetted(target.host, route)  # before a start is counted
    package = transfer.package
    with packages.start(package, by=by, at=at) as pieces:
        headers = {
            "Content-Type": "application/zip",
            "Content-Length": str(package.size_bytes),
            "Content-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(package.sha256)).decode()}:",  # RFC 9530
            "User-Agent": "Loupe",
        }
        disclosures.record(
            disclosures.CHOSEN_BY_YOU,
            subject_id=transfer.subject_id,
            keys=["copy"],
            purpose=Purpose.RIGHTS,
            host=target.host,
            reference=package.request.reference,
            by=by,
            at=at,
        )
        return public_hosts.put(target, ip, pieces, headers=headers, within=WITHIN, route=route)


def _finish(transfer: Transfer, state: TransferState, outcome: Outcome, *, by: audit.Actor, at: datetime) -> Transfer:
    """The end of one: forgets where it went but for the host, and tells its owner how it went. The first end counts."""
    contact = transfer.contact
    with transaction.atomic():
        over = {"state": state, "outcome": str(outcome), "finished_at": at, "address": None, "contact": None}
        if Transfer.objects.filter(pk=transfer.pk, state=transfer.state).update(**over):
            about = transfer.package.request
            details = {"host": transfer.host, "outcome": str(outcome)}
            audit.append(f"transfer.{state}", subject=about.subject_id, obj=about, details=details, by=by, at=at)
            tell = emails.transfer_done if state == TransferState.DONE else emails.transfer_failed
            tell(about, to=contact, host=transfer.host, outcome=outcome, by=by, at=at)
    transfer.refresh_from_db()
    return transfer


def _refusal(status: int) -> Outcome:
    return MOVED_AWAY if status in MOVED else Outcome(REFUSED, {"status": status})
