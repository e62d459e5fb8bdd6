"""Over all ways a message leaves, and any history of consent: no marketing without a live yes at the moment it leaves.

People say yes and no, leave by a link, are restricted, deactivated and erased; the mail server is away or falls silent; workers
die; staff send again what was perhaps sent; newsletters run. What the wire carries is compared with a model of three lines that
reads nothing of the shop's.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from privacy import probes
from privacy.consent import ledger, notices
from privacy.consent.vocabulary import TOPICS, Channel, Matter, Surface
from privacy.messages import campaigns, delivery, outbox, outcomes, print_lists, sms, suppressions, unsubscribe
from privacy.messages.kinds import KINDS, Kind
from privacy.messages.print_models import PrintList
from privacy.models import Message
from privacy.register import ages, subjects
from privacy.register.vocabulary import Purpose
from privacy.tests import subscribers
from privacy.tests.people import NOON

pytestmark = pytest.mark.django_db

NEWS = {
    topic: Kind(f"tests.property_{topic}", purpose=Purpose.MARKETING, label="News", matter=topic)
    for topic in sorted(TOPICS)
}
ORDER = Kind("tests.property_order", purpose=Purpose.ORDER, label="Order")
CHANNELS = tuple(Channel)
PEOPLE = ("alice", "bob")
NUMBERS = {"alice": "+12125550111", "bob": "+12125550122"}
PLACES = {name: f"{name.capitalize()} Reader\n1 {name.capitalize()} Lane\nSpringfield" for name in PEOPLE}


class Weather(EmailBackend):
    """A mail server that answers, is away, or takes a mail and says nothing any more."""

    now = "fine"

    @property
    def was_on_its_way(self) -> bool:
        return Weather.now == "silent"

    def send_messages(self, messages: Any) -> int:
        if Weather.now == "away":
            raise smtplib.SMTPServerDisconnected("away")
        sent: int = super().send_messages(messages)
        if Weather.now == "silent":
            raise smtplib.SMTPServerDisconnected("silent")
        return sent


class Recorder:
    """A gateway for texts that remembers which messages it was given."""

    address = "console://localhost"
    given: list[UUID] = []

    def send(self, to: str, text: str, reference: str) -> str:
        Recorder.given.append(UUID(reference))
        return reference

    def close(self) -> None:
        pass


class World:
    """Two people, the shop, and what must hold whatever happens to them."""

    def __init__(self) -> None:
        self.at = NOON
        self.people = {name: subscribers.reader(f"{name}@example.com") for name in PEOPLE}
        self.agreed: set[tuple[str, str, str]] = {(name, Matter.NEW_PIECES, Channel.EMAIL) for name in PEOPLE}
        self.left: set[tuple[str, str]] = set()  # whoever does not want, or must not get, marketing by a channel
        self.silent: set[str] = set()  # whoever is restricted, deactivated or erased
        self.seen = 0
        self.marketing = 0
        Message.objects.all().delete()
        django_mail.outbox.clear()
        Recorder.given.clear()
        self.printed: list[UUID] = []
        self.reached: set[str] = set()
        Weather.now = "fine"

    def may(self, name: str, topic: str, channel: str) -> bool:
        """The model: a yes to this topic by this channel, nobody who left it, nobody whose data rest."""
        return (name, topic, channel) in self.agreed and (name, channel) not in self.left and name not in self.silent

    def look(self) -> None:
        """Everything that has just left the house was allowed to."""
        numbers = [UUID(sent.extra_headers["Message-ID"][1:37]) for sent in django_mail.outbox]
        carried = [*((number, Channel.EMAIL) for number in numbers), *((each, Channel.SMS) for each in Recorder.given)]
        carried += [(each, Channel.POST) for each in self.printed]
        by_name = {person.pk: name for name, person in self.people.items()}
        for sent in django_mail.outbox:
            row = Message.objects.get(pk=sent.extra_headers["Message-ID"][1:37])
            headers = {"List-Unsubscribe", "List-Unsubscribe-Post"} & set(sent.extra_headers)
            assert len(headers) == (2 if KINDS[row.kind].is_marketing else 0)
        for number, channel in carried:
            row = Message.objects.get(pk=number)
            kind = KINDS[row.kind]
            if kind.is_marketing:
                name = by_name[row.subject_id]
                self.marketing += 1
                self.reached.add(channel)
                assert self.may(name, str(kind.matter), channel), f"{kind.name} to {name} by {channel}"
        self.seen += len(carried)
        django_mail.outbox.clear()
        Recorder.given.clear()
        self.printed.clear()


# What can happen


def grants(world: World, name: str, topic: str, channel: str) -> None:
    facts = {"channel": channel, "notice": notices.current("preferences"), "surface": Surface.PREFERENCES}
    try:
        ledger.grant(world.people[name], Matter(topic), **facts, by="test", at=world.at)
    except ledger.Erased:
        return
    world.agreed.add((name, topic, channel))


def withdraws(world: World, name: str, topic: str, channel: str) -> None:
    facts = {"channel": channel, "surface": Surface.PREFERENCES, "by": "test", "at": world.at}
    ledger.withdraw(world.people[name], Matter(topic), **facts)
    world.agreed.discard((name, topic, channel))


def takes_all_back(world: World, name: str, topic: str, channel: str) -> None:
    ledger.withdraw_all(world.people[name], channel=channel, surface=Surface.PREFERENCES, by="test", at=world.at)
    world.agreed = {each for each in world.agreed if (each[0], each[2]) != (name, channel)}


def leaves_by_the_link(world: World, name: str, topic: str, channel: str) -> None:
    link = unsubscribe.url(world.people[name], address=f"{name}@example.com")
    unsubscribe.leave(unsubscribe.read(link.partition("key=")[2]), at=world.at)
    world.left.add((name, Channel.EMAIL))


def complains(world: World, name: str, topic: str, channel: str) -> None:
    suppressions.raise_for(channel, to(name, channel), reason="complained", by="test", at=world.at)
    world.left.add((name, channel))


def is_restricted(world: World, name: str, topic: str, channel: str) -> None:
    subjects.restrict(world.people[name], by="test", at=world.at)
    world.silent.add(name)


def deactivates(world: World, name: str, topic: str, channel: str) -> None:
    subjects.pause(world.people[name], by="test", at=world.at)
    world.silent.add(name)


def is_a_minor(world: World, name: str, topic: str, channel: str) -> None:
    ages.state(world.people[name], ages.ANSWERS["16_17"], by="test", at=world.at)
    world.silent.add(name)


def is_erased(world: World, name: str, topic: str, channel: str) -> None:
    subjects.mark_erased(world.people[name], by="test", at=world.at)
    world.silent.add(name)


def news_is_posted(world: World, name: str, topic: str, channel: str) -> None:
    post(world, NEWS[Matter(topic)], name, channel)


def order_is_posted(world: World, name: str, topic: str, channel: str) -> None:
    post(world, ORDER, name, channel)


def bell_rings(world: World, name: str, topic: str, channel: str) -> None:
    for message in Message.objects.filter(state="queued").order_by("created_at", "pk")[:1]:
        outbox.send(message.pk, at=world.at)


def sweep_comes(world: World, name: str, topic: str, channel: str) -> None:
    outbox.sweep(at=world.at)


def lists_are_taken_out(world: World, name: str, topic: str, channel: str) -> None:
    """Every letter that is handed over, also one that was handed over before."""
    for row in PrintList.objects.exclude(state="over").order_by("pk"):
        try:
            printer = print_lists.Printer.HOUSE
            print_lists.take_out(row, printer=printer, with_text=False, by="staff:3", at=world.at)
        except print_lists.Nobody:
            continue
        world.printed += list(row.letters.values_list("pk", flat=True))


def lists_run_out(world: World, name: str, topic: str, channel: str) -> None:
    world.at += timedelta(days=8)
    print_lists.close_ended(at=world.at)


def server_is_away(world: World, name: str, topic: str, channel: str) -> None:
    Weather.now = "away"


def server_falls_silent(world: World, name: str, topic: str, channel: str) -> None:
    Weather.now = "silent"


def server_is_back(world: World, name: str, topic: str, channel: str) -> None:
    Weather.now = "fine"


def worker_dies(world: World, name: str, topic: str, channel: str) -> None:
    """In the middle of the oldest message it took."""
    for message in delivery.claim(at=world.at)[:1]:
        Message.objects.filter(pk=message.pk).update(state="sending", attempts=message.attempts + 1)


def time_passes(world: World, name: str, topic: str, channel: str) -> None:
    world.at += timedelta(hours=13)


def staff_send_again(world: World, name: str, topic: str, channel: str) -> None:
    for message in Message.objects.filter(state="unknown"):
        outcomes.send_again(message, by="staff:3", at=world.at)


def newsletter_runs(world: World, name: str, topic: str, channel: str) -> None:
    campaign = subscribers.draft(topic=topic)
    try:
        campaigns.schedule(campaign, for_=world.at, by="staff:3", at=world.at)
    except campaigns.Nobody:
        return
    campaigns.sweep(by="system:test", at=world.at)


def post(world: World, kind: Kind, name: str, channel: str) -> None:
    facts = {Channel.EMAIL: {"title": "Hello", "html": "<p>Hello.</p>"}, Channel.POST: {"title": "Hello"}}.get(
        Channel(channel), {}
    )
    outbox.post_rendered(
        kind, to=to(name, channel), subject=world.people[name], text="Hello.", channel=channel, **facts,
        by="test", at=world.at,
    )  # fmt: skip


def to(name: str, channel: str) -> str:
    return {Channel.EMAIL: f"{name}@example.com", Channel.SMS: NUMBERS[name], Channel.POST: PLACES[name]}[
        Channel(channel)
    ]


OFTEN = (news_is_posted, sweep_comes, bell_rings, time_passes, lists_are_taken_out)
SELDOM = (
    grants, withdraws, takes_all_back, leaves_by_the_link, complains, is_restricted, deactivates, is_a_minor, is_erased,
    order_is_posted, server_is_away, server_falls_silent, server_is_back, worker_dies, staff_send_again, newsletter_runs,
    lists_run_out,
)  # fmt: skip
HAPPENINGS = (*OFTEN * 5, *SELDOM)
THINGS = list(product(PEOPLE, sorted(TOPICS), CHANNELS))
HISTORIES = {
    "agreed": st.sets(st.sampled_from(THINGS), min_size=4, max_size=10),
    "steps": st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.sampled_from(THINGS)), min_size=8, max_size=24),
}
QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@contextmanager
def undone() -> Iterator[None]:
    """Nothing of an example stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def wires(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Weather"
    settings.LOUPE_SMS = "recorder"
    monkeypatch.setattr(sms, "GATEWAYS", {"recorder": Recorder})


def lived(agreed: set[tuple[str, Matter, Channel]], steps: list[Any]) -> None:
    """One history, looked at after every step, and once everything that waited has had its time."""
    with undone():
        world = World()
        for name, topic, channel in sorted(agreed):
            grants(world, name, topic, channel)
        for happens, (name, topic, channel) in steps:
            happens(world, name, topic, channel)
            world.look()
        Weather.now = "fine"
        world.at += timedelta(days=2)
        outbox.sweep(at=world.at)
        lists_are_taken_out(world, "", "", "")
        world.look()
        event("marketing left" if world.marketing else "none left")


@pytest.mark.promise("JS-06", "JK-16", "JK-30", "SG-06")
@settings(max_examples=10, **QUIET)
@given(**HISTORIES)
def test_no_marketing_leaves_without_a_live_yes(agreed: Any, steps: Any, wires: None) -> None:
    lived(agreed, steps)


@pytest.mark.prove
@settings(max_examples=500, **QUIET)
@given(**HISTORIES)
def test_in_five_hundred_histories_no_marketing_leaves_without_a_live_yes(agreed: Any, steps: Any, wires: None) -> None:
    """In 500 random histories of consent, over every way a message leaves, no marketing left without a live yes at that moment."""
    lived(agreed, steps)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_yes_lets_news_leave_and_the_model_notices_one_too_many(wires: None, channel: str) -> None:
    """The negative of the property: it can fail, and what it watches does happen."""
    world = World()
    grants(world, "alice", Matter.OFFERS, channel)
    news_is_posted(world, "alice", Matter.OFFERS, channel)
    news_is_posted(world, "bob", Matter.OFFERS, channel)
    sweep_comes(world, "", "", "")
    lists_are_taken_out(world, "", "", "")
    world.agreed.discard(("alice", Matter.OFFERS, channel))
    with pytest.raises(AssertionError, match=r"tests\.property_offers to alice"):
        world.look()


def test_the_probe_counts_news_that_left_without_a_yes_at_that_moment(wires: None) -> None:
    world = World()
    grants(world, "alice", Matter.OFFERS, Channel.SMS)
    news_is_posted(world, "alice", Matter.OFFERS, Channel.SMS)
    sweep_comes(world, "", "", "")
    world.look()
    sent = Message.objects.get(state="sent")
    assert (world.marketing, probes.news_without_consent(world.at)) == (1, 0)
    time_passes(world, "", "", "")
    withdraws(world, "alice", Matter.OFFERS, Channel.SMS)
    assert probes.news_without_consent(world.at) == 0, "taken back afterwards"
    for wrong in (
        {"sent_at": world.at},
        {"sent_at": NOON - timedelta(days=1)},
        {"channel": "email"},
        {"kind": NEWS[Matter.CARE].name},
        {"subject": world.people["bob"]},
        {"subject": None},
    ):
        with undone():
            Message.objects.filter(pk=sent.pk).update(**wrong)
            assert probes.news_without_consent(world.at) == 1, wrong
