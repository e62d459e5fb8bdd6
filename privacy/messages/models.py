"""The outbox: a row for each mail, its content sealed, and blank once it was sent."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from privacy.ground.sealed import SealedJSONField


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, at: datetime) -> MessageQuerySet:
        """Waiting with their time come, or left in the middle of an attempt by a worker that died."""
        waiting = Q(state=Message.State.QUEUED, next_attempt_at__lte=at)
        abandoned = Q(state=Message.State.SENDING, next_attempt_at__lte=at)
        return self.filter(waiting | abandoned).order_by("next_attempt_at")


class Message(models.Model):
    """One mail to one address."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        STOPPED = "stopped", "Stopped by the gate"
        FAILED = "failed", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=80)
    subject = models.ForeignKey(
        "privacy.Subject", null=True, on_delete=models.PROTECT, related_name="messages"
    )  # null: an address no person record carries, such as a sign-up that was refused
    reference = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    payload = SealedJSONField()  # to, title, text, html; null once sent or stopped
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    stopped_because = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)  # null: not sent

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "mail"
        indexes = [models.Index(fields=["state", "next_attempt_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(payload__isnull=True) | Q(state__in=["queued", "sending"]), name="message_blank_once_over"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="message_sent_at_when_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.pk)[:8]}"
