"""What stands: the last word counts, over everybody who is one person, and follows from what was said, also at once."""

from __future__ import annotations

import io
import threading
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.consent import ledger, notices, projection, visitors
from privacy.consent.ledger import Thing
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.models import AuditEvent, ConsentRecord, ConsentState, Subject, SubjectLink, VisitorLink
from privacy.tests.consents import HOUR, NEWS, may, person, says_no, says_yes, takes_back
from privacy.tests.people import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Subject:
    return person()


@pytest.fixture
def bob() -> Subject:
    return person()


# Several records, one person


def joined(child: Subject, root: Subject) -> None:
    SubjectLink.objects.create(child=child, root=root, proof="link_clicked", at=NOON)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ([("guest", "yes")], True),
        ([("guest", "yes"), ("root", "no")], False),
        ([("root", "no"), ("guest", "yes")], False),  # somebody typed the address: no stays no
        ([("guest", "no"), ("root", "yes")], True),
        ([("root", "yes"), ("guest", "no")], False),
        ([("root", "no"), ("guest", "yes"), ("root", "yes")], True),
        ([("guest", "no"), ("other", "yes")], False),
        ([("guest", "yes"), ("other", "yes")], True),
    ],
    ids=lambda value: "-".join("".join(pair) for pair in value) if isinstance(value, list) else str(value),
)
def test_a_record_that_is_joined_later_never_turns_a_no_into_a_yes(words, answer):
    people = {name: person() for name in ("root", "guest", "other")}
    for number, (name, word) in enumerate(words):
        {"yes": says_yes, "no": says_no}[word](people[name], at=NOON + number * HOUR)
    joined(people["guest"], people["root"]), joined(people["other"], people["guest"])
    for each in people.values():
        assert may(each) is answer
        assert ledger.standing(each)[NEWS].is_granted is answer


def test_what_is_said_after_joining_counts_for_all_of_the_person(alice):
    guest = person()
    says_yes(guest)
    joined(guest, alice)
    assert takes_back(guest).subject_id == alice.pk
    assert (may(guest), may(alice)) == (False, False)
    says_yes(guest)
    assert (may(guest), may(alice)) == (True, True)


# Visitors


def test_what_a_visitor_chose_shows_in_the_history_of_whoever_signs_in(alice, bob):
    visitor = uuid4()
    choice = says_yes(visitor, Thing(Matter.PERFORMANCE), surface=Surface.BANNER)
    assert visitors.join(visitor, alice, by=alice, at=NOON + HOUR).subject_id == alice.pk
    assert list(ledger.history(alice)) == [choice]
    assert not may(alice, Thing(Matter.PERFORMANCE)), "a browser's choice is the browser's"
    assert visitors.join(visitor, alice, by=alice, at=NOON + 2 * HOUR) is None, "nothing new to join"
    assert list(ledger.history(bob)) == []


def test_a_browser_of_two_people_keeps_them_apart(alice, bob):
    visitor, thing = uuid4(), Thing(Matter.PERFORMANCE)
    hers = says_yes(visitor, thing, at=NOON)
    visitors.join(visitor, alice, by=alice, at=NOON + HOUR)
    his = ledger.withdraw(visitor, thing.matter, surface=Surface.COOKIE_SETTINGS, by="x", at=NOON + 2 * HOUR)
    visitors.join(visitor, bob, by=bob, at=NOON + 3 * HOUR)
    assert (list(ledger.history(alice)), list(ledger.history(bob))) == ([hers], [his])
    assert ledger.withdraw(visitor, thing.matter, surface=Surface.COOKIE_SETTINGS, by="x", at=NOON + 4 * HOUR) is None
    assert visitors.join(uuid4(), bob, by=bob, at=NOON + 3 * HOUR) is None, "a browser that never chose"
    with pytest.raises(DatabaseError), transaction.atomic():
        VisitorLink.objects.update(subject_id=bob.pk)


# What stands follows from what was said

PEOPLE = 3
THINGS = [NEWS, Thing(Matter.OFFERS, Channel.SMS), Thing(Matter.TARGETING), Thing(Matter.USE_PHOTO, about="photo:1")]
moves = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["yes", "no", "back"]), st.integers(0, PEOPLE - 1), st.sampled_from(THINGS)),
        st.tuples(st.sampled_from(["all"]), st.integers(0, PEOPLE - 1), st.sampled_from(["", *Channel])),
        st.tuples(st.sampled_from(["join"]), st.integers(1, PEOPLE - 1), st.just(None)),
    ),
    max_size=14,
)
DOES = {"yes": says_yes, "no": says_no, "back": takes_back}


def folded(people) -> dict[tuple[UUID, Thing], bool]:
    """What must stand, by hand: the last record of each person record about each thing."""
    told = ConsentRecord.objects.filter(subject_id__in=[each.pk for each in people]).order_by("id")
    return {
        (record.subject_id, Thing(Matter(record.matter), record.channel, record.about)): record.decision == "granted"
        for record in told
    }


def stands(people) -> dict[tuple[UUID, Thing], bool]:
    return {
        (state.subject_id, Thing(Matter(state.matter), state.channel, state.about)): state.is_granted
        for state in ConsentState.objects.filter(subject__in=people)
    }


@settings(max_examples=12, deadline=None)
@given(moves)
def test_what_stands_is_the_fold_of_what_was_said_for_any_history(made):
    live(made)


