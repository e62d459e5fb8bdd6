"""Over every way that news can leave the house: nobody is reached without a live yes at that moment.

The outbox's own property (mails and texts) is taken along and widened: letters by the printer's list, the list at Mailchimp, the
footer's form with its link, and a purchase in a shop whose soft opt-in is off.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import print_lists
from privacy.consent import soft_opt_in
from privacy.consent.vocabulary import TOPICS, Channel, Matter
from privacy.messages import mailchimp, newsletter, suppressions
from privacy.models import NewsletterSignup
from privacy.tests import test_no_news_without_consent as outbox_property
from privacy.tests.people import someone
from privacy.tests.test_mailchimp import Account, account  # noqa: F401 - a fixture
from privacy.tests.test_no_news_without_consent import PEOPLE, QUIET, Weather, World, undone, wires  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("wires")]

NEWS = (Matter.NEW_PIECES, Channel.EMAIL)
REASON = "a letter of the property"


class House(World):
    """The outbox's world, in which the people also have accounts, addresses and a shop that uses Mailchimp."""

    def __init__(self, there: Account) -> None:
        for name in PEOPLE:
            someone(name)
        super().__init__()
        self.there, self.printed, self.reached = there, list[tuple[str, str]](), set[str]()
        there.members.clear(), there.calls.clear()

    def look(self) -> None:
        """What left by the outbox, on the printer's list and for Mailchimp was allowed to."""
        super().look()
        for name, topic in self.printed:
            assert self.may(name, topic, Channel.POST), f"a letter about {topic} to {name}"
            self.reached.add(Channel.POST)
        for _method, _path, body in self.there.calls:
            if body.get("status") == "subscribed":
                name = body["email_address"].partition("@")[0]
                assert self.may(name, *NEWS), f"{name} on the list at Mailchimp"
                self.reached.add(mailchimp.SLUG)
        self.printed.clear(), self.there.calls.clear()


def list_is_printed(house: House, name: str, topic: str, channel: str) -> None:
    made = print_lists.make(Matter(topic), reason=REASON, by="staff:3", at=house.at)
    house.printed += [(row[0].partition(" ")[0].lower(), topic) for row in made.rows]


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


def by_wire(happens: Any) -> Any:
    """A thing of the outbox, which carries no letters."""
    return lambda house, name, topic, channel: channel == Channel.POST or happens(house, name, topic, channel)


WIRED = {outbox_property.news_is_posted, outbox_property.order_is_posted}
BEFORE = {each for each in outbox_property.HAPPENINGS if each is not outbox_property.complains}
OURS = (list_is_printed, mailchimp_follows, types_in_the_footer, presses_the_link, buys, complains)
THEIRS = [by_wire(each) if each in WIRED else each for each in sorted(BEFORE, key=lambda each: each.__name__)]
HAPPENINGS = (*OURS, *(list_is_printed, mailchimp_follows) * 4, *THEIRS)
THINGS = list(product(PEOPLE, sorted(TOPICS), (Channel.EMAIL, Channel.SMS, Channel.POST)))
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
            list_is_printed(house, "", topic, "")
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
    ("way", "channel", "words"),
    [(list_is_printed, Channel.POST, "a letter about"), (mailchimp_follows, Channel.EMAIL, "on the list at Mailchimp")],
)
def test_the_model_notices_one_too_many(account: Account, way: Any, channel: str, words: str) -> None:  # noqa: F811
    """The negative of the property: it can fail, and what it watches does happen."""
    house = House(account)
    outbox_property.grants(house, "alice", Matter.NEW_PIECES, channel)
    way(house, "", Matter.NEW_PIECES, "")
    house.look()
    assert len(house.reached) == 1
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
