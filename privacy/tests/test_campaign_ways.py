"""Newsletters by text message and by letter, beside the mail: each way its own words, its own readers, its own count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from privacy.consent import ledger, preferences
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import audience, campaigns, outbox, print_lists, segments, sms, suppressions, texts, writing
from privacy.messages.audience import Why
from privacy.messages.newsroom import Words
from privacy.messages.print_lists import Printer
from privacy.messages.print_models import ListedLetter, PrintList
from privacy.models import Campaign, ConsentRecord, Message
from privacy.tests.people import NOON, Someone, someone
from privacy.tests.subscribers import agrees, draft, reader
from privacy.tests.test_no_news_without_consent import Recorder

pytestmark = pytest.mark.django_db
STAFF = "staff:3"
EVERY = {Channel.EMAIL: "", Channel.SMS: "Three new rings are here.", Channel.POST: "Dear reader.\n\nCome and see."}


@pytest.fixture(autouse=True)
def shop(settings, monkeypatch):
    """A shop whose policy names all three ways, and a gateway that remembers."""
    settings.LOUPE_POLICY, settings.LOUPE_SMS = "jskeuc", "recorder"
    monkeypatch.setattr(sms, "GATEWAYS", {"recorder": Recorder})
    Recorder.given.clear()


def written(ways=EVERY) -> Campaign:
    return campaigns.write(draft(), ways=ways, by=STAFF, at=NOON)


def scheduled(ways=EVERY) -> Campaign:
    return campaigns.schedule(written(ways), for_=NOON, by=STAFF, at=NOON)


def run(campaign, *, at=NOON) -> Campaign:
    campaigns.begin(campaign, by=STAFF, at=at)
    for _ in range(6):
        campaigns.step(campaign.pk, by=STAFF, at=at)
        outbox.sweep(at=at)
    campaign.refresh_from_db()
    return campaign


def wanting(name: str, *channels: Channel) -> Someone:
    person = someone(name)
    for channel in channels:
        agrees(person.subject, channel=channel)
    return person


def got(channel: str, state: str = "sent") -> list[object]:
    """Whom messages of a way went to."""
    mine = Message.objects.filter(channel=channel, state=state)
    return sorted(mine.values_list("subject", flat=True))


# In more than one language

GERMAN = Words(
    title="Der Herbst", body="<p>Drei neue Ringe.</p>", sms="Drei neue Ringe.", post="Guten Tag.\n\nKommen Sie."
)


def test_each_reader_gets_their_language_and_whoever_chose_none_the_shops_first():
    alice, bob = wanting("alice", *Channel), wanting("robert", *Channel)
    preferences.speak(alice.subject, "de", by=alice.user, at=NOON)
    campaigns.write(campaign := written(), translations={"de": GERMAN}, by=STAFF, at=NOON)
    campaigns.schedule(campaign, for_=NOON, by=STAFF, at=NOON)
    campaigns.begin(campaign, by=STAFF, at=NOON)
    campaigns.step(campaign.pk, by=STAFF, at=NOON)
    read = {
        (mail.subject_id, mail.channel): (mail.payload.get("title", ""), mail.payload["text"])
        for mail in Message.objects.filter(reference=campaign.reference)
    }
    said = {
        alice: ("Der Herbst", {"email": "Drei neue Ringe.", "sms": "Drei neue Ringe.", "post": "Guten Tag."}),
        bob: (
            "The autumn case",
            {"email": "Three new rings.", "sms": "Three new rings are here.", "post": "Dear reader."},
        ),
    }
    assert len(read) == 6
    for person, (title, words) in said.items():
        for channel, begins in words.items():
            got_title, text = read[person.subject.pk, channel]
            assert (got_title, begins in text) == ("" if channel == "sms" else title, True)
    assert "Keine Werbung mehr per SMS: Antwort STOP." in read[alice.subject.pk, "sms"][1]


def test_a_language_that_lacks_words_for_a_way_is_not_sent():
    wanting("alice", *Channel)
    campaign = campaigns.write(written(), translations={"de": replace(GERMAN, sms="")}, by=STAFF, at=NOON)
    with pytest.raises(campaigns.NotReady, match="In Deutsch it has no text yet"):
        campaigns.schedule(campaign, for_=NOON, by=STAFF, at=NOON)
    campaigns.write(campaign, translations={"de": replace(GERMAN, sms="lang " * 110)}, by=STAFF, at=NOON)
    with pytest.raises(campaigns.NotReady, match="The text message in Deutsch is longer than 3 texts"):
        campaigns.schedule(campaign, for_=NOON, by=STAFF, at=NOON)
    campaigns.write(campaign, translations={}, by=STAFF, at=NOON)
    assert campaigns.schedule(campaign, for_=NOON, by=STAFF, at=NOON).state == "scheduled"


# Trying it out


def test_a_test_goes_to_the_writers_own_address_and_number_in_each_language_and_nowhere_else(mailoutbox):
    carol, alice = someone("carol", is_staff=True), wanting("alice", *Channel)
    campaign = campaigns.write(written(), translations={"de": GERMAN}, by=STAFF, at=NOON)
    before = ConsentRecord.objects.count()
    sent = campaigns.try_out(campaign, to=carol.email, subject=carol.subject, by=carol.user, at=NOON)
    assert [(each.channel, each.payload["to"], each.kind) for each in sent] == [
        (channel, to, "privacy.newsletter_test")
        for channel, to in (("email", carol.email), ("sms", carol.user.phone))
        for _ in range(2)
    ]
    outbox.sweep(at=NOON)
    assert [mail.subject for mail in mailoutbox] == ["Test: The autumn case", "Test: Der Herbst"]
    assert sorted(Recorder.given) == sorted(each.pk for each in sent[2:])
    assert (ConsentRecord.objects.count(), PrintList.objects.count(), Message.objects.count()) == (before, 0, 4)
    assert not Message.objects.filter(subject=alice.subject).exists()


def test_whoever_has_no_number_is_told_so_and_gets_the_mail_alone():
    carol = someone("carol", is_staff=True)
    type(carol.user).objects.filter(pk=carol.user.pk).update(phone="")
    call_command("ensure_roles", verbosity=0)
    carol.user.groups.add(Group.objects.get(name="owner"))
    browser = Client(headers={"Sec-Fetch-Site": "same-origin"})
    browser.force_login(carol.user)
    address = reverse("admin:privacy_campaign_try_out", args=[written().pk])
    said = browser.post(address, follow=True).content.decode()
    assert "On its way to your own address, and to nobody else. Your account has no telephone number" in said
    assert [each.channel for each in Message.objects.all()] == ["email"]


# Whom


def test_each_way_reaches_those_who_agreed_to_that_very_way(mailoutbox):
    alice = wanting("alice", Channel.EMAIL)
    bob, ivy = wanting("robert", Channel.SMS), wanting("ivy", Channel.POST)
    assert run(scheduled()).state == "sent"
    assert [mail.to for mail in mailoutbox] == [[alice.email]]
    assert (got("email"), got("sms"), got("post", "listed")) == ([alice.subject.pk], [bob.subject.pk], [ivy.subject.pk])
    assert Recorder.given == list(Message.objects.filter(channel="sms").values_list("pk", flat=True))
    (letter,) = ListedLetter.objects.all()
    assert letter.address[:2] == [ivy.user.full_name, "3 Ivytoken Lane"]
    assert letter.content["text"].startswith("Dear reader.")
    assert [(each.channel, each.messages) for each in campaigns.results(Campaign.objects.get())] == [
        ("email", 1), ("sms", 1), ("post", 1),
    ]  # fmt: skip


def test_who_wants_all_three_gets_all_three_and_who_wants_one_a_month_gets_one():
    alice, bob = wanting("alice", *Channel), wanting("robert", *Channel)
    preferences.choose(bob.subject, frequency="monthly", language="en", currency="USD", by=bob.subject, at=NOON)
    run(scheduled())
    mine = Message.objects.filter(subject=alice.subject).values_list("channel", "state")
    assert dict(mine) == {"email": "sent", "sms": "sent", "post": "listed"}
    his = dict(Message.objects.filter(subject=bob.subject).values_list("channel", "stopped_because"))
    assert sorted(his.values()) == ["", "too soon", "too soon"]


def left_out(why: Why, channel: Channel, person: Someone) -> None:
    if why is Why.NO_ADDRESS:
        type(person.user).objects.filter(pk=person.user.pk).update(phone="")
        person.user.addresses.all().delete()
    elif why is Why.UNSUBSCRIBED:
        (address,) = audience.contacts.of(channel, {person.subject.pk: person.subject.pk}).values()
        spelt = {
            "sms": address.replace("+1", "(212) ").replace("212) 212", "212) "),
            "post": address.upper().replace("\n", ", "),
        }
        suppressions.raise_for(channel, spelt[channel], reason="unsubscribed", by="test", at=NOON)


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.POST])
@pytest.mark.parametrize("why", [Why.NO_ADDRESS, Why.UNSUBSCRIBED])
def test_who_agreed_and_would_not_get_it_is_counted_by_reason_in_the_words_of_the_way(channel, why):
    alice, bob = wanting("alice", channel), wanting("robert", channel)
    left_out(why, channel, alice)
    found = audience.count(Matter.NEW_PIECES, channel, at=NOON)
    assert (found.agreed, found.would_get_it, found.left_out, found.not_asked) == (2, 1, {why.value: 1}, None)
    assert found.reasons == [(audience.WORDS_OF_CHANNEL[why, channel], 1)]
    run(scheduled({channel: EVERY[channel]}))
    assert set(Message.objects.values_list("subject", flat=True)) == {bob.subject.pk}


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.POST])
def test_a_stop_under_another_spelling_holds_at_the_last_moment(channel):
    """The fingerprint of a telephone number or of an address does not depend on how it is written."""
    alice, bob = wanting("alice", channel), wanting("robert", channel)
    campaign = scheduled({channel: EVERY[channel]})
    campaigns.begin(campaign, by=STAFF, at=NOON)
    campaigns.step(campaign.pk, by=STAFF, at=NOON)
    left_out(Why.UNSUBSCRIBED, channel, alice)
    run(campaign)
    assert Message.objects.get(subject=alice.subject).stopped_because == "suppressed"
    assert Message.objects.get(subject=bob.subject).state in ("sent", "listed")


def test_a_telephone_of_two_people_rings_once():
    for name in ("alice", "clara"):  # of five letters both, and so of one number
        wanting(name, Channel.SMS)
    run(scheduled({Channel.SMS: "Rings."}))
    assert len(Recorder.given) == 1


# What it says


@pytest.mark.promise("JS-28")
def test_a_text_says_whose_it_is_and_how_to_stop_whatever_staff_wrote():
    campaign = written({Channel.SMS: "  Three\n new   rings. "})
    text = writing.written(campaign, writing.Reader(someone("alice").subject.pk, "", None), Channel.SMS).text
    assert text == "JSKEUC: Three new rings. Reply STOP for no more advertising by text."
    assert texts.word_of("STOP") is texts.Word.STOP


@pytest.mark.parametrize(
    ("text", "units", "parts"),
    [
        ("", 0, 1),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        ("ä" * 160, 160, 1),
        ("ł" * 70, 70, 1),
        ("ł" * 71, 71, 2),
        ("💍" * 35, 70, 1),
        ("💍" * 36, 72, 2),
    ],
    ids=[
        "empty",
        "one",
        "two",
        "two_full",
        "three",
        "euro",
        "euros",
        "umlaut",
        "polish",
        "polish_two",
        "ring",
        "rings",
    ],
)
def test_a_text_is_counted_as_networks_count_it(text, units, parts):
    found = segments.length(text)
    assert (found.units, found.parts) == (units, parts)


def test_a_text_that_is_a_mail_is_refused():
    wanting("alice", Channel.SMS)
    with pytest.raises(campaigns.NotReady, match="longer than 3 texts"):
        scheduled({Channel.SMS: "a" * 460})


# Which ways


@pytest.mark.parametrize(
    ("policy", "ways"),
    [("jane_ellen", ["email"]), ("jskeuc", ["email", "sms", "post"]), ("selenegleam", ["email"])],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_the_ways_of_the_shops_policy_are_offered_and_others_refused(settings, policy, ways):
    wanting("alice", *Channel)
    settings.LOUPE_POLICY = policy
    assert campaigns.offered() == ways
    for channel in Channel:
        campaign = written({channel: EVERY[channel]})
        if channel in ways:
            assert campaigns.schedule(campaign, for_=NOON, by=STAFF, at=NOON).state == "scheduled"
        else:
            with pytest.raises(campaigns.NotReady, match=f"This shop sends nothing {channel.words}"):
                campaigns.schedule(campaign, for_=NOON, by=STAFF, at=NOON)


def test_without_a_gateway_no_text_is_offered(settings):
    settings.IS_DEMO, settings.LOUPE_SMS = False, "console"
    assert campaigns.offered() == ["email", "post"]


def test_a_way_without_words_and_a_newsletter_without_a_way_are_refused():
    reader("mona@example.com")
    for ways in ({Channel.EMAIL: "", Channel.POST: "  "}, {}):
        with pytest.raises(campaigns.NotReady):
            scheduled(ways)


def test_to_nobody_it_is_refused_with_a_sentence_for_each_way():
    person = wanting("alice", Channel.SMS)
    left_out(Why.NO_ADDRESS, Channel.SMS, person)
    with pytest.raises(campaigns.Nobody) as refused:
        scheduled({Channel.SMS: "Rings.", Channel.POST: "Rings."})
    assert str(refused.value) == (
        "Of 1 who agreed by text message, nobody would get it now: 1 gave us no telephone number. "
        "Nobody has agreed to this topic by post, so there is nobody to send it to."
    )


def test_changing_a_draft_changes_its_ways():
    campaign = written()
    campaigns.write(campaign, ways={Channel.POST: "Another."}, by=STAFF, at=NOON)
    assert [(way.channel, way.text) for way in campaigns.ways_of(campaign)] == [("post", "Another.")]
    campaigns.write(campaign, by=STAFF, at=NOON)
    assert campaign.ways.count() == 1


# Held back


def ten() -> list[Someone]:
    return [wanting(f"reader{'x' * number}", Channel.POST, Channel.SMS) for number in range(4)]


def test_a_pause_takes_letters_off_their_list_and_going_on_reaches_everybody_once():
    ten()
    campaign = scheduled()
    campaigns.begin(campaign, by=STAFF, at=NOON)
    campaigns.step(campaign.pk, by=STAFF, at=NOON)
    outbox.sweep(at=NOON)
    assert ListedLetter.objects.count() == 4
    assert campaigns.pause(campaign, by=STAFF, at=NOON) == 4, "texts have left; letters have not"
    assert (ListedLetter.objects.count(), got("post", "listed")) == (0, [])
    campaigns.go_on(campaign, by=STAFF, at=NOON)
    assert run(campaign).state == "sent"
    assert (len(got("post", "listed")), len(got("sms")), len(Recorder.given)) == (4, 4, 4)


def test_cancelling_stops_letters_that_nobody_took_out_and_no_others():
    people = ten()
    campaign = scheduled()
    campaigns.begin(campaign, by=STAFF, at=NOON)
    campaigns.step(campaign.pk, size=2, by=STAFF, at=NOON)
    outbox.sweep(at=NOON)
    print_lists.take_out(PrintList.objects.get(), printer=Printer.OURSELVES, with_text=True, by=STAFF, at=NOON)
    campaigns.step(campaign.pk, size=2, by=STAFF, at=NOON)
    outbox.sweep(at=NOON)
    assert campaigns.cancel(campaign, by=STAFF, at=NOON) == 2
    assert (len(got("post")), len(got("post", "stopped")), len(people)) == (2, 2, 4)
    assert ListedLetter.objects.count() == 2, "those that were taken out may be taken out again"


def test_a_mail_server_that_is_away_keeps_no_other_way(settings):
    wanting("alice", *Channel)
    settings.EMAIL_BACKEND = "privacy.tests.test_outbox.Away"
    assert run(scheduled()).state == "sending"
    assert (len(got("sms")), len(got("post", "listed")), len(got("email"))) == (1, 1, 0)


def test_a_yes_taken_back_while_the_message_waits_counts():
    alice, bob = wanting("alice", Channel.SMS), wanting("robert", Channel.SMS)
    campaign = scheduled({Channel.SMS: "Rings."})
    campaigns.begin(campaign, by=STAFF, at=NOON)
    campaigns.step(campaign.pk, by=STAFF, at=NOON)
    said = {"channel": "sms", "surface": Surface.STOP, "by": "test", "at": NOON}
    ledger.withdraw(alice.subject, Matter.NEW_PIECES, **said)
    run(campaign)
    assert got("sms") == [bob.subject.pk]


# At the desk


@pytest.fixture
def owner() -> Client:
    carol = someone("carol", is_staff=True)
    call_command("ensure_roles", verbosity=0)
    carol.user.groups.add(Group.objects.get(name="owner"))
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(carol.user)
    return client


WORDS = {"topic": "new_pieces", "title": "The autumn case", "preheader": "", "body": "<p>Rings.</p>"}


def page(campaign, action="change") -> str:
    return reverse(f"admin:privacy_campaign_{action}", args=[campaign.pk])


def test_staff_choose_the_ways_and_see_each_before_it_goes(owner):
    alice = wanting("alice", Channel.SMS, Channel.POST)
    add = reverse("admin:privacy_campaign_add")
    short = owner.post(add, WORDS | {"ways": ["sms", "post"], "sms_text": "", "letter_text": ""})
    assert "It travels by text message: say what stands there." in short.text
    assert not Campaign.objects.exists()
    said = {"ways": ["sms", "post"], "body": "", "sms_text": "Rings are here.", "letter_text": "Dear reader."}
    owner.post(add, WORDS | said)
    campaign = Campaign.objects.get()
    assert [(way.channel, way.text) for way in campaigns.ways_of(campaign)] == [
        ("sms", "Rings are here."), ("post", "Dear reader."),
    ]  # fmt: skip
    shown = owner.get(page(campaign)).text
    for words in ("JSKEUC: Rings are here. Reply STOP", "67 characters, 1 text", "You get this letter because"):
        assert words in shown, words
    assert owner.get(page(campaign, "specimen"))["Content-Type"] == "application/pdf"
    owner.post(page(campaign, "try_out"))
    assert Message.objects.values_list("channel").get() == ("sms",), "there is no mail to try out"
    counted = owner.get(page(campaign, "schedule")).text
    assert ("Now, by text message" in counted, "Now, by post" in counted, counted.count("would get it")) == (
        True,
        True,
        2,
    )
    owner.post(page(campaign, "schedule"), {"for__0": "", "for__1": ""})
    run(Campaign.objects.get())
    over = owner.get(page(campaign)).text
    for words in ("By text message", "By post", "on a print list"):
        assert words in over, words
    assert [word for word in alice.words if word in over + shown + counted] == []


def test_a_shop_that_writes_mails_alone_offers_no_other_way(owner, settings):
    settings.LOUPE_POLICY = "jane_ellen"
    form = owner.get(reverse("admin:privacy_campaign_add")).text
    assert ("by e-mail" in form, "by text message" in form, "letter_text" in form) == (True, False, False)
    owner.post(reverse("admin:privacy_campaign_add"), WORDS | {"ways": ["sms"], "sms_text": "Rings."})
    assert not Campaign.objects.exists()


def test_progress_goes_on_by_way(owner):
    ten()
    campaign = scheduled()
    campaigns.begin(campaign, by=STAFF, at=NOON)
    campaigns.step(campaign.pk, size=2, by=STAFF, at=NOON)
    found = {each.channel: (each.messages, each.is_walked) for each in campaigns.results(campaign)}
    assert found == {"email": (0, True), "sms": (2, False), "post": (2, False)}
    assert campaigns.sweep(by=STAFF, at=NOON + timedelta(seconds=10)) == 0
