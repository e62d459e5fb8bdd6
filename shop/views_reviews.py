"""A customer's reviews: what they can write about, what they wrote, what they allow. And the photos, for whoever may see them."""

from __future__ import annotations

from typing import Final, Protocol, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from privacy.consent import pace, preferences
from privacy.ground import audit, references, tongue
from privacy.register import subjects
from privacy.register.models import Subject
from shop import photos, reviews
from shop.forms_reviews import ReviewForm
from shop.models import Product, Review, ReviewPhoto

AN_HOUR: Final = 30
TOO_OFTEN: Final = "Those were many changes for one hour. Please send it again later."
RESTING: Final = "Your data are restricted at the moment, so nothing new is added to them."
SAVED: Final = {
    True: "Thank you. Somebody of the shop reads it before it is published.",
    False: "Thank you. It is kept for the shop alone, and shown to nobody else.",
}


class Author(Protocol):
    """What these pages know of whoever is signed in."""

    subject: Subject

    def get_short_name(self) -> str: ...


class SignedIn(HttpRequest):
    """A request that `login_required` let through."""

    user: Author  # type: ignore[assignment]


@never_cache
@login_required
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """What they have and could write about, and what they wrote."""
    subject = request.user.subject
    context = {"pieces": reviews.received(subject), "reviews": reviews.mine(subject)}
    return render(request, "shop/reviews.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: SignedIn, slug: str) -> HttpResponse:
    """The form, empty or as it was left. A piece that did not reach them is as unknown as none."""
    subject = request.user.subject
    written = next((each for each in reviews.mine(subject) if each.review.product.slug == slug), None)
    received = (piece for piece, _ in reviews.received(subject) if piece.slug == slug)
    product = written.review.product if written else next(received, None)
    if product is None:
        raise Http404
    form = ReviewForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        first_name=request.user.get_short_name(),
        mine=written,
        is_minor=subjects.root(subject).is_minor,
        language=tongue.known(preferences.language_of(subject)),
    )
    if form.is_valid() and _is_written(request, product, form):
        return redirect("shop:reviews")
    status = 422 if form.errors else 200
    return render(request, "shop/review.html", {"form": form, "product": product, "mine": written}, status=status)


def _is_written(request: SignedIn, product: Product, form: ReviewForm) -> bool:
    """Call the verb once; what stands in the way is told on the form."""
    if pace.too_many(request, "reviews", an_hour=AN_HOUR):
        form.add_error(None, TOO_OFTEN)
        return False
    allowed = form.allowed(pace.network_of(request))
    by, now = cast(audit.Actor, request.user), timezone.now()
    try:
        author = request.user.subject
        review = reviews.write(product, form.words, allowed=allowed, picture=form.picture, author=author, by=by, at=now)
    except reviews.Resting:
        form.add_error(None, RESTING)
        return False
    if not allowed.publish or review.is_waiting:
        messages.success(request, SAVED[allowed.publish])
    return True


@never_cache
@login_required
@require_POST
def take_back(request: SignedIn, slug: str) -> HttpResponse:
    """Nothing of it is shown any more, from the next page on."""
    reviews.take_back(_own(request, slug), by=cast(audit.Actor, request.user), at=timezone.now())
    messages.success(request, "It is not shown any more. You can still change it, or allow it again.")
    return redirect("shop:reviews")


@never_cache
@login_required
@require_POST
def delete(request: SignedIn, slug: str) -> HttpResponse:
    """It is gone, with its photo."""
    reviews.delete(_own(request, slug), by=cast(audit.Actor, request.user), at=timezone.now())
    messages.success(request, "Your review and its photo are deleted.")
    return redirect("shop:reviews")


def _own(request: SignedIn, slug: str) -> Review:
    own = Review.objects.of(subjects.family(request.user.subject)).select_related("subject")
    return get_object_or_404(own, product__slug=slug)


@require_safe
def photo(request: HttpRequest, reference: str) -> HttpResponse:
    """A photo, for everybody while it is public, else for its author alone. A browser asks again each time it shows one."""
    if not references.is_reference(reference):
        raise Http404
    public = reviews.photo_for_everybody(reference)
    found = public or _own_photo(request, reference)
    if found is None:
        raise Http404
    tag = quote_etag(found.reference)
    response = get_conditional_response(request, etag=tag) or jpeg(found)
    response["ETag"], response["Cache-Control"] = tag, "no-cache" if public else "private, no-store"
    return response


def _own_photo(request: HttpRequest, reference: str) -> ReviewPhoto | None:
    if not request.user.is_authenticated:
        return None
    return reviews.photo_of(reference, family=subjects.family(request.user.subject))


def jpeg(found: ReviewPhoto) -> HttpResponse:
    """The picture itself. *Raises* Http404 where its file is gone."""
    try:
        return HttpResponse(photos.read(found), content_type="image/jpeg")
    except photos.Lost:
        raise Http404
