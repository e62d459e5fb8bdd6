"""The outbox: a mail is a row first, and goes when a worker finds it.

Nothing is lost: the row commits with what caused it, the bell is only a hint, the sweep finds what missed it. The attempt is
committed before sending and the Message-ID is fixed by the row, so that a mail sent twice after a crash is one mail to a
reader's program. The content rests sealed and is blanked when the mail went: it may hold a reset link.
"""

import logging
import smtplib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from privacy.ground import audit, doorbell
from privacy.messages import gate
from privacy.messages.kinds import Kind
from privacy.messages.models import Message
from privacy.register import payloads, profiles
from privacy.register.models import Subject
from privacy.tasks import send_message

log = logging.getLogger(__name__)

BACKOFF: Final = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
]
ATTEMPT: Final = timedelta(minutes=5)  # a worker that says nothing for so long has died
BATCH: Final = 200


def post(
    kind: Kind,
    *,
    to: str,
    subject: Subject | None,
    context: Mapping[str, Any],
    reference: str = "",
    by: audit.Actor,
    at: datetime,
) -> Message:
    """Render the mail's templates and put it in the outbox. Writes a row; rings after the commit."""
    known = {**context, "shop": profiles.current(), "site_url": settings.LOUPE_PUBLIC_URL, "reference": reference}
    title = " ".join(render_to_string(f"{kind.template}.subject.txt", known).split())
    return post_rendered(
        kind,
        to=to,
        subject=subject,
        title=title,
        text=render_to_string(f"{kind.template}.txt", known),
        html=render_to_string(f"{kind.template}.html", known),
        reference=reference,
        by=by,
        at=at,
    )


def post_rendered(
    kind: Kind,
    *,
    to: str,
    subject: Subject | None,
    title: str,
    text: str,
    html: str,
    reference: str = "",
    by: audit.Actor,
    at: datetime,
) -> Message:
    """Put a mail in the outbox that is written already. Writes a row; rings after the commit."""
    payload = {"to": to, "title": title, "text": text, "html": html}
    payloads.guard("mail", payload)
    message = Message.objects.create(
        kind=kind.name,
        subject=subject,
        reference=reference,
        payload=payload,
        next_attempt_at=at,
        created_at=at,
    )
    doorbell.ring(send_message, message_id=message.pk)
    return message


def send(message_id: UUID, *, at: datetime) -> bool:
    """Send one mail if it is due and the gate allows it. Returns whether it went; safe to call twice."""
    message = claim(message_id, at=at)
    if message is None:
        return False
    if objection := gate.objection(message):
        close(message, Message.State.STOPPED, stopped_because=objection)
        return False
    try:
        envelope(message).send()
    except (OSError, smtplib.SMTPException) as error:
        postpone(message, error, at=at)
        return False
    except payloads.NotDeclared:
        close(message, Message.State.FAILED)
        raise
    close(message, Message.State.SENT, sent_at=at)
    return True


def claim(message_id: UUID, *, at: datetime) -> Message | None:
    """Take a due mail for one attempt; None when it is not due or somebody else has it."""
    due = Message.objects.due(at).filter(pk=message_id).order_by()
    message = due.select_related("subject").first()
    if message is None:
        return None
    mine = due.filter(attempts=message.attempts)
    taken = mine.update(state=Message.State.SENDING, attempts=message.attempts + 1, next_attempt_at=at + ATTEMPT)
    message.attempts += 1
    return message if taken else None


def close(message: Message, state: Message.State, **facts: Any) -> None:
    """End a mail's life and blank what it held."""
    Message.objects.filter(pk=message.pk, state=Message.State.SENDING).update(state=state, payload=None, **facts)


def postpone(message: Message, error: Exception, *, at: datetime) -> None:
    """Try again later, or give up after the last wait."""
    details = {
        "mail": str(message.pk),
        "kind": message.kind,
        "attempt": message.attempts,
        "error": type(error).__name__,
    }
    if message.attempts > len(BACKOFF):
        log.error("mail.given_up", extra=details)
        close(message, Message.State.FAILED)
        return
    log.warning("mail.postponed", extra=details)
    Message.objects.filter(pk=message.pk, state=Message.State.SENDING).update(
        state=Message.State.QUEUED, next_attempt_at=at + BACKOFF[message.attempts - 1]
    )


def sweep(*, at: datetime) -> int:
    """Send what is due and missed its bell. Returns how many went."""
    ids = list(Message.objects.due(at).values_list("pk", flat=True)[:BATCH])
    return sum(send(message_id, at=at) for message_id in ids)


def has_posted(kind: Kind, subject: Subject, *, since: datetime) -> bool:
    """Whether a mail of this kind was posted to a person lately: for spacing out what a stranger could ask for."""
    return Message.objects.filter(kind=kind.name, subject=subject, created_at__gt=since).exists()


def stop_all(family: list[UUID], *, because: str) -> int:
    """Stop every mail to a person that has not gone yet, and blank it. Returns how many."""
    waiting = Message.objects.filter(subject_id__in=family, state__in=[Message.State.QUEUED, Message.State.SENDING])
    return waiting.update(state=Message.State.STOPPED, payload=None, stopped_because=because)


def stop_everything(*, because: str) -> int:
    """Stop every mail that has not gone yet, whoever it is to, and blank it. Returns how many."""
    waiting = Message.objects.filter(state__in=[Message.State.QUEUED, Message.State.SENDING])
    return waiting.update(state=Message.State.STOPPED, payload=None, stopped_because=because)


def envelope(message: Message) -> EmailMultiAlternatives:
    """The mail as SMTP sees it. The Message-ID is the row's, whatever the attempt."""
    payload, profile = message.payload, profiles.current()
    sender = settings.DEFAULT_FROM_EMAIL or f'"{profile.shop_name}" <{profile.contact.email}>'
    domain = profile.contact.email.partition("@")[2]
    mail = EmailMultiAlternatives(payload["title"], payload["text"], sender, [payload["to"]])
    mail.extra_headers = {"Message-ID": f"<{message.pk}@{domain}>", "Auto-Submitted": "auto-generated"}
    if payload["html"]:
        mail.attach_alternative(payload["html"], "text/html")
    payloads.guard("mail", [*payload, "from", *map(str.lower, mail.extra_headers)])
    return mail
