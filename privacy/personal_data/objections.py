"""What the register wing holds of what somebody does not want their data used for."""

from datetime import datetime, timedelta

from django.db.models import Q

from privacy.register import subjects
from privacy.register.declare import Action, Category, Edge, Purpose, Retention, Source, declare, link, personal

LEFT_ALONE = timedelta(days=30)  # nothing is hung on a person record that much later
AS_LONG_AS_NAMED = Retention.until_event("no record names it any more", model="privacy.Subject")


def objection_of_nobody(at: datetime) -> Q:
    """Rows whose person record nothing else leads to."""
    return Q(subject__created_at__lte=at - LEFT_ALONE) & subjects.unnamed("subject")


declare(
    "privacy.Objection",
    label="What you object to",
    labels={
        "purpose": "what you object to",
        "standing": "where it stands",
    },
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.as_its("subject", AS_LONG_AS_NAMED),
    ended=objection_of_nobody,
    purposes=[Purpose.RIGHTS],
    describe=lambda row: f"To the use of your data {row.get_purpose_display()}",
    fields={
        "subject": link("the person who objects", edge=Edge.DEEP),
        "purpose": personal(Category.REQUEST),
        "since": personal(Category.EVIDENCE, source=Source.DERIVED),
        "standing": personal(Category.REQUEST, source=Source.STAFF),
    },
)
