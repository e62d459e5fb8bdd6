"""A leak from the moment it is noticed to its last action: the clock, whom it concerns, who is told, and what keeps it open."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import InternalError, transaction

from privacy.ground import audit, states
from privacy.messages import announcements, breach
from privacy.models import AnnouncementDelivery, AuditEvent, Incident, IncidentEntry, Message, MisusedAccount
from privacy.register import scope
from privacy.rights import incident_notices, incidents, looks
from privacy.rights.incidents import Risk, State
from privacy.tests.people import NOON, Someone, mails, someone
from privacy.tests.test_announcements import order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
WORDS = {
    "happened": "A copy of the order list lay open on a server.",
    "consequences": "Somebody may send you a false parcel notice.",
    "measures": "The server is closed and its keys are changed.",
    "advice": "Trust no parcel notice that asks for money.",
}
SPARED = Incident.Spared.AVERTED


@pytest.fixture
def carol() -> Someone:
    return someone("carol", is_staff=True)


@pytest.fixture
def leak(carol: Someone) -> Incident:
    return incidents.open("Open server", noticed_at=NOON, targets=["orders.Order"], by=carol.user, at=NOON + HOUR)


def again(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def filed(incident: Incident, *, by: Any, told_at: datetime = NOON + HOUR, **changes: Any) -> Any:
    said = {"authority": "Datatilsynet", "text": "What happened.", "by": by, "at": max(told_at, NOON + HOUR)}
    return incidents.tell_authority(incident, told_at=told_at, **said | changes)


def settle(incident: Incident, *, by: Any, risk: Risk = Risk.SOME) -> None:
    """Everything but closing."""
    at = NOON + 2 * HOUR
    incidents.weigh(incident, risk=risk, reason="Addresses are in it.", by=by, at=at)
    incidents.contain(incident, how="The server is off.", contained_at=NOON, by=by, at=at)
    incidents.write(incident, WORDS, by=by, at=at)
    filed(incident, by=by)
    for action in incident.actions.all():
        incidents.finish(action, outcome="Done and looked at.", by=by, at=at)


# The clock


@pytest.mark.parametrize(
    ("noticed", "due", "words"),
    [
        ("2026-11-02T12:00Z", "2026-11-05T12:00Z", "Thursday 5 November 2026 at 04:00"),
        ("2026-11-06T23:30Z", "2026-11-09T23:30Z", "Monday 9 November 2026 at 15:30"),  # over a weekend
        ("2026-12-24T08:00Z", "2026-12-27T08:00Z", "Sunday 27 December 2026 at 00:00"),  # over Christmas
        ("2026-10-30T12:00Z", "2026-11-02T12:00Z", "Monday 2 November 2026 at 04:00"),  # summer time ends
        ("2027-03-12T12:00Z", "2027-03-15T12:00Z", "Monday 15 March 2027 at 05:00"),  # and begins
        ("2028-02-27T12:00Z", "2028-03-01T12:00Z", "Wednesday 1 March 2028 at 04:00"),  # leap year
    ],
)
@pytest.mark.promise("JE-113")
def test_seventy_two_hours_run_from_when_it_was_noticed_through_nights_and_holidays(noticed, due, words):
    noticed_at = datetime.fromisoformat(noticed)
    incident = incidents.open("Leak", noticed_at=noticed_at, by="staff:1", at=noticed_at + 9 * HOUR)
    assert incident.due_at == datetime.fromisoformat(due)
    (record,) = incident.derivation
    assert record["source"] == "GDPR Art. 33(1)"
    assert record["words"].startswith("Noticed ")
    assert record["words"].endswith(f"72 hours later, weekends and holidays included: {words}.")


def test_it_cannot_be_noticed_in_the_future(carol):
    with pytest.raises(incidents.NotThen):
        incidents.open("Leak", noticed_at=NOON + HOUR, by=carol.user, at=NOON)
    assert not Incident.objects.exists()


def test_what_the_register_does_not_know_cannot_leak(carol):
    with pytest.raises(scope.Unknown):
        incidents.open("Leak", noticed_at=NOON, targets=["shop.Product"], by=carol.user, at=NOON)
    assert not Incident.objects.exists()


# Whom it concerns


def test_whom_it_concerns_is_measured_anew_and_stored_nowhere(leak):
    order("gwen@example.com", paid_at=NOON)
    someone("bob")
    assert (incidents.measure(leak).people, incidents.measure(leak).records) == (1, 1)
    order("hugo@example.com", paid_at=NOON)
    found = incidents.measure(leak)
    assert (found.people, found.addresses, found.records) == (2, 2, 2)
    assert "gwen" not in str([row.__dict__ for row in Incident.objects.all()])


@pytest.mark.promise("JE-112")
def test_whoever_a_misused_account_looked_at_is_concerned_and_nobody_else(carol):
    alice, bob, dave = someone("alice"), someone("bob"), someone("dave", is_staff=True)
    seen: dict[str, Any] = {"model": "accounts.User", "fields": ["phone", "accounts.Address.line1"]}
    looks.record(alice.subject, **seen, reason="asked by phone", obj="accounts.User:1", by=dave.user, at=NOON)
    looks.record(alice.subject, **seen, obj="accounts.User:1", by=dave.user, at=NOON)
    looks.record(bob.subject, **seen, by=dave.user, at=NOON - timedelta(days=9))  # before the window
    looks.record(bob.subject, **seen, by=carol.user, at=NOON)  # by another account
    audit.append("order.shipped", subject=bob.subject, by=dave.user, at=NOON)  # no look
    incident = incidents.open(
        "Stolen session", noticed_at=NOON, start=NOON - HOUR, end=NOON + HOUR,
        accounts=[dave.subject], by=carol.user, at=NOON + HOUR,
    )  # fmt: skip
    found = incidents.measure(incident)
    assert (found.people, found.records) == (1, 2)
    assert sorted(found.data) == ["Account: phone", "Saved addresses: address"]
    incidents.write(incident, WORDS, by=carol.user, at=NOON)
    incidents.tell_people(incident, by=carol.user, at=NOON + HOUR)
    assert [row.subject_id for row in AnnouncementDelivery.objects.all()] == [alice.subject.pk]


def test_looks_and_tables_together_count_each_person_once(carol):
    alice, dave = someone("alice"), someone("dave", is_staff=True)
    looks.record(alice.subject, model="accounts.Address", fields=["line1"], by=dave.user, at=NOON)
    named: dict[str, Any] = {"targets": ["accounts.Address.city"], "accounts": [dave.subject]}
    incident = incidents.open("Leak", noticed_at=NOON, **named, by=carol.user, at=NOON)
    found = incidents.measure(incident)
    assert (found.people, found.data) == (3, ["Saved addresses: town or city, address"]), (
        "alice, carol and dave have an address"
    )


def test_only_accounts_of_staff_are_misused(carol):
    with pytest.raises(incidents.NotStaff):
        incidents.open("Leak", noticed_at=NOON, accounts=[someone("bob").subject], by=carol.user, at=NOON)
    assert (Incident.objects.count(), MisusedAccount.objects.count()) == (0, 0)


def test_the_scope_follows_what_is_found_out_until_the_people_are_told(leak, carol):
    order("gwen@example.com", paid_at=NOON)
    incidents.rescope(leak, targets=["accounts.Address"], accounts=[carol.subject], by=carol.user, at=NOON + HOUR)
    assert again(leak).scope["targets"] == ["accounts.Address"]
    assert incidents.actors(leak) == [f"staff:{carol.user.pk}"]
    incidents.rescope(leak, targets=["orders.Order"], by=carol.user, at=NOON + HOUR)
    assert incidents.actors(leak) == []
    incidents.write(leak, WORDS, by=carol.user, at=NOON + HOUR)
    incidents.tell_people(leak, by=carol.user, at=NOON + HOUR)
    with pytest.raises(incidents.ToldAlready):
        incidents.rescope(leak, targets=["orders.Order"], by=carol.user, at=NOON + HOUR)


# The authority


@pytest.mark.promise("JE-113")
def test_the_draft_says_everything_the_law_lists(leak, carol):
    order("gwen@example.com", paid_at=NOON)
    incidents.write(leak, WORDS, by=carol.user, at=NOON + HOUR)
    incidents.weigh(leak, risk=Risk.HIGH, reason="Addresses are in it.", by=carol.user, at=NOON + HOUR)
    draft = incident_notices.for_authority(again(leak), incidents.measure(leak), at=NOON + HOUR)
    for words in (
        leak.reference,
        "Jane Ellen Fine Jewelry LLC",
        "privacy@janeellen.example, +1 202 555 0142",  # (b)
        "About 1 person and 1 record.",  # (a)
        "unknown: 1",
        "Kinds of data: ",
        "- Orders: ",
        *WORDS.values(),  # (a), (c), (d)
        "A high risk: the authority and the people are told: Addresses are in it.",
        "They have not been told yet.",
        "Noticed 2 November 2026, 04:00",
    ):
        assert words in draft, words
    assert ("Not known yet" in draft, "later than 72 hours" in draft) == (False, False)
    assert "gwen" not in draft


def test_what_is_not_known_yet_is_said_to_follow(leak):
    draft = incident_notices.for_authority(leak, incidents.measure(leak), at=NOON + 73 * HOUR)
    assert draft.count("Not known yet; this follows") == 3
    assert "later than 72 hours (Art. 33(1))" in draft


def test_authorities_are_those_of_where_the_people_live(leak):
    for name, residence in (("gwen", "DE"), ("hugo", "US-CA"), ("ivo", "DE"), ("jo", "")):
        subject = order(f"{name}@example.com", paid_at=NOON).subject
        subject.residence = residence
        subject.save()
    found = incident_notices.competent(incidents.measure(leak))
    assert [each.residence for each in found] == ["DE", "US-CA", "US-CA"]


@pytest.mark.promise("JE-113")
def test_what_an_authority_was_told_is_kept_word_for_word_and_in_phases(leak, carol):
    first, second = filed(leak, by=carol.user), filed(leak, by=carol.user, text="More.", receipt="26/1234")
    assert [(each.number, each.text, each.receipt) for each in (first, second)] == [
        (1, "What happened.", ""),
        (2, "More.", "26/1234"),
    ]
    assert filed(leak, by=carol.user, authority="Autoriteit Persoonsgegevens").number == 1
    for change in ({"text": "Something else."}, {"told_at": NOON}):
        with pytest.raises(InternalError), transaction.atomic():
            type(first).objects.filter(pk=first.pk).update(**change)
    with pytest.raises(InternalError), transaction.atomic():
        first.delete()


@pytest.mark.promise("JE-113")
def test_a_notice_after_72_hours_says_why(leak, carol):
    late = leak.due_at + timedelta(seconds=1)
    with pytest.raises(incidents.ReasonForDelay):
        filed(leak, by=carol.user, told_at=late)
    assert not leak.notices.exists()
    filed(leak, by=carol.user, told_at=late, late_because="We knew of nobody concerned until today.")
    assert filed(leak, by=carol.user, told_at=late + HOUR, text="More.").number == 2, "a phase needs no reason"


def test_a_notice_was_handed_in_between_then_and_now(leak, carol):
    for told_at in (NOON - HOUR, NOON + 3 * HOUR):
        with pytest.raises(incidents.NotThen):
            filed(leak, by=carol.user, told_at=told_at, at=NOON + 2 * HOUR)
    assert not leak.notices.exists()


def test_an_incident_is_untold_once_its_hours_have_run(leak, carol):
    assert incidents.untold(leak.due_at) == []
    assert incidents.untold(leak.due_at + timedelta(seconds=1)) == [leak]
    harmless = incidents.open("Lost key", noticed_at=NOON, by=carol.user, at=NOON)
    incidents.weigh(harmless, risk=Risk.NONE, reason="The key opens nothing.", by=carol.user, at=NOON)
    assert incidents.untold(leak.due_at + HOUR) == [leak]
    filed(leak, by=carol.user)
    assert incidents.untold(leak.due_at + HOUR) == []


# The people


@pytest.mark.promise("JE-113")
def test_the_people_it_concerns_are_told_once_and_nobody_else(leak, carol):
    order("gwen@example.com", paid_at=NOON)
    bob = someone("bob")
    incidents.write(leak, WORDS, by=carol.user, at=NOON + HOUR)
    assert not Message.objects.exists(), "words send nothing"
    told = incidents.tell_people(leak, by=carol.user, at=NOON + HOUR)
    announcements.sweep(at=NOON + HOUR)
    (mail,) = mails("breach")
    assert mail.payload["to"] == "gwen@example.com"
    assert all(words in mail.payload["text"] for words in WORDS.values())
    assert "privacy@janeellen.example" in mail.payload["text"]
    assert bob.email not in str(mail.payload)
    assert told.announcement is not None
    with pytest.raises(incidents.ToldAlready):
        incidents.tell_people(leak, by=carol.user, at=NOON + HOUR)
    with pytest.raises(incidents.ToldAlready):
        incidents.spare_people(leak, because=SPARED, reason="Keys changed.", by=carol.user, at=NOON + HOUR)


def test_nobody_is_told_half_of_it(leak, carol):
    order("gwen@example.com", paid_at=NOON)
    incidents.write(leak, WORDS | {"advice": " "}, by=carol.user, at=NOON + HOUR)
    with pytest.raises(announcements.Unsaid):
        incidents.tell_people(leak, by=carol.user, at=NOON + HOUR)
    assert (AnnouncementDelivery.objects.count(), again(leak).announcement) == (0, None)


def test_where_nobody_can_be_reached_nothing_is_left_behind(leak, carol):
    incidents.write(leak, WORDS, by=carol.user, at=NOON + HOUR)
    with pytest.raises(breach.NobodyToTell):
        incidents.tell_people(leak, by=carol.user, at=NOON + HOUR)
    assert again(leak).announcement is None
    unknown = incidents.open("Leak", noticed_at=NOON, by=carol.user, at=NOON)
    incidents.write(unknown, WORDS, by=carol.user, at=NOON)
    with pytest.raises(breach.NothingLeaked):
        incidents.tell_people(unknown, by=carol.user, at=NOON)


# Until nothing is left to do


@pytest.mark.promise("JE-112")
def test_it_stays_open_until_everything_is_done(leak, carol):
    with pytest.raises(incidents.LooseEnds) as refused:
        incidents.close(leak, lessons="Look twice.", by=carol.user, at=NOON + HOUR)
    assert refused.value.ends == [
        "It is not contained",
        "Nobody weighed the risk",
        "No authority was told",
        "Still to be said: What happened, What may follow from it, What we did and do about it, What people can do themselves",
        *(f"To do: {task}" for task, _ in incidents.FIRST_ACTIONS),
    ]
    assert again(leak).state == State.OPEN
    settle(leak, by=carol.user)
    assert incidents.loose_ends(again(leak)) == []
    incidents.close(leak, lessons="Look twice.", by=carol.user, at=NOON + 3 * HOUR)
    closed = again(leak)
    assert (closed.state, closed.closed_at, closed.lessons) == (State.CLOSED, NOON + 3 * HOUR, "Look twice.")


@pytest.mark.promise("JE-112")
def test_a_high_risk_stays_open_until_the_people_are_told_or_somebody_says_why_not(leak, carol):
    settle(leak, by=carol.user, risk=Risk.HIGH)
    assert incidents.loose_ends(again(leak)) == ["The people were not told"]
    with pytest.raises(incidents.NoReason):
        incidents.spare_people(leak, because=SPARED, reason=" ", by=carol.user, at=NOON + HOUR)
    incidents.spare_people(leak, because=SPARED, reason="The keys were changed in time.", by=carol.user, at=NOON + HOUR)
    assert incidents.loose_ends(again(leak)) == []


def test_what_harms_nobody_is_written_down_and_told_to_nobody(leak, carol):
    incidents.weigh(leak, risk=Risk.NONE, reason="Nobody opened it.", by=carol.user, at=NOON + HOUR)
    incidents.contain(leak, how="Off.", contained_at=NOON, by=carol.user, at=NOON + HOUR)
    for action in leak.actions.all():
        incidents.finish(action, outcome="Done.", by=carol.user, at=NOON + HOUR)
    incidents.close(leak, lessons="Look twice.", by=carol.user, at=NOON + HOUR)
    assert (again(leak).state, leak.notices.count(), Message.objects.count()) == (State.CLOSED, 0, 0)


def test_an_action_ends_once_and_says_how(leak, carol):
    settle(leak, by=carol.user)
    extra = incidents.ask(
        leak, task="Write to the host", owner="owner", due_on=date(2026, 11, 9), by=carol.user, at=NOON
    )
    assert incidents.loose_ends(again(leak)) == ["To do: Write to the host"]
    with pytest.raises(incidents.NoReason):
        incidents.finish(extra, outcome="", by=carol.user, at=NOON)
    incidents.finish(extra, outcome="They answered.", by=carol.user, at=NOON)
    with pytest.raises(incidents.DoneAlready):
        incidents.finish(extra, outcome="They answered twice.", by=carol.user, at=NOON)
    assert leak.actions.get(pk=extra.pk).outcome == "They answered."


def test_a_closed_incident_is_changed_by_nobody_until_it_is_opened_again(leak, carol):
    settle(leak, by=carol.user)
    incidents.close(leak, lessons="Look twice.", by=carol.user, at=NOON + 3 * HOUR)
    who: dict[str, Any] = {"by": carol.user, "at": NOON + 4 * HOUR}
    for verb in (
        lambda: incidents.rescope(leak, targets=["orders.Order"], **who),
        lambda: incidents.note(leak, kind=IncidentEntry.Kind.FOUND, text="More.", happened_at=NOON, **who),
        lambda: incidents.contain(leak, how="Off.", contained_at=NOON, **who),
        lambda: incidents.weigh(leak, risk=Risk.NONE, reason="None.", **who),
        lambda: incidents.write(leak, WORDS, **who),
        lambda: filed(leak, **who),
        lambda: incidents.tell_people(leak, **who),
        lambda: incidents.spare_people(leak, because=SPARED, reason="Keys.", **who),
        lambda: incidents.ask(leak, task="More", owner="owner", due_on=NOON.date(), **who),
        lambda: incidents.close(leak, lessons="Look twice.", **who),
    ):
        with pytest.raises(incidents.Closed):
            verb()
    incidents.reopen(leak, reason="The server answered again.", **who)
    assert (again(leak).state, again(leak).closed_at) == (State.OPEN, None)
    assert incidents.loose_ends(again(leak)) == ["It is not contained"]
    with pytest.raises(states.NotAllowed):
        incidents.reopen(leak, reason="Twice.", **who)


@pytest.mark.promise("JE-112")
def test_its_timeline_tells_what_happened_when_and_nobody_rewrites_it(leak, carol):
    kinds = IncidentEntry.Kind
    incidents.note(
        leak, kind=kinds.FOUND, text="It lay open since May.", happened_at=NOON, by=carol.user, at=NOON + HOUR
    )
    settle(leak, by=carol.user)
    lines = [(entry.kind, entry.text) for entry in leak.entries.all()]
    assert lines == [
        (kinds.FOUND, "It lay open since May."),
        (kinds.CONTAINED, "The server is off."),
        (kinds.TOLD, "Datatilsynet, notice 1"),
        (kinds.DECIDED, "A risk: the authority is told. Addresses are in it."),
    ]
    with pytest.raises(InternalError), transaction.atomic():
        leak.entries.update(text="Nothing happened.")
    with pytest.raises(incidents.NotThen):
        incidents.note(leak, kind=kinds.FOUND, text="More.", happened_at=NOON + 9 * HOUR, by=carol.user, at=NOON)
    trail = AuditEvent.objects.about(leak.reference).values_list("event", "actor")
    assert ("incident.opened", f"staff:{carol.user.pk}") in list(trail)
