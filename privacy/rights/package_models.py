"""Copies waiting to be fetched, and copies on their way to another provider."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q

from privacy.ground.sealed import SealedJSONField
from privacy.rights.request_models import DataRequest


class ExportPackage(models.Model):
    """A person's copy, sealed on disk until its last byte has left, and gone after 72 hours or three starts."""

    MAX_STARTS = 3

    # One package per request; the row stays as evidence after its file is gone.
    request = models.OneToOneField(DataRequest, on_delete=models.PROTECT, related_name="package")
    file_name = models.CharField(max_length=80, unique=True)
    size_bytes = models.PositiveBigIntegerField()  # of the ZIP, as its owner gets it; so is the checksum
    sha256 = models.CharField(max_length=64)
    built_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    starts = models.PositiveSmallIntegerField(default=0)
    last_started_at = models.DateTimeField(null=True, blank=True)  # null: never fetched
    spent_at = models.DateTimeField(null=True, blank=True)  # null: its last byte has not left yet
    removed_at = models.DateTimeField(null=True, blank=True)  # null: the file is still there

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(starts__lte=3), name="package_at_most_three_starts"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("built_at")), name="package_expires_later"),
        )

    def __str__(self) -> str:
        return f"copy for {self.request_id}"

    def is_available(self, at: datetime) -> bool:
        """Whether a download may start now."""
        return self.left(at) > 0

    def left(self, at: datetime) -> int:
        """How many downloads may still start."""
        if self.removed_at is not None or self.spent_at is not None or at >= self.expires_at:
            return 0
        return self.MAX_STARTS - self.starts


class TransferState(models.TextChoices):
    """How far a direct transfer has come."""

    WAITING = "waiting", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    DONE = "done", "Handed over"
    FAILED = "failed", "Not handed over"


class Transfer(models.Model):
    """A copy on its way to another provider, because its owner asked for that (GDPR Art. 20(2))."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The row stays as evidence beside its package's.
    package = models.ForeignKey(ExportPackage, on_delete=models.PROTECT, related_name="transfers")
    host = models.CharField(max_length=253)
    # The whole address may hold a key of the other provider's. null: the transfer is over, and nobody needs it any more.
    address = SealedJSONField(null=True, blank=True)
    # Who is told how it went; null for the same reason.
    contact = SealedJSONField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=TransferState.choices, default=TransferState.WAITING)
    outcome = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)  # null: nobody has begun
    finished_at = models.DateTimeField(null=True, blank=True)  # null: not over

    class Meta:
        ordering = ("-asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("package",), condition=Q(state__in=("waiting", "sending")), name="transfer_one_open_per_package"
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=("done", "failed"), finished_at__isnull=False, address__isnull=True, contact__isnull=True
                )
                | Q(state__in=("waiting", "sending"), finished_at__isnull=True),
                name="transfer_forgets_where_once_over",
            ),
        )

    def __str__(self) -> str:
        return f"transfer {str(self.pk)[:8]}"

    @property
    def subject_id(self) -> uuid.UUID:
        """Whose copy it is."""
        return self.package.request.subject_id

    @property
    def is_open(self) -> bool:
        """Whether it may still arrive."""
        return self.state in (TransferState.WAITING, TransferState.SENDING)
