"""Rows without a date of their own: what an event has left behind, and months that are dropped as a whole."""

from __future__ import annotations

import pytest
from django.apps import apps

from accounts.models import Session
from privacy.models import Identifier, Subject, SubjectLink
from privacy.register import registry, subjects
from privacy.rights import partitions
from privacy.tests.people import someone
from shop.models import Activity
from tests.retention import aged
from tests.retention.clock import AT, DAY, apply, hold, moment

pytestmark = pytest.mark.django_db


def test_devices_of_sessions_that_are_over_go():
    devices = apps.get_model("usersessions.UserSession").objects
    user = aged.customer(AT)
    session = Session.objects.create(session_key="alive", session_data="", expire_date=AT + DAY)
    for key in (session.session_key, "over"):
        devices.create(user=user, ip="127.0.0.1", session_key=key, user_agent="x", created_at=AT, last_seen_at=AT)
    apply()
    assert [device.session_key for device in devices.all()] == ["alive"]


def test_a_person_record_that_nothing_leads_to_goes_with_its_digests():
    alice, bob = someone("alice"), someone("bob")
    guest = subjects.new(by="test", at=AT - 31 * DAY)
    subjects.identify(guest, value="gwen@example.com", by="test", at=AT - 31 * DAY)
    fresh = subjects.new(by="test", at=AT - 29 * DAY)
    erased = subjects.new(by="test", at=AT - 400 * DAY)
    subjects.mark_erased(erased, by="test", at=AT - 399 * DAY)
    apply()
    assert set(Subject.objects.values_list("pk", flat=True)) == {
        alice.subject.pk,
        bob.subject.pk,
        fresh.pk,
        erased.pk,
    }
    assert Identifier.objects.filter(subject__in=[alice.subject, bob.subject]).count() == 2
    assert Identifier.objects.count() == 2


def test_a_joined_family_goes_only_as_a_whole():
    alice, guest = someone("alice"), subjects.new(by="test", at=AT - 400 * DAY)
    SubjectLink.objects.create(child=guest, root=alice.subject, proof="link_clicked", at=AT - 400 * DAY)
    pair = [subjects.new(by="test", at=AT - 400 * DAY) for _ in range(2)]
    SubjectLink.objects.create(child=pair[0], root=pair[1], proof="link_clicked", at=AT - 400 * DAY)
    apply()
    assert set(Subject.objects.values_list("pk", flat=True)) == {alice.subject.pk, guest.pk}


# Months


@pytest.mark.promise("JE-69")
def test_months_past_their_time_are_dropped_and_rows_of_the_default_deleted():
    stray = aged.activity(moment("2026-02-01"))  # its month was made by nobody
    partitions.make_ahead(at=moment("2026-01-31"))
    rows = [aged.activity(moment(day)) for day in ("2026-01-01", "2026-01-31T23:59:59", "2026-02-28", "2026-03-01")]
    assert len(partitions.months_of(registry.of("shop.Activity"))) == 3
    line = apply(AT)["shop.Activity"]
    assert (line.past_due, line.done) == (4, 4)
    assert list(Activity.objects.all()) == [rows[-1]]
    tables = [month.table for month in partitions.months_of(registry.of("shop.Activity"))]
    assert tables == ["shop_activity_2026_03"]
    assert not Activity.objects.filter(pk=stray.pk).exists()


def test_a_month_with_a_held_row_is_not_dropped_and_loses_the_others():
    person = subjects.new(by="test", at=AT)
    partitions.make_ahead(at=moment("2026-01-31"))
    mine, other = (aged.activity(moment("2026-01-10")) for _ in range(2))
    Activity.objects.filter(pk=mine.pk).update(subject_id=person.pk)
    hold(person)
    line = apply(AT)["shop.Activity"]
    assert (line.past_due, line.done, line.held) == (2, 1, {"a legal hold": 1})
    assert [row.pk for row in Activity.objects.all()] == [mine.pk]
    assert partitions.months_of(registry.of("shop.Activity"))[0].table == "shop_activity_2026_01"
    assert other.pk not in Activity.objects.values_list("pk", flat=True)
