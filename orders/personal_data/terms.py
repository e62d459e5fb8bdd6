"""Periods, reasons and receivers that the declarations of this app share."""

from __future__ import annotations

from typing import Final

from orders import carriers, unfinished
from privacy.register.declare import (
    BLANK,
    Category,
    Field,
    Purpose,
    Retention,
    Source,
    keep,
    personal,
)

CARRIERS: Final = carriers.SLUGS
STRIPE: Final = ("stripe",)
MAIL: Final = ("mail",)
APPRAISER: Final = ("appraiser",)

TAX: Final = "tax law asks for the records of a sale"
ORDER_YEARS: Final = Retention.years("orders", anchor="completed_at", fallback="placed_at").not_while(
    "state", *unfinished.IN_HAND
)
FOR_DELIVERY: Final = Retention.days(
    90, anchor="completed_at", fallback="placed_at", words="90 days after delivery"
).not_while("state", *unfinished.IN_HAND)
OF_ITS_ORDER: Final = Retention.as_its("order", ORDER_YEARS)


def gone(
    category: Category,
    *,
    source: Source = Source.CUSTOMER,
    recipients: tuple[str, ...] = (),
    purposes: tuple[Purpose, ...] = (Purpose.ORDER, Purpose.DELIVERY),
    retention: Retention | None = None,
) -> Field:
    """A field about the person that an erasure blanks, since tax law asks for none of it. Written words rest sealed."""
    return personal(
        category,
        source=source,
        on_erase=BLANK,
        sensitive=category is Category.MESSAGE,
        recipients=recipients,
        purposes=purposes,
        retention=retention,
    )


def tax(*, source: Source = Source.DERIVED, recipients: tuple[str, ...] = ()) -> Field:
    """A field that stays for the tax years."""
    return personal(
        Category.TRANSACTION, source=source, on_erase=keep(TAX), purposes=[Purpose.TAX], recipients=recipients
    )
