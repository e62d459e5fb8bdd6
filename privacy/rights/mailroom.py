"""What happens with a mail that arrived: acted upon, opened as a request, or laid before our staff with a date.

Nothing irreversible follows from a mail alone: a request waits for the link we mail to its sender, unless our own mail server
vouched for it. Answers by machine go to the one address in From, a few a day, and never where a machine would read them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from privacy.ground import audit, digests
from privacy.messages import inbox, stopping
from privacy.messages.arrivals import MAIL, InboundMail, MailState
from privacy.messages.routing import ANSWERED, AT_ONCE, FIRST, REQUESTS, RIGHTS, Route
from privacy.rights import deadlines, intake, kinds, mailroom_emails
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest

log = logging.getLogger(__name__)

MAILROOM: Final = "system:mailroom"
BATCH: Final = 100
ANSWERS_A_DAY: Final = 5
LONGEST: Final = 4_000
OPENS: Final = {**{route: Kind(route.value) for route in RIGHTS}, Route.CALIFORNIA: Kind.SHINE_THE_LIGHT}
"""Which request a mail opens, by where it goes."""
ASKED_FOR: Final = {
    **OPENS,
    Route.QUESTION: Kind.QUESTION,
    Route.COMPLAINT: Kind.COMPLAINT,
    Route.CHILD: Kind.CHILD_REPORT,
}
"""What a mail asks for as far as its subject says; of the last three a person of our staff may know better."""


class AnswerMissing(Exception):
    """An empty answer is none."""


class NobodyToAnswer(Exception):
    """The mail names no address, or it was blanked."""


def handle(mail_id: UUID, *, by: audit.Actor = MAILROOM, at: datetime) -> InboundMail | None:
    """Act on one mail. None where somebody else has it, or it is over. Safe to call twice."""
    with transaction.atomic():
        waiting = InboundMail.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=mail_id)
        mail = waiting.filter(state=MailState.NEW).first()
        if mail is None:
            return None
        to = ACTS.get(Route(mail.route), _lay_before_staff)(mail, by, at)
        for concerns, tell in ALSO_TOLD:
            if concerns(mail) and _may_answer(mail, at):
                tell(mail, by=by, at=at)
        _move(mail, to, by=by, at=at)
    return mail


def sweep(*, by: audit.Actor = MAILROOM, at: datetime) -> int:
    """Act on mails whose bell was missed. Returns how many were tried."""
    missed = inbox.to_handle(at, most=BATCH)
    for mail_id in missed:
        try:
            handle(mail_id, by=by, at=at)
        except Exception:  # one mail's trouble must not keep the others waiting
            log.exception("mailroom.failed", extra={"mail": str(mail_id)})
    return len(missed)


def answer(mail: InboundMail, *, text: str, by: audit.Actor, at: datetime) -> InboundMail:
    """Staff write back, and the mail is done. Raises `AnswerMissing`, `NobodyToAnswer`, `states.NotAllowed`."""
    if not text.strip():
        raise AnswerMissing
    if not mail.sender:
        raise NobodyToAnswer
    with transaction.atomic():
        _move(mail, MailState.DONE, by=by, at=at)
        mailroom_emails.mail_answered(mail, text=text.strip(), by=by, at=at)
    return mail


def put_away(mail: InboundMail, *, note: str, by: audit.Actor, at: datetime) -> InboundMail:
    """Done without an answer from here, and why. *note* names nobody."""
    _move(mail, MailState.DONE, note=note, by=by, at=at)
    return mail


def open_request(mail: InboundMail, kind: str, *, by: audit.Actor, at: datetime) -> DataRequest | None:
    """Staff read which right is meant: open it, unproven, with the mail's own time of receipt.

    None where the address has had enough for a day. Raises `NobodyToAnswer`, `states.NotAllowed`.
    """
    if not mail.sender:
        raise NobodyToAnswer
    with transaction.atomic():
        request = _ask(mail, kind, at=at)
        if request is not None:
            mail.about = request.reference
            _move(mail, MailState.DONE, note=request.reference, by=by, at=at)
    return request


def _open(mail: InboundMail, by: audit.Actor, at: datetime) -> MailState:
    """Open the request that the headline asks for."""
    request = _ask(mail, ASKED_FOR[Route(mail.route)], at=at) if mail.sender else None
    if request is None:
        return _lay_before_staff(mail, by, at)
    mail.about = request.reference
    return MailState.DONE


def _open_if_certain(mail: InboundMail, by: audit.Actor, at: datetime) -> MailState:
    """Open it where it is certain who wrote, and its words are all here; else a person reads the mail first."""
    is_whole = mail.is_whole and not mail.enclosures and 0 < len(mail.says("text").strip()) <= LONGEST
    return (_open if mail.is_proven and is_whole else _lay_before_staff)(mail, by, at)


def _stop(mail: InboundMail, by: audit.Actor, at: datetime) -> MailState:
    """End what they want to end, and say so."""
    if not mail.sender:
        return _lay_before_staff(mail, by, at)
    stopping.stop(mail, by=by, at=at)
    if _may_answer(mail, at):
        mailroom_emails.mail_stopped(mail, by=by, at=at)
    return MailState.DONE


def _ask(mail: InboundMail, kind: str, *, at: datetime) -> DataRequest | None:
    assert mail.subject is not None  # whose sender is known has one
    asks = kinds.rule(kind).asks
    return intake.by_mail(
        kind,
        address=mail.sender,
        stranger=mail.subject,
        is_proven=mail.is_proven,
        wishes={"text": mail.says("text").strip()[:LONGEST]} if "text" in asks and mail.says("text").strip() else None,
        received_at=mail.received_at,
        at=at,
    )


def _lay_before_staff(mail: InboundMail, by: audit.Actor, at: datetime) -> MailState:
    """A person reads it, by a date; its sender is told so."""
    right = ASKED_FOR.get(Route(mail.route), Kind.QUESTION)
    dates = deadlines.of(right, residence="", received_at=mail.received_at)
    soon = min(dates.first_reply_at, dates.complete_at)
    mail.due_at = soon if mail.route in FIRST and mail.route != Route.CALIFORNIA else dates.complete_at
    if _may_answer(mail, at) and not mail.is_too_large:
        mailroom_emails.mail_waits(mail, by=by, at=at)
    return MailState.WAITING


def _may_answer(mail: InboundMail, at: datetime) -> bool:
    """Whether a machine may write to the sender: known, not asked to be silent, and not too often."""
    if not mail.sender or mail.is_silent:
        return False
    values = [digest.value for digest in digests.all_of("email", mail.sender)]
    of_today = InboundMail.objects.from_address(values).filter(kept_at__gt=at - timedelta(days=1))
    return of_today.exclude(pk=mail.pk).count() < ANSWERS_A_DAY


def _move(mail: InboundMail, to: MailState, *, note: str = "", by: audit.Actor, at: datetime) -> None:
    """One step, with the facts that belong to it."""
    mail.save(update_fields=["due_at", "about"])
    MAIL.advance(mail, to, by=by, at=at, note=note)
    if to == MailState.DONE:
        mail.handled_at, mail.handled_by = at, audit.actor(by)
        mail.save(update_fields=["handled_at", "handled_by"])


ALSO_TOLD: Final[tuple[tuple[Callable[[InboundMail], bool], Callable[..., None]], ...]] = (
    (lambda mail: mail.cards_masked > 0, mailroom_emails.card_in_mail),
    (lambda mail: mail.is_too_large, mailroom_emails.mail_too_large),
)
"""What its sender is told besides, and of which mails."""
ACTS: Final[Mapping[Route, Callable[[InboundMail, audit.Actor, datetime], MailState]]] = {
    **dict.fromkeys(REQUESTS, _open),
    **dict.fromkeys(ANSWERED, _open_if_certain),
    **dict.fromkeys(AT_ONCE, _stop),
}
"""What software does by itself; every other mail is for a person."""
