"""By form, mail, telephone or letter: an erasure takes the same way, and is refused on the law's grounds alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from privacy.models import Subject
from privacy.register import subjects
from privacy.rights import acts, deadlines, grounds, intake, requests
from privacy.rights.deadlines import Law
from privacy.rights.kinds import Kind
from privacy.rights.models import Channel, State
from privacy.tests.people import NOON, held, someone

pytestmark = pytest.mark.django_db
CAROL = "staff:3"
WROTE = NOON - timedelta(days=2)


def by_form(address):
    return intake.ask(Kind.ERASURE, address=address, at=NOON)


def by_mail(address):
    stranger = subjects.new(by="test", at=NOON)
    subjects.identify(stranger, value=address, by="test", at=NOON)
    return intake.by_mail(Kind.ERASURE, address=address, stranger=stranger, is_proven=False, received_at=WROTE, at=NOON)


def by_staff(channel):
    def enter(address):
        return intake.by_staff(Kind.ERASURE, address=address, channel=channel, received_at=WROTE, by=CAROL, at=NOON)

    return enter


WAYS = {
    Channel.FORM: by_form,
    Channel.MAIL: by_mail,
    Channel.PHONE: by_staff(Channel.PHONE),
    Channel.POST: by_staff(Channel.POST),
}


@pytest.mark.promise("JE-88", "JE-94", "JE-74")
@pytest.mark.parametrize("channel", list(WAYS))
def test_a_californian_asks_for_erasure_on_any_way(channel, settings):
    """The clocks of California run, from receipt; the mailed link is the proof; staff decide; Alice goes, Bob stays."""
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)
    alice, bob = someone("alice"), someone("bob")
    Subject.objects.filter(pk=alice.subject.pk).update(residence="US-CA")
    before = held(bob)
    asked = WAYS[channel](alice.email)
    received = NOON if channel == Channel.FORM else WROTE
    assert (asked.channel, asked.received_at, asked.state) == (channel, received, State.RECEIVED)
    dates = deadlines.of(Kind.ERASURE, residence="US-CA", received_at=received)
    sources = {each["source"] for each in dates.derivation}
    assert sources >= {"11 CCR 7021(a)", "11 CCR 7021(b)"}, "ten working days to confirm, 45 days to answer"
    assert (asked.first_reply_due_at, asked.due_at) == (dates.first_reply_at, dates.complete_at)
    standing = intake.confirm(asked.pk, at=NOON)
    requests.approve(standing, by=CAROL, at=NOON)
    if channel == Channel.MAIL:  # what follows is the same for all of them
        acts.carry_out(standing.pk, by="system:worker", at=NOON + timedelta(hours=2))
        assert Subject.objects.get(pk=alice.subject.pk).is_erased
    assert held(bob) == before


@pytest.mark.promise("JE-74")
def test_what_was_asked_by_mail_is_refused_on_a_ground_of_the_law_or_not_at_all():
    alice = someone("alice")
    standing = intake.confirm(by_mail(alice.email).pk, at=NOON)
    with pytest.raises(grounds.NotOpen):
        requests.refuse(standing, ground="business", reason="We would rather keep it.", by=CAROL, at=NOON)
    for each in grounds.open_to(standing):
        assert each.law is not Law.POLICY, "no wish of the shop's own is a ground"
    refused = requests.refuse(
        standing, ground="gdpr.legal_claims", reason="A court has your claim about this ring.", by=CAROL, at=NOON
    )
    assert refused.state == State.REFUSED
