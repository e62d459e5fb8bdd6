"""Newsletters of the demo: readers from the footer and from accounts, one who left, a draft, and one that goes.

The demo's own workers send it, so that its mails stand in the mail catcher a moment after the start, with links that work. Safe
to run again: with any newsletter there, nothing is added.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth import get_user_model

from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import campaigns, newsletter, pieces, unsubscribe
from privacy.messages.newsroom import Campaign
from privacy.register.models import Subject

DEMO: Final = "system:demo"
DESK: Final = "staff:demo"
NETWORK: Final = "203.0.113.0/24"
READERS: Final = ("lena@example.com", "otto@example.com", "pia@example.com", "ruth@example.com")
CUSTOMERS: Final = ("alice@example.com", "bob@example.com")
GOES: Final = (
    "The autumn case",
    "Three pieces in warm gold, made this month.",
    "<p>The bench was busy in October. Three pieces came off it that we would like you to see first.</p>"
    "<p>Each is made to order in five working days, and can come back to us for a year.</p>",
)
DRAFT: Final = (
    "How to keep gold bright",
    "A bowl, a drop of soap, a soft brush.",
    "<p>Gold needs little: lukewarm water, a drop of soap, a soft brush, and a cloth to dry it.</p>"
    "<ul><li>Take rings off for the garden and the gym.</li><li>Keep chains apart, so that they do not scratch.</li>"
    "<li>Bring it in once a year: we look at every claw for nothing.</li></ul>",
)


def load(*, at: datetime) -> int:
    """Make readers and newsletters. Returns how many newsletters are new."""
    if Campaign.objects.exists():
        return 0
    _readers(at)
    shown = [slug for slug, _ in pieces.choices()]
    first = _written(GOES, Matter.NEW_PIECES, shown[:3], at - timedelta(days=1))
    _written(DRAFT, Matter.CARE, [], at - timedelta(hours=3))
    campaigns.schedule(first, for_=at, by=DESK, at=at)
    return 2


def _readers(now: datetime) -> None:
    """Three read it, one left by a mail's link, one never pressed the button; two customers agreed in their accounts."""
    then = now - timedelta(days=20)
    people = [_confirmed(address, then) for address in READERS]
    link = unsubscribe.key_of(people[-1], address=READERS[-1])
    unsubscribe.leave(unsubscribe.read(link), network=NETWORK, at=now - timedelta(days=6))
    newsletter.ask("tom@example.com", network=NETWORK, at=now - timedelta(days=2))
    for user in get_user_model()._default_manager.filter(email__in=CUSTOMERS).select_related("subject"):
        for matter in (Matter.NEW_PIECES, Matter.CARE):
            ledger.grant(
                user.subject,
                matter,
                channel=Channel.EMAIL,
                notice=notices.current("preferences"),
                surface=Surface.PREFERENCES,
                network=NETWORK,
                by=user.subject,
                at=then,
            )


def _confirmed(address: str, at: datetime) -> Subject:
    signup = newsletter.ask(address, network=NETWORK, at=at)
    assert signup is not None, "nobody asked for this address today"
    return newsletter.confirm(signup, at=at + timedelta(minutes=5))


def _written(words: tuple[str, str, str], matter: Matter, shown: list[str], at: datetime) -> Campaign:
    title, preheader, body = words
    draft = Campaign(title=title, preheader=preheader, body=body, topic=matter.value, pieces=shown)
    return campaigns.write(draft, by=DESK, at=at)
