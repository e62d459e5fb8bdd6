"""Deactivate: closed for now by its owner, opened again by its owner, and never mistaken for an erasure."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts import pausing, security
from accounts.models import ApiToken, Session, User
from accounts.tests.conftest import NOON, PASSWORD, Browser
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.models import Certificate, DataRequest, ErasureStep, Message, Tombstone
from privacy.register import registry, subjects
from privacy.register.vocabulary import Purpose
from privacy.rights import acts, intake
from privacy.rights.models import State

NEWS_OF_SUPPORT = Kind("tests.answer_from_us", purpose=Purpose.SUPPORT, label="A letter")
OF_AN_ORDER = Kind("tests.about_an_order", purpose=Purpose.ORDER, label="An order")


def held(user):
    family = subjects.family(user.subject)
    return {each.model: each.rows(family).count() for each in registry.all_declared() if not each.is_evidence}


def link_of(mailbox):
    return mailbox("alice@example.com").mails[-1]["text"].split("come-back/?key=")[1].split()[0]


@pytest.fixture
def paused(alice):
    security.issue_token(alice, name="watch", by=alice, at=NOON)
    pausing.deactivate(alice, by=alice, at=NOON)
    return alice


@pytest.mark.promise("JH-22")
def test_the_page_says_what_it_is_and_the_button_closes_the_account(signed_in, alice, bob):
    other = Browser()
    other.sign_in(alice.email)
    page = signed_in.get("/account/deactivate/").content.decode()
    assert "Nothing is erased." in page
    alice.refresh_from_db()
    assert alice.is_active, "looking closes nothing"

    answer = signed_in.post("/account/deactivate/")

    assert answer.headers["Location"] == "/account/closed/"
    alice.refresh_from_db()
    bob.refresh_from_db()
    assert (alice.is_active, alice.can_come_back, bob.is_active) == (False, True, True)
    assert not Session.objects.filter(user=alice).exists()
    assert other.get("/account/").status_code == 302
    assert (
        "nobody can buy with it. Nothing was erased" in Message.objects.get(kind="accounts.deactivated").payload["text"]
    )


def test_it_asks_who_one_is_first(alice):
    browser = Browser()
    browser.sign_in(alice.email)
    Session.objects.all().delete()
    assert browser.post("/account/deactivate/").status_code == 302
    alice.refresh_from_db()
    assert alice.is_active


def test_coming_back_takes_the_password_and_the_mailed_link(paused, mailbox, browser):
    answer = browser.sign_in(paused.email)
    assert answer.headers["Location"] == "/account/closed/"
    assert browser.get("/account/").status_code == 302, "the password alone opens nothing"
    offered = link_of(mailbox)
    assert browser.get(f"/account/come-back/?key={offered}").status_code == 200
    paused.refresh_from_db()
    assert not paused.is_active, "opening the link changes nothing; mail scanners do that"

    browser.post("/account/come-back/", {"key": offered})

    paused.refresh_from_db()
    assert (paused.is_active, paused.can_come_back, paused.subject.paused_at) == (True, False, None)
    assert browser.sign_in(paused.email).headers["Location"] == "/account/"
    assert browser.post("/account/come-back/", {"key": offered}).status_code == 410, "the link works once"


def test_a_wrong_password_mails_nobody_and_a_right_one_only_now_and_then(paused, browser):
    browser.sign_in(paused.email, "wrong-password-entirely")
    assert not Message.objects.filter(kind="accounts.come_back").exists()
    for _ in range(3):
        browser.sign_in(paused.email, PASSWORD)
    assert Message.objects.filter(kind="accounts.come_back").count() == 1


@pytest.mark.parametrize("offered", ["", "nonsense", "a:b:c"])
def test_a_broken_link_opens_nothing(paused, browser, offered):
    assert browser.post("/account/come-back/", {"key": offered}).status_code == 410
    paused.refresh_from_db()
    assert not paused.is_active


def test_what_staff_locked_its_owner_does_not_open(alice, carol, browser):
    security.deactivate(alice, by=carol, at=NOON)
    browser.sign_in(alice.email)
    assert not Message.objects.filter(kind="accounts.come_back").exists()
    assert not pausing.offer_return(alice, at=NOON)


def test_staff_open_it_too(paused, carol):
    security.reactivate(paused, by=carol, at=NOON)
    paused.refresh_from_db()
    assert (paused.is_active, paused.can_come_back, paused.subject.is_paused) == (True, False, False)


@pytest.mark.promise("JH-22")
def test_mails_other_than_about_rights_and_orders_stop(paused, bob):
    def posted(kind, user):
        return outbox.post_rendered(
            kind, to=user.email, subject=user.subject, title="T", text="t", html="", by="system:test", at=NOON
        )

    letters = [posted(NEWS_OF_SUPPORT, paused), posted(OF_AN_ORDER, paused), posted(NEWS_OF_SUPPORT, bob)]
    for letter in letters:
        outbox.send(letter.pk, at=NOON)
    assert [Message.objects.get(pk=each.pk).stopped_because for each in letters] == ["paused", "", ""]


def test_rights_stay_and_are_used_without_the_account(paused):
    asked = intake.ask("access", address=paused.email, at=NOON)
    intake.confirm(asked.pk, at=NOON)
    acts.sweep(by="system:sweep", at=NOON)
    asked.refresh_from_db()
    assert asked.state == State.COMPLETED
    assert paused.subject_id in subjects.family(asked.subject)
    assert subjects.root(paused.subject).is_paused, "whoever stands for them now is as quiet as they asked"
    security.reactivate(paused, by=paused, at=NOON)
    assert not subjects.root(paused.subject).is_paused


def test_it_never_counts_as_an_erasure(alice, bob):
    before = held(alice)
    pausing.deactivate(alice, by=alice, at=NOON)
    after = held(alice)
    assert {model for model in before if before[model] != after[model]} == {"privacy.Message"}
    assert DataRequest.objects.get().kind == "deactivation"
    for evidence in (ErasureStep, Certificate, Tombstone):
        assert not evidence.objects.exists(), evidence
    alice.subject.refresh_from_db()
    assert (alice.subject.is_erased, alice.subject.is_restricted) == (False, False)
    link = pausing.key(alice)
    pausing.come_back(link, at=NOON + timedelta(days=300))
    assert {**held(alice), "privacy.Message": 0} == {**before, "privacy.Message": 0}


def test_a_member_of_staff_does_not_close_their_own(carol):
    with pytest.raises(pausing.WorksHere):
        pausing.deactivate(carol, by=carol, at=NOON)
    assert User.objects.get(pk=carol.pk).is_active


def test_the_database_knows_no_open_account_that_comes_back(alice):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=alice.pk).update(can_come_back=True)
    assert not ApiToken.objects.exists()
