"""The codes that prove it is you where there is no password; verbs in `rights.identity`."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q


class IdentityCodeQuerySet(models.QuerySet["IdentityCode"]):
    def live(self, at: datetime) -> IdentityCodeQuerySet:
        """Could still be typed: not used, not over, and not tried too often."""
        return self.filter(used_at=None, expires_at__gt=at, tries__lt=IdentityCode.MAX_TRIES)


class IdentityCode(models.Model):
    """Six digits that were mailed to somebody, as a keyed digest; good for ten minutes, five tries and one use."""

    MAX_TRIES = 5

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The subject outlives it; an erasure deletes the code first.
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="identity_codes")
    digest = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)  # null: nobody has typed it rightly

    objects = IdentityCodeQuerySet.as_manager()

    class Meta:
        app_label = "privacy"
        verbose_name = "identity code"
        indexes = (models.Index(fields=("subject", "-sent_at"), name="identity_code_by_subject"),)
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gte=F("sent_at")), name="identity_code_expires_later"),
            models.CheckConstraint(condition=Q(tries__lte=5), name="identity_code_at_most_five_tries"),
        )

    def __str__(self) -> str:
        return f"identity code {str(self.pk)[:8]}"
