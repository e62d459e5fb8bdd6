"""What the newsletter holds about people: who left it, who asked for it, and to whom it went."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from privacy.messages.stoplist import Suppression
from privacy.register.declare import (
    Action,
    ByValue,
    Category,
    Export,
    Family,
    Purpose,
    Retention,
    Rows,
    Source,
    declare,
    keep,
    not_personal,
    personal,
)
from privacy.register.models import Identifier

OBJECTED = "an objection to marketing holds for good (GDPR Art. 21(3)), so its fingerprint stays as long"
_kept = personal(Category.EVIDENCE, source=Source.DERIVED, on_erase=keep(OBJECTED))


def suppressions_of(family: Family) -> Rows:
    """Suppressions of addresses that this person proved to be theirs. One that was only typed shows nothing of its owner."""
    proven = Identifier.objects.filter(subject__in=family, proven_at__isnull=False)
    return Suppression.objects.filter(digest__in=proven.values("digest"))


def lifted(at: datetime) -> Q:
    """Suppressions that their person ended."""
    return Q(lifted_at__lte=at)


declare(
    "privacy.Suppression",
    label="Addresses we must not write to",
    reach=ByValue(suppressions_of, "the fingerprint of an address that is proved to be theirs"),
    action=Action.KEEP_UNTIL,
    retention=Retention.until_event("you ask to hear from us again", model="privacy.Suppression"),
    ended=lifted,
    orphans="somebody erased, or an address that only a list knows: the fingerprint keeps both from being written to",
    purposes=[Purpose.RIGHTS],
    is_evidence=True,
    describe=lambda row: f"{row.get_channel_display()}: {row.get_reason_display().lower()}",
    fields={
        "channel": _kept,
        "key_version": not_personal("which of our keys made it"),
        "digest": personal(Category.EVIDENCE, source=Source.DERIVED, on_export=Export.HIDE, on_erase=keep(OBJECTED)),
        "reason": _kept,
        "raised_at": _kept,
        "lifted_at": _kept,
    },
)
