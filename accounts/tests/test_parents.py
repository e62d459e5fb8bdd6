"""Who is not of age signs up with a parent: asked by mail, recorded behind the link, and without a yes everything goes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Browser
from privacy.models import ParentalConsent, Subject
from privacy.register import ages, subjects
from privacy.register.models import Identifier
from privacy.rights import acts, at_once, children
from privacy.rights.models import DataRequest

pytestmark = pytest.mark.django_db
MINA, PARENT = "mina@example.com", "petra@example.com"


def sign_up(browser, *, age="16_17", parent=PARENT, email=MINA):
    browser.says_age(age)
    return browser.post("/accounts/signup/", {"email": email, "password1": PASSWORD, "parent_email": parent})


def link_in(mailbox, path="/privacy/parent/"):
    text = mailbox(PARENT).mails[-1]["text"]
    return path + text.split(path)[1].split()[0]


def confirm(browser, mailbox):
    path = mailbox(MINA).link
    browser.get(path)
    return browser.post(path)


def is_in(browser):
    return browser.get("/account/").status_code == 200


@pytest.mark.promise("JS-20", "JK-39", "JE-119", "JH-34")
@pytest.mark.parametrize(
    ("shop", "age"),
    [("jessies_selection", "13_15"), ("jskeuc", "16_17"), ("jane_ellen", "16_17"), ("jen_hansen", "13_15")],
)
def test_a_minor_enters_only_once_a_parent_agreed_and_that_is_recorded(
    browser, other_browser, mailbox, settings, shop, age
):
    settings.LOUPE_POLICY = shop
    sign_up(browser, age=age)
    user = User.objects.get()
    assert (user.subject.age_band, ages.is_minor(user.subject)) == (age, True)
    assert confirm(browser, mailbox).headers["Location"] == "/accounts/parent-first/"
    assert not is_in(browser)
    browser.sign_in(MINA)
    assert not is_in(browser)

    assert mailbox(PARENT).kinds == ["privacy.parent_asked"]
    page = other_browser.get(link_in(mailbox))
    assert MINA in page.content.decode()
    assert other_browser.post(link_in(mailbox), {}).status_code == 400, "a box of its own, unticked"
    assert children.lacks_parent(user.subject)
    other_browser.post(link_in(mailbox), {"agrees": "on"})

    consent = ParentalConsent.objects.get()
    assert (consent.child, consent.contact, consent.is_agreed) == (user.subject, PARENT, True)
    assert consent.notice.text.startswith("I am 18 or older and responsible for this child")
    assert Identifier.objects.filter(subject=consent.parent, proven_at__isnull=False).count() == 1
    assert mailbox(PARENT).kinds == ["privacy.parent_asked", "privacy.parent_agreed"]
    browser.sign_in(MINA)
    assert is_in(browser)


def test_the_mail_to_a_stranger_carries_no_word_of_the_sender(browser, mailbox):
    browser.says_age("16_17")
    typed = {"email": MINA, "password1": PASSWORD, "parent_email": PARENT, "full_name": "Visit evil.example now"}
    browser.post("/accounts/signup/", typed)
    mail = str(mailbox(PARENT).mails)
    assert [word for word in ("evil", "mina") if word in mail] == []


@pytest.mark.parametrize("parent", ["", "no-address", MINA, "Mina@Example.com"])
def test_a_parent_has_an_address_of_their_own(browser, parent):
    answer = sign_up(browser, parent=parent)
    assert answer.status_code == 200
    assert "field--wrong" in answer.content.decode()
    assert not User.objects.exists()


def test_a_parents_address_is_not_flooded(mailbox):
    answers = [sign_up(Browser(), email=f"mina{number}@example.com").status_code for number in range(4)]
    assert answers == [302, 302, 302, 200]
    assert len(mailbox(PARENT).mails) == 3
    assert User.objects.count() == 3


def test_an_adult_is_asked_for_no_parent_and_a_minor_is_offered_no_news(browser, other_browser):
    browser.says_age("25_39")
    other_browser.says_age("16_17")
    adults, minors = (each.get("/accounts/signup/").content.decode() for each in (browser, other_browser))
    assert ("parent_email" in adults, "news_offers" in adults) == (False, True)
    assert ("parent_email" in minors, "news_offers" in minors) == (True, False)


@pytest.mark.parametrize("says_yes_first", [False, True])
def test_a_parents_no_and_a_yes_taken_back_delete_the_child_and_nobody_else(
    browser, other_browser, mailbox, bob, says_yes_first
):
    sign_up(browser)
    child = User.objects.get(email=MINA).subject
    if says_yes_first:
        other_browser.post(link_in(mailbox), {"agrees": "on"})
        confirm(browser, mailbox)
        assert is_in(browser) or browser.sign_in(MINA)
    assert other_browser.post(link_in(mailbox), {"delete": "1"}).headers["Location"] == "/privacy/parent/deleted/"
    assert other_browser.get(link_in(mailbox)).status_code == 410
    erasure = DataRequest.objects.get()
    acts.carry_out(erasure.pk, by="system:worker", at=timezone.now())

    erasure.refresh_from_db()
    assert (erasure.state, erasure.kind, erasure.subject_id) == ("completed", "erasure", child.pk)
    assert list(User.objects.all()) == [bob]
    assert not ParentalConsent.objects.exists()
    assert not is_in(browser)
    assert Subject.objects.get(pk=child.pk).age_band == ""
    bob.subject.refresh_from_db()
    assert not bob.subject.is_restricted


def test_without_an_answer_everything_goes_after_a_week(browser, mailbox, bob):
    sign_up(browser)
    user = User.objects.get(email=MINA)
    now = timezone.now()
    assert children.sweep(by="system:retention", at=now + timedelta(days=6)) == 0
    assert children.sweep(by="system:retention", at=now + timedelta(days=7, seconds=5)) == 1
    assert children.sweep(by="system:retention", at=now + timedelta(days=8)) == 0, "once"
    acts.sweep(by="system:worker", at=now + timedelta(days=8))
    assert list(User.objects.all()) == [bob]
    assert subjects.of_number(user.subject_id).is_erased
    assert mailbox(MINA).kinds == [], "nobody writes to a child"


@pytest.mark.parametrize("key", ["", "x", "eA:1tABCD:x"])
def test_a_link_nobody_sent_shows_nothing(browser, key):
    assert browser.get(f"/privacy/parent/?key={key}").status_code == 410
    assert browser.post(f"/privacy/parent/?key={key}", {"agrees": "on"}).status_code == 410


def test_the_link_is_over_after_a_week_without_an_answer(browser, mailbox):
    sign_up(browser)
    consent = ParentalConsent.objects.get()
    key = link_in(mailbox).partition("key=")[2]
    assert children.read(key, at=consent.asked_at + timedelta(days=6)) == consent
    with pytest.raises(children.Broken):
        children.read(key, at=consent.asked_at + timedelta(days=7))


def test_an_erasure_at_once_hurries_one_that_was_asked_for(alice, bob):
    now = timezone.now()
    first = at_once.erase(alice.subject, because="found to be a child's", by="staff:3", at=now)
    again = at_once.erase(alice.subject, because="found to be a child's", by="staff:3", at=now)
    assert (again, first.execute_after) == (first, now)
    assert DataRequest.objects.count() == 1


def test_a_band_is_grown_out_of(alice, bob):
    now = timezone.now()
    ages.state(alice.subject, ages.ANSWERS["13_15"], by="test", at=now)
    ages.state(bob.subject, ages.ANSWERS["16_17"], by="test", at=now)

    def bands():
        return [subjects.of_number(each.subject_id).age_band for each in (alice, bob)]

    for years, expected in ((2, ["13_15", "16_17"]), (2.02, ["13_15", "adult"]), (3.02, ["16_17", "adult"])):
        ages.grow_up(at=now + timedelta(days=365 * years))
        assert bands() == expected
    ages.state(bob.subject, ages.ANSWERS["16_17"], by="test", at=now)
    assert bands()[1] == "16_17", "the younger of two statements stands"
    ages.state(bob.subject, ages.ANSWERS["25_39"], by="test", at=now)
    assert bands()[1] == "16_17"
    with pytest.raises(ages.NotKept):
        ages.state(alice.subject, ages.ANSWERS["to_12"], by="test", at=now)
