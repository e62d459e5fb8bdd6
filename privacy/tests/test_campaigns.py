"""Newsletters: to those who agreed and to nobody else, one mail each whatever is killed, and numbers instead of names."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from privacy import probes
from privacy.consent import ledger, preferences
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.ground import states
from privacy.messages import audience, campaigns, outbox, suppressions, unsubscribe, writing
from privacy.messages.audience import Why
from privacy.messages.models import Message
from privacy.messages.newsroom import Campaign, CampaignWay
from privacy.models import AuditEvent, SubjectLink
from privacy.register import ages, objections, subjects
from privacy.register.vocabulary import Purpose
from privacy.tests.people import NOON, someone
from privacy.tests.subscribers import agrees, draft, reader

pytestmark = pytest.mark.django_db

STAFF = "staff:3"
HOUR = timedelta(hours=1)
NEWS = "privacy.newsletter_new_pieces"


def count(matter=Matter.NEW_PIECES):
    return audience.count(matter, "email", at=NOON)


def news():
    return Message.objects.filter(kind=NEWS)


def run(campaign, *, at=NOON, steps=12, size=audience.PAGE):
    """Workers at their rounds, until nothing moves any more."""
    campaigns.begin(campaign, by=STAFF, at=at)
    for _ in range(steps):
        campaigns.step(campaign.pk, size=size, by=STAFF, at=at)
        outbox.sweep(at=at)
    campaign.refresh_from_db()
    return campaign


def scheduled(**changes):
    return campaigns.schedule(draft(**changes), for_=NOON, by=STAFF, at=NOON)


# Who gets it


@pytest.mark.promise("JS-06", "JS-11", "JE-24")
def test_it_goes_to_those_who_agreed_to_its_topic_by_mail_and_to_nobody_else(mailoutbox):
    alice, bob = someone("alice"), someone("bob")
    agrees(alice.subject), agrees(bob.subject, Matter.CARE)
    reader("mona@example.com")
    by_text = someone("tom").subject
    agrees(by_text, channel=Channel.SMS)
    run(scheduled())
    assert sorted(mail.to[0] for mail in mailoutbox if "autumn" in mail.subject) == [
        "alice@example.com",
        "mona@example.com",
    ]
    assert set(news().values_list("state", flat=True)) == {"sent"}


def left_out(why):
    """One person whom *why* leaves out."""
    if why is Why.NO_ADDRESS:
        return agrees(subjects.new(by="test", at=NOON))
    person = reader("nils@example.com")
    if why in ("unsubscribed", "complained", "bounced", "refused"):
        suppressions.raise_for("email", "nils@example.com", reason=why, by="test", at=NOON)
    elif why is Why.WITHDRAWN:
        other = subjects.new(by="test", at=NOON)
        agrees(other)
        ledger.withdraw(person, Matter.NEW_PIECES, channel="email", surface=Surface.PREFERENCES, by=person, at=NOON)
        SubjectLink.objects.create(child=other, root=person, proof="link_clicked", at=NOON)
    elif why is Why.TOO_SOON:
        preferences.choose(person, frequency="monthly", language="en", currency="USD", by=person, at=NOON)
        preferences.take_turn(person, message=person.pk, at=NOON - timedelta(days=3))
    else:
        verb = {
            Why.RESTRICTED: subjects.restrict,
            Why.PAUSED: subjects.pause,
            Why.ERASED: subjects.mark_erased,
            Why.MINOR: partial(ages.state, answer=ages.ANSWERS["16_17"]),
            Why.OBJECTED: partial(objections.note, purpose=Purpose.MARKETING),
        }[why]
        verb(person, by="test", at=NOON)
    return None


@pytest.mark.parametrize("why", list(Why), ids=str)
def test_who_agreed_and_would_not_get_it_is_counted_by_reason(why):
    left_out(why)
    reader("mona@example.com")
    found = count()
    assert (found.agreed, found.would_get_it, found.left_out) == (2, 1, {why.value: 1})
    assert found.reasons == [(why.words("email"), 1)]


def test_confirmed_addresses_that_never_agreed_are_a_number_too():
    someone("alice"), someone("bob")
    reader("mona@example.com")
    assert (count().would_get_it, count().not_asked) == (1, 2)


def test_a_person_of_many_records_is_one_reader():
    alice = someone("alice")
    agrees(alice.subject)
    for _ in range(3):
        reader("alice@example.com")
    assert (count().agreed, count().would_get_it) == (1, 1)
    run(scheduled())
    assert news().count() == 1


def test_the_account_is_written_to_where_somebody_has_several_proven_addresses():
    alice = someone("alice")
    subjects.prove(alice.subject, value="old@example.com", proof=subjects.Proof.LINK_CLICKED, by="test", at=NOON)
    agrees(alice.subject)
    (found,) = audience.everybody(Matter.NEW_PIECES, "email", at=NOON)
    assert found.address == "alice@example.com"


def test_counting_costs_the_same_for_three_and_for_thirty():
    def queries(number):
        for each in range(number):
            reader(f"r{each}-of-{number}@example.com")
        with CaptureQueriesContext(connection) as asked:
            found = count()
        return len(asked), found.would_get_it

    (few, three), (many, thirty) = queries(3), queries(27)
    assert (three, thirty, many) == (3, 30, few)


# Deciding


def test_the_diagram_in_the_documentation_is_the_table():
    page = (Path(settings.BASE_DIR) / "docs/campaigns.md").read_text()
    assert f"```mermaid\n{campaigns.CAMPAIGN.mermaid()}\n```" in page


def test_a_newsletter_to_nobody_is_refused_with_the_reason():
    campaign = draft()
    with pytest.raises(campaigns.Nobody, match="Nobody has agreed to this topic"):
        campaigns.schedule(campaign, for_=NOON, by=STAFF, at=NOON)
    left_out(Why.BOUNCED)
    with pytest.raises(campaigns.Nobody, match="Of 1 who agreed by e-mail, nobody would get it now: 1 have a mailbox"):
        campaigns.schedule(campaign, for_=NOON, by=STAFF, at=NOON)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.scheduled_for) == ("draft", None)


def test_one_without_words_is_refused():
    reader("mona@example.com")
    with pytest.raises(campaigns.NotReady, match="no text"):
        campaigns.schedule(draft(body="<p> </p>"), for_=NOON, by=STAFF, at=NOON)


def test_it_waits_for_its_hour_and_can_be_taken_back_until_then():
    reader("mona@example.com")
    campaign = campaigns.schedule(draft(), for_=NOON + timedelta(hours=2), by=STAFF, at=NOON)
    assert campaigns.sweep(by=STAFF, at=NOON + timedelta(hours=1)) == 0
    campaigns.take_back(campaign, by=STAFF, at=NOON)
    assert campaigns.sweep(by=STAFF, at=NOON + timedelta(hours=3)) == 0
    campaigns.schedule(campaign, for_=NOON, by=STAFF, at=NOON)
    assert campaigns.sweep(by=STAFF, at=NOON) == 1
    with pytest.raises(campaigns.NotDraft):
        campaigns.write(Campaign.objects.get(), by=STAFF, at=NOON)


def test_every_decision_is_on_the_trail_under_the_newsletters_reference():
    reader("mona@example.com")
    campaign = run(scheduled())
    said = AuditEvent.objects.filter(object_ref=campaign.reference).order_by("pk").values_list("event", "actor")
    assert list(said) == [
        ("campaign.written", STAFF),
        ("campaign.scheduled", STAFF),
        ("campaign.sending", STAFF),
        ("campaign.sent", STAFF),
    ]


# One mail each


def ten_readers():
    return [reader(f"r{number}@example.com") for number in range(10)]


def test_a_worker_that_dies_in_a_page_writes_all_of_it_or_nothing(monkeypatch):
    ten_readers()
    campaign = scheduled()
    campaigns.begin(campaign, by=STAFF, at=NOON)
    post, posted = outbox.post_rendered, []

    def dies_at_the_third(*args, **kwargs):
        posted.append(1)
        if len(posted) == 3:
            raise SystemExit
        return post(*args, **kwargs)

    monkeypatch.setattr(outbox, "post_rendered", dies_at_the_third)
    with pytest.raises(SystemExit):
        campaigns.step(campaign.pk, size=4, by=STAFF, at=NOON)
    assert news().count() == 0
    monkeypatch.setattr(outbox, "post_rendered", post)
    assert run(campaign, size=4).state == "sent"
    assert news().filter(state="sent").count() == 10


def test_a_second_walk_over_the_same_people_makes_no_second_mail(mailoutbox):
    ten_readers()
    campaign = scheduled()
    run(campaign, steps=1, size=4)
    CampaignWay.objects.update(walked_to=None, has_walked=False)
    assert run(campaign, size=4).state == "sent"
    assert (news().count(), len(mailoutbox)) == (10, 10)
    assert len({mail.extra_headers["Message-ID"] for mail in mailoutbox}) == 10


def test_the_next_page_waits_until_the_last_one_has_left():
    ten_readers()
    campaign = scheduled()
    campaigns.begin(campaign, by=STAFF, at=NOON)
    written = [campaigns.step(campaign.pk, size=4, by=STAFF, at=NOON) for _ in range(3)]
    assert written == [4, 0, 0]
    outbox.sweep(at=NOON)
    assert campaigns.step(campaign.pk, size=4, by=STAFF, at=NOON) == 4


def test_a_pause_takes_back_what_waits_and_going_on_reaches_everybody_once(mailoutbox):
    ten_readers()
    campaign = scheduled()
    run(campaign, steps=1, size=4)
    campaigns.step(campaign.pk, size=4, by=STAFF, at=NOON)
    assert campaigns.pause(campaign, by=STAFF, at=NOON) == 4
    outbox.sweep(at=NOON), campaigns.sweep(by=STAFF, at=NOON)
    assert (len(mailoutbox), news().count()) == (4, 4)
    campaigns.go_on(campaign, by=STAFF, at=NOON)
    assert run(campaign, size=4).state == "sent"
    assert sorted(mail.to[0] for mail in mailoutbox) == [f"r{number}@example.com" for number in range(10)]


def test_a_cancelled_one_sends_nothing_more_and_cannot_go_on(mailoutbox):
    ten_readers()
    campaign = scheduled()
    run(campaign, steps=1, size=4)
    campaigns.step(campaign.pk, size=4, by=STAFF, at=NOON)
    assert campaigns.cancel(campaign, by=STAFF, at=NOON) == 4
    run(campaign)
    assert (len(mailoutbox), campaigns.results(campaign)[0].stopped) == (4, [("cancelled", 4)])
    with pytest.raises(states.NotAllowed):
        campaigns.go_on(campaign, by=STAFF, at=NOON)


@pytest.mark.promise("JE-34", "JE-24", "JK-31")
def test_leaving_while_the_mail_waits_is_in_time(client, mailoutbox):
    mona, nils = reader("mona@example.com"), reader("nils@example.com")
    campaign = scheduled()
    campaigns.begin(campaign, by=STAFF, at=NOON)
    campaigns.step(campaign.pk, by=STAFF, at=NOON)
    client.post(unsubscribe.path(mona, address="mona@example.com"), unsubscribe.ONE_CLICK)
    assert run(campaign).state == "sent"
    assert [mail.to for mail in mailoutbox] == [["nils@example.com"]]
    assert news().get(subject=mona).stopped_because == "suppressed"
    assert not ledger.may(mona, Matter.NEW_PIECES, Channel.EMAIL)
    assert ledger.may(nils, Matter.NEW_PIECES, Channel.EMAIL)


def test_the_probe_counts_a_promotion_that_nobody_agreed_to_and_no_other():
    mona, nils = reader("mona@example.com"), reader("nils@example.com")
    other = subjects.new(by="test", at=NOON)
    agrees(other)
    joined = subjects.new(by="test", at=NOON)
    SubjectLink.objects.create(child=other, root=joined, proof="link_clicked", at=NOON)
    run(scheduled())
    sent = {"kind": NEWS, "state": "sent", "created_at": NOON, "next_attempt_at": NOON}
    Message.objects.create(**sent, subject=joined, sent_at=NOON)
    assert probes.news_without_consent(NOON) == 0
    ledger.withdraw(mona, Matter.NEW_PIECES, channel="email", surface=Surface.PREFERENCES, by=mona, at=NOON + HOUR)
    assert probes.news_without_consent(NOON) == 0, "they had agreed when it went"
    Message.objects.create(**sent, subject=mona, sent_at=NOON + 2 * HOUR)
    Message.objects.create(**sent, subject=subjects.new(by="test", at=NOON), sent_at=NOON)
    Message.objects.create(**sent, subject=nils, sent_at=NOON - HOUR)
    assert probes.news_without_consent(NOON) == 3


def test_the_results_are_numbers():
    reader("mona@example.com")
    left_out(Why.BOUNCED)
    reader("ida@example.com")
    campaign = scheduled()
    campaigns.begin(campaign, by=STAFF, at=NOON)
    campaigns.step(campaign.pk, by=STAFF, at=NOON)
    suppressions.raise_for("email", "ida@example.com", reason="unsubscribed", by="test", at=NOON)
    (found,) = campaigns.results(run(campaign))
    assert (found.messages, found.lines, found.stopped) == (2, [("sent", 1)], [("suppressed", 1)])
    assert found.left_out == [(Why.BOUNCED.words("email"), 1)]


def test_a_draft_is_mailed_to_whoever_asked_and_to_nobody_else(mailoutbox):
    carol = someone("carol", is_staff=True)
    reader("mona@example.com")
    campaign = draft()
    (message,) = campaigns.try_out(campaign, to=carol.email, subject=carol.subject, by=carol.user, at=NOON)
    outbox.send(message.pk, at=NOON)
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [(["carol@example.com"], "Test: The autumn case")]
    assert campaigns.results(campaign)[0].messages == 0
    assert writing.TEST.is_marketing is False
