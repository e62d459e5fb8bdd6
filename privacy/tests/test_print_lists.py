"""Letters: onto a list behind the gate, out of the house behind it once more, on the record, and gone from here soon after."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import (
    audience,
    campaigns,
    inbox,
    outbox,
    print_lists,
    routing,
    stationery,
    suppressions,
    writing,
)
from privacy.messages.kinds import Kind
from privacy.messages.letters import read
from privacy.messages.print_lists import Addressed, Printer
from privacy.messages.print_models import ListedLetter, PrintList
from privacy.models import AuditEvent, Disclosure, Message
from privacy.register import agreements, objections, profiles, registry, subjects
from privacy.register.vocabulary import Purpose
from privacy.rights import mailroom, retention
from privacy.tests.inbox.mails import arrival, mail
from privacy.tests.people import NOON, Someone, someone
from privacy.tests.subscribers import agrees, draft

pytestmark = pytest.mark.django_db
OFFERS = writing.KINDS[Matter.OFFERS]
CARD = Kind("tests.letter_of_thanks", purpose=Purpose.ORDER, label="A card with an order")
DAY = timedelta(days=1)
STAFF = "staff:3"


def lines_of(person: Someone) -> list[str]:
    lines: list[str] = person.user.addresses.get().lines
    return lines


def posted(person: Someone, kind: Kind = OFFERS, *, about: str = "NL-TEST") -> Message:
    """A letter in the outbox, to the address of somebody."""
    return outbox.post_rendered(
        kind, to="\n".join(lines_of(person)), subject=person.subject, title="The winter letter", text="Dear reader.",
        reference=about, channel=Channel.POST, by="test", at=NOON,
    )  # fmt: skip


def listed(*people: Someone) -> PrintList:
    for person in people:
        posted(person)
    outbox.sweep(at=NOON)
    return PrintList.objects.get()


def taken(row: PrintList, *, printer: Printer = Printer.OURSELVES, with_text: bool = True, at=NOON) -> list[str]:
    """The names on the envelopes."""
    out = print_lists.take_out(row, printer=printer, with_text=with_text, by=STAFF, at=at)
    return sorted(each.address[0] for each in out.letters)


def states() -> dict[str, str]:
    return {str(row.state): row.stopped_because for row in Message.objects.filter(channel="post")}


@pytest.fixture
def alice() -> Someone:
    person = someone("alice")
    agrees(person.subject, Matter.OFFERS, channel=Channel.POST)
    return person


@pytest.fixture
def bob() -> Someone:
    """He agreed to letters as well, and nothing that Alice does may keep his back."""
    person = someone("bob")
    agrees(person.subject, Matter.OFFERS, channel=Channel.POST)
    return person


# Onto a list


def test_a_letter_comes_on_the_list_of_its_occasion_sealed_and_has_not_been_sent(alice, bob):
    row = listed(alice, bob)
    assert (row.state, row.size, row.kind, row.about) == ("filling", 2, OFFERS.name, "NL-TEST")
    assert {tuple(each.address) for each in row.letters.all()} == {tuple(lines_of(alice)), tuple(lines_of(bob))}
    assert list(Message.objects.values_list("state", "payload", "sent_at")) == [("listed", None, None)] * 2
    assert not Disclosure.objects.exists(), "nobody has received anything"
    assert outbox.sweep(at=NOON + DAY) == 0
    assert ListedLetter.objects.count() == 2


def test_another_occasion_and_a_full_list_begin_another(alice, bob, monkeypatch):
    monkeypatch.setattr(print_lists, "MOST", 1)
    posted(alice), posted(bob), posted(bob, about="NL-NEXT")
    outbox.sweep(at=NOON)
    found = sorted(PrintList.objects.values_list("about", "state", "size"))
    assert found == [("NL-NEXT", "full", 1), ("NL-TEST", "full", 1), ("NL-TEST", "full", 1)]


def test_a_letter_that_somebody_else_took_comes_on_no_list_twice(alice):
    message = posted(alice)
    assert print_lists.put(message, at=NOON) is True
    assert print_lists.put(message, at=NOON) is False
    assert ListedLetter.objects.count() == 1


def moves_by_mail(person: Someone) -> None:
    kept = inbox.keep(arrival(mail("Stop letters", "Thank you", sender=person.email)), at=NOON)
    mailroom.handle(kept.pk, at=NOON)


STOPS = {
    "no consent": lambda person: ledger.withdraw(
        person.subject, Matter.OFFERS, channel="post", surface=Surface.PREFERENCES, by="test", at=NOON
    ),
    "restricted": lambda person: subjects.restrict(person.subject, by="test", at=NOON),
    "paused": lambda person: subjects.pause(person.subject, by="test", at=NOON),
    "objected": lambda person: objections.note(person.subject, purpose=Purpose.MARKETING, by="test", at=NOON),
    "erased": lambda person: subjects.mark_erased(person.subject, by="test", at=NOON),
    "suppressed": lambda person: suppressions.raise_for(
        "post", " ".join(lines_of(person)).upper(), reason="unsubscribed", by="test", at=NOON
    ),
}


@pytest.mark.promise("JS-06", "JK-30")
@pytest.mark.parametrize(("why", "do"), STOPS.items(), ids=STOPS)
def test_the_gate_stands_before_the_list_and_before_the_door(alice, bob, why, do):
    """Stopped before it is listed, and struck off where it stood on the list already; Bob's letter goes."""
    row = listed(alice, bob)
    do(alice)
    posted(alice, about="NL-LATE")
    outbox.sweep(at=NOON)
    assert PrintList.objects.filter(about="NL-LATE").count() == 0
    assert taken(row) == [bob.user.full_name]
    mine = Message.objects.filter(subject=alice.subject).values_list("state", "stopped_because", "sent_at")
    assert list(mine) == [("stopped", why, None)] * 2
    assert Message.objects.get(subject=bob.subject).state == "sent"
    assert [each.subject for each in ListedLetter.objects.all()] == [bob.subject]


