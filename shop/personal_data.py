"""What the shop window holds about people: what they looked at, where they agreed. Everything else is goods.

A hold on stock names its order, and only the order knows whose.
"""

from privacy.consent.vocabulary import Matter
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
    personal,
)

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
