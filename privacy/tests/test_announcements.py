"""Telling everybody: each address once, guests too, through a worker's death; and a breach to those whom it concerns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps

from privacy.ground import references, states
from privacy.messages import addressees, announcements, breach, handover, outbox
from privacy.messages.announcement_models import Announcement, AnnouncementDelivery
from privacy.models import AuditEvent, Message, Subject
from privacy.register import policy_versions, scope, subjects
from privacy.rights import policy
from privacy.tests.people import NOON, mails, someone
from privacy.tests.test_policy_versions import document

pytestmark = pytest.mark.django_db
CAROL = "staff:3"
LATER = NOON + timedelta(hours=1)
WORDS = {
    "happened": "On 1 November a copy of our orders was read by somebody who may not.",
    "consequences": "Somebody may write to you and pretend to be us.",
    "measures": "The way in is closed, and the authority was told.",
    "advice": "Believe no mail that asks for money or passwords.",
}


def order(email: str, *, subject: Subject | None = None, paid_at: Any = NOON, **changes: Any) -> Any:
    """An order of a guest, or of the person given."""
    model = apps.get_model("orders.Order")
    guest = subject or subjects.new(by="guest", at=NOON)
    return model.objects.create(
        **{
            "reference": references.new("LP"),
            "bag_id": uuid4(),
            "subject": guest,
            "state": "delivered",
            "email": email,
            "full_name": "Gwen Garnet",
            "country": "US",
            "currency": "USD",
            "subtotal_minor": 1000,
            "shipping_minor": 0,
            "shipping_method": "insured",
            "tax_minor": 0,
            "tax_rate": "0",
            "is_tax_included": False,
            "total_minor": 1000,
            "invoice_number": f"INV-{uuid4().hex[:12]}",
            "placed_at": paid_at,
            "paid_at": paid_at,
            "completed_at": paid_at,
        }
        | changes
    )


@pytest.fixture
def important():
    """The second version of the policy, told of."""
    policy_versions.publish(document(), effective_on=NOON.date(), is_material=False, by=CAROL, at=NOON)
    version = policy_versions.publish(
        document("Other."), effective_on=NOON.date(), is_material=True, summary="A new carrier.", by=CAROL, at=NOON
    )
    return announcements.of_version(version, by=CAROL, at=NOON)


def told(kind: str = "policy_changed") -> list[str]:
    return sorted(mail.payload["to"] for mail in mails(kind))


# Everybody


@pytest.mark.promise("JE-130", "JS-44", "SG-17", "JH-39", "JK-48")
def test_every_customer_and_recent_guest_is_told_once_however_often_they_ordered(important):
    alice, bob = someone("alice"), someone("bob")
    order(alice.email, subject=alice.subject)
    for spelling in ("gwen@example.com", "Gwen@Example.com", "gwen@example.com"):
        order(spelling)
    order("old@example.com", paid_at=NOON - timedelta(days=731))
    order("waiting@example.com", paid_at=NOON - timedelta(days=731), state="shipped", completed_at=None)
    order("unpaid@example.com", paid_at=None, placed_at=NOON, completed_at=None, state="expired", invoice_number=None)
    someone("carol", is_staff=True)
    assert announcements.work(important.pk, at=LATER) is True
    assert sorted(address.lower() for address in told()) == [
        alice.email,
        bob.email,
        "gwen@example.com",
        "waiting@example.com",
    ]
    text = mails("policy_changed")[0].payload["text"]
    for words in ("A new carrier.", "on 2 November 2026", "What we hold", "/privacy/versions/2/", "agrees to nothing"):
        assert words in text, words


def test_the_ledger_has_a_row_for_each_address_and_none_of_them(important):
    alice = someone("alice")
    order("gwen@example.com")
    announcements.work(important.pk, at=LATER)
    important.refresh_from_db()
    rows = AnnouncementDelivery.objects.all()
    assert {(row.state, row.posted_at, Message.objects.filter(pk=row.mail_id).exists()) for row in rows} == {
        ("posted", LATER, True)
    }
    assert alice.email not in str(list(rows.values()))
    assert (important.state, important.finished_at) == ("done", LATER)
    assert AuditEvent.objects.get(event="announcement.posted").details == {"posted": 2, "gone": 0}
    announcements.work(important.pk, at=LATER + timedelta(days=1))
    assert announcements.sweep(at=LATER) == 0
    assert len(told()) == 2, "told once, however often it is rung for"


@pytest.mark.promise("JE-130")
def test_a_worker_that_dies_anywhere_leaves_nobody_out_and_tells_nobody_twice(important, monkeypatch):
    monkeypatch.setattr(announcements, "BATCH", 2)
    monkeypatch.setattr(announcements, "WORK_SECONDS", -1.0)  # one batch, then the worker is gone
    expected = [someone(f"person{number}").email for number in range(3)]
    expected += [order(f"guest{number}@example.com").email for number in range(3)]
    original, calls = outbox.post, 0

    def dies_now_and_then(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            raise RuntimeError("killed")
        return original(*args, **kwargs)

    monkeypatch.setattr(outbox, "post", dies_now_and_then)
    deaths = 0
    for _ in range(40):
        try:
            announcements.work(important.pk, at=LATER)
        except RuntimeError:
            deaths += 1
    important.refresh_from_db()
    assert (important.state, told(), deaths > 1) == ("done", sorted(expected), True)
    assert announcements.progress(important) == announcements.Progress(posted=6)


def test_who_comes_or_goes_meanwhile(important, monkeypatch):
    """A changed address is no longer the one that was gathered; who is erased between posting and sending hears nothing."""
    alice, bob, gwen = someone("alice"), someone("bob"), someone("gwen")
    monkeypatch.setattr(announcements, "WORK_SECONDS", -1.0)
    while important.state == "gathering":
        announcements.work(important.pk, at=LATER)
        important.refresh_from_db()
    type(alice.user).objects.filter(pk=alice.user.pk).update(email="new@example.com")
    monkeypatch.undo()
    announcements.work(important.pk, at=LATER)
    assert told() == [bob.email, gwen.email]
    subjects.restrict(bob.subject, by=CAROL, at=LATER)
    outbox.sweep(at=LATER)
    done = announcements.progress(important)
    assert (done.gone, done.posted, done.sent, done.stopped, done.total) == (1, 2, 1, 1, 3)


@pytest.mark.promise("JE-130")
def test_publishing_an_important_version_begins_to_tell_and_a_small_one_does_not(monkeypatch):
    alice = someone("alice")
    policy.publish(effective_on=NOON.date(), is_material=False, by=CAROL, at=NOON)
    for words, is_material in (("We hold less.", True), ("We hold less!", False)):
        monkeypatch.setattr(policy, "compose", lambda words=words: document(words))
        policy.publish(effective_on=NOON.date(), is_material=is_material, summary="Less.", by=CAROL, at=NOON)
    assert [(each.version.number, each.state) for each in Announcement.objects.all()] == [(2, "gathering")]
    assert announcements.sweep(at=LATER) == 1
    assert told() == [alice.email]


def test_the_estimate_counts_everybody_who_would_be_told():
    someone("alice")
    order("gwen@example.com")
    order("old@example.com", paid_at=NOON - timedelta(days=731))
    assert addressees.estimate(at=NOON) == 2


# Those whom a breach concerns


def leak(*targets: str, **changes: Any) -> Announcement:
    return breach.draft(targets=targets or ["orders.Order.email"], words=WORDS | changes, by=CAROL, at=NOON)


def test_the_people_behind_what_leaked_are_told_and_nobody_else():
    alice, bob = someone("alice"), someone("bob")
    guest = order("gwen@example.com")
    order(alice.email, subject=alice.subject)
    notice = leak()
    counted = breach.count(notice)
    assert (counted.people, counted.addresses, counted.unreachable) == (2, 2, 0)
    assert not AnnouncementDelivery.objects.exists(), "counting writes nothing"
    breach.send(notice, by=CAROL, at=LATER)
    announcements.work(notice.pk, at=LATER)
    assert told("breach") == [alice.email, guest.email]
    assert bob.email not in str(told("breach"))
    mail = mails("breach")[0].payload
    for part in (mail["text"], mail["html"]):
        for words in (*WORDS.values(), "Orders: e-mail", "privacy@janeellen.example", "supervisory authority"):
            assert words in part, words
    event = AuditEvent.objects.get(event="announcement.begun")
    assert (event.actor, event.details) == (CAROL, {"people": 2, "addresses": 2})


def test_only_what_was_made_in_the_window_is_concerned():
    order("gwen@example.com")
    order("ida@example.com", paid_at=NOON - timedelta(days=40), placed_at=NOON - timedelta(days=40))
    notice = breach.draft(
        targets=["orders.Order"], start=NOON - timedelta(days=1), end=NOON, words=WORDS, by=CAROL, at=NOON
    )
    assert breach.count(notice).addresses == 1


def test_who_has_no_address_left_is_counted_and_every_address_of_a_person_is_used():
    alice = someone("alice")
    order("alices-other@example.com", subject=alice.subject)
    gone = order("", full_name="")
    subjects.mark_erased(gone.subject, by=CAROL, at=NOON)
    counted = breach.count(leak("orders.Order"))
    assert (counted.people, counted.addresses, counted.unreachable) == (2, 2, 1)


def test_a_guest_who_proved_an_address_is_one_person():
    alice = someone("alice")
    guest = order("alice@example.com")
    subjects.identify(guest.subject, value=alice.email, by="guest", at=NOON)
    subjects.prove(alice.subject, value=alice.email, proof=subjects.Proof.LINK_CLICKED, by=alice.user, at=NOON)
    counted = breach.count(leak("orders.Order"))
    assert (counted.people, counted.addresses, counted.unreachable) == (1, 1, 0)
    assert subjects.families([alice.subject.pk]) == {
        alice.subject.pk: alice.subject.pk,
        guest.subject_id: alice.subject.pk,
    }


def test_a_restricted_person_hears_of_a_breach():
    alice = someone("alice")
    order(alice.email, subject=alice.subject)
    subjects.restrict(alice.subject, by=CAROL, at=NOON)
    notice = breach.send(leak(), by=CAROL, at=LATER)
    announcements.work(notice.pk, at=LATER)
    outbox.sweep(at=LATER)
    assert announcements.progress(notice).sent == 1


@pytest.mark.parametrize("name", breach.WORDS)
@pytest.mark.parametrize("words", ["", "  ", "Since [date].", "TODO"])
def test_article_34_asks_for_every_word(name, words):
    with pytest.raises(announcements.Unsaid) as lacking:
        leak(**{name: words})
    assert (lacking.value.names, Announcement.objects.count()) == ([breach.WORDS[name]], 0)


def test_a_breach_of_nothing_or_of_something_unknown_is_refused():
    with pytest.raises(breach.NothingLeaked):
        breach.draft(targets=[], words=WORDS, by=CAROL, at=NOON)
    with pytest.raises(scope.Unknown):
        leak("orders.Order.no_such_field")


def test_it_is_sent_once_and_never_to_nobody():
    notice = leak()
    with pytest.raises(breach.NobodyToTell):
        breach.send(notice, by=CAROL, at=LATER)
    notice.refresh_from_db()
    assert (notice.state, notice.deliveries.count()) == ("draft", 0)
    order("gwen@example.com")
    breach.send(notice, by=CAROL, at=LATER)
    with pytest.raises(states.NotAllowed):
        breach.send(notice, by=CAROL, at=LATER)
    announcements.sweep(at=LATER)
    assert told("breach") == ["gwen@example.com"]


# A new owner


SOLD = {
    "owner": "Aurum House LLC",
    "happens": "On 1 January Aurum House LLC takes over the shop.",
    "data": "Accounts, and orders of the last seven years.",
    "choice": "Object, or have everything erased until then.",
}


@pytest.mark.promise("JE-41", "JH-20", "JS-39")
def test_everybody_hears_of_a_new_owner_and_which_policy_goes_on_protecting_them():
    alice = someone("alice")
    order("gwen@example.com")
    with pytest.raises(handover.NoPolicy):
        handover.draft(SOLD, by=CAROL, at=NOON)
    first = policy_versions.publish(document(), effective_on=NOON.date(), is_material=False, by=CAROL, at=NOON)
    notice = handover.draft(SOLD, by=CAROL, at=NOON)
    policy_versions.publish(document("Other."), effective_on=NOON.date(), is_material=False, by=CAROL, at=NOON)
    assert told("new_owner") == [], "a draft tells nobody"
    handover.send(notice, by=CAROL, at=LATER)
    announcements.sweep(at=LATER)
    assert told("new_owner") == [alice.email, "gwen@example.com"]
    text = mails("new_owner")[0].payload["text"]
    for words in (*SOLD.values(), "Version 1 of our privacy policy", "/privacy/versions/1/"):
        assert words in text, words
    notice.refresh_from_db()
    assert (notice.version, notice.state) == (first, "done")
    with pytest.raises(states.NotAllowed):
        handover.send(notice, by=CAROL, at=LATER)


def test_one_kind_of_notice_is_not_sent_as_the_other():
    policy_versions.publish(document(), effective_on=NOON.date(), is_material=False, by=CAROL, at=NOON)
    order("gwen@example.com")
    with pytest.raises(states.NotAllowed):
        breach.send(handover.draft(SOLD, by=CAROL, at=NOON), by=CAROL, at=LATER)
    with pytest.raises(states.NotAllowed):
        handover.send(leak(), by=CAROL, at=LATER)
    with pytest.raises(announcements.Unsaid):
        handover.draft(SOLD | {"data": "[which]"}, by=CAROL, at=NOON)
    assert announcements.sweep(at=LATER) == 0
