"""Reports are sums: no person in them, no cell of fewer than ten people, no day that is still going on."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from orders import reports
from orders.models import Order
from privacy.models import Subject
from privacy.register import objections, subjects
from privacy.register.vocabulary import Purpose
from privacy.tests.people import NOON, someone
from shop import charts
from shop.models import Activity, KeptSum
from shop.reports import ACTIVITY, LEAST, VISITORS, Cell

pytestmark = pytest.mark.django_db

THEN = datetime(2026, 3, 4, 12, tzinfo=UTC)  # a Wednesday of a month that is over
MONTH, DAY = date(2026, 3, 1), date(2026, 3, 4)
VIEWS = ("shop_report_activity", "shop_report_visitors", "orders_report_weeks")


def saw(*people: UUID | None, kind: str = "viewed", what: str = "product/solitaire", at: datetime = THEN) -> None:
    Activity.objects.bulk_create(Activity(kind=kind, object_ref=what, subject_id=person, at=at) for person in people)


def crowd(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]


def solitaire(*, times: int, people: int) -> list[Cell]:
    return [Cell(MONTH, "viewed", "product/solitaire", times, people)]


@pytest.mark.promise("JK-17", "JK-24", "JE-32", "JE-37", "JE-47", "JH-14")
def test_ten_people_make_a_cell_and_nine_do_not():
    nine = crowd(9)
    saw(*nine, *nine)
    assert ACTIVITY.live() == []
    saw(uuid4())
    assert ACTIVITY.live() == solitaire(times=19, people=10)


@pytest.mark.promise("JK-17", "JK-24", "JE-32", "JE-37", "JE-47", "JH-14")
def test_rows_without_an_id_count_as_one_person_since_they_may_be_one():
    saw(*[None] * 500)
    assert ACTIVITY.live() == []
    saw(*crowd(9))
    assert ACTIVITY.live() == solitaire(times=509, people=10)


@pytest.mark.promise("JK-17", "JK-24", "JE-32", "JE-37", "JE-47", "JH-14")
def test_two_records_of_one_person_count_once_also_through_a_chain_of_proofs():
    first, second, third = (subjects.new(by="system:test", at=THEN) for _ in range(3))
    for subject in (first, second, third):
        subjects.identify(subject, value="alice@example.com", by="system:test", at=THEN)
    saw(*crowd(7), first.pk, second.pk, third.pk)
    assert ACTIVITY.live() == solitaire(times=10, people=10)
    proof = subjects.Proof.EMAIL_CONFIRMED
    for subject in (third, second, first):
        subjects.prove(subject, value="alice@example.com", proof=proof, by="system:test", at=THEN)
    assert len(subjects.family(first)) == 3
    assert ACTIVITY.live() == []


@pytest.mark.promise("JE-85")
def test_somebody_whose_data_are_restricted_is_in_no_sum():
    alice = someone("alice")
    saw(*crowd(9), alice.subject.pk)
    assert len(ACTIVITY.live()) == 1
    subjects.restrict(alice.subject, by=alice.user, at=THEN)
    assert ACTIVITY.live() == []


@pytest.mark.promise("JE-91")
@pytest.mark.parametrize(
    ("purpose", "lines"), [(Purpose.STATISTICS, 0), (Purpose.MARKETING, 1)], ids=["this", "another"]
)
def test_somebody_who_objects_to_statistics_is_in_no_sum(purpose, lines):
    alice = someone("alice")
    saw(*crowd(9), alice.subject.pk)
    objections.note(alice.subject, purpose, by=alice.user, at=THEN)
    assert len(ACTIVITY.live()) == lines
    objections.end(alice.subject, purpose, by=alice.user, at=THEN)
    assert len(ACTIVITY.live()) == 1


@pytest.mark.promise("JK-17", "JK-24", "JE-32", "JE-37", "JE-47", "JH-14")
def test_a_month_and_a_day_that_are_still_going_on_are_not_told():
    """Else two looks at the page, before and after one visit, would tell of that visit."""
    now = datetime.now(UTC)
    saw(*crowd(20), at=now)
    saw(*[None] * 20, kind="visited", what="visit/day", at=now)
    assert (ACTIVITY.live(), VISITORS.live()) == ([], [])


@pytest.mark.promise("JH-13", "JH-14")
def test_visitors_of_a_day_are_browsers_that_came_for_the_first_time_that_day_and_people_signed_in():
    alice = uuid4()
    saw(*[None] * 8, alice, alice, kind="visited", what="visit/day")
    assert VISITORS.live() == []
    saw(None, kind="visited", what="visit/day")
    assert VISITORS.live() == [Cell(DAY, "visited", "", 10, 10)]
    assert ACTIVITY.live() == []


@pytest.mark.promise("JH-13", "JH-14", "JE-47")
def test_orders_of_a_week_are_those_that_were_paid_by_ten_people():
    buyers = [subjects.new(by="system:test", at=THEN) for _ in range(10)]
    for buyer in buyers[:9]:
        _order(buyer)
    _order(buyers[0])
    _order(buyers[9], state="pending_payment")
    assert reports.ORDERS.live() == []
    _order(buyers[9])
    assert reports.ORDERS.live() == [Cell(date(2026, 3, 2), "ordered", "", 11, 10)]


@pytest.mark.promise("JH-15", "JK-17", "JK-24", "JE-37")
def test_no_view_that_a_report_reads_has_a_column_that_leads_to_a_person():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_name = ANY(%s)",
            [list(VIEWS)],
        )
        columns = {(table, column): kind for table, column, kind in cursor.fetchall()}
    assert columns == {
        ("shop_report_activity", "month"): "date",
        ("shop_report_activity", "kind"): "character varying",
        ("shop_report_activity", "object_ref"): "character varying",
        ("shop_report_activity", "times"): "bigint",
        ("shop_report_activity", "people"): "bigint",
        ("shop_report_visitors", "day"): "date",
        ("shop_report_visitors", "people"): "bigint",
        ("orders_report_weeks", "week"): "date",
        ("orders_report_weeks", "orders"): "bigint",
        ("orders_report_weeks", "people"): "bigint",
    }
    assert [view for report in reports.ALL for view in VIEWS if view in report.query] == [
        "shop_report_visitors",
        "orders_report_weeks",
        "shop_report_activity",
    ]


def test_every_view_has_the_threshold_that_the_page_names():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_viewdef(name::regclass) FROM unnest(%s) name", [list(VIEWS)])
        assert [f">= {LEAST})" in definition for (definition,) in cursor.fetchall()] == [True] * len(VIEWS)


@pytest.mark.promise("JE-73", "JE-99", "JH-15")
def test_a_kept_sum_stays_as_it_is_when_somebody_in_it_is_erased_or_takes_their_consent_back():
    alice, others = someone("alice"), crowd(10)
    saw(*others, alice.subject.pk, alice.subject.pk)
    assert ACTIVITY.keep(at=NOON) == 1
    assert ACTIVITY.cells() == solitaire(times=12, people=11)
    Activity.objects.filter(subject_id__in=[alice.subject.pk, *others[:5]]).delete()
    assert (ACTIVITY.live(), ACTIVITY.keep(at=NOON), ACTIVITY.cells()) == ([], 0, solitaire(times=12, people=11))


def test_a_period_is_kept_once_and_nothing_is_added_to_it_later():
    saw(*crowd(10))
    assert [ACTIVITY.keep(at=NOON), ACTIVITY.keep(at=NOON)] == [1, 0]
    saw(*crowd(10), what="product/late")
    saw(*crowd(10), what="product/next", at=THEN + timedelta(days=31))
    assert ACTIVITY.keep(at=NOON) == 1
    assert [(cell.since, cell.what) for cell in ACTIVITY.cells()] == [
        (date(2026, 4, 1), "product/next"),
        (MONTH, "product/solitaire"),
    ]


def test_a_week_of_orders_is_kept_once_the_last_of_them_could_be_paid():
    for _ in range(10):
        _order(subjects.new(by="system:test", at=THEN))
    sunday_after = datetime(2026, 3, 10, 1, tzinfo=UTC)
    assert [reports.keep(at=sunday_after), reports.keep(at=sunday_after + timedelta(days=1))] == [0, 1]


@pytest.mark.promise("JE-37", "JE-73", "JH-15")
def test_what_is_kept_has_no_column_for_a_person_and_no_room_for_nine():
    assert [field.name for field in KeptSum._meta.concrete_fields] == [
        "id", "report", "since", "kind", "what", "times", "people",
    ]  # fmt: skip
    nine = KeptSum(report="activity", since=MONTH, kind="viewed", what="product/solitaire", times=9, people=9)
    with pytest.raises(IntegrityError, match="kept_sum_of_ten"), transaction.atomic():
        nine.save()


@pytest.mark.parametrize("change", ["UPDATE shop_keptsum SET times = 99", "DELETE FROM shop_keptsum"])
def test_what_is_kept_cannot_be_changed(change):
    saw(*crowd(10))
    ACTIVITY.keep(at=NOON)
    with pytest.raises(DatabaseError, match="kept_sum_is_final"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert ACTIVITY.cells() == solitaire(times=10, people=10)


def test_a_sum_cannot_be_written_or_deleted():
    saw(*crowd(10))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM shop_report_activity")
    assert len(ACTIVITY.live()) == 1


# The desk


@pytest.fixture
def carol(settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("StaffSecurityMiddleware")]
    user = get_user_model().objects.create_user("carol@loupe.example", "five-jet-beads", is_staff=True, at=THEN)
    client = Client()
    client.force_login(user)
    client.user = user
    return client


def allow(carol: Client) -> None:
    carol.user.user_permissions.add(Permission.objects.get(codename="view_reports"))


def test_without_the_permission_there_is_no_report_and_no_file(carol):
    assert [carol.get(path).status_code for path in ("/admin/reports/", "/admin/reports/visitors.csv")] == [403, 403]


def test_with_nothing_to_tell_the_page_says_what_is_missing(carol):
    allow(carol)
    page = carol.get("/admin/reports/").content.decode()
    assert page.count("with 10 people or more yet") == 2
    assert "Nothing yet that 10 people or more did in a month." in page
    assert '<svg class="reports__chart"' not in page


@pytest.mark.promise("JE-15")
def test_the_page_shows_what_the_views_tell_and_nothing_of_a_smaller_cell(carol):
    allow(carol)
    people = crowd(12)
    saw(*people)
    saw(*people[:9], what="product/shy-pendant")
    saw(*[None] * 14, kind="visited", what="visit/day")
    reports.keep(at=NOON)
    page = carol.get("/admin/reports/").content.decode()
    assert "In the shop window, March 2026" in page
    assert "<title>4 March: 14</title>" in page
    assert "solitaire" in page
    assert "shy" not in page


def test_the_page_asks_as_much_with_one_piece_as_with_thirty(carol, django_assert_num_queries):
    allow(carol)
    people = crowd(10)
    counts = []
    carol.get("/admin/reports/")  # content types are asked for once
    for names in (range(1), range(1, 31)):
        for name in names:
            saw(*people, what=f"product/piece-{name}", at=THEN + timedelta(days=30 + len(names)))
        reports.keep(at=NOON)
        with django_assert_num_queries(14, exact=False) as asked:
            carol.get("/admin/reports/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.promise("JH-13")
def test_a_file_has_every_line_of_its_report(carol):
    allow(carol)
    saw(*[None] * 14, kind="visited", what="visit/day")
    saw(*[None] * 3, kind="visited", what="visit/day", at=THEN + timedelta(days=1))
    reports.keep(at=NOON)
    response = carol.get("/admin/reports/visitors.csv")
    assert list(csv.reader(response.content.decode().splitlines())) == [
        ["day", "did", "what", "visitors", "people"],
        ["2026-03-04", "visited", "", "14", "14"],
    ]
    assert carol.get("/admin/reports/people.csv").status_code == 404


def test_a_chart_leaves_a_gap_where_nothing_is_told():
    chart = charts.by_period({date(2026, 3, 1): 40, date(2026, 3, 3): 20}, days=1, most=60)
    assert [(bar.label, bar.value, bar.is_told) for bar in chart.bars] == [
        ("1 March", 40, True),
        ("2 March", 0, False),
        ("3 March", 20, True),
    ]
    assert [bar.height for bar in chart.bars] == [150.0, 0.0, 75.0]
    assert charts.by_period({}, days=1, most=60) is None


def _order(subject: Subject, *, state: str = "paid") -> None:
    number = f"LP-{Order.objects.count():04}"
    is_paid = state == "paid"
    Order.objects.create(
        reference=number,
        bag_id=uuid4(),
        subject=subject,
        state=state,
        country="US",
        currency="USD",
        subtotal_minor=1_000,
        shipping_minor=0,
        shipping_method="standard",
        tax_minor=0,
        tax_rate=0,
        is_tax_included=False,
        total_minor=1_000,
        invoice_number=f"INV-{number}" if is_paid else None,
        placed_at=THEN,
        paid_at=THEN if is_paid else None,
    )