@pytest.mark.promise("JK-33")
def test_a_mail_to_us_ends_letters(alice, bob):
    row = listed(alice, bob)
    moves_by_mail(alice)
    ledger.grant(
        alice.subject,
        Matter.OFFERS,
        channel=Channel.POST,
        notice=notices.current("preferences"),
        surface=Surface.PREFERENCES,
        by=STAFF,
        at=NOON,
    )
    assert taken(row) == [bob.user.full_name], "whatever was agreed to again: the stop holds"
    found = audience.count(Matter.OFFERS, "post", at=NOON)
    assert (found.would_get_it, found.left_out) == (1, {"unsubscribed": 1})
    assert not suppressions.stops("email", alice.email, marketing=True), "mails are another matter"


def test_a_letter_that_is_no_advertising_needs_no_consent(alice):
    carl = someone("carl")
    posted(carl, CARD)
    outbox.sweep(at=NOON)
    assert taken(PrintList.objects.get()) == [carl.user.full_name]


# Out of the house


def test_printed_in_house_nobody_receives_anything_and_the_trail_says_who_took_it(alice, bob):
    row = listed(alice, bob)
    assert taken(row, at=NOON + DAY) == [alice.user.full_name, bob.user.full_name]
    row.refresh_from_db()
    assert (row.state, row.taken_at, row.times_taken, row.printer) == ("taken", NOON + DAY, 1, "ourselves")
    assert set(Message.objects.values_list("state", "sent_at")) == {("sent", NOON + DAY)}
    event = AuditEvent.objects.get(event="print_list.taken_out")
    assert (event.object_ref, event.actor) == (row.reference, STAFF)
    assert event.details == {"letters": 2, "left_out": 0, "printer": "ourselves", "with_text": True, "time": 1}
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize("with_text", [True, False], ids=["letters", "addresses"])
def test_the_printing_house_leaves_a_row_for_each_person_that_says_what_it_got(alice, bob, with_text):
    row = listed(alice, bob)
    taken(row, printer=Printer.HOUSE, with_text=with_text)
    given = {each.subject_id: (each.processor, each.reference, set(each.keys)) for each in Disclosure.objects.all()}
    keys = {"full_name", "line1", "line2", "city", "region", "postal_code", "country", "address"} | (
        {"letter"} if with_text else set()
    )
    assert given == dict.fromkeys((alice.subject.pk, bob.subject.pk), ("print", row.reference, keys))


