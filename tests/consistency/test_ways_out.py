"""Over every way that news can leave the house: nobody is reached without a live yes at that moment.

The outbox's own property (mails, texts, and letters taken out on print lists) is taken along and widened: newsletters by all three
ways to people with accounts, the list at Mailchimp, the footer's form with its link, and a purchase where the soft opt-in is off.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.consent import soft_opt_in
from privacy.consent.vocabulary import TOPICS, Channel, Matter
from privacy.messages import campaigns, mailchimp, newsletter, suppressions
from privacy.models import NewsletterSignup
from privacy.tests import subscribers
from privacy.tests import test_no_news_without_consent as outbox_property
from privacy.tests.people import someone
from privacy.tests.test_mailchimp import Account, account  # noqa: F401 - a fixture
from privacy.tests.test_no_news_without_consent import PEOPLE, QUIET, Weather, World, undone, wires  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wires", "every_way")]

NEWS = (Matter.NEW_PIECES, Channel.EMAIL)


@pytest.fixture
def every_way(settings: Any) -> None:
    """A shop whose policy names mails, texts and letters."""
    settings.LOUPE_POLICY = "jskeuc"


class House(World):
    """The outbox's world, in which the people also have accounts, addresses and a shop that uses Mailchimp."""

    def __init__(self, there: Account) -> None:
        for name in PEOPLE:
            user = someone(name).user
            # The number that a complaint is about is the one that texts go to.
            user.phone = outbox_property.NUMBERS[name]
            user.save(update_fields=["phone"])
        super().__init__()
        self.there = there
        there.members.clear(), there.calls.clear()

    def look(self) -> None:
        """What left by the outbox, on print lists and for Mailchimp was allowed to."""
        super().look()
        for _method, _path, body in self.there.calls:
            if body.get("status") == "subscribed":
                name = body["email_address"].partition("@")[0]
                assert self.may(name, *NEWS), f"{name} on the list at Mailchimp"
                self.reached.add(mailchimp.SLUG)
        self.there.calls.clear()


def newsletter_goes_every_way(house: House, name: str, topic: str, channel: str) -> None:
    """Written, swept, and its letters taken out."""
    ways = {Channel.EMAIL: "", Channel.SMS: "Rings are here.", Channel.POST: "Dear reader."}
    campaign = campaigns.write(subscribers.draft(topic=topic), ways=ways, by="staff:3", at=house.at)
    try:
        campaigns.schedule(campaign, for_=house.at, by="staff:3", at=house.at)
    except campaigns.Nobody:
        return
    campaigns.sweep(by="system:test", at=house.at)
    outbox_property.sweep_comes(house, "", "", "")
    outbox_property.lists_are_taken_out(house, "", "", "")


def mailchimp_follows(house: House, name: str, topic: str, channel: str) -> None:
    mailchimp.reconcile(by="system:test", at=house.at)


def types_in_the_footer(house: House, name: str, topic: str, channel: str) -> None:
    newsletter.ask(f"{name}@example.com", at=house.at)


def presses_the_link(house: House, name: str, topic: str, channel: str) -> None:
    """Of the last mail that asks; whoever is erased or restricted would begin anew as a stranger, which is another story."""
    asked = NewsletterSignup.objects.filter(email=f"{name}@example.com", state="asked").order_by("asked_at").last()
    if asked and name not in house.silent:
        newsletter.confirm(asked, at=house.at)
        house.agreed.add((name, *NEWS))
        house.left.discard((name, Channel.EMAIL))


def buys(house: House, name: str, topic: str, channel: str) -> None:
    """Where the soft opt-in is off, a purchase is no permission."""
    person, reference = house.people[name], f"LP-{name}-{house.at:%d%H}"
    soft_opt_in.shown(person, reference=reference, declined=False, by="test", at=house.at)
    soft_opt_in.sold(reference, at=house.at)


def complains(house: House, name: str, topic: str, channel: str) -> None:
    value = f"{name}@example.com" if channel == Channel.POST else outbox_property.to(name, channel)
    suppressions.raise_for(channel, value, reason="complained", by="test", at=house.at)
    house.left.add((name, channel))


BEFORE = {each for each in outbox_property.HAPPENINGS if each is not outbox_property.complains}
OURS = (newsletter_goes_every_way, mailchimp_follows, types_in_the_footer, presses_the_link, buys, complains)
THEIRS = sorted(BEFORE, key=lambda each: each.__name__)
HAPPENINGS = (*OURS, *(newsletter_goes_every_way, mailchimp_follows) * 4, *THEIRS)
THINGS = list(product(PEOPLE, sorted(TOPICS), Channel))
HISTORIES = {
    "agreed": st.sets(st.sampled_from(THINGS), min_size=4, max_size=12),
    "steps": st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.sampled_from(THINGS)), min_size=6, max_size=20),
}


def lived(there: Account, agreed: Any, steps: list[Any]) -> None:
    """One history, looked at after every step and by every way once more at its end."""
    with undone():
        house = House(there)
        for name, topic, channel in sorted(agreed):
            outbox_property.grants(house, name, topic, channel)
        for happens, thing in steps:
            happens(house, *thing)
            house.look()
        Weather.now = "fine"
        for topic in sorted(TOPICS):
            newsletter_goes_every_way(house, "", topic, "")
        mailchimp_follows(house, "", "", "")
        house.look()


@pytest.mark.promise("JS-06", "JK-16", "JK-30", "SG-06")
@settings(max_examples=6, **QUIET)
@given(**HISTORIES)
def test_nobody_is_reached_without_a_live_yes_by_whatever_way(agreed: Any, steps: Any, account: Account) -> None:  # noqa: F811
    lived(account, agreed, steps)


@pytest.mark.prove
@settings(max_examples=300, **QUIET)
@given(**HISTORIES)
def test_in_three_hundred_histories_nobody_is_reached_without_a_live_yes(
    agreed: Any,
    steps: Any,
    account: Account,  # noqa: F811
) -> None:
    """In 300 random histories nobody was reached by mail, text, letter or Mailchimp without a live yes at that moment."""
    lived(account, agreed, steps)


@pytest.mark.parametrize(
    ("way", "channel", "reached", "words"),
    [
        (newsletter_goes_every_way, Channel.SMS, "sms", "to alice by sms"),
        (newsletter_goes_every_way, Channel.POST, "post", "to alice by post"),
        (mailchimp_follows, Channel.EMAIL, mailchimp.SLUG, "on the list at Mailchimp"),
    ],
    ids=["text", "letter", "mailchimp"],
)
def test_the_model_notices_one_too_many(
    account: Account,  # noqa: F811
    way: Any,
    channel: str,
    reached: str,
    words: str,
) -> None:
    """The negative of the property: it can fail, and what it watches does happen."""
    house = House(account)
    outbox_property.grants(house, "alice", Matter.NEW_PIECES, channel)
    way(house, "", Matter.NEW_PIECES, "")
    house.look()
    assert reached in house.reached
    account.members.clear()
    mailchimp.MailchimpMember.objects.all().delete()
    house.agreed.discard(("alice", Matter.NEW_PIECES, channel))
    way(house, "", Matter.NEW_PIECES, "")
    with pytest.raises(AssertionError, match=words):
        house.look()


def test_a_typed_address_is_asked_once_by_a_mail_that_sells_nothing(account: Account) -> None:  # noqa: F811
    house = House(account)
    types_in_the_footer(house, "bob", "", "")
    before = house.agreed.copy()
    outbox_property.sweep_comes(house, "", "", "")
    house.look()
    assert (house.marketing, house.agreed) == (0, before)
    assert django_settings.LOUPE_SMS == "recorder"
