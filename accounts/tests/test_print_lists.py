"""Print lists: who agreed to letters and stopped them nowhere, handed to the printer on the record; Bob never agreed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from accounts import print_lists
from accounts.models import Address
from privacy.consent import ledger, notices
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import inbox, suppressions
from privacy.models import AuditEvent, Disclosure
from privacy.register import subjects
from privacy.rights import mailroom
from privacy.tests.inbox.mails import arrival, mail
from privacy.tests.people import NOON, Someone, someone

pytestmark = pytest.mark.django_db
OFFERS = Matter.OFFERS
REASON = "the winter letter, printed by Example Press"


def agrees(person: Someone, *, channel: Channel = Channel.POST, topic: Matter = OFFERS) -> None:
    said = {"notice": notices.current("preferences"), "surface": Surface.PREFERENCES, "by": person.user, "at": NOON}
    ledger.grant(person.subject, topic, channel=channel, **said)


def names_on(topic: Matter = OFFERS, *, at: datetime = NOON) -> list[str]:
    return [row[0] for row in print_lists.make(topic, reason=REASON, by="test", at=at).rows]


@pytest.fixture
def alice() -> Someone:
    person = someone("alice")
    agrees(person)
    return person


@pytest.fixture
def bob() -> Someone:
    """He agreed to mails about the very same, and to letters about another matter."""
    person = someone("bob")
    agrees(person, channel=Channel.EMAIL)
    agrees(person, topic=Matter.CARE)
    return person


def test_only_who_agreed_by_post_is_on_it_and_each_line_leaves_a_row(alice, bob):
    made = print_lists.make(OFFERS, reason=REASON, by="test", at=NOON)
    address = Address.objects.get(user=alice.user)
    assert made.rows == [[address.full_name, address.line1, "", address.city, "NY", "10012", "US"]]
    row = Disclosure.objects.get(processor="print")
    assert (row.subject_id, row.reference, row.keys) == (alice.subject.pk, made.reference, sorted(print_lists.COLUMNS))
    event = AuditEvent.objects.get(event="print_list.made")
    assert (event.object_ref, event.note, event.details["lines"]) == (made.reference, REASON, 1)


def test_a_list_of_nobody_is_empty(bob):
    assert names_on() == []
    assert Disclosure.objects.filter(processor="print").count() == 0


@pytest.mark.promise("JK-33")
def test_a_mail_to_us_ends_letters(alice, bob):
    agrees(bob)
    kept = inbox.keep(arrival(mail("Stop sending me catalogues", "Thank you", sender=alice.email)), at=NOON)
    mailroom.handle(kept.pk, at=NOON)
    assert names_on() == [bob.user.full_name]
    assert print_lists.count(OFFERS, at=NOON + timedelta(days=60)) == (1, {"suppressed": 1})
    assert not suppressions.stops("email", alice.email, marketing=True), "mails are another matter"


@pytest.mark.parametrize(
    ("why", "do"),
    [
        ("restricted", lambda person: subjects.restrict(person.subject, by="test", at=NOON)),
        ("paused", lambda person: subjects.pause(person.subject, by="test", at=NOON)),
        ("suppressed", lambda person: suppressions.raise_for(
            "post", "\n".join(Address.objects.get(user=person.user).lines), reason="unsubscribed", by="test", at=NOON)),
    ],
)  # fmt: skip
def test_whoever_must_not_be_written_to_is_left_out(alice, bob, why, do):
    agrees(bob)
    do(alice)
    assert print_lists.count(OFFERS, at=NOON) == (1, {why: 1})
    assert names_on() == [bob.user.full_name]


def test_a_withdrawal_counts_at_once(alice):
    ledger.withdraw(alice.subject, OFFERS, channel=Channel.POST, surface=Surface.PREFERENCES, by=alice.user, at=NOON)
    assert names_on() == []


def test_one_letter_for_one_household_member_and_no_formula(alice):
    Address.objects.create(
        user=alice.user,
        full_name="=HYPERLINK(1)",
        line1="@1",
        city="Y",
        country="US",
        is_default_shipping=True,
        created_at=NOON,
    )
    (row,) = print_lists.make(OFFERS, reason=REASON, by="test", at=NOON).rows
    assert row[:2] == ["'=HYPERLINK(1)", "'@1"]


def test_a_list_needs_its_reason(alice):
    with pytest.raises(print_lists.ReasonMissing):
        print_lists.make(OFFERS, reason=" ", by="test", at=NOON)
    assert Disclosure.objects.filter(processor="print").count() == 0


def test_the_desk_counts_without_names_and_hands_out_one_file(alice, bob):
    carol = someone("carol", is_staff=True)
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(carol.user)
    assert client.get("/admin/print-lists/").status_code == 403
    call_command("ensure_roles", verbosity=0)
    carol.user.groups.add(Group.objects.get(name="owner"))
    page = client.get("/admin/print-lists/").content.decode()
    assert "Offers and sales: 1 letter" in page
    assert [word for word in alice.words if word in page] == []
    assert client.post("/admin/print-lists/", {"topic": "offers", "reason": ""}).status_code == 400
    file = client.post("/admin/print-lists/", {"topic": "offers", "reason": REASON})
    assert file["Content-Disposition"].startswith('attachment; filename="PL-')
    assert [row[0] for row in csv.reader(io.StringIO(file.content.decode()))] == ["full_name", alice.user.full_name]
    assert AuditEvent.objects.get(event="print_list.made").actor == f"staff:{carol.user.pk}"
    assert datetime.now(tz=UTC) > AuditEvent.objects.get(event="print_list.made").at
