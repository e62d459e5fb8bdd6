"""Reviews of pieces: written by whoever has one, allowed by their author, read by the desk, shown while both say yes.

Only a buyer to whom the piece was delivered may write, so every review is of a verified purchase. This app knows no orders: the one
that does hands over what reached whom (`ask_of`). What the author allows is in the consent ledger and nowhere else
(`shop.models.reviews` reads it with every page): publishing under the reference of the review, another use of its photo under the
reference of the photo.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Avg, Count, Window

from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Matter, Surface
from privacy.ground import audit, references, states
from privacy.register import subjects
from privacy.register.models import Subject
from shop import photos
from shop.models import Product, Review, ReviewPhoto
from shop.models.reviews import sealed_photos

MOST_SHOWN: Final = 20
Received = Callable[[Collection[UUID]], Mapping[int, datetime]]
"""Which products reached the people of one family, by their keys, each with when it last did."""


def _nothing(family: Collection[UUID]) -> Mapping[int, datetime]:
    """What is known of a shop without orders."""
    return {}


_received: Received = _nothing


class NotReceived(Exception):
    """Nobody reviews what did not reach them."""


class Resting(Exception):
    """Nothing new is made of somebody whose data are restricted, or who is erased."""


class TooYoung(Exception):
    """Nothing of a minor is published."""


class OwnReview(Exception):
    """Nobody decides about what they wrote themselves."""


def ask_of(received: Received) -> None:
    """Hand over how to find what reached whom."""
    global _received
    _received = received


# The author


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody says of a piece, and the name they put below it (nothing: a customer)."""

    rating: int
    title: str
    text: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the author ticked, and the network that it came from."""

    publish: bool
    use_photo: bool
    network: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What becomes of the photo: a new one, or none any more. Neither: it stays as it is."""

    drawn: photos.Drawn | None = None
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class Mine:
    """One review as its author sees it, with what they allow today."""

    review: Review
    photo: ReviewPhoto | None
    is_allowed: bool
    may_use_photo: bool

    @property
    def is_shown(self) -> bool:
        """Whether both have said yes."""
        return self.is_allowed and self.review.state == Review.State.APPROVED


def received(subject: Subject) -> list[tuple[Product, datetime]]:
    """The pieces that reached this person and on which they have not written yet, the latest first."""
    family = subjects.family(subject)
    found = _received(family)
    written = Review.objects.of(family).values("product_id")
    products = Product.objects.filter(pk__in=found.keys()).exclude(pk__in=written).defer("search", "keywords")
    return sorted(((each, found[each.pk]) for each in products), key=lambda pair: pair[1], reverse=True)


def mine(subject: Subject) -> list[Mine]:
    """What this person wrote, the latest first."""
    written = Review.objects.of(subjects.family(subject)).select_related("product", "photo")
    standing = ledger.standing(subject)
    yes = {(thing.matter, thing.about) for thing, state in standing.items() if state.is_granted}
    return [_mine(each, yes) for each in written]


def _mine(review: Review, yes: Collection[tuple[Matter, str]]) -> Mine:
    photo = getattr(review, "photo", None)
    return Mine(
        review,
        photo,
        (Matter.PUBLISH_REVIEW, review.reference) in yes,
        photo is not None and (Matter.USE_PHOTO, photo.reference) in yes,
    )


@transaction.atomic
def write(
    product: Product,
    words: Words,
    *,
    allowed: Allowed,
    picture: Picture = Picture(),
    author: Subject,
    by: audit.Actor,
    at: datetime,
) -> Review:
    """Keep what *author* says of *product*, for the first time or anew, and what they allow.

    Other words and another photo are read by the desk again before anybody sees them. *Raises* `NotReceived`, `Resting`,
    `TooYoung`.
    """
    try:
        person = ledger.one_at_a_time(author)
    except ledger.Erased:
        raise Resting
    assert isinstance(person, Subject)
    if person.is_restricted or person.is_erased:
        raise Resting
    if person.is_minor and (allowed.publish or allowed.use_photo):
        raise TooYoung
    family = subjects.family(person)
    review = Review.objects.of(family).filter(product=product).select_related("photo").first()
    if review is None:
        if product.pk not in _received(family):
            raise NotReceived
        review = Review(reference=references.new("RV"), product=product, subject=person, written_at=at)
    is_new, drawn = _put(review, words), picture.drawn
    if picture.is_dropped or drawn:
        _drop_photo(review, by=by, at=at)
    if is_new or drawn:
        review.state, review.ground, review.decided_at, review.changed_at = Review.State.WAITING, "", None, at
        review.save()
        details: dict[str, audit.Detail] = {"photo": drawn is not None}
        audit.append("review.written", subject=person, obj=review, details=details, by=by, at=at)
    if drawn:
        photos.keep(ReviewPhoto(reference=references.new("PH"), review=review, added_at=at), drawn)
    _say(person, review, allowed, by=by, at=at)
    return review


def take_back(review: Review, *, by: audit.Actor, at: datetime) -> None:
    """Its author wants nothing of it shown any more, here or elsewhere. The next page is without it; the review stays theirs."""
    _say(review.subject, review, Allowed(publish=False, use_photo=False), by=by, at=at)


