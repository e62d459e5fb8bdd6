"""The soft opt-in: off in every profile, and where a shop switches it on, exactly as far as ePrivacy Directive Art. 13(2) goes."""

from datetime import timedelta

import pytest

from privacy.consent import ledger, notices, soft_opt_in
from privacy.consent.models import ConsentRecord
from privacy.consent.soft_opt_in_models import SoftOptIn
from privacy.consent.vocabulary import Matter, Surface
from privacy.messages import audience, outbox, suppressions, writing
from privacy.models import Message
from privacy.register import profiles, subjects
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def switched_on(settings, tmp_path):
    """A shop of its own, like Jane Ellen's but for the switch."""
    text = (profiles.FOLDER / "jane_ellen.toml").read_text()
    own = tmp_path / "own.toml"
    own.write_text(text.replace("soft_opt_in = false", "soft_opt_in = true"))
    settings.LOUPE_POLICY = str(own)
    assert soft_opt_in.is_on()


def buys(subject, *, number=1, declined=False, is_paid=True, at=NOON):
    reference = f"LP-TEST-000{number}"
    soft_opt_in.shown(subject, reference=reference, declined=declined, by=subject, at=at)
    if is_paid:
        soft_opt_in.sold(reference, at=at)


def allowed(subject):
    """What the gate would let through without a yes."""
    ways = [(matter, channel) for matter in Matter if matter.needs_channel for channel in ("email", "sms", "post")]
    return [f"{matter}-{channel}" for matter, channel in ways if soft_opt_in.allows(subject, matter, channel)]


def sent(person, topic=Matter.NEW_PIECES, *, at=NOON + DAY):
    message = outbox.post_rendered(
        writing.KINDS[topic],
        to=person.email,
        subject=person.subject,
        title="News",
        text="News",
        html="",
        by="system:test",
        at=at,
    )
    outbox.send(message.pk, at=at)
    return Message.objects.get(pk=message.pk).stopped_because


@pytest.mark.promise("JK-30", "SG-06")
@pytest.mark.parametrize("shop", profiles.slugs())
def test_it_is_off_in_every_profile_by_a_line_of_its_own(shop, settings):
    settings.LOUPE_POLICY = shop
    assert "[marketing]\nsoft_opt_in = false" in (profiles.FOLDER / f"{shop}.toml").read_text()
    alice = someone("alice")
    buys(alice.subject)
    assert (allowed(alice.subject), SoftOptIn.objects.count(), ConsentRecord.objects.count()) == ([], 0, 0)
    assert sent(alice) == "no consent"


def test_switched_off_again_it_allows_nothing_whatever_was_written_meanwhile(switched_on, settings):
    alice = someone("alice")
    buys(alice.subject)
    assert allowed(alice.subject) == ["new_pieces-email", "offers-email"]
    settings.LOUPE_POLICY = "jane_ellen"
    assert allowed(alice.subject) == []
    assert sent(alice) == "no consent"


def test_it_reaches_customers_by_mail_about_our_own_pieces_and_no_further(switched_on, mailoutbox):
    alice, bob = someone("alice"), someone("bob")
    buys(alice.subject)
    assert allowed(alice.subject) == ["new_pieces-email", "offers-email"]
    assert (sent(alice), sent(alice, Matter.CARE), sent(bob)) == ("", "no consent", "no consent")
    assert [mail.to for mail in mailoutbox] == [[alice.email]]
    assert "List-Unsubscribe" in mailoutbox[0].extra_headers
    assert not ConsentRecord.objects.exists(), "it is no consent, and is never written down as one"


@pytest.mark.parametrize("why", ["declined", "not paid", "withdrew", "refused", "unsubscribed", "not proven"])
def test_each_condition_is_one(switched_on, why):
    alice = someone("alice")
    person = alice.subject
    if why == "not proven":
        person = subjects.new(by="system:test", at=NOON)
        subjects.identify(person, value="gwen@example.com", by="system:test", at=NOON)
    buys(person, declined=why == "declined", is_paid=why != "not paid")
    said = {"channel": "email", "surface": Surface.PREFERENCES, "by": person, "at": NOON}
    if why == "withdrew":
        ledger.grant(person, Matter.NEW_PIECES, notice=notices.current("preferences"), **said)
        ledger.withdraw(person, Matter.NEW_PIECES, **said)
    if why == "refused":
        ledger.refuse(person, Matter.NEW_PIECES, **said)
    if why == "unsubscribed":
        suppressions.raise_for("email", alice.email, reason="unsubscribed", by="system:test", at=NOON)
        assert sent(alice) == "suppressed"
        return
    assert not soft_opt_in.allows(person, Matter.NEW_PIECES, "email")


def test_saying_no_at_a_later_order_holds_for_the_earlier_one_too(switched_on):
    alice = someone("alice")
    buys(alice.subject)
    buys(alice.subject, number=2, declined=True, at=NOON + DAY)
    assert allowed(alice.subject) == []
    said = [(r.matter, r.decision, r.surface, r.notice.slug) for r in ledger.history(alice.subject)]
    assert sorted(said) == [
        ("new_pieces", "refused", "checkout", "checkout_similar"),
        ("offers", "refused", "checkout", "checkout_similar"),
    ]


def test_a_newsletter_reaches_those_who_agreed_and_those_who_bought_each_once(switched_on):
    alice, bob, dora, erik = (someone(name) for name in ("alice", "bob", "dora", "erik"))
    for number, one in enumerate((alice, bob, dora), start=1):
        buys(one.subject, number=number)
    buys(alice.subject, number=4)
    for one in (alice, erik):
        ledger.grant(
            one.subject,
            Matter.OFFERS,
            channel="email",
            notice=notices.current("preferences"),
            surface=Surface.PREFERENCES,
            by=one.user,
            at=NOON,
        )
    ledger.refuse(bob.subject, Matter.OFFERS, channel="email", surface=Surface.MAIL, by=bob.user, at=NOON)
    found = list(audience.everybody(Matter.OFFERS, "email", at=NOON + DAY))
    assert sorted((each.address, each.why) for each in found if each.why is None) == [
        (alice.email, None),
        (dora.email, None),
        (erik.email, None),
    ]
    assert [(each.person, each.why) for each in found if each.why] == [(bob.subject, audience.Why.WITHDRAWN)]
    assert sorted(each.address for each in audience.everybody(Matter.CARE, "email", at=NOON + DAY)) == []
