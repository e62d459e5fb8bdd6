"""That somebody's data are kept and not used because they asked for it: since when, on which ground, and how it ended."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q

from privacy.ground.sealed import SealedJSONField


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def standing(self) -> RestrictionQuerySet:
        """Not lifted."""
        return self.filter(lifted_at=None)


class Restriction(models.Model):
    """One restriction that a person asked for (GDPR Art. 18). It ends when they say so, or after a notice that we gave them."""

    class Ground(models.TextChoices):
        ASKED = "asked", "You asked for it"
        ACCURACY = "accuracy", "You dispute that the data are right"
        UNLAWFUL = "unlawful", "The use was unlawful, and you do not want the data erased"
        CLAIMS = "claims", "You need the data for a legal claim"
        WEIGHING = "weighing", "You objected, and it is being weighed"

    is_about_reference: Final = True  # for the trail: it is the request's

    # Of the request that asked for it, as a value: that record goes by its own clock, and this one stands as long as it is needed.
    reference = models.CharField(max_length=20, unique=True)
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="restrictions")
    ground = models.CharField(max_length=10, choices=Ground.choices, default=Ground.ASKED)
    # Where its end is announced. null: it is over, and nobody needs the address any more.
    contact = SealedJSONField(null=True, blank=True)
    since = models.DateTimeField()
    announced_at = models.DateTimeField(null=True, blank=True)  # null: nobody was told that it ends
    announced_by = models.CharField(max_length=80, blank=True)
    reason = models.TextField("why it ends", blank=True, help_text="The person reads these words.")
    ends_at = models.DateTimeField("ends", null=True, blank=True)  # null: it has no end yet
    lifted_at = models.DateTimeField(null=True, blank=True)  # null: it stands
    lifted_by = models.CharField(max_length=80, blank=True)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        verbose_name = "restriction"
        ordering = ("since", "pk")
        permissions = (("lift_restriction", "Can announce the end of a restriction"),)
        constraints = (
            models.UniqueConstraint(
                fields=("subject",), condition=Q(lifted_at=None), name="restriction_one_standing_per_subject"
            ),
            models.CheckConstraint(
                condition=Q(announced_at=None, ends_at=None, announced_by="", reason="")
                | Q(announced_at__isnull=False, ends_at__gt=F("announced_at")) & ~Q(announced_by="") & ~Q(reason=""),
                name="restriction_end_is_announced_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by="")
                | (Q(lifted_at__isnull=False, contact=None) & ~Q(lifted_by="")),
                name="restriction_lifted_at_with_by",
            ),
        )

    def __str__(self) -> str:
        return f"restriction #{self.pk}"

    @property
    def is_announced(self) -> bool:
        """Whether its person was told that it ends."""
        return self.announced_at is not None
