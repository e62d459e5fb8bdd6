"""Tables partitioned by month: months made ahead, rows moved out of the default, months dropped when their time has run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection, connections, transaction
from django.db.models import Q

from privacy.register import registry
from privacy.rights import partitions

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
NOTHING_HELD = Q(pk__in=[])
ALICE, BOB = uuid4(), uuid4()


def activity():
    return registry.of("shop.Activity")


def looked(at, *, subject=None, what="product/solitaire"):
    return apps.get_model("shop.Activity").objects.create(kind="viewed", object_ref=what, subject_id=subject, at=at)


def lies_in(row) -> str:
    """The table the row really lies in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM shop_activity WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]


def tables() -> list[str]:
    return [month.table for month in partitions.months_of(activity())]


@pytest.mark.django_db
def test_this_month_and_the_next_two_are_made_once():
    assert partitions.make_ahead(at=NOON) == ["shop_activity_2026_11", "shop_activity_2026_12", "shop_activity_2027_01"]
    assert partitions.make_ahead(at=NOON) == []
    assert partitions.make_ahead(at=datetime(2026, 12, 1, tzinfo=UTC)) == ["shop_activity_2027_02"]
    assert tables() == [
        "shop_activity_2026_11",
        "shop_activity_2026_12",
        "shop_activity_2027_01",
        "shop_activity_2027_02",
    ]


@pytest.mark.django_db
def test_a_row_lies_in_its_month_to_the_microsecond_and_elsewhere_in_the_default():
    partitions.make_ahead(at=NOON)
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert lies_in(looked(december - timedelta(microseconds=1))) == "shop_activity_2026_11"
    assert lies_in(looked(december)) == "shop_activity_2026_12"
    assert lies_in(looked(datetime(2027, 2, 1, tzinfo=UTC))) == "shop_activity_default"


@pytest.mark.django_db
def test_rows_that_waited_in_the_default_move_into_their_month_as_they_are():
    rows = [looked(NOON, subject=ALICE), looked(NOON - timedelta(days=40), subject=BOB)]
    before = list(apps.get_model("shop.Activity").objects.order_by("pk").values())
    assert [lies_in(row) for row in rows] == ["shop_activity_default"] * 2
    assert partitions.make_ahead(at=NOON)[0] == "shop_activity_2026_09"
    assert [lies_in(row) for row in rows] == ["shop_activity_2026_11", "shop_activity_2026_09"]
    assert list(apps.get_model("shop.Activity").objects.order_by("pk").values()) == before
    assert lies_in(looked(NOON)) == "shop_activity_2026_11"


@pytest.mark.django_db
def test_a_new_month_knows_the_index_the_key_and_the_constraint_of_its_table():
    partitions.make_ahead(at=NOON)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_index WHERE indrelid = 'shop_activity_2026_11'::regclass")
        assert cursor.fetchone() == (2,)
    with pytest.raises(Exception, match="activity_names_a_thing"), transaction.atomic():
        looked(NOON, what="product/Alice, 12 Elm Street")


@pytest.mark.django_db(transaction=True)
def test_the_shop_never_waits_for_a_month_that_somebody_holds():
    partitions.make_ahead(at=NOON)
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT count(*) FROM shop_activity_default")
            later = datetime(2027, 3, 1, tzinfo=UTC)
            assert partitions.make_ahead(at=later) == []
            cursor.execute("ROLLBACK")
        assert partitions.make_ahead(at=later) == [
            "shop_activity_2027_03",
            "shop_activity_2027_04",
            "shop_activity_2027_05",
        ]
    finally:
        other.close()
        drop_all()


def drop_all() -> None:
    """Leave the database as the migrations made it: these tests commit."""
    with connection.cursor() as cursor:
        for table in tables():
            cursor.execute(f"DROP TABLE {table}")
