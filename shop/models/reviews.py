"""What customers say of a piece they have, and the photo they add. Written by `shop.reviews`, which asks whether they have it.

Two yeses make a review public, and neither stands for the other: its author's, which only the consent ledger holds, and the desk's
(`state`). `shown` asks for both at the moment of the question, so that taking either back is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.urls import reverse

from privacy.consent import about
from privacy.consent.vocabulary import Matter
from privacy.ground.sealed_storage import SealedStorage
from privacy.register.usable import Usable
from privacy.register.vocabulary import Purpose
from shop.models.catalogue import Product

ANONYMOUS = "A customer"


def sealed_photos() -> SealedStorage:
    """The folder of photos, in which everything is encrypted: most of them are nobody's business but their author's."""
    return SealedStorage("review-photos")


class ReviewQuerySet(Usable["Review"]):
    """Filters over reviews."""

    def of(self, family: Iterable[UUID]) -> Self:
        """What one person wrote."""
        return self.filter(subject_id__in=list(family))

    def shown(self) -> Self:
        """What everybody may read now: the desk approved it, its author agrees, and nothing stands against using it."""
        approved = self.filter(state=Review.State.APPROVED)
        return approved.usable_for(Purpose.REVIEWS).filter(about.allows(Matter.PUBLISH_REVIEW, reference="reference"))


class Review(models.Model):
    """One customer's words about one piece."""

    class State(models.TextChoices):
        """What the desk said. It says nothing of whether the author agrees to publish."""

        WAITING = "waiting", "Waiting to be read"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Not published"

    class Ground(models.TextChoices):
        """Why the desk says no."""

        NOT_THE_PIECE = "not_the_piece", "It is not about the piece"
        SOMEBODY_ELSE = "somebody_else", "It names or shows somebody else"
        INSULTS = "insults", "It insults somebody"
        ADVERTISES = "advertises", "It advertises something"
        PHOTO = "photo", "The photo shows too much, or not the piece"

    reference = models.CharField(max_length=12, unique=True)
    # A piece of which somebody wrote is taken off sale, not deleted.
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="reviews")
    # It goes with the person; an erasure deletes it before anybody could delete the subject.
    subject = models.ForeignKey("privacy.Subject", on_delete=models.PROTECT, related_name="reviews")
    rating = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=80)
    text = models.TextField(max_length=2_000)
    # As it stood when it was written. Empty: the author signs as a customer.
    name = models.CharField("signed with", max_length=60, blank=True)
    language = models.CharField(max_length=10)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    ground = models.CharField(max_length=14, choices=Ground.choices, blank=True)  # empty: nobody said no
    written_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)  # null: waiting

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ("-written_at", "reference")
        permissions = [("moderate_review", "Can approve and refuse reviews")]
        constraints = (
            models.UniqueConstraint(fields=["subject", "product"], name="review_once_for_a_piece"),
            models.CheckConstraint(condition=Q(rating__gte=1, rating__lte=5), name="review_of_one_to_five"),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(ground="") | ~Q(state="refused") & Q(ground=""),
                name="review_refused_on_a_ground",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | ~Q(state="waiting") & Q(decided_at__isnull=False),
                name="review_decided_with_time",
            ),
        )
        indexes = (
            models.Index(fields=["product", "-written_at"], condition=Q(state="approved"), name="review_approved"),
            models.Index(fields=["changed_at"], condition=Q(state="waiting"), name="review_waiting"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def signature(self) -> str:
        """The name below it, as its author chose."""
        return self.name or ANONYMOUS

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING


class PhotoQuerySet(Usable["ReviewPhoto"]):
    """Filters over photos. Whatever shows one to somebody else than its author and the desk asks one of these."""

    def shown(self) -> Self:
        """Those of reviews that everybody may read now."""
        return self.filter(review__in=Review.objects.shown())

    def for_marketing(self) -> Self:
        """Those that may stand in newsletters and advertising now: approved, its author agreed to that, no objection."""
        approved = self.filter(review__state=Review.State.APPROVED)
        return approved.usable_for(Purpose.MARKETING).filter(about.allows(Matter.USE_PHOTO, reference="reference"))


class ReviewPhoto(models.Model):
    """The photo of a review: drawn anew when it came, so that nothing its camera wrote is left, and sealed on disk."""

    reference = models.CharField(max_length=12, unique=True)
    # One photo for a review; another one is another row, to which no old yes belongs.
    review = models.OneToOneField(Review, on_delete=models.CASCADE, related_name="photo")
    file = models.FileField(storage=sealed_photos, unique=True)
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    added_at = models.DateTimeField()

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = "photo of a review"

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        """Where whoever may see it gets it."""
        return reverse("shop:review_photo", args=[self.reference])
