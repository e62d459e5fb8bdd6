"""What no form takes any more: a child's addresses, as keyed digests. Verbs: `register.stops`."""

from __future__ import annotations

import pgtrigger
from django.db import models


class CollectionStop(models.Model):
    """A keyed digest of something that a child was known by, so that nothing is collected under it again."""

    # A value, not a foreign key: evidence must never stand in the way of an erasure.
    subject_id = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=10, choices=[("email", "e-mail"), ("phone", "telephone")])
    key_version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    raised_at = models.DateTimeField()

    class Meta:
        app_label = "privacy"
        verbose_name = "end of collection"
        verbose_name_plural = "ends of collection"
        indexes = (models.Index(fields=("kind", "digest"), name="collection_stop_by_digest"),)
        constraints = (
            models.UniqueConstraint(fields=("subject_id", "kind", "digest"), name="collection_stop_once_per_subject"),
        )
        triggers = (pgtrigger.Protect(name="collection_stop_no_update", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_id}"
