"""Legal holds: what of a person must stay for now, because of a claim."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from privacy.ground import tongue


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    """The questions erasure, retention and the desk ask."""

    def active(self, at: datetime) -> LegalHoldQuerySet:
        """Placed, and not released."""
        return self.filter(placed_at__lte=at).exclude(released_at__lte=at)


class LegalHold(models.Model):
    """Something of a person that must not be deleted for now, because of a claim: all of it, one kind, or one row."""

    reference = models.CharField(max_length=20, unique=True)
    # The subject outlives an erasure as a bare UUID, so the record of the hold can stay.
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="holds")
    model = models.CharField(max_length=120, blank=True, help_text="app.Model; empty: everything about the person.")
    row = models.CharField(max_length=80, blank=True, help_text="The key of one row; empty: all of that kind.")
    reason = models.CharField(max_length=500, help_text="The person reads these words.")
    owner = models.CharField(max_length=80, help_text="Who answers for it: a role or a member of staff.")
    review_on = models.DateField()
    placed_at = models.DateTimeField()
    placed_by = models.CharField(max_length=80)
    released_at = models.DateTimeField(null=True, blank=True)  # null: it still holds
    released_by = models.CharField(max_length=80, blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        verbose_name = "legal hold"
        ordering = ("review_on", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(row="") | ~Q(model=""), name="hold_on_a_row_names_its_model"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(owner=""), name="hold_says_why_and_whose"),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by="")
                | (Q(released_at__isnull=False) & ~Q(released_by="")),
                name="hold_released_at_with_by",
            ),
        )
        permissions = (("place_legalhold", "Can place and release legal holds"),)

    def __str__(self) -> str:
        return self.reference

    @property
    def is_active(self) -> bool:
        """Whether it still holds."""
        return self.released_at is None

    @property
    def words(self) -> str:
        """How the person reads it."""
        return gettext("A legal hold ({reference}) keeps this: {reason}. We look at it again by {review_on}.").format(
            reference=self.reference, reason=self.reason.rstrip("."), review_on=tongue.day(self.review_on)
        )
