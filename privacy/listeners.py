"""Third parties' signals: what the mail service heard about mails of ours, and the mails it takes in for us."""

from __future__ import annotations

import logging
import re
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
SOFT: Final = re.compile(r"soft|temporary|transient", re.I)


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
    if event.reject_reason != RejectReason.BOUNCED:
        return False
    said = STATUS.search(str(event.mta_response or event.description or ""))
    if said:
        return NOT_FOR_GOOD.match(said[1]) is None
    words = event.esp_event if isinstance(event.esp_event, dict) else {}
    return not any(
        SOFT.search(str(value)) for key, value in words.items() if key.lower() in ("type", "event", "severity")
    )
