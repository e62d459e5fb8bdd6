"""Third parties' signals: what the mail service heard about mails of ours, and the mails it takes in for us."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from anymail.signals import EventType, RejectReason, inbound, tracking
from django.dispatch import receiver
from django.utils import timezone

from privacy.messages import inbox, outcomes
from privacy.messages.arrivals import InboundMail
from privacy.messages.inbox import Arrival

log = logging.getLogger(__name__)

BY: Final = "system:mail-service"
DID_NOT_ARRIVE: Final = frozenset({EventType.BOUNCED, EventType.REJECTED, EventType.FAILED})
STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
NOT_FOR_GOOD: Final = re.compile(r"4\.|5\.2\.[23]$|5\.3\.4$|5\.7\.")
"""A mailbox that is full, a mail that is too large, a policy. *Source*: RFC 3463."""
FOR_NOW: Final = re.compile(r"^\D{0,12}4\d\d\b")
"""An SMTP answer that says *for now*, without an enhanced code. *Source*: RFC 5321 4.2.1."""
WORDS: Final = ("type", "event", "severity")
HARD: Final = re.compile(r"hard|permanent", re.I)
SOFT: Final = re.compile(r"soft|temporary|transient|undetermined", re.I)
SAID_SOFT: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(WORDS, lambda value: bool(SOFT.search(str(value)))),
    "hard_bounce": lambda value: value is False,  # Mailjet
    "bounce_class": lambda value: str(value) not in ("10", "30", "90"),  # SparkPost: nobody there, no such recipient
}
"""Words of a service's own report, and what of them says that it may go well another time."""


@receiver(tracking)
def heard(sender: Any, event: Any, esp_name: str, **kwargs: Any) -> None:
    """A mail came back, or its reader called it spam. What else a service may tell is not asked for and not kept."""
    number = outcomes.number_in(str((event.metadata or {}).get("message", "")), str(event.message_id or ""))
    if number is None or not event.recipient:
        return
    if event.event_type == EventType.COMPLAINED:
        known = outcomes.complained(number, address=event.recipient, by=BY, at=timezone.now())
    elif event.event_type in DID_NOT_ARRIVE:
        why = f"{event.event_type}: {event.reject_reason or 'no reason given'}"
        known = outcomes.returned(
            number, address=event.recipient, is_dead=is_dead(event), why=why, by=BY, at=timezone.now()
        )
    else:
        return
    if not known:
        log.warning("mail_service.unknown_mail", extra={"service": esp_name})


@receiver(inbound)
def arrived(sender: Any, event: Any, esp_name: str, **kwargs: Any) -> None:
    """The mail service took a mail in for us."""
    raw, now = event.message.as_bytes(), timezone.now()
    inbox.keep(Arrival(raw, len(raw), InboundMail.Via.WEBHOOK, event.timestamp or now), by=BY, at=now)


def is_dead(event: Any) -> bool:
    """Whether nobody is at the address: not where a mailbox is full, a server away, or the mail refused for what it says."""
    if event.reject_reason == RejectReason.INVALID:
        return True
    if event.reject_reason != RejectReason.BOUNCED and not _is_hard_bounce(event):
        return False
    answer = str(event.mta_response or event.description or "")
    if said := STATUS.search(answer):
        return NOT_FOR_GOOD.match(said[1]) is None
    if FOR_NOW.match(answer):
        return False
    return not any(SAID_SOFT[key](value) for key, value in _facts(event.esp_event) if key in SAID_SOFT)


def _is_hard_bounce(event: Any) -> bool:
    """Mandrill gives no reason, but calls the event hard."""
    is_told = event.reject_reason is None and event.event_type == EventType.BOUNCED
    return is_told and any(key in WORDS and HARD.search(str(value)) for key, value in _facts(event.esp_event))


def _facts(report: Any) -> Iterator[tuple[str, Any]]:
    """Every plain value of a report with its key, however deep it lies."""
    for key, value in report.items() if isinstance(report, dict) else ():
        yield from _facts(value) if isinstance(value, dict) else [(str(key).lower(), value)]
