"""Evidence is never changed, and leaves only where retention says that its time has run."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from privacy.ground import audit, evidence
from privacy.models import AuditEvent, Certificate

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def event():
    return audit.append("order.shipped", obj="LP-2222-3333", by="test", at=NOON)


def certificate():
    return Certificate.objects.create(
        reference="CE-2222-3333",
        subject_id=uuid4(),
        request_reference="DSR-2222-3333",
        canonical="{}",
        signature="00",
        key_id="00",
        issued_at=NOON,
    )


EVIDENCE = pytest.mark.parametrize("make", [event, certificate])


@EVIDENCE
@pytest.mark.django_db
def test_a_row_of_evidence_can_be_neither_changed_nor_deleted(make):
    row = make()
    rows = type(row).objects.filter(pk=row.pk)
    column = row._meta.get_field("at" if make is event else "issued_at").name
    for forbidden in (rows.delete, lambda: rows.update(**{column: datetime(2020, 1, 1, tzinfo=UTC)})):
        with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
            forbidden()
    assert list(rows) == [row]


@EVIDENCE
@pytest.mark.django_db
def test_it_goes_when_its_time_has_run_and_the_door_closes_behind_it(make):
    row = make()
    rows = type(row).objects.filter(pk=row.pk)
    with audit.expiring():
        rows.delete()
    assert not rows.exists()
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        type(make()).objects.all().delete()


@EVIDENCE
@pytest.mark.django_db
def test_nothing_is_changed_even_then(make):
    row = make()
    column = "at" if make is event else "issued_at"
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), audit.expiring():
        type(row).objects.filter(pk=row.pk).update(**{column: datetime(2020, 1, 1, tzinfo=UTC)})
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        type(row).objects.filter(pk=row.pk).delete()  # the failure closed the door, too


@pytest.mark.django_db(transaction=True)
def test_the_flag_does_not_outlive_its_transaction_in_a_connection_that_is_used_again():
    event()
    with audit.expiring():
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [evidence.FLAG])
        assert cursor.fetchone()[0] in (None, "")
    with pytest.raises(DatabaseError, match="neither changed nor deleted"):
        AuditEvent.objects.all().delete()


def test_only_the_audit_room_sets_the_flag_and_only_retention_asks_it_to():
    says = re.compile(r"loupe\.retention\"|evidence\.FLAG|audit\.expiring\(")
    apps = [settings.BASE_DIR / app for app in ("shop", "accounts", "orders", "privacy")]
    files = [file for app in apps for file in app.rglob("*.py") if "tests" not in file.parts]
    found = {str(file.relative_to(settings.BASE_DIR)) for file in files if says.search(file.read_text())}
    assert found == {"privacy/ground/audit.py", "privacy/ground/evidence.py", "privacy/rights/retention.py"}
