"""Legal holds: what they cover stays, the rest goes, everybody reads why, and a release lets the erasure go on at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from privacy.models import AuditEvent, LegalHold, Message
from privacy.register import registry, subjects
from privacy.rights import acts, disposal, erasure, holds, reasons, requests
from privacy.rights.holds import EVERYTHING, Scope
from privacy.rights.models import DataRequest, State, StepState
from privacy.tests.people import LATER, NOON, Someone, asks, at_the_desk, held, someone

CAROL = "staff:3"
REVIEW = date(2027, 2, 1)
ADDRESS = "accounts.Address"


@pytest.fixture
def approved(db: None, settings: Any) -> tuple[Someone, Someone, DataRequest]:
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=72)
    alice, bob = someone("alice"), someone("bob")
    return alice, bob, requests.approve(asks(alice), by=CAROL, at=NOON)


def place(person: Someone, scope: Scope = EVERYTHING) -> LegalHold:
    return holds.place(
        person.subject,
        scope=scope,
        reason="A claim about a ring.",
        owner="privacy desk",
        review_on=REVIEW,
        by=CAROL,
        at=NOON,
    )


def count(model: str, person: Someone) -> int:
    return int(apps.get_model(model).objects.filter(user=person.user).count())


@pytest.mark.promise("JE-71", "JH-38")
def test_a_hold_on_everything_keeps_the_whole_person_and_says_so(approved: Any) -> None:
    alice, bob, request = approved
    before, bobs = held(alice), held(bob)
    hold = place(alice)

    stopped = erasure.execute(request.pk, by="system:worker", at=LATER)

    assert stopped is not None
    assert stopped.state == State.PARTLY_DONE
    evidence = {each.model for each in registry.all_declared() if each.is_evidence} | {"privacy.Message"}
    after = held(alice)
    assert {model: after[model] for model in before if model not in evidence} == {
        model: before[model] for model in before if model not in evidence
    }
    assert held(bob) == bobs
    words = f"A legal hold ({hold.reference}) keeps this: A claim about a ring. We look at it again by 1 February 2027."
    assert request.steps.get(target=ADDRESS).blocker == words
    (mail,) = Message.objects.filter(kind="privacy.erasure_waits")
    assert words in mail.payload["text"]
    assert "It goes when the hold is released." in mail.payload["text"]


def test_a_hold_on_one_row_keeps_that_row_and_what_it_hangs_on(approved: Any) -> None:
    alice, _, request = approved
    row = apps.get_model(ADDRESS).objects.get(user=alice.user)
    kept = row.pk
    row.pk, row.is_default_shipping = None, False
    row.save(force_insert=True)
    place(alice, Scope(ADDRESS, str(kept)))

    erasure.execute(request.pk, by="system:worker", at=LATER)

    assert list(apps.get_model(ADDRESS).objects.filter(user=alice.user).values_list("pk", flat=True)) == [kept]
    blocked = dict(request.steps.filter(state=StepState.BLOCKED).values_list("target", "blocker"))
    assert set(blocked) == {ADDRESS, "accounts.User"}
    assert blocked["accounts.User"] == "Waits for Saved addresses."
    assert request.steps.get(target=ADDRESS).affected == 1


@pytest.mark.promise("JE-71", "JH-38")
def test_a_release_lets_the_erasure_go_on_at_once(approved: Any) -> None:
    alice, bob, request = approved
    bobs = held(bob)
    hold = place(alice, Scope(ADDRESS))
    erasure.execute(request.pk, by="system:worker", at=LATER)
    soon = LATER + timedelta(seconds=30)  # long before it would be tried again by itself

    holds.release(hold, by=CAROL, at=soon)

    assert acts.sweep(by="system:sweep", at=soon) == 1
    request.refresh_from_db()
    assert (request.state, count(ADDRESS, alice)) == (State.COMPLETED, 0)
    assert held(bob) == bobs
    hold.refresh_from_db()
    assert (hold.released_at, hold.released_by, hold.is_active) == (soon, CAROL, False)
    trail = AuditEvent.objects.filter(object_ref=hold.reference).order_by("pk").values_list("event", "actor")
    assert list(trail) == [("hold.placed", CAROL), ("hold.released", CAROL)]
    with pytest.raises(holds.ReleasedAlready):
        holds.release(hold, by=CAROL, at=soon)


def test_two_holds_add_up_and_one_release_frees_nothing_the_other_keeps(approved: Any) -> None:
    alice, _, request = approved
    first = place(alice, Scope(ADDRESS))
    place(alice)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    holds.release(first, by=CAROL, at=LATER)
    acts.sweep(by="system:sweep", at=LATER)
    request.refresh_from_db()
    assert (request.state, count(ADDRESS, alice)) == (State.PARTLY_DONE, 1)


@pytest.mark.promise("JE-71", "JH-38")
def test_retention_is_told_which_rows_are_held_and_whose_are_free(db: None) -> None:
    alice, bob = someone("alice"), someone("bob")
    place(alice, Scope(ADDRESS))
    declaration = registry.of(ADDRESS)
    everybody: Any = declaration.model_class()._base_manager.all()
    assert [row.user for row in everybody.filter(holds.held(declaration))] == [alice.user]
    assert disposal.delete_batch(declaration, everybody.exclude(holds.held(declaration))) == 1
    assert (count(ADDRESS, alice), count(ADDRESS, bob)) == (1, 0)
    assert not everybody.filter(holds.held(declaration, at=NOON - timedelta(days=1))).exists()


def test_a_hold_waits_for_nobody_else(db: None) -> None:
    alice, bob = someone("alice"), someone("bob")
    place(alice)
    assert reasons.unfinished(subjects.family(bob.subject), at=NOON) == []


@pytest.mark.parametrize(
    "scope",
    [Scope("shop.Product"), Scope("no.Such"), Scope(ADDRESS, "999999"), Scope(ADDRESS, "not a key")],
    ids=["nothing personal", "no such model", "nobody's row", "no key"],
)
def test_a_scope_that_names_nothing_is_refused(db: None, scope: Scope) -> None:
    with pytest.raises(holds.NoSuchThing):
        place(someone("alice"), scope)
    assert not LegalHold.objects.exists()


def test_a_hold_that_nobody_would_look_at_again_is_refused(db: None) -> None:
    alice = someone("alice")
    facts: dict[str, Any] = {
        "scope": EVERYTHING,
        "reason": "A claim.",
        "owner": "privacy desk",
        "by": CAROL,
        "at": NOON,
    }
    with pytest.raises(holds.ReviewOver):
        holds.place(alice.subject, review_on=NOON.date() - timedelta(days=1), **facts)
    assert not LegalHold.objects.exists()
    assert holds.place(alice.subject, review_on=NOON.date(), **facts).is_active


def test_somebody_elses_row_is_refused(db: None) -> None:
    alice, bob = someone("alice"), someone("bob")
    bobs = apps.get_model(ADDRESS).objects.get(user=bob.user)
    with pytest.raises(holds.NoSuchThing):
        place(alice, Scope(ADDRESS, str(bobs.pk)))


def test_the_database_refuses_half_a_hold(db: None) -> None:
    hold = place(someone("alice"))
    for half in ({"reason": ""}, {"owner": ""}, {"row": "1"}, {"released_at": NOON}):
        with pytest.raises(IntegrityError), transaction.atomic():
            LegalHold.objects.filter(pk=hold.pk).update(**half)


HOLDS = "/admin/privacy/legalhold/"


def typed(**changes: str) -> dict[str, str]:
    return {
        "person": "alice@example.com",
        "model": ADDRESS,
        "row": "",
        "reason": "A claim about a ring.",
        "owner": "privacy desk",
        "review_on": "2127-02-01",  # to come whenever this is read
    } | changes


def test_the_desk_places_a_hold_by_address_and_releases_it(db: None) -> None:
    alice, carol = someone("alice"), at_the_desk()
    assert carol.post(f"{HOLDS}add/", typed()).status_code == 302
    hold = LegalHold.objects.get()
    assert (hold.subject, hold.model, hold.row, hold.is_active) == (alice.subject, ADDRESS, "", True)
    assert hold.placed_by.startswith("staff:")
    page = carol.get(f"{HOLDS}{hold.pk}/release/").content.decode()
    assert "A claim about a ring. We look at it again by 1 February 2127." in page
    assert [word for word in alice.words if word in page + carol.get(HOLDS).content.decode()] == []
    assert LegalHold.objects.get().is_active, "looking releases nothing"
    carol.post(f"{HOLDS}{hold.pk}/release/")
    assert not LegalHold.objects.get().is_active


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": "nobody@example.com"},
        {"row": "999999"},
        {"reason": ""},
        {"model": "no.Such"},
        {"review_on": "2020-01-01"},
    ],
)
def test_the_desk_places_no_hold_that_holds_nothing(db: None, wrong: dict[str, str]) -> None:
    someone("alice")
    answer = at_the_desk().post(f"{HOLDS}add/", typed(**wrong))
    assert answer.status_code in (200, 302)
    assert not LegalHold.objects.exists()


def test_an_address_somebody_only_typed_leads_to_nobody(db: None) -> None:
    guest = subjects.new(by="guest", at=NOON)
    subjects.identify(guest, value="typed@example.com", by="guest", at=NOON)
    at_the_desk().post(f"{HOLDS}add/", typed(person="typed@example.com", model=""))
    assert not LegalHold.objects.exists()


def test_other_desks_place_no_holds(db: None) -> None:
    someone("alice")
    assert at_the_desk("order desk").post(f"{HOLDS}add/", typed()).status_code == 403
    assert not LegalHold.objects.exists()