def test_a_printing_house_without_an_agreement_gets_nothing(alice, monkeypatch):
    row = listed(alice)
    monkeypatch.setattr(agreements, "of", lambda slug: None)
    with pytest.raises(agreements.NotAgreed):
        taken(row, printer=Printer.HOUSE)
    row.refresh_from_db()
    assert (row.state, states(), Disclosure.objects.count()) == ("filling", {"listed": ""}, 0)


def test_a_second_time_is_counted_and_whoever_said_no_since_is_not_in_it(alice, bob):
    row = listed(alice, bob)
    taken(row)
    STOPS["no consent"](alice)
    assert taken(row, at=NOON + DAY) == [bob.user.full_name]
    row.refresh_from_db()
    assert (row.times_taken, row.taken_at) == (2, NOON)
    assert set(Message.objects.values_list("state", "sent_at")) == {("sent", NOON)}, "what went, went"
    assert list(ListedLetter.objects.values_list("subject", flat=True)) == [bob.subject.pk]


def test_letters_that_come_after_it_was_taken_begin_another_list(alice, bob):
    first = listed(alice)
    taken(first)
    posted(bob)
    outbox.sweep(at=NOON)
    assert [(each.size, each.state) for each in PrintList.objects.order_by("pk")] == [(1, "taken"), (1, "filling")]


def test_with_nobody_left_no_file_is_made(alice):
    row = listed(alice)
    STOPS["restricted"](alice)
    with pytest.raises(print_lists.Nobody):
        taken(row)
    row.refresh_from_db()
    assert (row.times_taken, states(), ListedLetter.objects.count()) == (0, {"stopped": "restricted"}, 0)


# The end of its time


def test_fourteen_days_after_it_was_taken_the_addresses_are_gone_and_it_cannot_be_taken_again(alice):
    row = listed(alice)
    taken(row, at=NOON + 10 * DAY)
    for days, there in ((23, 1), (24, 0)):
        print_lists.close_ended(at=NOON + days * DAY)
        retention.run(apply=True, model="privacy.ListedLetter", by="test", at=NOON + days * DAY)
        assert ListedLetter.objects.count() == there, days
    row.refresh_from_db()
    with pytest.raises(print_lists.Over):
        taken(row, at=NOON + 24 * DAY)
    assert (row.state, states()) == ("over", {"sent": ""})


def test_what_nobody_takes_out_lapses_and_never_counts_as_sent(alice, bob):
    row = listed(alice)
    assert print_lists.close_ended(at=NOON + 13 * DAY) == 0
    assert print_lists.close_ended(at=NOON + 14 * DAY) == 1
    row.refresh_from_db()
    assert (row.state, states()) == ("over", {"stopped": print_lists.NOBODY_TOOK_IT})
    posted(bob)
    outbox.sweep(at=NOON + 14 * DAY)
    assert PrintList.objects.exclude(pk=row.pk).get().size == 1, "a list that is over takes no more"


def test_an_erasure_takes_the_letter_off_its_list(alice, bob):
    listed(alice, bob)
    assert registry.of("privacy.ListedLetter").rows([alice.subject.pk]).count() == 1
    outbox.stop_all([alice.subject.pk], because="erased")
    assert taken(PrintList.objects.get()) == [bob.user.full_name]


# On paper


