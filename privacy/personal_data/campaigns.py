"""What the newsletter holds about people: who left it, who asked for it, and to whom it went."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from privacy.messages import mailchimp
from privacy.messages.newsroom import NewsletterSignup
from privacy.messages.stoplist import Suppression
from privacy.register.declare import (
    Action,
    ByValue,
    Category,
    Edge,
    Export,
    Family,
    Purpose,
    Retention,
    Rows,
    Source,
    declare,
    declare_not_personal,
    declare_processor,
    keep,
    link,
    not_personal,
    personal,
)
from privacy.register.models import Identifier

AT_MAILCHIMP = [mailchimp.SLUG] if mailchimp.is_used() else []
OBJECTED = "an objection to marketing holds for good (GDPR Art. 21(3)), so its fingerprint stays as long"
_kept = personal(Category.EVIDENCE, source=Source.DERIVED, on_erase=keep(OBJECTED))


UNCONFIRMED = Retention.days(7, anchor="asked_at", words="7 days; once you confirmed it, until you end the newsletter")


def suppressions_of(family: Family) -> Rows:
    """Suppressions of addresses that this person proved to be theirs. One that was only typed shows nothing of its owner."""
    proven = Identifier.objects.filter(subject__in=family, proven_at__isnull=False)
    return Suppression.objects.filter(digest__in=proven.values("digest"))


def owners_of_suppressions(suppressions: Rows) -> Iterator[Rows]:
    """Who proved these addresses to be theirs."""
    proven = Identifier.objects.filter(proven_at__isnull=False, digest__in=suppressions.values("digest"))
    yield proven.values_list("subject", flat=True)


def lifted(at: datetime) -> Q:
    """Suppressions that their person ended."""
    return Q(lifted_at__lte=at)


def ended(at: datetime) -> Q:
    """Sign-ups of people who agree to no mail any more: their address was here for that alone."""
    return Q(state=NewsletterSignup.State.ENDED, asked_at__lte=at)


declare(
    "privacy.NewsletterSignup",
    label="Newsletter sign-ups",
    labels={
        "surface": "where you signed up",
        "network": "part of the network address",
    },
    reach="subject",
    action=Action.DELETE_ROW,
    retention=UNCONFIRMED.not_while("state", "confirmed"),
    ended=ended,
    purposes=[Purpose.MARKETING],
    describe=lambda row: f"Signed up on {row.asked_at:%-d %B %Y}: {row.get_state_display().lower()}",
    fields={
        "id": not_personal("a random number"),
        "subject": link("the person it was typed for", edge=Edge.DEEP),
        "email": personal(Category.CONTACT, recipients=["mail"]),
        "state": personal(Category.EVIDENCE, source=Source.DERIVED),
        "topic": personal(Category.PREFERENCE),
        "surface": personal(Category.EVIDENCE, source=Source.DERIVED),
        "notice": link("the text that was read", edge=Edge.DEEP),
        "network": personal(Category.ONLINE, source=Source.OBSERVED),
        "asked_at": personal(Category.EVIDENCE, source=Source.DERIVED),
        "confirmed_at": personal(Category.EVIDENCE, source=Source.DERIVED),
    },
)

declare(
    "privacy.Suppression",
    label="Addresses we must not write to",
    reach=ByValue(suppressions_of, "the fingerprint of an address that is proved to be theirs", owners_of_suppressions),
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

declare_not_personal(
    "privacy.Campaign",
    "what a newsletter says to everybody, for which topic, and how many it was sent to: it names no reader",
)

declare(
    "privacy.MailchimpMember",
    label="Your contact on the list at Mailchimp",
    reach="subject",
    action=Action.DELETE_ROW,
    retention=Retention.until_event("Mailchimp has deleted it for good", model="privacy.MailchimpMember"),
    purposes=[Purpose.MARKETING],
    eraser=mailchimp.forget,
    describe=lambda row: row.get_state_display(),
    fields={
        "subject": link("the person it stands for", edge=Edge.DEEP),
        "email": personal(Category.CONTACT, recipients=AT_MAILCHIMP),
        "state": personal(Category.EVIDENCE, source=Source.DERIVED, recipients=AT_MAILCHIMP),
        "refused_because": personal(Category.EVIDENCE, source=Source.PROCESSOR),
        "changed_at": personal(Category.EVIDENCE, source=Source.DERIVED),
    },
)

if mailchimp.is_used():
    declare_processor(mailchimp.processor())
