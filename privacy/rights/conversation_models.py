"""What a person and the privacy desk write to each other about one request; verbs in `rights.conversation`."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from privacy.ground.sealed import SealedJSONField
from privacy.rights.models import DataRequest


class RequestMessageQuerySet(models.QuerySet["RequestMessage"]):
    """The questions both sides ask."""

    def for_staff(self, is_staff: bool) -> RequestMessageQuerySet:
        """What the other side wrote: to the desk, or to the person."""
        return self.filter(is_from_staff=not is_staff)

    def unread(self) -> RequestMessageQuerySet:
        """Nobody it was meant for has opened the page it stands on."""
        return self.filter(read_at=None)


class RequestMessage(models.Model):
    """One message about a request: sealed, never mailed, read on a page behind a proof of identity."""

    LONGEST = 4_000

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A request's record outlives its words, which an erasure deletes first.
    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="conversation")
    is_from_staff = models.BooleanField()
    written_by = models.CharField(max_length=80)
    text = SealedJSONField()
    sent_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)  # null: the other side has not seen it

    objects = RequestMessageQuerySet.as_manager()

    class Meta:
        app_label = "privacy"
        verbose_name = "message about a request"
        verbose_name_plural = "messages about requests"
        ordering = ("sent_at", "id")
        indexes = (models.Index(fields=("request", "sent_at"), name="request_message_in_order"),)
        constraints = (
            models.CheckConstraint(condition=Q(text__isnull=False), name="request_message_says_something"),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True) | Q(read_at__gte=models.F("sent_at")),
                name="request_message_read_after_it_was_sent",
            ),
        )

    def __str__(self) -> str:
        return f"message {str(self.pk)[:8]}"
