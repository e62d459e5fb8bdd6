"""The outbox: a row for each message, its content sealed, and blank once it is over."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from django.db import models
from django.db.models import Q

from privacy.consent.vocabulary import Channel
from privacy.ground.sealed import SealedJSONField


class MessageQuerySet(models.QuerySet["Message"]):
    def due(self, at: datetime) -> MessageQuerySet:
        """Waiting, with their time come."""
        return self.filter(state=Message.State.QUEUED, next_attempt_at__lte=at).order_by("next_attempt_at")

    def abandoned(self, at: datetime) -> MessageQuerySet:
        """Left in the middle of an attempt by a worker that died: nobody knows whether they went."""
        return self.filter(state=Message.State.SENDING, next_attempt_at__lte=at)

    def unsent(self) -> MessageQuerySet:
        """Everything that may still go."""
        return self.filter(state__in=Message.MAY_STILL_GO)

    def for_staff(self) -> MessageQuerySet:
        """What asks for a human being: given up, returned, or perhaps sent, and nobody has dealt with it."""
        return self.filter(state__in=Message.ALERTING, settled_at=None)


class Message(models.Model):
    """One message to one address."""

    #: The reference is that of the order or request it tells of, and names no message.
    is_about_reference: Final = True

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        SENDING = "sending", "Being sent"
        LISTED = "listed", "On a print list"  # a letter: it has not left the house
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "Perhaps sent"  # marketing whose outcome nobody knows: never sent again by a machine
        STOPPED = "stopped", "Stopped by the gate"
        RETURNED = "returned", "Came back"
        FAILED = "failed", "Given up"

    MAY_STILL_GO = (State.QUEUED, State.SENDING, State.LISTED, State.UNKNOWN)
    ALERTING = (State.FAILED, State.RETURNED, State.UNKNOWN)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=80)
    channel = models.CharField(
        max_length=5, choices=[(each.value, each.words) for each in Channel], default=Channel.EMAIL.value
    )
    subject = models.ForeignKey(
        "privacy.Subject", null=True, on_delete=models.PROTECT, related_name="messages"
    )  # null: an address no person record carries, such as a sign-up that was refused
    reference = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    payload = SealedJSONField("what it says")  # to, title, text, html, headers; null once it is over
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()  # while it is being sent: when its worker is taken for dead
    stopped_because = models.CharField(max_length=80, blank=True)  # also why it was given up, or came back
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)  # null: not sent
    settled_at = models.DateTimeField(null=True, blank=True)  # null: nobody of the staff has dealt with its alert

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = "message"
        indexes = [
            models.Index(fields=["state", "next_attempt_at"]),
            models.Index(fields=["kind", "reference", "state"], name="message_by_occasion"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(payload__isnull=True) | Q(state__in=["queued", "sending", "unknown"]),
                name="message_blank_once_over",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "returned"], sent_at__isnull=False)
                | (~Q(state__in=["sent", "returned"]) & Q(sent_at__isnull=True)),
                name="message_sent_at_when_sent",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(state__in=["failed", "returned"]),
                name="message_settled_when_it_alerted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.pk)[:8]}"
