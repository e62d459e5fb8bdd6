"""Staff hear of a leak when it is opened, with 24 and 6 hours left, and when its hours have run: once each, until it is told."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from privacy.messages import outbox
from privacy.models import AuditEvent, Incident, Message
from privacy.rights import incident_alarms, incidents
from privacy.tests.people import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
CAROL = "carol@loupe.example"


def at_the_desk(name, may="handle_incident"):
    user = get_user_model().objects.create_user(f"{name}@loupe.example", "three-pearls-on-a-string", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename=may))
    return user


@pytest.fixture
def carol(db):
    at_the_desk("dora", may="change_datarequest")  # works requests, and no leaks
    return at_the_desk("carol")


@pytest.fixture
def leak(carol):
    return incidents.open("Open server of Token-of-Alice", noticed_at=NOON, by=carol, at=NOON)


def comes(at):
    """The sweep; how many it told of, and who got which mail by it."""
    before = set(Message.objects.values_list("pk", flat=True))
    found = incident_alarms.sweep(by="system:clock", at=at)
    told = Message.objects.filter(kind="privacy.incident_due").exclude(pk__in=before)
    return found, [(mail.payload["to"], mail.payload["title"].partition(": ")[2]) for mail in told]


@pytest.mark.promise("JE-113")
def test_each_mark_is_told_once_to_whoever_handles_leaks(leak):
    (opened,) = Message.objects.filter(kind="privacy.incident_due")
    assert (opened.payload["to"], opened.payload["title"]) == (CAROL, f"{leak}: a leak is open")
    told = [(hours, *comes(NOON + hours * HOUR)) for hours in (1, 47.9, 48, 48, 60, 66, 67, 71.9, 72, 72, 100)]
    assert told == [
        (1, 0, []), (47.9, 0, []), (48, 1, [(CAROL, "24 hours are left")]), (48, 0, []), (60, 0, []),
        (66, 1, [(CAROL, "6 hours are left")]), (67, 0, []), (71.9, 0, []), (72, 1, [(CAROL, "the 72 hours have run")]),
        (72, 0, []), (100, 0, []),
    ]  # fmt: skip
    trail = AuditEvent.objects.filter(event="incident.alarmed").order_by("pk")
    assert [each.details["alarm"] for each in trail] == ["opened", "one_day", "six_hours", "overdue"]


def test_a_sweep_that_comes_late_tells_the_latest_only(leak):
    assert comes(NOON + 80 * HOUR) == (1, [(CAROL, "the 72 hours have run")])
    assert comes(NOON + 81 * HOUR) == (0, [])


def test_a_leak_written_down_late_says_at_once_how_much_is_left(carol):
    incidents.open("Lost list", noticed_at=NOON, by=carol, at=NOON + 67 * HOUR)
    (mail,) = Message.objects.filter(kind="privacy.incident_due")
    assert mail.payload["title"].endswith(": 5 hours are left")


@pytest.mark.parametrize("how", ["an authority was told", "nobody has to be told"])
def test_nobody_is_reminded_of_what_is_settled(leak, carol, how):
    if how == "an authority was told":
        incidents.tell_authority(leak, authority="Datatilsynet", text="All.", told_at=NOON, by=carol, at=NOON)
    else:
        incidents.weigh(leak, risk=Incident.Risk.NONE, reason="Nothing was read.", by=carol, at=NOON)
    assert comes(NOON + 73 * HOUR) == (0, [])


def test_the_mail_names_nobody_and_can_be_sent(leak):
    mail = Message.objects.get(kind="privacy.incident_due")
    assert "Token-of-Alice" not in str(mail.payload)
    assert "5 November 2026, 04:00" in mail.payload["text"]
    assert outbox.send(mail.pk, at=NOON)