def live(made) -> None:
    """Three person records say these things, and are joined on the way."""
    with transaction.atomic():
        people, linked = [person() for _ in range(PEOPLE)], set()
        for number, (what, who, thing) in enumerate(made):
            at = NOON + number * HOUR
            if what == "join":
                if who not in linked:
                    joined(people[who], people[0])
                    linked.add(who)
            elif what == "all":
                ledger.withdraw_all(people[who], channel=thing, surface=Surface.STOP, by="x", at=at)
            else:
                DOES[what](people[who], thing, at=at)
        assert stands(people) == folded(people)
        assert list(projection.differences(at=NOON)) == []
        assert not ConsentState.objects.filter(is_granted=True, record__notice=None).exists()
        for who in people:
            standing = ledger.standing(who)
            assert {thing: may(who, thing) for thing in THINGS} == {
                thing: thing in standing and standing[thing].is_granted for thing in THINGS
            }
        transaction.set_rollback(True)


def test_a_state_that_does_not_follow_is_found_and_put_right(alice, bob):
    says_yes(alice), says_yes(bob), says_no(bob, THINGS[1])
    assert "2 put right" not in checked()
    ConsentState.objects.filter(subject=alice).update(is_granted=False)
    ConsentState.objects.filter(subject=bob, is_granted=True).delete()
    with pytest.raises(CommandError, match="2 do not follow"):
        checked()
    out = io.StringIO()
    call_command("consents", rebuild=True, stdout=out)
    assert out.getvalue().strip() == "2 put right."
    assert (may(alice), may(bob)) == (True, True)
    assert AuditEvent.objects.filter(event="consent.put_right").count() == 2
    assert checked().startswith("Whole: 3 states")


def checked() -> str:
    out = io.StringIO()
    call_command("consents", check=True, stdout=out)
    return out.getvalue()


# Ten thousand records


MANY = """
    INSERT INTO privacy_consentrecord (receipt, subject_id, matter, channel, about, decision, notice_id, locale, surface, reason,
                                       network, actor, at)
    SELECT gen_random_uuid(), %(alice)s, 'new_pieces', 'email', '', (ARRAY['granted', 'withdrawn'])[1 + number %% 2], %(notice)s,
           'en', 'preferences', '', '', 'x', now() FROM generate_series(1, 10000) number;
    INSERT INTO privacy_subject (id, residence, age_band, restricted_for, created_at)
    SELECT gen_random_uuid(), '', '', '{}', now() FROM generate_series(1, 10000);
    WITH said AS (
        INSERT INTO privacy_consentrecord (receipt, subject_id, matter, channel, about, decision, notice_id, locale, surface,
                                           reason, network, actor, at)
        SELECT gen_random_uuid(), id, 'new_pieces', 'email', '', 'granted', %(notice)s, 'en', 'preferences', '', '', 'x', now()
        FROM privacy_subject RETURNING id, subject_id)
    INSERT INTO privacy_consentstate (subject_id, matter, channel, about, is_granted, record_id, decided_at)
    SELECT subject_id, 'new_pieces', 'email', '', true, id, now() FROM said;
    ANALYZE privacy_consentrecord, privacy_consentstate, privacy_subject, privacy_subjectlink
"""


def test_ten_thousand_changes_of_mind_cost_no_more_than_one(alice, bob):
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"alice": str(alice.pk), "notice": notices.current("preferences").pk})
    for ask in (says_yes, takes_back, may):
        assert queries(ask, alice) == queries(ask, bob)
    assert queries(may, alice) == 1
    assert ConsentState.objects.filter(subject=alice).count() == 1
    for statement in (ledger.ALONE, ledger.MAY):
        plan = explained(statement, alice)
        assert "consent_state_once" in plan
        assert [table for table in ("consentrecord", "Seq Scan on privacy_consentstate") if table in plan] == []


def queries(ask, who: Subject) -> int:
    with CaptureQueriesContext(connection) as asked:
        ask(who)
    return len(asked)


def explained(statement: str, who: Subject) -> str:
    """How Postgres answers `may` among ten thousand people."""
    with connection.cursor() as cursor:
        asked = {"subject": str(who.pk), "matter": "new_pieces", "channel": "email", "about": ""}
        cursor.execute(f"EXPLAIN {statement}", asked)
        return "\n".join(line for (line,) in cursor.fetchall())


# At once


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_opposite_clicks_at_once_end_in_one_truthful_state():
    alice = person()
    notices.current("preferences")
    start, failed = threading.Barrier(2, timeout=20), []

    def click(says) -> None:
        try:
            for _ in range(10):
                start.wait()
                says(alice)
        except (DatabaseError, threading.BrokenBarrierError) as problem:
            failed.append(problem)
        finally:
            connections.close_all()

    clicks = [threading.Thread(target=click, args=(says,)) for says in (says_yes, says_no)]
    [each.start() for each in clicks]
    [each.join(timeout=60) for each in clicks]
    assert failed == []
    records = list(ConsentRecord.objects.order_by("id"))
    assert len(records) == 20
    assert [record.replaces_id for record in records] == [None, *(record.pk for record in records[:-1])], "one chain"
    state = ConsentState.objects.get()
    assert (state.record_id, state.is_granted) == (records[-1].pk, records[-1].is_granted)
    assert list(projection.differences(at=NOON)) == []
