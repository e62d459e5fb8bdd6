"""A retention rule gives one answer, asked for one row in Python or for all rows in SQL; and nothing is open-ended."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from privacy.ground import months
from privacy.ground.models import AuditEvent
from privacy.register import profiles, registry, subjects
from privacy.register.declare import Retention
from privacy.register.models import Subject
from privacy.register.retention import Span
from privacy.rights.models import Channel, DataRequest, ErasureStep, Kind, State, StepKind
from privacy.rights.states import OPEN

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [
        (Span("years", 1), "2023-03-01T12:00", "2024-03-01T12:00"),
        (Span("years", 1), "2024-02-29T12:00", "2025-02-28T12:00"),
        (Span("years", 4), "2024-02-29T12:00", "2028-02-29T12:00"),
        (Span("months", 1), "2026-01-31T00:00", "2026-02-28T00:00"),
        (Span("months", 1), "2028-01-31T00:00", "2028-02-29T00:00"),
        (Span("months", 13), "2026-12-31T23:59", "2028-01-31T23:59"),
        (Span("months", 24), "2024-02-29T12:00", "2026-02-28T12:00"),
        (Span("days", 30), "2028-02-01T12:00", "2028-03-02T12:00"),
    ],
)
@pytest.mark.django_db
def test_python_and_sql_agree_to_the_second(span, start, end):
    rule = Retention(("created_at",), span)
    subject = subjects.new(by="test", at=moment(start))
    assert rule.until(subject) == moment(end)
    assert not Subject.objects.filter(rule.past_due(moment(end) - SECOND)).exists()
    assert list(Subject.objects.filter(rule.past_due(moment(end)))) == [subject]


@pytest.mark.django_db
def test_python_and_sql_agree_on_every_day_around_the_end_of_february():
    rule = Retention(("created_at",), Span("years", 1))
    for day in range(1, 60):
        subjects.new(by="test", at=moment("2024-01-31T12:00") + timedelta(days=day, hours=day % 5))
    for at in (moment("2025-02-28T11:00"), moment("2025-02-28T14:00"), moment("2025-03-01T12:00")):
        by_python = {each.pk for each in Subject.objects.all() if rule.until(each) <= at}
        assert set(Subject.objects.filter(rule.past_due(at)).values_list("pk", flat=True)) == by_python
        assert 0 < len(by_python) < 59


@pytest.fixture
def asked():
    """Two requests of equal age: Alice's was completed half a year later, Bob's was never proved."""
    alice, bob = (subjects.new(by="test", at=NOON) for _ in range(2))
    facts = {
        "kind": Kind.ERASURE,
        "channel": Channel.ACCOUNT,
        "received_at": NOON,
        "due_at": NOON,
        "first_reply_due_at": NOON,
    }
    return (
        DataRequest.objects.create(
            subject=alice, reference="DSR-A", state="completed", completed_at=moment("2027-05-02T12:00"), **facts
        ),
        DataRequest.objects.create(subject=bob, reference="DSR-B", state="lapsed", **facts),
    )


@pytest.mark.django_db
def test_the_fallback_counts_only_while_the_anchor_is_empty(asked):
    alices, bobs = asked
    declaration = registry.of("privacy.DataRequest")
    years = profiles.current().retention_years("requests")
    assert declaration.retention.until(bobs) == NOON.replace(year=NOON.year + years)
    assert declaration.retention.until(alices) == moment("2027-05-02T12:00").replace(year=2027 + years)
    assert list(declaration.past_due(NOON.replace(year=NOON.year + years))) == [bobs]
    assert set(declaration.past_due(moment("2027-05-02T12:00").replace(year=2027 + years))) == {alices, bobs}


@pytest.mark.django_db
def test_a_row_stays_as_long_as_the_row_it_hangs_on(asked):
    declaration = registry.of("privacy.ErasureStep")
    steps = [
        ErasureStep.objects.create(request=each, position=1, kind=StepKind.CHECK, target="x", label="x")
        for each in asked
    ]
    parents = registry.of("privacy.DataRequest").retention
    assert [declaration.retention.until(step) for step in steps] == [parents.until(each) for each in asked]
    assert list(declaration.past_due(parents.until(asked[1]))) == [steps[1]]


@pytest.mark.django_db
def test_a_rule_that_ends_with_an_event_has_no_date_and_matches_no_row():
    rule = Retention.until_event("the parcel is delivered", model="orders.Order")
    subject = subjects.new(by="test", at=moment("1990-01-01T00:00"))
    assert (str(rule), rule.is_dated, rule.until(subject)) == ("until the parcel is delivered", False, None)
    assert not Subject.objects.filter(rule.past_due(NOON)).exists()
    assert not Subject.objects.filter(Retention.as_its("order", rule).past_due(NOON)).exists()


def test_words_name_the_span_of_the_shops_profile(settings):
    rule = Retention.years("orders", anchor="completed_at", fallback="placed_at")
    settings.LOUPE_POLICY = "jane_ellen"
    assert str(rule) == "7 years"
    settings.LOUPE_POLICY = "jessies_selection"
    assert str(rule) == str(Retention.as_its("order", rule)) == "3 years"
    assert str(Retention.months("activity", anchor="at")) == "24 months"
    assert str(Retention.days(1, anchor="at")) == "1 day"
    assert str(Retention.while_account()) == "while you have an account"


@pytest.mark.django_db
def test_every_declared_rule_can_be_asked_in_sql():
    for declaration in registry.all_declared():
        assert declaration.past_due(NOON).count() == 0
        assert isinstance(declaration.retention.past_due(NOON), Q)


@pytest.mark.django_db
def test_the_trail_goes_with_the_records_it_proves():
    subject = subjects.new(by="test", at=NOON)
    subjects.restrict(subject, by="test", at=NOON)
    event = AuditEvent.objects.get()
    years = profiles.current().retention_years("requests")
    assert registry.of("privacy.AuditEvent").retention.until(event) == NOON.replace(year=NOON.year + years)


@pytest.mark.django_db
def test_what_is_not_finished_has_no_date_however_old():
    """One answer in Python and in SQL for every state, on the row and on the one that hangs on it."""
    ages = NOON.replace(year=NOON.year + 90)
    declaration, of_steps = registry.of("privacy.DataRequest"), registry.of("privacy.ErasureStep")
    for number, state in enumerate(State.values):
        request = DataRequest.objects.create(
            subject=subjects.new(by="test", at=NOON),
            reference=f"DSR-{number}",
            kind=Kind.ERASURE,
            channel=Channel.ACCOUNT,
            state=state,
            received_at=NOON,
            due_at=NOON,
            first_reply_due_at=NOON,
            completed_at=NOON if state == "completed" else None,
        )
        ErasureStep.objects.create(request=request, position=1, kind=StepKind.CHECK, target="x", label="x")
    for rule in (declaration, of_steps):
        dated = {row.pk for row in rule.model_class().objects.all() if rule.retention.until(row)}
        assert set(rule.past_due(ages).values_list("pk", flat=True)) == dated
        assert len(dated) == len(State.values) - len(OPEN)


def test_a_rule_may_stand_still_while_a_place_is_empty():
    rule = Retention.days(1, anchor="created_at").not_while("erased_at", None)
    assert rule.until(Subject(created_at=NOON)) is None
    assert rule.until(Subject(created_at=NOON, erased_at=NOON)) == NOON + timedelta(days=1)
    assert Retention.as_its("subject", rule).unless == ("subject__erased_at", (None,))


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(1, 60))
def test_a_months_rows_go_together_and_never_later_than_promised(naive, number):
    """A row whose rule counts whole months is past due exactly when the last row of its month is, and in time."""
    made = naive.replace(tzinfo=UTC)
    rule = Retention.whole_months(number, anchor="at")
    last = months.later(months.start(made)) - timedelta.resolution
    until = rule.until(AuditEvent(at=made))
    assert until == rule.until(AuditEvent(at=last)) == rule.until(AuditEvent(at=months.start(made)))
    assert until <= Span("months", number).after(made)
