"""The newsletter form: one field, one answer for everybody, and nothing sent before the button in the mailbox was pressed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from privacy.consent import ledger, notices
from privacy.consent.models import ConsentRecord
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import newsletter, outbox, suppressions
from privacy.messages.models import Message
from privacy.messages.newsroom import NewsletterSignup
from privacy.models import Subject
from privacy.register import subjects
from privacy.rights import retention
from privacy.tests.people import NOON, mails, someone

pytestmark = pytest.mark.django_db

SAME_SITE = {"HTTP_SEC_FETCH_SITE": "same-origin"}
MONA = "mona@example.com"


@pytest.fixture(autouse=True)
def _no_count():
    cache.clear()


def signed_up(address=MONA, *, at=NOON):
    signup = newsletter.ask(address, network="203.0.113.0/24", at=at)
    assert signup is not None
    return signup


def may(person):
    return ledger.may(person, Matter.NEW_PIECES, Channel.EMAIL)


def test_the_form_stands_on_every_page_with_one_field_and_its_text(client):
    page = client.get("/").content.decode()
    form = page[page.index('action="/privacy/newsletter/"') :].partition("</form>")[0]
    assert form.count("<input") == 1
    assert notices.text("newsletter").replace("'", "&#x27;") in form


@pytest.mark.promise("JH-04")
def test_an_address_is_all_it_takes_and_known_and_unknown_get_the_same_answer():
    someone("alice")
    client = Client(enforce_csrf_checks=True)
    known = client.post("/privacy/newsletter/", {"email": "alice@example.com"}, **SAME_SITE)
    stranger = client.post("/privacy/newsletter/", {"email": "MONA@example.com"}, **SAME_SITE)
    assert (known.status_code, known["Location"]) == (stranger.status_code, stranger["Location"])
    assert dict(stranger.cookies) == {}
    assert sorted(signup.email for signup in NewsletterSignup.objects.all()) == ["alice@example.com", MONA]
    assert ConsentRecord.objects.count() == 0


def test_another_site_cannot_send_it():
    answer = Client(enforce_csrf_checks=True).post(
        "/privacy/newsletter/", {"email": MONA}, HTTP_SEC_FETCH_SITE="cross-site"
    )
    assert (answer.status_code, NewsletterSignup.objects.count()) == (403, 0)


def test_what_is_no_address_is_said_and_one_network_is_slowed_down(client):
    assert client.post("/privacy/newsletter/", {"email": "mona"}).status_code == 400
    answers = [client.post("/privacy/newsletter/", {"email": f"m{n}@example.com"}).status_code for n in range(11)]
    assert answers == [302] * 10 + [429]


def test_one_mailbox_gets_three_such_mails_a_day_however_often_it_is_typed():
    signups = [newsletter.ask(MONA, at=NOON + timedelta(hours=hour)) for hour in range(5)]
    assert [signup is not None for signup in signups] == [True] * 3 + [False] * 2
    assert len(mails("newsletter_confirm")) == 3
    assert newsletter.ask(MONA, at=NOON + timedelta(hours=25)) is not None


@pytest.mark.promise("JS-06")
def test_only_the_button_is_a_yes(client):
    signup = signed_up()
    link = newsletter.path(signup)
    for method in (client.get, client.head):
        assert method(link).status_code == 200
    assert (ConsentRecord.objects.count(), may(signup.subject)) == (0, False)
    assert client.post(link).status_code == 200
    record = ConsentRecord.objects.get()
    assert may(signup.subject)
    assert (record.matter, record.channel, record.surface, record.notice.slug, record.network) == (
        "new_pieces",
        "email",
        "footer_form",
        "newsletter",
        "203.0.113.0/24",
    )
    assert client.post(link).status_code == client.get(link).status_code == 200
    assert ConsentRecord.objects.count() == 1


def test_a_link_that_is_cut_or_old_says_so_and_offers_the_form(client):
    signup = signed_up()
    key = newsletter.key(signup)
    signup.delete()
    for wrong, status in ((key, 410), (key[:-2], 404), ("", 404), ("x" * 4000, 404)):
        answer = client.post(f"/privacy/newsletter/confirm/?key={wrong}")
        assert (answer.status_code, ConsentRecord.objects.count()) == (status, 0)
        assert 'action="/privacy/newsletter/"' in answer.content.decode()


def test_a_customer_who_confirms_is_the_person_of_their_account_and_nobody_elses_changes():
    alice, bob = someone("alice"), someone("bob")
    signup = signed_up("alice@example.com")
    person = newsletter.confirm(signup, at=NOON)
    assert person == alice.subject
    assert (may(alice.subject), may(bob.subject)) == (True, False)
    assert subjects.root(signup.subject) == alice.subject


def test_typing_somebodys_address_changes_nothing_of_theirs():
    bob = someone("bob")
    signup = signed_up("bob@example.com")
    assert (may(bob.subject), subjects.family(bob.subject)) == (False, [bob.subject.pk])
    assert signup.subject != bob.subject


@pytest.mark.promise("JK-31")
def test_a_confirmed_yes_is_what_lifts_a_suppression_and_typing_is_not():
    suppressions.raise_for("email", MONA, reason="unsubscribed", by="test", at=NOON)
    signup = signed_up()
    assert suppressions.stops("email", MONA, marketing=True)
    newsletter.confirm(signup, at=NOON)
    assert not suppressions.stops("email", MONA, marketing=True)


def test_a_restricted_or_erased_person_is_not_woken_up():
    alice = someone("alice")
    subjects.restrict(alice.subject, by="test", at=NOON)
    person = newsletter.confirm(signed_up("alice@example.com"), at=NOON)
    assert person != alice.subject
    assert not may(alice.subject)


@pytest.mark.promise("JE-68")
def test_without_the_button_the_address_is_forgotten_and_with_it_kept_until_the_yes_is_over():
    mona, nils = signed_up(), signed_up("nils@example.com")
    person = newsletter.confirm(mona, at=NOON)

    def night(days):
        at = NOON + timedelta(days=days)
        newsletter.close_ended(at=at)
        retention.run(apply=True, model="privacy.NewsletterSignup", by="test", at=at)
        return sorted(NewsletterSignup.objects.values_list("email", flat=True))

    assert night(6) == [MONA, "nils@example.com"]
    assert night(7) == [MONA]
    ledger.withdraw(person, Matter.NEW_PIECES, channel="email", surface=Surface.PREFERENCES, by=person, at=NOON)
    assert night(8) == []
    assert Subject.objects.filter(pk=nils.subject.pk).exists()


def test_the_mail_names_the_text_and_carries_no_promotion_headers(mailoutbox):
    signed_up()
    (waiting,) = mails("newsletter_confirm")
    assert outbox.send(waiting.pk, at=NOON)
    (sent,) = mailoutbox
    assert notices.text("newsletter") in sent.body
    assert "/privacy/newsletter/confirm/?key=" in sent.body
    assert "List-Unsubscribe" not in sent.extra_headers
    assert Message.objects.get().state == "sent"
