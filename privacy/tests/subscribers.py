"""People who agreed to newsletters, and newsletters to send them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import campaigns, newsletter
from privacy.messages.newsroom import Campaign
from privacy.models import NewsletterSignup, Subject
from privacy.register import subjects
from privacy.tests.people import NOON


def reader(address: str, *, at: datetime = NOON) -> Subject:
    """Somebody without an account who signed up in the footer and pressed the button; the mail with the link is long gone."""
    stranger = subjects.new(by="test", at=at)
    subjects.identify(stranger, value=address, by="test", at=at)
    signup = NewsletterSignup.objects.create(
        subject=stranger, email=address, notice=notices.current(newsletter.NOTICE), asked_at=at
    )
    return newsletter.confirm(signup, at=at)


def agrees(
    subject: Subject, matter: Matter = Matter.NEW_PIECES, *, channel: Channel = Channel.EMAIL, at: datetime = NOON
) -> None:
    ledger.grant(
        subject,
        matter,
        channel=channel,
        notice=notices.current("preferences"),
        surface=Surface.PREFERENCES,
        by=subject,
        at=at,
    )


def draft(**changes: Any) -> Campaign:
    words = {"title": "The autumn case", "body": "<p>Three new rings.</p>", "topic": "new_pieces"}
    return campaigns.write(Campaign(**words | changes), by="staff:3", at=NOON)
