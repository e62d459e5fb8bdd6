"""The outbox: a message is a row first, and goes when a worker finds it.

Nothing is lost: the row commits with what caused it, the bell is only a hint, the sweep finds what missed it. How one leaves is
`delivery`'s; what becomes of those that came to nothing is `outcomes`'. The content rests sealed and is blanked when the message
is over: it may hold a reset link.
"""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.template.loader import render_to_string

from privacy.consent import links, preferences
from privacy.consent.vocabulary import Channel
from privacy.ground import audit, doorbell, tongue
from privacy.messages import delivery
from privacy.messages.channels import PARTS, processor
from privacy.messages.kinds import Kind
from privacy.messages.models import Message
from privacy.register import payloads, profiles
from privacy.register.models import Subject
from privacy.tasks import send_message

SWEEP_SECONDS: Final = 20.0
"""A sweep starts no further batch then, so that mails whose bell rang need not wait for a campaign."""


def post(
    kind: Kind,
    *,
    to: str,
    subject: Subject | None,
    context: Mapping[str, Any],
    reference: str = "",
    channel: str = Channel.EMAIL,
    language: str = "",
    headers: Mapping[str, str] | None = None,
    by: audit.Actor,
    at: datetime,
) -> Message:
    """Render the message's templates and put it in the outbox. Writes a row; rings after the commit.

    It is written in the language that *subject* chose; *language* is for a letter whose person record says no more. Every letter's
    *context* may hold `why`, which may name the `{reference}`, `action_url` and `action_label`: English words, translated here.
    """
    known = {**context, **frame(), "reference": reference}
    known["preferences_url"] = links.url(subject) if subject and not subject.is_erased else ""
    with tongue.writing(language or preferences.language_of(subject)):
        known["why"] = tongue.translated(context.get("why", "")).format(reference=reference)
        known["action_label"] = tongue.translated(context.get("action_label", ""))
        written: dict[str, Any] = {
            part: render_to_string(f"{kind.template}.{suffix}", known) for part, suffix in PARTS[channel].items()
        }
    written["title"] = " ".join(written.get("title", "").split())
    return post_rendered(
        kind, to=to, subject=subject, **written, reference=reference, channel=channel, headers=headers, by=by, at=at
    )


def frame() -> dict[str, Any]:
    """What every letter can say of the shop."""
    shop = profiles.current()
    return {
        "shop": shop,
        "shop_name": shop.shop_name,
        "shop_email": shop.contact.email,
        "site_url": settings.LOUPE_PUBLIC_URL,
    }


def post_rendered(
    kind: Kind,
    *,
    to: str,
    subject: Subject | None,
    text: str,
    title: str = "",
    html: str = "",
    reference: str = "",
    channel: str = Channel.EMAIL,
    headers: Mapping[str, str] | None = None,
    number: UUID | None = None,
    by: audit.Actor,
    at: datetime,
) -> Message:
    """Put a message in the outbox that is written already. Writes a row; rings after the commit.

    Marketing rings no bell: the next sweep sends it, in batches. *number*: the row's own, where it must not be written twice.
    *Raises* `channels.NoSuchChannel`, `payloads.NotDeclared`.
    """
    receiver, parts = processor(channel), {"title": title, "text": text, "html": html}
    payload: dict[str, Any] = {"to": to, **{part: parts[part] for part in PARTS[channel]}}
    if receiver:
        payloads.guard(receiver, [*payload, *map(str.lower, headers or {})])
    message = Message.objects.create(
        pk=number or uuid4(),
        kind=kind.name,
        channel=channel,
        subject=subject,
        reference=reference,
        payload=payload | ({"headers": dict(headers)} if headers else {}),
        next_attempt_at=at,
        created_at=at,
    )
    if not kind.is_marketing:
        doorbell.ring(send_message, message_id=message.pk)
    return message


def send(message_id: UUID, *, at: datetime) -> bool:
    """Send one message if it is due and the gate allows it. Returns whether it went; safe to call twice."""
    return delivery.send_all(delivery.claim(at=at, only=message_id), at=at) == 1


def sweep(*, at: datetime) -> int:
    """Send what is due, batch by batch. Returns how many went."""
    began, sent = time.monotonic(), 0
    delivery.recover(at=at)
    while time.monotonic() - began < SWEEP_SECONDS and (taken := delivery.claim(at=at)):
        sent += delivery.send_all(taken, at=at)
    return sent


def has_posted(kind: Kind, subject: Subject, *, since: datetime) -> bool:
    """Whether a message of this kind was posted to a person lately: for spacing out what a stranger could ask for."""
    return Message.objects.filter(kind=kind.name, subject=subject, created_at__gt=since).exists()


def stop_all(family: list[UUID], *, because: str) -> int:
    """Stop every message to a person that has not gone yet, and blank it. Returns how many."""
    waiting = Message.objects.unsent().filter(subject_id__in=family)
    return waiting.update(state=Message.State.STOPPED, payload=None, stopped_because=because)


def stop_everything(*, because: str) -> int:
    """Stop every message that has not gone yet, whoever it is to, and blank it. Returns how many."""
    return Message.objects.unsent().update(state=Message.State.STOPPED, payload=None, stopped_because=because)
