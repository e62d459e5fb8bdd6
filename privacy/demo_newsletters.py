"""Newsletters of the demo: readers from the footer and from accounts, one who left, a draft, and one that goes in two languages.

Where the shop's policy names more ways than the mail (`LOUPE_POLICY=jskeuc`), another goes by each of them, and its letters wait on
a print list.

The demo's own workers send it, so that its mails stand in the mail catcher a moment after the start, with links that work. Safe
to run again: with any newsletter there, nothing is added.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth import get_user_model

from privacy.consent import ledger, notices, partners, preferences
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import campaigns, newsletter, pieces, unsubscribe, wishes
from privacy.messages.newsroom import Campaign, Words
from privacy.messages.wishes import Said
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
GOES_IN_GERMAN: Final = Words(
    "Die Herbstvitrine",
    "Drei Stücke in warmem Gold, in diesem Monat gemacht.",
    "<p>Die Werkbank war im Oktober voll. Drei Stücke kamen herunter, die Sie als Erste sehen sollen.</p>"
    "<p>Jedes wird in fünf Arbeitstagen auf Bestellung gemacht und kann ein Jahr lang zu uns zurückkommen.</p>",
)
SPEAKS_GERMAN: Final = "lena@example.com"
BY_EVERY_WAY: Final = (
    "An evening at the window",
    "We stay open late on the first Friday of December.",
    "<p>On the first Friday of December the shop stays open until nine. The new pieces lie in the window, and you may try on all "
    "of them.</p>",
)
PLAIN_WORDS: Final = {
    Channel.SMS: "On the first Friday of December we stay open until nine. The new pieces lie in the window.",
    Channel.POST: "Dear reader,\n\non the first Friday of December the shop stays open until nine. The new pieces lie in the "
    "window, and you may try on all of them.\n\nWe look forward to seeing you.",
}
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
    campaigns.write(first, translations={"de": GOES_IN_GERMAN}, by=DESK, at=at)
    campaigns.schedule(first, for_=at, by=DESK, at=at)
    return 2 + _by_every_way(at)


def _by_every_way(at: datetime) -> int:
    """One newsletter by each way there is, where that is more than the mail. Returns how many newsletters that makes."""
    others = {way: words for way, words in PLAIN_WORDS.items() if way in campaigns.offered()}
    if not others:
        return 0
    every = _written(BY_EVERY_WAY, Matter.NEW_PIECES, [], at - timedelta(hours=2))
    campaigns.write(every, ways={Channel.EMAIL: "", **others}, by=DESK, at=at)
    campaigns.schedule(every, for_=at, by=DESK, at=at)
    return 1


def _readers(now: datetime) -> None:
    """Three read it, one left by a mail's link, one never pressed the button; two customers agreed in their accounts."""
    then = now - timedelta(days=20)
    people = [_confirmed(address, then) for address in READERS]
    preferences.speak(people[READERS.index(SPEAKS_GERMAN)], "de", by=DESK, at=then)
    link = unsubscribe.key_of(people[-1], address=READERS[-1])
    unsubscribe.leave(unsubscribe.read(link), network=NETWORK, at=now - timedelta(days=6))
    newsletter.ask("tom@example.com", network=NETWORK, at=now - timedelta(days=2))
    for user in get_user_model()._default_manager.filter(email__in=CUSTOMERS).select_related("subject"):
        ways = [(matter, Channel.EMAIL) for matter in (Matter.NEW_PIECES, Matter.CARE)]
        ways += [(Matter.NEW_PIECES, way) for way in PLAIN_WORDS if way in campaigns.offered()]
        for matter, way in ways:
            ledger.grant(
                user.subject,
                matter,
                channel=way,
                notice=notices.current("preferences"),
                surface=Surface.PREFERENCES,
                network=NETWORK,
                by=user.subject,
                at=then,
            )
        _agree_to_partners(user.subject, then)


def _agree_to_partners(person: Subject, at: datetime) -> None:
    """Hear from whom the shop names, so that there is a list to make."""
    for thing in partners.things():
        said = Said(Surface.PREFERENCES, network=NETWORK, by=person, at=at)
        held = wishes.standing(person)
        wishes.save(person, replace(held, yes=held.yes | {thing}), seen=held.yes, said=said)


def _confirmed(address: str, at: datetime) -> Subject:
    signup = newsletter.ask(address, network=NETWORK, at=at)
    assert signup is not None, "nobody asked for this address today"
    return newsletter.confirm(signup, at=at + timedelta(minutes=5))


def _written(words: tuple[str, str, str], matter: Matter, shown: list[str], at: datetime) -> Campaign:
    title, preheader, body = words
    draft = Campaign(title=title, preheader=preheader, body=body, topic=matter.value, pieces=shown)
    return campaigns.write(draft, by=DESK, at=at)
