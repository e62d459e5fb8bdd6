"""The outbox: nothing lost, nothing sent that the gate forbids at the moment of sending."""

import smtplib
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.base import BaseEmailBackend

from privacy.checks import messages as checks
from privacy.consent.vocabulary import Matter
from privacy.messages import channels, delivery, mail, outbox
from privacy.messages.kinds import KINDS, DeclaredTwice, Kind
from privacy.messages.models import Message
from privacy.register import subjects
from privacy.register.vocabulary import Purpose

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ORDER = Kind("tests.order", purpose=Purpose.ORDER, label="Order")
NEWS = Kind("tests.news", purpose=Purpose.MARKETING, label="News", matter=Matter.NEW_PIECES)
ANSWER = Kind("tests.answer", purpose=Purpose.RIGHTS, label="Answer to a request", reaches_restricted=True)
pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return subjects.new(by="test", at=NOON)


def queue(subject, kind=ORDER, at=NOON):
    return outbox.post_rendered(
        kind,
        to="alice@example.com",
        subject=subject,
        title="Hello",
        text="Hello.",
        html="<p>Hello.</p>",
        by="test",
        at=at,
    )


def reread(message):
    message.refresh_from_db()
    return message


def test_a_mail_goes_once_and_its_content_is_blanked(alice):
    message = queue(alice)
    assert outbox.send(message.pk, at=NOON) is True
    assert outbox.send(message.pk, at=NOON) is False
    assert [sent.to for sent in django_mail.outbox] == [["alice@example.com"]]
    assert (reread(message).state, message.payload, message.sent_at) == ("sent", None, NOON)


def test_the_message_id_is_the_rows_own_whatever_the_attempt(alice, monkeypatch):
    message = queue(alice)
    first = mail.envelope(message).message()["Message-ID"]
    assert str(message.pk) in first
    assert mail.envelope(reread(message)).message()["Message-ID"] == first


def test_a_server_that_is_away_postpones_the_mail_and_the_sweep_sends_it(alice, settings):
    message = queue(alice)
    settings.EMAIL_BACKEND = "privacy.tests.test_outbox.Away"
    assert outbox.send(message.pk, at=NOON) is False
    assert (reread(message).state, message.attempts) == ("queued", 1)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert outbox.sweep(at=NOON + timedelta(seconds=30)) == 0
    assert outbox.sweep(at=NOON + timedelta(minutes=1)) == 1
    assert reread(message).state == "sent"


def test_after_the_last_wait_a_mail_is_given_up_and_blanked(alice, settings):
    message, at = queue(alice), NOON
    settings.EMAIL_BACKEND = "privacy.tests.test_outbox.Away"
    for _ in range(len(delivery.BACKOFF) + 1):
        outbox.send(message.pk, at=at)
        at += timedelta(days=1)
    assert (reread(message).state, message.payload) == ("failed", None)


def test_a_worker_that_died_while_sending_is_followed_by_another(alice):
    message = queue(alice)
    assert delivery.claim(at=NOON) == [message]
    assert outbox.sweep(at=NOON + timedelta(minutes=1)) == 0
    assert outbox.sweep(at=NOON + delivery.LEASE) == 1
    assert len(django_mail.outbox) == 1


@pytest.mark.promise("JE-85")
def test_a_mail_to_a_restricted_person_is_stopped_even_when_it_was_queued_before(alice):
    order, answer, bob = queue(alice), queue(alice, ANSWER), queue(subjects.new(by="test", at=NOON))
    subjects.restrict(alice, by="test", at=NOON)
    outbox.sweep(at=NOON)
    assert (reread(order).state, order.stopped_because, order.payload) == ("stopped", "restricted", None)
    assert reread(answer).state == "sent"
    assert reread(bob).state == "sent"


@pytest.mark.promise("JS-09")
def test_a_mail_to_an_erased_person_is_stopped(alice):
    message = queue(alice, ANSWER)
    subjects.mark_erased(alice, by="test", at=NOON)
    outbox.sweep(at=NOON)
    assert (reread(message).state, message.stopped_because) == ("stopped", "erased")


@pytest.mark.promise("JS-06", "JK-16", "JK-30", "SG-06")
def test_news_without_consent_never_leaves(alice):
    message = queue(alice, NEWS)
    outbox.sweep(at=NOON)
    assert (reread(message).state, message.stopped_because) == ("stopped", "no consent")
    assert django_mail.outbox == []


def test_a_kind_is_declared_once():
    with pytest.raises(DeclaredTwice):
        Kind("tests.order", purpose=Purpose.ORDER, label="Again")
    assert KINDS["tests.order"] is ORDER


