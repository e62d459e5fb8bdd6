"""Files that came with a request, sealed on disk, and whoever asks for somebody else.

Verbs in `rights.attachments` and `rights.agents`.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from privacy.ground.sealed import SealedJSONField
from privacy.ground.sealed_storage import SealedStorage
from privacy.rights.models import DataRequest


def sealed_attachments() -> SealedStorage:
    """The folder of what people enclosed, in which everything is encrypted."""
    return SealedStorage("attachments")


class Attachment(models.Model):
    """A PDF or picture that somebody enclosed with a request: why, what it is, and when it came."""

    class Kind(models.TextChoices):
        PERMISSION = "permission", "Written permission"
        ENCLOSURE = "enclosure", "Enclosed file"

    class Type(models.TextChoices):
        PDF = "application/pdf", "PDF"
        PNG = "image/png", "PNG picture"
        JPEG = "image/jpeg", "JPEG picture"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A file is part of its request and goes with it.
    request = models.ForeignKey(DataRequest, on_delete=models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    # As its maker called the file; people put names into names.
    title = SealedJSONField()
    file = models.FileField(
        storage=sealed_attachments, blank=True
    )  # empty: our staff put it away, since it told too much
    content_type = models.CharField(max_length=20, choices=Type.choices)
    size_bytes = models.PositiveIntegerField()
    added_at = models.DateTimeField()
    discarded_at = models.DateTimeField(null=True, blank=True)  # null: the file is there

    class Meta:
        app_label = "privacy"
        verbose_name = "enclosed file"
        ordering = ("added_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(file="", discarded_at__isnull=False) | (~Q(file="") & Q(discarded_at__isnull=True)),
                name="attachment_has_its_file_or_was_discarded",
            ),
        )

    def __str__(self) -> str:
        return f"enclosed file {str(self.pk)[:8]}"

    @property
    def is_there(self) -> bool:
        """Whether it can still be opened."""
        return self.discarded_at is None


class Agent(models.Model):
    """Who asks for somebody else: what they call themselves, and where they are told how it went."""

    # An agent asks once for each request; who they are goes with it.
    request = models.OneToOneField(DataRequest, on_delete=models.PROTECT, related_name="agent")
    name = SealedJSONField()
    email = SealedJSONField()
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)  # null: the person has not said that they sent them

    class Meta:
        app_label = "privacy"
        verbose_name = "authorised agent"

    def __str__(self) -> str:
        return f"agent #{self.pk}"
