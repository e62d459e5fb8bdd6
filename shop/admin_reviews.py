"""The desk's queue of reviews: what waits to be read first, and each one on a page where it is decided.

The desk says whether something stands against a review. Whether it is published is its author's to say, and stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import StackedInline
from unfold.decorators import display
from unfold.enums import ActionVariant

from privacy.admin.decisions import Decides, Decision
from privacy.admin.lists import staff
from privacy.admin.masks import Evidence, ShownInline, sight_of
from privacy.consent import about
from privacy.consent.vocabulary import Matter
from privacy.ground import states
from privacy.register import registry
from privacy.rights import looks
from shop import reviews
from shop.forms_reviews import ReadForm, RefuseReviewForm
from shop.models import Review, ReviewPhoto
from shop.views_reviews import jpeg

MODERATE: Final = "shop.moderate_review"
STATE_COLOURS: Final = {"waiting": "warning", "approved": "success", "refused": "danger"}


def _approve(review: Review, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{reviews.approve(_as_read(review, typed), by=by, at=at)} is approved."


def _refuse(review: Review, typed: dict[str, Any], by: Any, at: datetime) -> str:
    return f"{reviews.refuse(_as_read(review, typed), typed['ground'], by=by, at=at)} is not published."


def _as_read(review: Review, typed: Mapping[str, Any]) -> Review:
    """The row, if it still says what the page said. *Raises* `states.Changed`."""
    if typed["read"] != review.changed_at:
        raise states.Changed(review.reference)
    return review


DECISIONS: Final[Mapping[str, Decision[Review]]] = {
    "approve": Decision(
        title="Approve",
        explains="Nothing stands against it. It is shown as long as its author allows that, and not a moment longer.",
        permission=MODERATE,
        fits=lambda review: review.state != Review.State.APPROVED,
        do=_approve,
        form=ReadForm,
        variant=ActionVariant.PRIMARY,
    ),
    "refuse": Decision(
        title="Refuse",
        explains="It is not shown. Its author reads the ground beside the review, and may change it.",
        permission=MODERATE,
        fits=lambda review: review.state != Review.State.REFUSED,
        do=_refuse,
        form=RefuseReviewForm,
        variant=ActionVariant.DANGER,
    ),
}


class PhotoInline(ShownInline, StackedInline):
    model = ReviewPhoto
    fields = readonly_fields = ("picture", "may_be_used", "added_at")
    hide_title = True
    verbose_name_plural = "photo"
    shows = {"picture": ("file",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewPhoto]:
        found: QuerySet[ReviewPhoto] = super().get_queryset(request)
        return found.annotate(is_allowed=about.allows(Matter.USE_PHOTO, reference="reference"))

    @display(description="photo")
    def picture(self, photo: ReviewPhoto) -> str:
        """For whoever reads reviews: the address answers nobody else."""
        address = reverse("admin:shop_review_photo", args=[photo.review_id])
        size = {"width": photo.width // 4, "height": photo.height // 4}
        return format_html('<img src="{}" alt="" width="{width}" height="{height}">', address, **size)

    @display(description="may be shown elsewhere", boolean=True)
    def may_be_used(self, photo: Any) -> bool:
        return bool(photo.is_allowed)


@admin.register(Review)
class ReviewAdmin(Decides, Evidence):
    """What customers say of their pieces, those first that nobody has read yet."""

    list_display = ("reference", "piece", "rating", "title", "state_label", "may_be_published", "changed_at")
    list_filter = ("state", "rating")
    list_select_related = ("product",)
    ordering = (F("decided_at").asc(nulls_first=True), "changed_at")
    search_fields = ("=reference", "product__name", "product__slug")
    search_help_text = "A reference, or the name of a piece"
    fieldsets = (
        (None, {"fields": ("reference", "product", "rating", "title", "text", "name", "language")}),
        ("Course", {"fields": ("state", "ground", "may_be_published", "written_at", "changed_at", "decided_at")}),
    )
    inlines = (PhotoInline,)
    decisions = DECISIONS
    refusals = {reviews.OwnReview: "You wrote it yourself: somebody else decides."}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        found: QuerySet[Review] = super().get_queryset(request)
        return found.annotate(is_allowed=about.allows(Matter.PUBLISH_REVIEW, reference="reference"))

    def describe(self, row: Review) -> str:
        """Where it stands, and what its author says."""
        may = "may be published" if getattr(row, "is_allowed", False) else "is not to be published"
        return f"{row}, {row.rating} of 5: {row.get_state_display().lower()}; for its author it {may}"

    @display(description="piece", ordering="product__name")
    def piece(self, review: Review) -> str:
        return str(review.product.name)

    @display(description="state", label=STATE_COLOURS, ordering="state")
    def state_label(self, review: Review) -> tuple[str, str]:
        return review.state, review.get_state_display()

    @display(description="author agrees", boolean=True)
    def may_be_published(self, review: Any) -> bool:
        return bool(review.is_allowed)

    def get_urls(self) -> list[URLPattern]:
        own = path("<path:object_id>/photo/", self.admin_site.admin_view(self.photo), name="shop_review_photo")
        return [own, *super().get_urls()]

    def photo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The photo, for whoever reads reviews without a mask; each look is on the record."""
        opens = sight_of(request).opens(registry.of(ReviewPhoto._meta.label), "file")
        if not (self.has_view_permission(request) and opens):
            raise PermissionDenied
        found = ReviewPhoto.objects.filter(review=self.get_object(request, object_id)).select_related("review").first()
        if found is None:
            raise Http404
        by, person = staff(request), found.review.subject_id
        model = ReviewPhoto._meta.label
        looks.record(person, model=model, fields=["file"], obj=found.review, by=by, at=timezone.now())
        answer = jpeg(found)
        answer["Cache-Control"] = "private, no-store"
        return answer