def test_stopping_all_leaves_other_people_alone(alice):
    mine, bobs = queue(alice), queue(subjects.new(by="test", at=NOON))
    assert outbox.stop_all([alice.pk], because="erased") == 1
    assert (reread(mine).state, mine.payload) == ("stopped", None)
    assert reread(bobs).state == "queued"
    assert Message.objects.due(NOON).get() == bobs


class Away(BaseEmailBackend):
    """A mail server that nobody answers at."""

    was_on_its_way = False

    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected("away")


class Silent(Away):
    """A mail server that takes the text of a mail and says nothing any more."""

    was_on_its_way = True


def test_what_was_on_its_way_when_the_server_fell_silent_goes_again_if_it_is_transactional(alice, settings):
    message = queue(alice)
    settings.EMAIL_BACKEND = "privacy.tests.test_outbox.Silent"
    assert outbox.send(message.pk, at=NOON) is False
    assert (reread(message).state, message.attempts) == ("queued", 1)
    assert message.payload is not None


def test_what_a_dead_worker_had_begun_goes_again_or_waits_for_the_staff(alice):
    order, news, bob = queue(alice), queue(alice, NEWS), queue(alice)
    lease = NOON + delivery.LEASE
    Message.objects.filter(pk__in=[order.pk, news.pk]).update(state="sending", attempts=1, next_attempt_at=lease)
    assert outbox.sweep(at=lease - timedelta(seconds=1)) == 1
    assert reread(bob).state == "sent"
    assert outbox.sweep(at=lease) == 1
    assert (reread(order).state, order.attempts) == ("sent", 2)
    assert (reread(news).state, news.payload is None, news.sent_at) == ("unknown", False, None)
    assert outbox.sweep(at=NOON + timedelta(days=30)) == 0
    assert reread(news).state == "unknown"
    assert list(Message.objects.for_staff()) == [news]
    assert outbox.sweep(at=lease + delivery.ANSWERED_WITHIN) == 0
    assert (reread(news).state, news.payload) == ("stopped", None), "nobody said anything for a month"


def test_a_message_that_kills_its_worker_each_time_is_given_up(alice):
    message = queue(alice)
    lease = NOON + delivery.LEASE
    attempts = len(delivery.BACKOFF) + 1
    Message.objects.filter(pk=message.pk).update(state="sending", attempts=attempts, next_attempt_at=lease)
    assert outbox.sweep(at=lease) == 0
    assert (reread(message).state, message.stopped_because) == ("failed", "its worker died each time")


def test_two_workers_never_have_the_same_message(alice):
    mine = queue(alice)
    (taken,) = delivery.claim(at=NOON)
    assert delivery.claim(at=NOON) == []
    later = NOON + delivery.LEASE
    assert delivery.claim(at=later) == [mine]
    assert delivery.send_all([taken], at=later) == 0, "the first one's claim is over"
    assert django_mail.outbox == []


def test_no_order_waits_behind_a_newsletter(alice):
    news = [queue(alice, NEWS) for _ in range(3)]
    order = queue(alice, at=NOON + timedelta(seconds=1))
    assert delivery.claim(at=NOON + timedelta(seconds=1)) == [order]
    assert set(delivery.claim(at=NOON + timedelta(seconds=1))) == set(news)
    assert delivery.claim(at=NOON + timedelta(seconds=1)) == []


def test_a_message_that_cannot_be_written_is_given_up_and_keeps_no_other(alice):
    broken, fine = queue(alice), queue(alice, at=NOON + timedelta(seconds=1))
    Message.objects.filter(pk=broken.pk).update(payload={"to": "alice@example.com"})
    with pytest.raises(KeyError):
        outbox.sweep(at=NOON + timedelta(seconds=1))
    assert (reread(broken).state, broken.stopped_because) == ("failed", "cannot be written: KeyError")
    assert reread(fine).state == "sent"


def test_nothing_is_posted_into_a_channel_that_nothing_carries(alice):
    with pytest.raises(channels.NoSuchChannel):
        outbox.post_rendered(ORDER, to="+15550100", subject=alice, text="Hello.", channel="fax", by="test", at=NOON)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("purpose", "matter", "finding"),
    [
        (Purpose.MARKETING, None, "is marketing, but says no topic that somebody could agree to"),
        (Purpose.MARKETING, Matter.PUBLISH_REVIEW, "is marketing, but says no topic that somebody could agree to"),
        (Purpose.ORDER, Matter.OFFERS, "is transactional, but asks for consent to offers"),
    ],
)
def test_a_kind_whose_purpose_and_matter_disagree_is_an_error(purpose, matter, finding):
    Kind("tests.odd", purpose=purpose, label="Odd", matter=matter)
    try:
        (found,) = checks.kinds_say_what_they_are(None)
    finally:
        del KINDS["tests.odd"]
    assert (found.id, found.msg) == ("privacy.E015", f"tests.odd {finding}.")
    assert checks.kinds_say_what_they_are(None) == []
