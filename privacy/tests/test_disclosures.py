"""Who received what: a row before anything leaves, only what is declared, only where it is declared, only over TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as django_mail
from django.db import InternalError, connection, transaction
from django.urls import reverse
from django.utils.html import escape

from dev.mail import sink
from privacy.messages import attempts, delivery, outbox
from privacy.messages.attempts import BEGIN
from privacy.messages.kinds import Kind
from privacy.models import Disclosure, Message
from privacy.register import disclosures, payloads, registry, subjects
from privacy.register.declare import PROCESSORS
from privacy.register.vocabulary import Purpose
from privacy.tests.people import NOON, someone
from tests import socket_guard

ORDER = Kind("tests.disclosed", purpose=Purpose.ORDER, label="Order")
STRIPE, MAIL = "stripe", "mail"
pytestmark = pytest.mark.django_db


@pytest.fixture
def production(settings: Any) -> None:
    settings.IS_DEMO = False


@pytest.fixture
def server(settings: Any) -> Iterator[sink.Sink]:
    """A mail server on this machine, and the shop set to send through it."""
    with sink.running() as running:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = "privacy.messages.mail.Smtp", "127.0.0.1"
        settings.EMAIL_PORT, settings.EMAIL_USE_TLS = running.port, False
        yield running


def queue(subject: Any, *, to: str = "alice@example.com") -> Message:
    return outbox.post_rendered(
        ORDER, to=to, subject=subject, title="Hello", text="Hello.", html="<p>Hello.</p>", by="test", at=NOON
    )


def told(subject: Any) -> list[tuple[str, list[str], int]]:
    return [(each.name, list(each.what), each.times) for each in disclosures.received(subjects.family(subject))]


# Where an adapter may go


@pytest.mark.promise("JE-53")
@pytest.mark.parametrize(
    ("processor", "url"),
    [
        (STRIPE, "http://api.stripe.com/v1/refunds"),
        (STRIPE, "//api.stripe.com/"),
        (STRIPE, "https://127.0.0.1:4242/"),
        (STRIPE, "http://127.0.0.1:4242/"),
        (STRIPE, "https://api.stripe.com.evil.example/"),
        (STRIPE, "https://evil.example/api.stripe.com"),
        (STRIPE, "https://api.stripe.com@evil.example/"),
        (MAIL, "smtp://127.0.0.1:25"),
        (MAIL, "smtp+tls://mail.evil.example:587"),
        (MAIL, "https://api.stripe.com/"),
    ],
)
def test_outside_the_demo_an_adapter_goes_nowhere_but_over_tls_to_a_declared_host(production, processor, url):
    with pytest.raises(disclosures.NotAllowed):
        disclosures.address(processor, url)


@pytest.mark.promise("JE-53")
def test_over_tls_to_a_declared_host_it_goes(production):
    assert disclosures.address(STRIPE, "https://api.stripe.com/v1/refunds?limit=1") == "api.stripe.com"
    assert disclosures.address(STRIPE, "https://API.Stripe.com/") == "api.stripe.com"
    (host,) = registry.processor(MAIL).hosts
    assert disclosures.address(MAIL, f"smtp+tls://{host}:587") == host


def test_in_the_demo_only_a_stand_in_on_this_machine_is_reached_without_tls():
    assert disclosures.address(STRIPE, "http://127.0.0.1:8001/v1/refunds") == "127.0.0.1"
    assert disclosures.address(STRIPE, "http://[::1]:8001/") == "::1"
    for url in ("http://api.stripe.com/", "http://10.0.0.7/", "https://stripe.example/"):
        with pytest.raises(disclosures.NotAllowed):
            disclosures.address(STRIPE, url)


def test_every_processor_says_where_it_stands():
    # Are handed a parcel or a file, or come to us by a link: no adapter connects anywhere.
    by_hand = ["appraiser:harbour", "appraiser:rhine", "dhl", "fedex", "print", "ups", "usps"]
    assert sorted(each.slug for each in registry.processors() if not each.hosts) == by_hand
    for slug in by_hand:
        with pytest.raises(disclosures.NotAllowed):
            disclosures.address(slug, "https://printer.example/")


def test_whoever_receives_something_is_named_on_the_policy_page(client):
    page = client.get(reverse("privacy:policy")).content.decode()
    assert [each.name for each in registry.processors() if escape(each.name) not in page] == []


# Mail


@pytest.mark.promise("JK-21", "JH-17")
def test_a_mail_leaves_one_row_before_it_leaves(server):
    alice, bob = someone("alice"), someone("bob")
    message, bobs = queue(alice.subject), queue(bob.subject, to="bob@example.com")
    with socket_guard.watching({("127.0.0.1", server.port): MAIL}) as guard:
        assert outbox.sweep(at=NOON) == 2
    assert guard.connections == {MAIL: 1}, "one connection carried both"
    row, of_bob = Disclosure.objects.order_by("pk")
    assert (row.subject_id, row.processor, row.host, row.purpose) == (alice.subject.pk, MAIL, "127.0.0.1", "order")
    assert (row.reference, row.actor, row.at) == (str(message.pk), "system:outbox", NOON)
    assert row.keys == ["auto-submitted", "from", "html", "message-id", "text", "title", "to"]
    assert (of_bob.subject_id, of_bob.reference) == (bob.subject.pk, str(bobs.pk))
    assert told(alice.subject) == [("The mail service", ["Messages we sent you: what it says"], 1)]
    assert set(server.delivered) == {message.pk, bobs.pk}


def test_the_guard_refuses_a_mail_whose_row_is_missing(server, monkeypatch):
    queue(someone("alice").subject)
    without = {asked: begin.rpartition("INSERT INTO")[0] + "SELECT id FROM begun" for asked, begin in BEGIN.items()}
    monkeypatch.setattr(attempts, "BEGIN", without)
    with socket_guard.watching({("127.0.0.1", server.port): MAIL}), pytest.raises(socket_guard.Undisclosed):
        outbox.sweep(at=NOON)
    assert server.delivered == []


def test_the_guard_refuses_an_address_that_nobody_named(server):
    queue(someone("alice").subject)
    with socket_guard.watching({}), pytest.raises(socket_guard.Undisclosed, match="no adapter is known by"):
        outbox.sweep(at=NOON)


def test_a_mail_that_was_stopped_leaves_no_row():
    alice = someone("alice")
    queue(alice.subject)
    subjects.mark_erased(alice.subject, by="test", at=NOON)
    outbox.sweep(at=NOON)
    assert not Disclosure.objects.exists()


def test_a_mail_to_an_undeclared_server_does_not_leave(production, settings):
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "mail.evil.example", True
    message = queue(someone("alice").subject)
    with pytest.raises(disclosures.NotAllowed):
        outbox.sweep(at=NOON)
    message.refresh_from_db()
    assert (message.state, message.attempts, django_mail.outbox) == ("queued", 0, [])
    assert not Disclosure.objects.exists()


@pytest.mark.promise("JK-21", "JH-17")
def test_what_is_not_declared_is_neither_recorded_nor_sent():
    with pytest.raises(payloads.NotDeclared):
        record(keys=["to", "phone"])
    assert not Disclosure.objects.exists()


# The rows


def record(subject_id: Any = None, keys: Any = ("to",), purpose: Purpose = Purpose.ORDER, **facts: Any) -> Disclosure:
    facts = {"host": "127.0.0.1", "reference": "", "by": "test", "at": NOON} | facts
    return disclosures.record(MAIL, subject_id=subject_id, keys=keys, purpose=purpose, **facts)


def test_a_row_is_neither_changed_nor_deleted():
    row = record()
    for trouble in (Disclosure.objects.filter(pk=row.pk).delete, lambda: Disclosure.objects.update(host="elsewhere")):
        with pytest.raises(InternalError, match="evidence"), transaction.atomic():
            trouble()
    row.refresh_from_db()
    assert row.host == "127.0.0.1"


def test_an_adapter_that_nobody_sent_does_nothing():
    with pytest.raises(disclosures.NoOccasion):
        disclosures.current()
    with disclosures.occasion(subject_id=None, by="outer", at=NOON):
        with disclosures.occasion(subject_id=None, by="inner", at=NOON):
            assert disclosures.current().by == "inner"
        assert disclosures.current().by == "outer"
    with pytest.raises(disclosures.NoOccasion):
        disclosures.current()


def test_a_person_is_told_by_receiver_and_purpose_in_two_queries(django_assert_num_queries):
    alice, bob = someone("alice"), someone("bob")
    for day in range(30):
        record(alice.subject.pk, at=NOON + timedelta(days=day))
    record(alice.subject.pk, keys=["message-id"], purpose=Purpose.RIGHTS, at=NOON)
    record(bob.subject.pk, at=NOON)
    family = subjects.family(alice.subject)
    with django_assert_num_queries(2):
        found = disclosures.received(family)
    assert [(each.why, each.times, each.last_at) for each in found] == [
        (Purpose.ORDER.words, 30, NOON + timedelta(days=29)),
        (Purpose.RIGHTS.words, 1, NOON),
    ]
    assert [list(each.what) for each in found] == [
        ["Messages we sent you: what it says"],
        ["A number that only it and we can read"],
    ]


def test_the_page_says_who_received_what(client):
    alice, bob = someone("alice"), someone("bob")
    record(alice.subject.pk)
    for person, words in ((alice, "The mail service"), (bob, "Nobody yet")):
        client.force_login(person.user)
        page = client.get(reverse("privacy:centre")).content.decode()
        received = page.partition('id="received"')[2].partition("</section>")[0]
        assert words in received
    assert "The mail service" not in received


def test_a_receiver_that_is_declared_no_more_keeps_its_row():
    row = record(someone("alice").subject.pk)
    gone = PROCESSORS.pop(MAIL)
    try:
        assert disclosures.name_of(row.processor) == MAIL
        assert disclosures.what_of(MAIL, row.keys) == ["A number that only it and we can read"]
    finally:
        PROCESSORS[MAIL] = gone


def test_the_row_is_committed_with_the_attempt(server, monkeypatch):
    """Where the attempt cannot be written down, neither is the disclosure, and nothing leaves."""
    message = queue(someone("alice").subject)
    PROCESSORS[MAIL], declared = replace(PROCESSORS[MAIL], about_nobody={}), PROCESSORS[MAIL]
    try:
        with pytest.raises(payloads.NotDeclared):
            outbox.sweep(at=NOON)
    finally:
        PROCESSORS[MAIL] = declared
    message.refresh_from_db()
    assert (message.state, Disclosure.objects.count(), server.delivered) == ("failed", 0, [])
    assert delivery.claim(at=NOON) == []
    assert connection.in_atomic_block
