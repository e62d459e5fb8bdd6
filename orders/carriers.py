"""The carriers: with which of them the shop may send a parcel, and what each is told about the person it goes to.

A carrier gets what stands on the label, the telephone number for the door and the number of the parcel. Each parcel handed over is
a row of the person's disclosures, written in the same transaction. The companies are declared in `personal_data.parcel`; what a
carrier tells us back is `tracking`'s.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from orders.models import Order, Shipment
from privacy.ground.audit import Actor
from privacy.register import agreements, disclosures
from privacy.register.vocabulary import Purpose

SLUGS: Final = tuple(Shipment.Carrier.values)

#: What stands on the label, by the name under which it leaves, and the field of the order that says it.
LABEL: Final = {
    "recipient": "ship_name",
    "line1": "ship_line1",
    "line2": "ship_line2",
    "city": "ship_city",
    "postal_code": "ship_postal_code",
    "region": "region",
    "country": "country",
    "phone": "phone",
}
TRACKING: Final = "tracking_number"


def offered() -> list[tuple[str, str]]:
    """The carriers that the shop's profile names, for the desk to choose from; whether all is agreed today, `disclose` asks."""
    return [(slug, str(label)) for slug, label in Shipment.Carrier.choices if is_named(slug)]


def is_named(slug: str) -> bool:
    """Whether the shop's profile names this carrier."""
    return agreements.of(slug) is not None


def disclose(order: Order, shipment: Shipment, *, by: Actor, at: datetime) -> None:
    """Write down what the carrier of this parcel is told: what the label says, and no more. *Raises* `agreements.NotAgreed`."""
    disclosures.record(
        shipment.carrier,
        subject_id=order.subject_id,
        keys=[TRACKING, *(key for key, field in LABEL.items() if getattr(order, field))],
        purpose=Purpose.DELIVERY,
        host="on the parcel",
        reference=order.reference,
        by=by,
        at=at,
    )
