"""What a parcel holds about people, and the carriers that it is handed to.

No software of ours speaks to a carrier: what it is told stands on the label, and each parcel handed over is a row of the person's
disclosures (`orders.carriers`). What a carrier says of a parcel comes in through `orders.tracking`.
"""

from __future__ import annotations

from functools import partial

from orders import carriers
from orders.models import Shipment
from orders.personal_data.terms import CARRIERS, OF_ITS_ORDER
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Processor,
    Purpose,
    Source,
    declare,
    declare_processor,
    link,
    personal,
)

declare(
    "orders.Shipment",
    label="Parcels",
    reach="order__subject",
    action=Action.DELETE_ROW,
    retention=OF_ITS_ORDER,
    purposes=[Purpose.DELIVERY],
    describe=lambda parcel: f"{parcel.get_carrier_display()} {parcel.tracking_number}",
    fields={
        "order": link("the order it carries", edge=Edge.DEEP),
        "carrier": personal(Category.TRANSACTION, source=Source.STAFF),
        "tracking_number": personal(Category.TRANSACTION, source=Source.STAFF, recipients=CARRIERS),
        "shipped_at": personal(Category.TRANSACTION, source=Source.STAFF),
        "status": personal(Category.TRANSACTION, source=Source.CARRIER),
        "told_at": personal(Category.TRANSACTION, source=Source.CARRIER),
        "delivered_at": personal(Category.TRANSACTION, source=Source.STAFF),
    },
)

for slug, label in Shipment.Carrier.choices:
    declare_processor(
        Processor(
            slug=slug,
            name=str(label),
            is_a="carriers",
            purpose=Purpose.DELIVERY,
            payload={
                **{key: f"orders.Order.{field}" for key, field in carriers.LABEL.items()},
                carriers.TRACKING: "orders.Shipment.tracking_number",
            },
            after_erasure="Of a parcel it carried: its own record of the delivery, as transport and customs law ask of it.",
            needs_account=False,
            corrects="By hand, while the parcel is on its way: no software of ours speaks to it. A delivered one stays as it went.",
            is_used=partial(carriers.is_named, slug),
        )
    )
