"""The papers of what was sold: the stone's grading report, and the valuations made for its owner."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from orders.models.order import Order, OrderLine
from privacy.ground.sealed import SealedJSONField
from privacy.ground.sealed_storage import SealedStorage


def sealed_papers() -> SealedStorage:
    """The folder of papers, in which everything is encrypted."""
    return SealedStorage("papers")


class SoldCertificate(models.Model):
    """The grading report of a stone somebody owns now. Laboratories answer to the number, so it rests sealed."""

    # It describes this very piece and means nothing without it.
    line = models.OneToOneField(OrderLine, on_delete=models.CASCADE, related_name="certificate")
    lab = models.CharField("laboratory", max_length=40)
    number = SealedJSONField()
    # The number as a keyed digest: the desk finds a certificate it is shown, and nobody reads one out of the table.
    key_version = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    is_demo = models.BooleanField(default=False)
    sold_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["digest"], name="soldcertificate_by_digest"),)
        constraints = (models.CheckConstraint(condition=Q(number__isnull=False), name="soldcertificate_has_a_number"),)

    def __str__(self) -> str:
        return f"certificate {self.pk}"


class Paper(models.Model):
    """A file made for the owner of a piece: what it is worth, or what an insurer asked for. Sealed on disk."""

    class Kind(models.TextChoices):
        APPRAISAL = "appraisal", "Appraisal"
        INSURANCE = "insurance", "Insurance file"

    class Type(models.TextChoices):
        PDF = "application/pdf", "PDF"
        PNG = "image/png", "PNG picture"
        JPEG = "image/jpeg", "JPEG picture"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    # As its maker called the file; people put names into names.
    title = SealedJSONField()
    file = models.FileField(storage=sealed_papers, unique=True)
    content_type = models.CharField(max_length=20, choices=Type.choices)
    size_bytes = models.PositiveIntegerField()
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("order", "pk")

    def __str__(self) -> str:
        return f"paper {self.pk}"
