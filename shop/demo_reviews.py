"""Reviews of the demo: one with a photo that may be shown elsewhere, one without a name, one that waits, one for the shop alone.

The demo's customers write of what reached them by then, through the shop's own verbs. Safe to run again: with any review there,
nothing is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile

from shop import newsletters, photos, reviews
from shop.models import Product, Review
from shop.reviews import Allowed, Picture, Words

DESK: Final = "staff:demo"
NETWORK: Final = "203.0.113.0/24"
AFTER: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Story:
    """Who writes about the piece that reached them last, what they allow, and whether the desk has read it."""

    who: str
    words: Words
    allowed: Allowed
    has_photo: bool = False
    is_read: bool = False


STORIES: Final = (
    Story(
        "alice@example.com",
        Words(
            5, "Worn every day since", "It catches the light without asking for it.\nThe clasp is firm.", "Alice", "en"
        ),
        Allowed(publish=True, use_photo=True, network=NETWORK),
        has_photo=True,
        is_read=True,
    ),
    Story(
        "alice@example.com",
        Words(
            4, "Lighter than I thought", "Beautiful, and a little finer than it looks in the pictures.", "Alice", "en"
        ),
        Allowed(publish=True, use_photo=False, network=NETWORK),
    ),
    Story(
        "bob@example.com",
        Words(4, "Came early, fits well", "The size guide was right. I would have liked a larger box.", "", "en"),
        Allowed(publish=True, use_photo=False, network=NETWORK),
        is_read=True,
    ),
    Story(
        "bob@example.com",
        Words(3, "The chain is short", "Only for you: please say the length nearer to the picture.", "Bob", "en"),
        Allowed(publish=False, use_photo=False, network=NETWORK),
        is_read=True,
    ),
)


def load(*, at: datetime) -> int:
    """Let the demo's customers write. Returns how many reviews are new."""
    return 0 if Review.objects.shown().exists() else sum(_tell(story, at) for story in STORIES)


def _tell(story: Story, at: datetime) -> bool:
    user: Any = get_user_model()._default_manager.filter(email=story.who).select_related("subject").first()
    had = reviews.received(user.subject) if user else []
    if not had:
        return False
    product, since = had[0]
    then = min(since + AFTER, at)
    picture = Picture(_photo(product)) if story.has_photo else Picture()
    made = reviews.write(
        product, story.words, allowed=story.allowed, picture=picture, author=user.subject, by=user, at=then
    )
    if story.is_read:
        reviews.approve(made, by=DESK, at=min(then + AFTER, at))
    return True


def _photo(product: Product) -> photos.Drawn | None:
    """The shop's own render stands in for a photo of hers; none where no renders were made."""
    shown = newsletters.find([product.slug])
    return photos.draw(ContentFile(newsletters.jpeg(shown[0]))) if shown else None
