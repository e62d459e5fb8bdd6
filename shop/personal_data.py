"""What the shop window holds about people: what they looked at, where they agreed, and what they wrote. Everything else is goods.

A hold on stock names its order, and only the order knows whose.
"""

from privacy.consent.vocabulary import Matter
from privacy.register import rotation
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Purpose,
    Retention,
    Source,
    declare,
    declare_not_personal,
    link,
    not_personal,
    personal,
)
from shop import photos

CATALOGUE = "the shop's own catalogue"

declare_not_personal("shop.Category", CATALOGUE)
declare_not_personal("shop.Product", CATALOGUE)
declare_not_personal("shop.Variant", CATALOGUE)
declare_not_personal("shop.Stone", CATALOGUE)
declare_not_personal("shop.Certificate", "the grading report of a stone the shop owns; a sold one is the order's")
declare_not_personal("shop.StockLevel", "how many pieces lie in the safe")
declare_not_personal("shop.KeptSum", "sums of ten people and more, without a column that leads to one of them")
declare_not_personal("shop.Reservation", "stock promised to an order, by the order's random id and nothing else")

declare(
    "shop.Activity",
    label="What you looked at",
    reach="subject_id",
    action=Action.DELETE_ROW,
    retention=Retention.whole_months("activity", anchor="at"),
    orphans="visitors who were not signed in",
    purposes=[Purpose.STATISTICS, Purpose.RECOMMENDATIONS],
    partitioned_by="at",
    allowed_by=Matter.PERFORMANCE,
    describe=lambda row: f"{row.get_kind_display()}: {row.object_ref}",
    fields={
        "subject_id": link("the person it is about, as a number without a key", edge=Edge.DEEP),
        "kind": personal(Category.ACTIVITY, source=Source.OBSERVED),
        "object_ref": personal(Category.ACTIVITY, source=Source.OBSERVED),
        "at": personal(Category.ACTIVITY, source=Source.OBSERVED),
    },
)

OF_ITS_TIME = Retention.months(36, anchor="changed_at")
_written = personal(Category.MESSAGE)
_decided = personal(Category.MESSAGE, source=Source.STAFF)

declare(
    "shop.Review",
    label="Reviews",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=OF_ITS_TIME,
    purposes=[Purpose.REVIEWS],
    describe=lambda row: f"{row.product.name}: {row.title}",
    fields={
        "reference": not_personal("a random number"),
        "product": not_personal("a piece of the catalogue"),
        "subject": link("who wrote it", edge=Edge.DEEP),
        "rating": _written,
        "title": _written,
        "text": _written,
        "name": personal(Category.NAME),
        "language": personal(Category.PREFERENCE, source=Source.DERIVED),
        "state": _decided,
        "ground": _decided,
        "written_at": _written,
        "changed_at": _written,
        "decided_at": _decided,
    },
)

declare(
    "shop.ReviewPhoto",
    label="Photos of your reviews",
    reach="review__subject",
    action=Action.DELETE_ROW,
    retention=Retention.as_its("review", OF_ITS_TIME),
    purposes=[Purpose.REVIEWS],
    describe=lambda row: f"Photo of {row.review.product.name}",
    fields={
        "reference": not_personal("a random number"),
        "review": link("the review it belongs to", edge=Edge.DEEP),
        "file": personal(Category.MESSAGE, sensitive=True, purposes=[Purpose.REVIEWS, Purpose.MARKETING]),
        "width": not_personal("how large the picture is"),
        "height": not_personal("the same"),
        "added_at": _written,
    },
)

rotation.files("Photos of reviews", photos.folder)
