"""An authority's demand: one of six grounds, a second person's approval, exactly what was approved, and the person reads of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from privacy.ground import states
from privacy.models import AuditEvent, Demand, LegalHold
from privacy.register import disclosures, registry, subjects
from privacy.rights import demands
from privacy.rights.demands import Ground, State
from privacy.tests.people import NOON, Someone, at_the_desk, someone
from privacy.tests.test_announcements import order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DESK = "/admin/privacy/demand/"


@pytest.fixture
def carol() -> Someone:
    return someone("carol", is_staff=True)


@pytest.fixture
def dave() -> Someone:
    return someone("dave", is_staff=True)


def demanded(alice: Someone, by: Any, **changes: Any) -> Demand:
    said: dict[str, Any] = {
        "authority": "District Court of Portland",
        "case": "26-CV-1234",
        "ground": Ground.LAW,
        "order": "Subpoena of 1 November 2026",
        "scope": ["orders.Order"],
        "received_at": NOON,
        "by": by.user,
        "at": NOON,
    }
    return demands.receive(alice.subject, **said | changes)


def approved(alice: Someone, carol: Someone, dave: Someone, **changes: Any) -> Demand:
    return demands.approve(demanded(alice, carol, **changes), by=dave.user, at=NOON + HOUR)


@pytest.mark.promise("JE-30", "JK-22", "JE-40", "SG-07", "JH-19")
@pytest.mark.parametrize("ground", list(Ground), ids=[ground.value for ground in Ground])
def test_what_was_approved_is_handed_over_and_nothing_else_of_nobody_else(alice, carol, dave, ground):
    bob = someone("bob")
    order(alice.email, subject=alice.subject)
    order(bob.email, subject=bob.subject)
    demand = approved(alice, carol, dave, ground=ground)
    given = demands.hand_over(demand, by=carol.user, at=NOON + 2 * HOUR)
    assert list(given["records"]) == ["Orders"]
    (row,) = given["records"]["Orders"]
    assert row["e-mail"] == alice.email
    text = json.dumps(given)
    assert [word for word in (*bob.words, alice.words[2]) if word in text] == []
    kept = Demand.objects.get()
    assert (kept.state, kept.ground, kept.approved_by) == (State.HANDED_OVER, ground, f"staff:{dave.user.pk}")
    assert alice.email not in str(kept.__dict__)
    with pytest.raises(states.NotAllowed):
        demands.hand_over(demand, by=carol.user, at=NOON + 2 * HOUR)


def test_secrets_are_handed_to_nobody(alice, carol, dave):
    demand = approved(alice, carol, dave, scope=["accounts.User"])
    given = json.dumps(demands.hand_over(demand, by=carol.user, at=NOON + 2 * HOUR))
    assert (alice.email in given, alice.user.password in given) == (True, False)


@pytest.mark.promise("JH-19")
def test_nothing_is_handed_over_without_a_ground_an_order_and_another_ones_approval(alice, carol, dave):
    for missing in ({"order": " "}, {"authority": ""}):
        with pytest.raises(demands.NotSaid):
            demanded(alice, carol, **missing)
    for scope in ([], ["shop.Product"]):
        with pytest.raises(demands.NoSuchRecords):
            demanded(alice, carol, scope=scope)
    assert {each.value for each in Ground} == {"law", "safety", "liability", "claims", "fraud", "tax"}
    demand = demanded(alice, carol)
    with pytest.raises(states.NotAllowed):
        demands.hand_over(demand, by=dave.user, at=NOON + HOUR)
    with pytest.raises(demands.OwnEntry):
        demands.approve(demand, by=carol.user, at=NOON + HOUR)
    row = Demand.objects.filter(pk=demand.pk)
    assert row.get().handed_over_at is None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(approved_at=NOON, approved_by=demand.entered_by)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(handed_over_at=NOON)


@pytest.mark.promise("JK-22", "JE-30")
def test_the_person_reads_who_received_what_and_on_which_ground(alice, carol, dave):
    bob = someone("bob")
    demand = approved(alice, carol, dave)
    assert disclosures.received(subjects.family(alice.subject)) == []
    demands.hand_over(demand, by=carol.user, at=NOON + 2 * HOUR)
    (receiver,) = disclosures.received(subjects.family(alice.subject))
    assert (receiver.name, receiver.what, receiver.last_at) == (
        "District Court of Portland",
        ["Orders"],
        NOON + 2 * HOUR,
    )
    assert receiver.why == "a law, a court or an authority demands it"
    assert disclosures.received(subjects.family(bob.subject)) == []
    shown = registry.shown(registry.of("privacy.Demand"), Demand.objects.get())
    assert (shown["its file number"], "staff" in str(shown)) == ("26-CV-1234", False)


def test_what_may_not_be_told_is_told_nowhere_until_it_may(alice, carol, dave):
    demand = approved(alice, carol, dave, is_secret=True)
    demands.keep(demand, review_on=NOON.date(), by=carol.user, at=NOON + HOUR)
    demands.hand_over(demand, by=carol.user, at=NOON + 2 * HOUR)
    family = subjects.family(alice.subject)
    assert disclosures.received(family) == []
    assert not registry.of("privacy.Demand").rows(family).exists()
    assert not AuditEvent.objects.filter(subject_id__in=family, event__startswith="demand").exists()
    assert "Portland" not in LegalHold.objects.get().reason
    demands.lift_secrecy(demand, by=dave.user, at=NOON + 3 * HOUR)
    assert [each.name for each in disclosures.received(family)] == ["District Court of Portland"]
    with pytest.raises(states.Changed):
        demands.lift_secrecy(demand, by=dave.user, at=NOON + 3 * HOUR)


@pytest.mark.promise("JE-30")
def test_what_it_asks_for_is_kept_until_it_is_answered(alice, carol, dave):
    demand = demanded(alice, carol)
    demands.keep(demand, review_on=NOON.date(), by=carol.user, at=NOON + HOUR)
    hold = LegalHold.objects.get()
    assert (hold.subject, hold.model, hold.is_active) == (alice.subject, "orders.Order", True)
    with pytest.raises(demands.HeldAlready):
        demands.keep(demand, review_on=NOON.date(), by=carol.user, at=NOON + HOUR)
    demands.refuse(demand, reason="The order names somebody else.", by=carol.user, at=NOON + HOUR)
    hold.refresh_from_db()
    assert (hold.is_active, Demand.objects.get().state) == (False, State.REFUSED)
    with pytest.raises(states.NotAllowed):
        demands.approve(demand, by=dave.user, at=NOON + HOUR)
    assert disclosures.received(subjects.family(alice.subject)) == []


# At the desk


def test_a_demand_goes_through_two_pairs_of_hands_at_the_desk(alice):
    order(alice.email, subject=alice.subject)
    desk = at_the_desk("privacy desk")
    call_command("ensure_roles", verbosity=0)
    erin = someone("erin", is_staff=True)
    erin.user.groups.add(Group.objects.get(name="data protection officer"))
    officer = Client()
    officer.force_login(erin.user)
    typed = {
        "person": alice.email, "authority": "District Court", "ground": "law", "order": "Subpoena", "scope": ["orders.Order"],
        "received_at_0": "2026-11-02", "received_at_1": "12:00",
    }  # fmt: skip
    assert "Nobody is known by that" in desk.post(f"{DESK}enter/", typed | {"person": "nobody@example.com"}).text
    desk.post(f"{DESK}enter/", typed)
    demand = Demand.objects.get()
    assert desk.get(f"{DESK}{demand.pk}/approve/").status_code == 403
    assert "nothing was handed over" in desk.post(f"{DESK}{demand.pk}/hand-over/", follow=True).text
    desk.post(f"{DESK}{demand.pk}/keep/", {"review_on": "2026-12-01"})
    officer.post(f"{DESK}{demand.pk}/approve/")
    shown = desk.get(f"{DESK}{demand.pk}/hand-over/").text
    assert ("for District Court: Orders" in shown, alice.email in shown) == (True, False)
    file = desk.post(f"{DESK}{demand.pk}/hand-over/")
    assert file["Content-Disposition"] == f'attachment; filename="{demand.reference}.json"'
    assert [row["e-mail"] for row in file.json()["records"]["Orders"]] == [alice.email]
    assert "nothing was handed over" in desk.post(f"{DESK}{demand.pk}/hand-over/", follow=True).text
    assert alice.email not in desk.get(f"{DESK}{demand.pk}/change/").text + desk.get(DESK).text


def test_whoever_entered_it_is_told_that_another_approves(alice):
    erin = someone("erin", is_staff=True)
    call_command("ensure_roles", verbosity=0)
    erin.user.groups.add(Group.objects.get(name="owner"))
    client = Client()
    client.force_login(erin.user)
    demand = demanded(alice, erin)
    assert "somebody else looks at it" in client.post(f"{DESK}{demand.pk}/approve/").text
    assert Demand.objects.get().state == State.RECEIVED
