"""What visitors looked at, if they agreed to be counted. No address, no browser, no words of theirs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from privacy.register.usable import Usable


class Activity(models.Model):
    """One thing a visitor did in the shop window.

    The table is partitioned by the month of `at` (migration 0002 makes it), so that a month past its time is dropped at once
    instead of deleted row by row. Its primary key is (id, at) in the database; `id` alone comes from one sequence, so Django may
    take it for the key.
    """

    class Kind(models.TextChoices):
        VIEWED = "viewed", "Looked at"
        SEARCHED = "searched", "Looked for"
        ADDED = "added", "Put into the bag"
        VISITED = "visited", "Came by"

    # A value, not a key: evidence of nothing, and never in the way of an erasure. Null: somebody who was not signed in.
    subject_id = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    object_ref = models.CharField("what", max_length=120)
    at = models.DateTimeField("when")

    objects = Usable["Activity"].as_manager()

    class Meta:
        verbose_name_plural = "activity"
        # What staff read of it: sums, never rows (`shop.reports`).
        permissions = (("view_reports", "Can read the reports"),)
        indexes = (
            models.Index(
                fields=["subject_id", "at"], condition=Q(subject_id__isnull=False), name="activity_by_subject"
            ),
        )
        constraints = (
            # A reference such as `product/solitaire-ring`: there is no room in it for what somebody typed.
            models.CheckConstraint(
                condition=Q(object_ref__regex=r"^[a-z]+/[A-Za-z0-9-]+$"), name="activity_names_a_thing"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"
