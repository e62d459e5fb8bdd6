"""What the consent wing holds of how somebody wants to be written to."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from privacy.register import subjects
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Purpose,
    Retention,
    Source,
    declare,
    link,
    not_personal,
    personal,
)

LEFT_ALONE = timedelta(days=30)  # nothing is hung on a person record that much later
LANGUAGES = dict(settings.LANGUAGES)
AS_LONG_AS_NAMED = Retention.until_event("no record names it any more", model="privacy.Subject")


def manner_of_nobody(at: datetime) -> Q:
    """Rows whose person record nothing else leads to."""
    return Q(subject__created_at__lte=at - LEFT_ALONE) & subjects.unnamed("subject")


declare(
    "privacy.Preference",
    label="How you like to hear from us",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.as_its("subject", AS_LONG_AS_NAMED),
    ended=manner_of_nobody,
    purposes=[Purpose.MARKETING, Purpose.ACCOUNT],
    describe=lambda row: (
        f"{row.get_frequency_display()}, in {LANGUAGES.get(row.language, row.language)}, prices in {row.currency}"
    ),
    fields={
        "subject": link("the person it is about", edge=Edge.DEEP),
        "frequency": personal(Category.PREFERENCE, purposes=[Purpose.MARKETING]),
        "language": personal(Category.PREFERENCE),
        "currency": personal(Category.PREFERENCE),
        "changed_at": personal(Category.EVIDENCE, source=Source.DERIVED),
        "language_at": personal(Category.EVIDENCE, source=Source.DERIVED),
        "last_news_id": not_personal("a random number of a message, so that it is counted once"),
        "last_news_at": personal(Category.EVIDENCE, source=Source.DERIVED, purposes=[Purpose.MARKETING]),
    },
)

declare(
    "privacy.SoftOptIn",
    label="Orders at which you were told that we write about similar pieces",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.years("inactive", anchor="sold_at", fallback="shown_at"),
    purposes=[Purpose.MARKETING],
    describe=lambda row: f"Shown at order {row.reference}",
    fields={
        "subject": link("the person it was shown to", edge=Edge.DEEP),
        "reference": personal(Category.TRANSACTION, source=Source.DERIVED),
        "notice": not_personal("the words that were shown"),
        "shown_at": personal(Category.EVIDENCE, source=Source.DERIVED),
        "sold_at": personal(Category.EVIDENCE, source=Source.DERIVED),
    },
)
