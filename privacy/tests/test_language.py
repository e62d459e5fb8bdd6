"""The language of our letters: whoever chose one is written to in it, everybody else in English; pages stay English but
for what their reader agrees to there."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import translation

from privacy.consent import ledger, notices, partners, preferences
from privacy.consent.vocabulary import Matter
from privacy.ground import tongue
from privacy.messages import campaigns, outbox, texts
from privacy.rights import conversation_templates, emails, erasure, requests, transfer
from privacy.tests.people import NOON, asks, mails, someone
from privacy.tests.subscribers import draft, reader
from privacy.tests.test_preferences_page import PAGE, browser_of, save
from privacy.views.registers import MAY_READ

pytestmark = pytest.mark.django_db


def chooses(person, language, *, at=NOON):
    preferences.choose(person.subject, frequency="all", language=language, currency="USD", by=person.user, at=at)


def kept(person):
    return [(said.decision, said.locale, said.notice.text) for said in ledger.history(person.subject).order_by("id")]


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


def test_what_somebody_agrees_to_is_shown_and_kept_in_the_language_of_their_letters(alice, bob):
    chooses(alice, "de")
    for person in (alice, bob):
        page = browser_of(person).get(PAGE).content.decode()
        german = f'<span lang="de">{notices.text("preferences", "de")}</span>'
        assert (german in page, notices.text("preferences") in page) == ((person is alice), (person is bob))
        assert ("Informieren Sie mich über Angebote und Aktionen per E-Mail" in page) is (person is alice)
        save(browser_of(person), **{"offers-email": True})
    assert kept(alice) == [("granted", "de", notices.text("preferences", "de"))]
    assert kept(bob) == [("granted", "en", notices.text("preferences"))]


def test_a_text_is_kept_in_the_language_it_was_read_in_although_the_choice_changed_meanwhile(alice):
    """The page was made in English, and left open while another window chose German; the same press may change both."""
    browser = browser_of(alice)
    page = browser.get(PAGE).content.decode()
    assert '<input type="hidden" name="read_in" value="en">' in page
    chooses(alice, "de")
    sent = {"frequency": "all", "language": "de", "currency": "USD", "seen": "", "do": "save", "offers-email": "on"}
    browser.post(PAGE, sent | {"read_in": "en"})
    assert kept(alice) == [("granted", "en", notices.text("preferences"))]
    for stranger in ("", "tlh"):
        browser.post(PAGE, sent | {"read_in": stranger, "care-email": "on"})
    assert {locale for _, locale, _ in kept(alice)} == {"en"}
    browser.post(PAGE, sent | {"do": "withdraw"})
    assert {said for said in kept(alice) if said[0] == "withdrawn"} == {
        ("withdrawn", "de", notices.text("preferences", "de"))
    }


def test_only_what_a_page_shows_in_german_is_there_in_german():
    of_a_review = {Matter.PUBLISH_REVIEW.value, Matter.USE_PHOTO.value}  # taken back there
    of_partners = {partners.ASKED, partners.ASKED_LATE}
    assert set(notices.TEXTS["de"]) == {*notices.ON_PREFERENCES} | of_a_review | of_partners
    with pytest.raises(notices.Unknown):
        notices.text("banner", "de", asked="")


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


def test_an_erased_person_gets_the_last_mail_in_their_language(alice, bob):
    """The choice is erased with everything else; the request remembers what its letters are in."""
    chooses(alice, "de")
    for person in (alice, bob):
        approved = requests.approve(
            asks(person, "erasure"), by=someone(f"carol-{person.email[:3]}", is_staff=True).user, at=NOON
        )
        erasure.execute(approved.pk, by="system:test", at=approved.execute_after)
    assert not preferences.Preference.objects.filter(subject=alice.subject).exists()
    last = {mail.payload["to"]: mail.payload["title"].partition(" ")[0] for mail in mails("erased")}
    assert last == {alice.email: "Gelöscht", bob.email: "Erased"}


def test_what_staff_begin_a_message_with_is_in_the_customers_language(alice, bob):
    chooses(alice, "de")
    received = next(each for each in conversation_templates.TEMPLATES if each.slug == "received")
    of_alice, of_bob = asks(alice, "access"), asks(bob, "access")
    assert received.filled(of_alice).startswith(
        f"Vielen Dank. Wir haben Ihre Anfrage {of_alice.reference} am 2. November 2026"
    )
    assert received.filled(of_bob).startswith(
        f"Thank you. We received your request {of_bob.reference} on 2 November 2026"
    )


def test_how_a_date_came_about_is_told_in_the_letters_language_and_kept_in_english(alice):
    chooses(alice, "de")
    request = asks(alice, "access")
    (mail,) = mails("request_verified")
    assert "Eingegangen am Montag, 2. November 2026; " in mail.payload["text"]
    assert all(each["words"].startswith("Received Monday 2 November 2026; ") for each in request.derivation)


def test_a_reason_that_keeps_something_is_told_in_the_letters_language(alice):
    with tongue.writing("de"):
        said = str(transfer.Outcome(transfer.CHANGED, {"what": "password", "until": NOON}))
    assert said == "Das Passwort Ihres Kontos wurde geändert, deshalb geht vor dem 2. November 2026 keine Kopie hinaus."
    assert str(transfer.Outcome(transfer.REFUSED, {"status": 500})) == (
        "The other provider did not take it (it answered 500)."
    )


def test_what_stands_around_a_newsletter_is_in_its_readers_language():
    """The staff's words are theirs; why it came and how to end it is said as its reader is written to."""
    mona, nora = reader("mona@example.com"), reader("nora@example.com")
    preferences.choose(mona, frequency="all", language="de", currency="USD", by=mona, at=NOON)
    campaign = draft()
    campaigns.schedule(campaign, for_=NOON, by="staff:3", at=NOON)
    campaigns.sweep(by="staff:3", at=NOON)
    feet = {
        mail.payload["to"]: re.findall(r"(?m)^(?:Abbestellen|Unsubscribe)|Three new rings", mail.payload["text"])
        for mail in mails("newsletter_new_pieces")
    }
    assert feet == {
        "mona@example.com": ["Three new rings", "Abbestellen"],
        "nora@example.com": ["Three new rings", "Unsubscribe"],
    }
    assert preferences.language_of(nora) == "en"


def test_a_text_is_answered_in_the_language_of_whoever_has_the_number(alice, bob):
    chooses(alice, "de")
    for person in (alice, bob):
        texts.receive(person.user.phone, "STOP", gateway_id=f"SM{person.email}", at=NOON)
    said = {mail.payload["to"]: mail.payload["text"] for mail in mails("text_stopped")}
    assert said[alice.user.phone].startswith("Jane Ellen: Sie erhalten von uns keine Werbung mehr per SMS.")
    assert said[bob.user.phone].startswith("Jane Ellen: you get no more advertising by text from us.")


def test_the_desk_shows_every_mail_in_every_language(alice):
    carol = someone("carol", is_staff=True)
    carol.user.user_permissions.add(*Permission.objects.filter(codename=MAY_READ.partition(".")[2]))
    page = reverse("registers:mail", args=["orders.order_shipped"])
    browser = browser_of(carol)
    german, english = (browser.get(page, {"language": code}).content.decode() for code in ("de", "en"))
    assert "Ihr Paket ist unterwegs" in german
    assert "Your parcel is on its way" in english
    assert "Ihr Paket ist unterwegs" not in english
    assert 'href="?language=de&amp;look=light"' in english
