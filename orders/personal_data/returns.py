"""What a return holds about people. That pieces came back and were paid for stays with the accounts; what was written goes."""

from __future__ import annotations

from typing import Final

from orders import unfinished
from orders.models import Return, ReturnLine
from orders.models.returns import UNFINISHED
from orders.personal_data.terms import OF_ITS_ORDER, gone, tax
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Purpose,
    Retention,
    Source,
    date_words,
    declare,
    link,
)

AFTER_IT: Final = Retention.days(
    90, anchor="closed_at", fallback="requested_at", words="90 days after the return is over"
).not_while("state", *UNFINISHED)


def describe_return(row: Return) -> str:
    """How a return reads to its person."""
    return f"Return {row.reference} of {date_words(row.requested_at)}, {row.get_state_display().lower()}"


def describe_line(row: ReturnLine) -> str:
    """How a piece of it reads."""
    return f"{row.quantity} x {row.line.title}"


declare(
    "orders.Return",
    label="Returns",
    reach="order__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_ORDER,
    purposes=[Purpose.ORDER, Purpose.TAX],
    describe=describe_return,
    blockers=unfinished.returns,
    fields={
        "reference": tax(),
        "order": link("the order it is about", edge=Edge.KEEP_UNTIL),
        "state": tax(),
        "right": tax(),
        "reason": gone(Category.TRANSACTION, purposes=(Purpose.ORDER,), retention=AFTER_IT),
        "words": gone(Category.MESSAGE, purposes=(Purpose.ORDER,), retention=AFTER_IT),
        "wish": gone(Category.MESSAGE, purposes=(Purpose.ORDER,), retention=AFTER_IT),
        "ground": gone(Category.TRANSACTION, source=Source.STAFF, purposes=(Purpose.ORDER,), retention=AFTER_IT),
        "answer": gone(Category.TRANSACTION, source=Source.STAFF, purposes=(Purpose.ORDER,), retention=AFTER_IT),
        "refund": link("the money that went back", edge=Edge.KEEP_UNTIL),
        "requested_at": tax(source=Source.CUSTOMER),
        "decided_at": tax(),
        "received_at": tax(source=Source.STAFF),
        "closed_at": tax(),
    },
)

declare(
    "orders.ReturnLine",
    label="Pieces sent back",
    reach="parent__order__subject",
    action=Action.KEEP_UNTIL,
    retention=Retention.as_its("parent", OF_ITS_ORDER),
    purposes=[Purpose.ORDER, Purpose.TAX],
    describe=describe_line,
    fields={
        "parent": link("the return it is part of", edge=Edge.KEEP_UNTIL),
        "line": link("the piece as it was sold", edge=Edge.KEEP_UNTIL),
        "quantity": tax(source=Source.CUSTOMER),
        "restocked_at": tax(source=Source.STAFF),
    },
)
