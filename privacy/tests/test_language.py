"""The language of our letters: whoever chose one is written to in it, everybody else in English; pages stay English."""

from __future__ import annotations

import pytest
from django.utils import translation

from privacy.consent import ledger, preferences
from privacy.ground import tongue
from privacy.messages import outbox
from privacy.models import ConsentRecord
from privacy.rights import emails
from privacy.tests.people import NOON, asks, mails, someone
from privacy.tests.test_preferences_page import PAGE, browser_of, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice():
    return someone("alice")


@pytest.fixture
def bob():
    return someone("bob")


def chooses(person, language, *, at=NOON):
    preferences.choose(person.subject, frequency="all", language=language, currency="USD", by=person.user, at=at)


def titles():
    return {mail.payload["to"]: mail.payload["title"] for mail in mails("request_withdrawn")}


def test_a_letter_is_in_the_language_its_reader_chose_on_the_page(alice, bob):
    save(browser_of(alice), language="de")
    requests = {person: asks(person, "erasure") for person in (alice, bob)}
    for person, request in requests.items():
        emails.request_withdrawn(request, by=person.user, at=NOON)
    assert titles() == {
        alice.email: f"Zurückgenommen: Meine Daten löschen ({requests[alice].reference})",
        bob.email: f"Taken back: Erase my data ({requests[bob].reference})",
    }
    assert translation.get_language() == "en-us"


def test_the_page_stays_english_and_remembers_each_change_of_language(alice, bob):
    browser = browser_of(alice)
    save(browser, language="de")
    save(browser, language="de")
    save(browser, language="en")
    page = browser.get(PAGE).content.decode()
    assert '<html lang="en">' in page
    assert [(each.name, each.words) for each in preferences.changes(alice.subject)] == [
        ("language", "English"),
        ("language", "Deutsch"),
    ]
    assert page.index("language, English") < page.index("language, Deutsch")
    assert preferences.changes(bob.subject) == []
    assert "How you like to be written to" not in browser_of(bob).get(PAGE).content.decode()


def test_what_somebody_agrees_to_on_an_english_page_is_kept_as_the_english_text(alice):
    chooses(alice, "de")
    save(browser_of(alice), **{"offers-email": True})
    (record,) = ConsentRecord.objects.all()
    assert (record.locale, record.notice.locale) == ("en", "en")
    assert ledger.history(alice.subject).count() == 1


@pytest.mark.parametrize("gone", ["tlh", "", "fr-CH"])
def test_a_language_we_do_not_write_in_is_english(alice, gone):
    chooses(alice, "de")
    preferences.Preference.objects.filter(subject=alice.subject).update(language=gone)
    assert preferences.language_of(alice.subject) == "en"


def test_whoever_chose_nothing_is_written_to_as_they_are_spoken_with(alice, bob):
    chooses(bob, "en")
    with tongue.writing("de"):
        assert (preferences.language_of(alice.subject), preferences.language_of(bob.subject)) == ("de", "en")
        assert preferences.language_of(None) == "de"
    assert preferences.language_of(None) == "en"


def test_a_letter_to_nobody_we_know_can_name_its_language(alice):
    mail = outbox.post(
        emails.IDENTITY_CODE, to="stranger@example.com", subject=None, context={"code": "482 915", "expires_at": NOON},
        language="de", by="system:test", at=NOON,
    )  # fmt: skip
    assert mail.payload["title"] == "Ihr Code für Jane Ellen"
