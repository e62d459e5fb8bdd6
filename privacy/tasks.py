"""Celery tasks: a bell was heard. Each takes ids, calls one verb, and is safe to run twice.

The lowest layer: rooms ring these, so a task imports its room only in its body (ADR 0001).
"""

from uuid import UUID

from celery import shared_task
from django.utils import timezone


@shared_task
def send_message(*, message_id: str) -> None:
    """Send one mail of the outbox."""
    from privacy.messages import outbox

    outbox.send(UUID(message_id), at=timezone.now())


@shared_task
def sweep_outbox() -> None:
    """Send what missed its bell."""
    from privacy.messages import outbox

    outbox.sweep(at=timezone.now())
