"""What showed who asks: a row for each look, beside the request, that nobody changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from privacy.models import AuditEvent, IdentityCheck
from privacy.rights import identity, intake, requests
from privacy.tests.people import NOON, asks, someone

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=5)


def checks(request):
    return [(each.method, each.passed, each.at) for each in identity.evidence_of(request)]


def test_a_signed_in_request_keeps_that_its_person_proved_it_once_more(alice):
    bob = someone("bob")
    request, his = asks(alice), asks(bob)
    assert checks(request) == [("reauthenticated", True, NOON)]
    assert checks(his) == [("reauthenticated", True, NOON)]


def test_a_guest_is_known_by_the_mailed_link(alice):
    request = intake.ask("erasure", address="gwen@example.com", at=NOON)
    assert checks(request) == []
    intake.confirm(request.pk, at=SOON)
    assert checks(request) == [("link_clicked", True, SOON)]


def test_the_trail_names_the_method_and_never_what_was_typed(alice):
    request = asks(alice)
    event = AuditEvent.objects.get(event="identity.checked", object_ref=request.reference)
    assert (event.details, event.subject_id) == ({"method": "reauthenticated", "passed": True}, request.subject_id)


def test_no_method_of_somebodys_own_invention_counts(alice):
    request = requests.receive("erasure", subject=alice.subject, contact=alice.email, by=alice.user, at=NOON)
    with pytest.raises(ValueError, match="passport"):
        requests.verify(request, evidence="passport", by=alice.user, at=NOON)
    request.refresh_from_db()
    assert (request.state, checks(request)) == ("received", [])


@pytest.mark.parametrize("act", ["change", "delete"])
def test_evidence_is_neither_changed_nor_deleted_by_hand(alice, act):
    asks(alice)
    rows = IdentityCheck.objects.all()
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic():
        rows.update(passed=False) if act == "change" else rows.delete()
    assert IdentityCheck.objects.get().passed is True