@transaction.atomic
def delete(review: Review, *, by: audit.Actor, at: datetime) -> None:
    """Its author wants it gone: words, photo, and what they allowed about it."""
    take_back(review, by=by, at=at)
    _drop_photo(review, by=by, at=at)
    audit.append("review.deleted", subject=review.subject_id, obj=review, by=by, at=at)
    review.delete()


def _put(review: Review, words: Words) -> bool:
    """Write the words into the row. Returns whether they say anything new."""
    before = [getattr(review, name) for name in Words.__dataclass_fields__]
    for name in Words.__dataclass_fields__:
        setattr(review, name, getattr(words, name))
    return review.pk is None or before != [getattr(review, name) for name in Words.__dataclass_fields__]


def _say(person: Subject, review: Review, allowed: Allowed, *, by: audit.Actor, at: datetime) -> None:
    """Let the ledger know what is different from what stands there."""
    photo = ReviewPhoto.objects.filter(review=review).first()
    asked = [(Matter.PUBLISH_REVIEW, review.reference, allowed.publish)]
    if photo is not None:
        asked.append((Matter.USE_PHOTO, photo.reference, allowed.use_photo))
    how: dict[str, Any] = {"surface": Surface.REVIEW_FORM, "network": allowed.network, "by": by, "at": at}
    for matter, about, wanted in asked:
        notice = notices.current(matter.value)
        if not wanted:
            ledger.withdraw(person, matter, about=about, notice=notice, **how)
        elif not ledger.may(person, matter, about=about):
            ledger.grant(person, matter, about=about, notice=notice, **how)


def _drop_photo(review: Review, *, by: audit.Actor, at: datetime) -> None:
    """The photo goes, and the yes that was about it."""
    photo = ReviewPhoto.objects.filter(review=review).first() if review.pk else None
    if photo is None:
        return
    how: dict[str, Any] = {"surface": Surface.REVIEW_FORM, "by": by, "at": at}
    ledger.withdraw(review.subject, Matter.USE_PHOTO, about=photo.reference, **how)
    name = str(photo.file.name)
    photo.delete()
    transaction.on_commit(lambda: sealed_photos().delete(name), robust=True)  # what this misses, `photos.sweep` finds


# The desk


def approve(review: Review, *, by: audit.Actor, at: datetime) -> Review:
    """The desk has nothing against it. Whether it is published is its author's to say. *Raises* as `_decide`."""
    return _decide(review, Review.State.APPROVED, by=by, at=at)


def refuse(review: Review, ground: str, *, by: audit.Actor, at: datetime) -> Review:
    """The desk does not publish it; its author reads why, and may change it. *Raises* as `_decide`."""
    return _decide(review, Review.State.REFUSED, ground=Review.Ground(ground).value, by=by, at=at)


@transaction.atomic
def _decide(review: Review, state: Review.State, *, ground: str = "", by: audit.Actor, at: datetime) -> Review:
    """Decide about the very words that *review* holds. *Raises* `OwnReview`; `states.Changed` where they are others by now."""
    if getattr(by, "subject_id", None) == review.subject_id:
        raise OwnReview(review.reference)
    rows = Review.objects.filter(pk=review.pk, state=review.state, changed_at=review.changed_at)
    if not rows.exclude(state=state).update(state=state, ground=ground, decided_at=at):
        raise states.Changed(review.reference)
    details: dict[str, audit.Detail] = {"ground": ground} if ground else {}
    audit.append(f"review.{state}", subject=review.subject_id, obj=review, details=details, by=by, at=at)
    review.state, review.ground, review.decided_at = state, ground, at
    return review


# Everybody


@dataclass(frozen=True, slots=True)
class Shown:
    """What a piece's page says of its reviews: the latest of them, how many there are, and their mean rating."""

    reviews: list[Review]
    total: int
    mean: float

    def __bool__(self) -> bool:
        return bool(self.reviews)

    @property
    def rating(self) -> str:
        """The mean as it is written: *4.5*."""
        return f"{self.mean:.1f}"


def shown(product: Product) -> Shown:
    """What everybody may read of a piece now. One statement."""
    rows = Review.objects.shown().filter(product=product).select_related("photo").order_by("-written_at", "reference")
    summed = rows.annotate(total=Window(Count("pk")), mean=Window(Avg("rating")))
    found: list[Any] = list(summed[:MOST_SHOWN])
    return Shown(found, found[0].total, float(found[0].mean)) if found else Shown([], 0, 0.0)


def photo_for_everybody(reference: str) -> ReviewPhoto | None:
    """The photo of this reference, while its author and the desk let everybody see it: with its review, or elsewhere."""
    with_its_review = ReviewPhoto.objects.shown().filter(reference=reference)
    return with_its_review.first() or ReviewPhoto.objects.for_marketing().filter(reference=reference).first()


def photo_of(reference: str, *, family: Iterable[UUID]) -> ReviewPhoto | None:
    """The photo of this reference, if one of these records wrote its review."""
    return ReviewPhoto.objects.filter(reference=reference, review__subject_id__in=list(family)).first()
