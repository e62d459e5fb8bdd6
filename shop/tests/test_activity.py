"""What visitors look at is noted with their consent only, and says nothing but what and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from privacy.consent.choice import Category, Choice
from privacy.rights import erasure, partitions, requests
from privacy.tests.people import asks, someone
from shop import activity
from shop.models import Activity

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PERFORMANCE = Choice(frozenset({Category.PERFORMANCE}))
VIEWED = Activity.Kind.VIEWED


@pytest.mark.django_db
@pytest.mark.parametrize("choice", [Choice(), Choice(frozenset({Category.FUNCTIONALITY, Category.TARGETING}))])
@pytest.mark.promise("JE-11", "JK-06")
def test_without_consent_to_be_counted_nothing_is_written(choice):
    assert activity.record(VIEWED, what="product/solitaire", choice=choice, by=uuid4(), at=NOON) is None
    assert Activity.objects.count() == 0


@pytest.mark.django_db
def test_with_consent_there_is_what_when_and_who_where_known():
    alice = uuid4()
    activity.record(VIEWED, what="product/solitaire", choice=PERFORMANCE, by=alice, at=NOON)
    activity.record(Activity.Kind.ADDED, what="stone/ST-TEST-0001", choice=PERFORMANCE, by=None, at=NOON)
    assert list(Activity.objects.order_by("pk").values_list("kind", "object_ref", "subject_id", "at")) == [
        ("viewed", "product/solitaire", alice, NOON),
        ("added", "stone/ST-TEST-0001", None, NOON),
    ]


@pytest.mark.promise("JE-11", "JK-06")
def test_there_is_no_column_for_a_browser_or_an_address():
    assert [field.name for field in Activity._meta.concrete_fields] == ["id", "subject_id", "kind", "object_ref", "at"]


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["search/ring for alice@example.com", "search/", "Alice", "product/näht"])
def test_what_somebody_typed_cannot_be_noted(typed):
    with pytest.raises(IntegrityError, match="activity_names_a_thing"), transaction.atomic():
        activity.record(Activity.Kind.SEARCHED, what=typed, choice=PERFORMANCE, by=None, at=NOON)


@pytest.mark.django_db
def test_an_erasure_takes_what_alice_looked_at_out_of_every_month_and_leaves_bobs(settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(0)
    alice, bob = someone("alice"), someone("bob")
    partitions.make_ahead(at=NOON)
    for person in (alice, bob, None):
        for at in (NOON, NOON + timedelta(days=30), NOON + timedelta(days=400)):
            activity.record(
                VIEWED, what="product/solitaire", choice=PERFORMANCE, by=person and person.subject.pk, at=at
            )
    request = requests.approve(asks(alice), by="staff:3", at=NOON)

    assert erasure.execute(request.pk, by="system:worker", at=NOON).state == "completed"

    left = Activity.objects.order_by("pk").values_list("subject_id", flat=True)
    assert list(left) == [bob.subject.pk] * 3 + [None] * 3
