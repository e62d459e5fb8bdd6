"""How often somebody is written to, and what becomes of that when records are joined and forgotten."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from privacy.consent import ledger, links, notices, preferences
from privacy.consent.preferences import NotOffered
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.ground import sealed
from privacy.messages import gate, outbox, writing
from privacy.models import AuditEvent, Message, Preference, Subject, SubjectLink
from privacy.register import subjects
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def person():
    return subjects.new(by="system:test", at=NOON)


def chooses(subject, frequency, *, at=NOON):
    return preferences.choose(subject, frequency=frequency, language="en", currency="USD", by=subject, at=at)


def goes(subject, *, at, message=None):
    """Whether news goes out; asked by campaign and gate alike."""
    may = preferences.allows_now(subject, "offers", "email", at)
    taken = preferences.take_turn(subject, message=message or uuid4(), at=at)
    assert may is taken
    return taken


def test_whoever_chose_nothing_hears_of_everything():
    alice = person()
    assert preferences.of(alice).frequency == "all"
    assert [goes(alice, at=NOON + n * DAY) for n in (0, 0, 1)] == [True, True, True]


@pytest.mark.parametrize(
    ("frequency", "days", "went"),
    [
        # NOON is 2 November: a month later is 2 December, 30 days.
        ("weekly", (0, 1, 6, 7, 13, 14), [True, False, False, True, False, True]),
        ("monthly", (0, 7, 29, 30, 59, 60, 61), [True, False, False, True, False, False, True]),
    ],
)
def test_news_keep_the_distance_somebody_asked_for(frequency, days, went):
    alice, bob = person(), person()
    chooses(alice, frequency)
    assert [goes(alice, at=NOON + n * DAY) for n in days] == went
    assert [goes(bob, at=NOON + n * DAY) for n in days] == [True] * len(days)


def test_what_goes_every_monday_goes_whatever_the_hour():
    alice = person()
    chooses(alice, "weekly")
    assert goes(alice, at=NOON)
    assert goes(alice, at=NOON + 7 * DAY - timedelta(hours=11))


def test_news_that_went_before_the_choice_count_too():
    alice = person()
    assert goes(alice, at=NOON - DAY)
    chooses(alice, "weekly")
    assert not goes(alice, at=NOON)
    assert goes(alice, at=NOON + 6 * DAY)


def test_a_message_whose_server_was_away_keeps_its_turn():
    alice, first, second = person(), uuid4(), uuid4()
    chooses(alice, "monthly")
    assert preferences.take_turn(alice, message=first, at=NOON)
    assert not preferences.take_turn(alice, message=second, at=NOON + DAY)
    assert preferences.take_turn(alice, message=first, at=NOON + DAY)


def news_to(person, *, at):
    """What became of news that are sent now: empty where they went, else why not."""
    message = outbox.post_rendered(
        writing.KINDS[Matter.OFFERS],
        to=person.email,
        subject=person.subject,
        title="Offers",
        text="Offers",
        html="",
        by="system:test",
        at=at,
    )
    outbox.send(message.pk, at=at)
    return Message.objects.get(pk=message.pk).stopped_because


def test_the_gate_keeps_the_distance_whatever_sends_the_news(mailoutbox):
    alice, bob = someone("alice"), someone("bob")
    for one in (alice, bob):
        ledger.grant(
            one.subject,
            Matter.OFFERS,
            channel="email",
            notice=notices.current("preferences"),
            surface=Surface.PREFERENCES,
            by=one.user,
            at=NOON,
        )
    chooses(alice.subject, "weekly")
    days = (0, 0, 6, 7, 8)
    assert [news_to(alice, at=NOON + n * DAY) for n in days] == ["", "too soon", "too soon", "", "too soon"]
    assert [news_to(bob, at=NOON + n * DAY) for n in days] == [""] * 5
    assert sorted(mail.to[0] for mail in mailoutbox) == [alice.email] * 2 + [bob.email] * 5


@pytest.mark.promise("JS-11")
def test_a_yes_to_one_way_of_writing_is_none_to_another_nor_to_another_topic(mailoutbox):
    alice = someone("alice")
    said = {"notice": notices.current("preferences"), "surface": Surface.PREFERENCES, "by": alice.user, "at": NOON}
    ledger.grant(alice.subject, Matter.OFFERS, channel="email", **said)
    ledger.grant(alice.subject, Matter.CARE, channel="post", **said)
    ways = [(topic, channel) for topic in (Matter.OFFERS, Matter.CARE, Matter.NEW_PIECES) for channel in Channel]
    messages = {
        way: Message(
            kind=writing.KINDS[way[0]].name,
            channel=way[1],
            subject=alice.subject,
            payload={"to": "+12125550137 12 Lane"},
        )
        for way in ways
    }
    passed = [way for way, message in messages.items() if not gate.objection(message)]
    assert passed == [(Matter.OFFERS, Channel.EMAIL), (Matter.CARE, Channel.POST)]


def test_the_latest_choice_of_a_family_counts_and_so_does_its_last_news():
    account, guest = person(), person()
    chooses(guest, "weekly", at=NOON)
    assert goes(guest, at=NOON)
    assert goes(account, at=NOON)  # makes a row, and chooses nothing
    SubjectLink.objects.create(child=guest, root=account, proof="link_clicked", at=NOON)
    assert preferences.of(account).frequency == "weekly"
    assert not goes(account, at=NOON + DAY)
    chooses(account, "all", at=NOON + DAY)
    assert preferences.of(guest).frequency == "all"
    assert goes(guest, at=NOON + DAY)


def test_a_choice_is_in_the_trail_by_its_fields_and_never_twice():
    alice = someone("alice")
    for _ in range(2):
        preferences.choose(alice.subject, frequency="weekly", language="en", currency="USD", by=alice.user, at=NOON)
    trail = AuditEvent.objects.filter(event="preference.changed")
    assert [(event.subject_id, event.details) for event in trail] == [
        (alice.subject.pk, {"fields": ["frequency"], "frequency": "weekly"})
    ]


@pytest.mark.parametrize(
    "wish",
    [{"frequency": "hourly"}, {"language": "tlh"}, {"currency": "XAU"}],
    ids=["frequency", "language", "currency"],
)
def test_what_the_shop_does_not_have_is_not_kept(wish):
    with pytest.raises(NotOffered):
        preferences.choose(
            person(), **{"frequency": "all", "language": "en", "currency": "USD"} | wish, by="system:test", at=NOON
        )
    assert not Preference.objects.exists()


def test_languages_and_currencies_to_choose_from_are_the_shops():
    assert preferences.currencies() == list(settings.LOUPE_CURRENCIES)
    assert preferences.languages() == [code for code, _ in settings.LANGUAGES]


def test_a_manner_keeps_no_person_record_alive():
    alice, bob = person(), someone("bob")
    assert goes(alice, at=NOON)
    assert goes(bob.subject, at=NOON)
    assert subjects.forget_unnamed(by="system:retention", at=NOON + 31 * DAY) == 1
    assert list(Subject.objects.all()) == [bob.subject]
    assert [row.subject for row in Preference.objects.all()] == [bob.subject]


# The key of a link


def read(key, *, at=None):
    return links.read(key, at=at or timezone.now())


def test_a_key_says_nothing_to_anybody_else_and_differs_each_time():
    alice = someone("alice")
    keys = [links.key(alice.subject), links.key(alice.subject.pk)]
    assert [read(key) for key in keys] == [alice.subject] * 2
    assert len(set(keys)) == 2
    assert [word for word in (*alice.words, alice.subject.pk.hex) if word in "".join(keys)] == []
    assert {re.sub(r"[\w-]", "", key) for key in keys} == {""}, "nothing that a mail program may cut at"


@pytest.mark.parametrize(
    "forge",
    [lambda key: key[:-1], lambda key: "", lambda key: "x:y:z", lambda key: key * 9, lambda key: "\u00e9" + key],
)
def test_a_forged_key_is_broken(forge):
    with pytest.raises(links.Broken):
        read(forge(links.key(person())))


def test_what_we_sealed_for_something_else_is_no_key():
    with pytest.raises(links.Broken):
        read(sealed.seal_bytes(person().pk.bytes).decode())


def test_a_key_is_over_after_half_a_year():
    alice = person()
    key, now = links.key(alice), timezone.now()
    assert read(key, at=now + 182 * DAY) == alice
    with pytest.raises(links.Expired):
        read(key, at=now + 184 * DAY)


def test_a_key_of_somebody_erased_looks_like_a_forged_one():
    alice, bob = person(), person()
    key = links.key(alice)
    subjects.mark_erased(alice, by="system:test", at=NOON)
    with pytest.raises(links.Broken):
        read(key)
    assert read(links.key(bob)) == bob


def speaks(subject, language, *, at=NOON):
    preferences.speak(subject, language, by=subject, at=at)


def manner(subject):
    held = preferences.of(subject)
    return held.frequency, held.language, held.currency


def test_a_language_chosen_beside_another_question_leaves_the_rest_as_chosen():
    alice, bob = person(), person()
    preferences.choose(alice, frequency="weekly", language="en", currency="USD", by=alice, at=NOON)
    speaks(alice, "de", at=NOON + DAY)
    assert (manner(alice), manner(bob)) == (("weekly", "de", "USD"), ("all", "en", "USD"))
    assert (preferences.language_of(alice), preferences.language_of(bob)) == ("de", "en")
    preferences.choose(alice, frequency="weekly", language="en", currency="USD", by=alice, at=NOON + 2 * DAY)
    assert manner(alice) == ("weekly", "en", "USD")
    assert [each.words for each in preferences.changes(alice) if each.name == "language"] == [
        "English",
        "Deutsch",
    ]


def test_a_guests_language_does_not_take_back_how_often_when_their_records_are_joined():
    alice, guest = person(), person()
    chooses(alice, "monthly")
    speaks(guest, "de", at=NOON + DAY)
    SubjectLink.objects.create(child=guest, root=alice, proof="link_clicked", at=NOON + DAY)
    assert {manner(each) for each in (alice, guest)} == {("monthly", "de", "USD")}
    speaks(alice, "en", at=NOON + 2 * DAY)
    assert {manner(each) for each in (alice, guest)} == {("monthly", "en", "USD")}


def test_the_language_they_are_written_to_in_anyway_writes_nothing():
    alice = person()
    speaks(alice, "en")
    assert not Preference.objects.exists()
    speaks(alice, "de")
    speaks(alice, "de", at=NOON + DAY)
    assert Preference.objects.get().language_at == NOON
    with pytest.raises(NotOffered):
        speaks(alice, "tlh")