def test_a_letter_names_the_way_to_object_and_that_way_works(alice):
    campaign = draft(topic="offers")
    campaigns.write(campaign, ways={Channel.POST: "Dear reader.\n\n\n\nCome and see."}, by=STAFF, at=NOON)
    letter = writing.written(campaign, writing.Reader(alice.subject.pk, "", NOON), Channel.POST)
    shop = profiles.current()
    assert letter.text.startswith("Dear reader.\n\nCome and see.\n\nYou get this letter because on 2 November 2026 you")
    for words in (
        "“Offers and sales” by post",
        shop.contact.email,
        *shop.contact.address,
        "“Stop letters”",
        "/privacy/",
    ):
        assert words in letter.text, words
    assert letter.html == ""
    heard = routing.direct(read(mail("Stop letters", "", sender="alice@example.com")))
    assert heard.route == routing.Route.STOP_POST


def test_the_pdf_has_a_sheet_for_each_letter_and_the_table_only_addresses():
    every = [
        Addressed(["Ida Ålund", "1 Höga gatan", "Malmö"], "The winter letter", "Dear reader.\n\nCome."),
        Addressed(["=HYPERLINK(1)", "@1", "Y", "US"], "The winter letter", "Long. " * 900),
    ]
    pdf = stationery.letters(every, title="Letters PL-1", at=NOON)
    assert pdf.startswith(b"%PDF-")
    assert pdf == stationery.letters(every, title="Letters PL-1", at=NOON)
    assert pdf.count(b"/Type /Page\n") >= 3
    rows = list(csv.reader(io.StringIO(stationery.addresses(every))))
    assert rows == [
        ["line_1", "line_2", "line_3", "line_4"],
        ["Ida Ålund", "1 Höga gatan", "Malmö", ""],
        ["'=HYPERLINK(1)", "'@1", "Y", "US"],
    ]


# At the desk


def desk(role: str) -> Client:
    carol = someone("carol", is_staff=True)
    call_command("ensure_roles", verbosity=0)
    carol.user.groups.add(Group.objects.get(name=role))
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(carol.user)
    return client


def test_the_desk_reads_numbers_takes_one_out_and_is_told_when_it_was_before(alice, bob):
    client, row = desk("owner"), listed(alice, bob)
    pages = [f"/admin/privacy/printlist/{row.pk}/{end}" for end in ("change/", "take-out/")]
    shown = [client.get(page).text for page in ("/admin/privacy/printlist/", *pages)]
    assert [word for word in alice.words for page in shown if word in page] == []
    assert "2 of 2 letters are still here" in shown[2]
    wanted = {"printer": "house", "file": "addresses"}
    assert client.post(pages[1], {"printer": "house"}).status_code == 200, "what to take has to be said"
    file = client.post(pages[1], wanted)
    assert file["Content-Disposition"] == f'attachment; filename="{row.reference}.csv"'
    assert "no-store" in file["Cache-Control"]
    names = [line[0] for line in csv.reader(io.StringIO(file.content.decode()))]
    assert sorted(names) == [alice.user.full_name, bob.user.full_name, "line_1"]
    assert "it was taken out before, once, first on" in client.get(pages[1]).text
    again = client.post(pages[1], {"printer": "ourselves", "file": "letters"})
    assert again.content.startswith(b"%PDF-")
    assert AuditEvent.objects.filter(event="print_list.taken_out").count() == 2
    PrintList.objects.update(state="over")
    assert client.post(pages[1], wanted).status_code == 302


@pytest.mark.parametrize("role", ["privacy desk", "catalogue", "auditor"])
def test_other_desks_take_nothing_out(alice, role):
    client, row = desk(role), listed(alice)
    assert (
        client.post(
            f"/admin/privacy/printlist/{row.pk}/take-out/", {"printer": "ourselves", "file": "letters"}
        ).status_code
        == 403
    )
    row.refresh_from_db()
    assert row.times_taken == 0
