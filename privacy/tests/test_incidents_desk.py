"""The desk opens a leak, says what leaked, sees whom it concerns, drafts and records both notices, and closes it at the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from privacy.messages import announcements
from privacy.models import AuthorityNotice, Incident
from privacy.rights import incidents
from privacy.rights.clock import of_the_shop
from privacy.tests.people import at_the_desk, mails, someone
from privacy.tests.test_announcements import order
from privacy.tests.test_incidents import WORDS

pytestmark = pytest.mark.django_db
LIST = "/admin/privacy/incident/"
NOTICED = {"noticed_at_0": "2026-11-02", "noticed_at_1": "12:00"}


@pytest.fixture
def carol() -> Client:
    return at_the_desk()


@pytest.fixture
def leak() -> Incident:
    now = timezone.now()
    return incidents.open(
        "Open server", noticed_at=now - timedelta(hours=1), targets=["orders.Order"], by="staff:1", at=now
    )


def page(incident: Incident, then: str) -> str:
    return f"{LIST}{incident.pk}/{then}/"


def now_as(name: str) -> dict[str, str]:
    shown = of_the_shop().local(timezone.now())
    return {f"{name}_0": f"{shown:%Y-%m-%d}", f"{name}_1": f"{shown:%H:%M:%S}"}


def test_a_leak_is_opened_and_its_hours_run(carol):
    assert carol.get(f"{LIST}open/").status_code == 200
    written = carol.post(f"{LIST}open/", {"title": "Open server", "targets": ["orders.Order"], **NOTICED})
    incident = Incident.objects.get()
    assert written["Location"] == page(incident, "change")
    shown = carol.get(page(incident, "change")).text
    for words in ("Open server", "Noticed Monday 2 November 2026", "No authority was told", "Orders", "Stop it: close"):
        assert words in shown, words
    assert f"{incident}</a>: no authority was told" in carol.get(LIST).text, "its hours have run"
    assert (
        "Nobody has noticed it yet"
        in carol.post(f"{LIST}open/", {"title": "Leak", "noticed_at_0": "2126-11-02", "noticed_at_1": "12:00"}).text
    )
    assert Incident.objects.count() == 1


@pytest.mark.promise("JE-113")
def test_a_leak_is_followed_to_its_end(carol, leak):
    order("gwen@example.com", paid_at=timezone.now())
    bob = someone("bob")
    steps: list[tuple[str, dict[str, Any]]] = [
        ("note", {"kind": "found", "text": "It lay open since May.", **now_as("happened_at")}),
        ("contain", {"how": "It is off.", **now_as("contained_at")}),
        ("weigh", {"risk": "high", "reason": "Addresses are in it."}),
        ("write", WORDS),
        ("ask", {"task": "Write to the host", "owner": "owner", "due_on": "2026-11-09"}),
    ]
    for name, typed in steps:
        assert carol.post(page(leak, name), typed)["Location"] == page(leak, "change"), name
    draft = carol.get(page(leak, "tell-authority")).text
    for words in ("1 person</strong> and 1 record", leak.reference, "Art. 33(3)(d)", WORDS["measures"]):
        assert words in draft, words
    handed_in = {"authority": "Datatilsynet", "text": "All of it.", "receipt": "26/1", **now_as("told_at")}
    carol.post(page(leak, "tell-authority"), handed_in)
    assert (AuthorityNotice.objects.get().text, mails("breach")) == ("All of it.", [])
    shown = carol.get(page(leak, "tell-people")).text
    for words in ("1 person</strong>", "1 address.", WORDS["advice"], "What happened to data about you"):
        assert words in shown, words
    assert "gwen" not in draft + shown
    carol.post(page(leak, "tell-people"))
    announcements.sweep(at=timezone.now())
    assert [mail.payload["to"] for mail in mails("breach")] == ["gwen@example.com"]
    assert bob.email not in str([mail.payload for mail in mails()])
    assert "To do: Write to the host" in carol.post(page(leak, "close"), {"lessons": "Look twice."}).text
    for action in leak.actions.all():
        carol.post(page(leak, "finish"), {"action": action.pk, "outcome": "Done."})
    carol.post(page(leak, "close"), {"lessons": "Look twice."})
    leak.refresh_from_db()
    assert leak.state == "closed"
    closed = carol.get(page(leak, "change")).text
    assert ("Look twice." in closed, f"/{leak.pk}/note/" in closed, f"/{leak.pk}/reopen/" in closed) == (
        True,
        False,
        True,
    )
    carol.post(page(leak, "reopen"), {"reason": "It answers again."})
    leak.refresh_from_db()
    assert leak.state == "open"


def test_what_leaked_can_be_said_anew_and_how_many_it_concerns_is_told_at_once(carol, leak):
    order("gwen@example.com", paid_at=timezone.now())
    assert 'value="orders.Order"' in carol.get(page(leak, "rescope")).text
    said = carol.post(page(leak, "rescope"), {"targets": ["accounts.Address"]}, follow=True).text
    assert "It concerns 1 people and 1 records" in said, "carol has a saved address"
    half = {"targets": ["orders.Order"], "start_0": "2026-11-01", "start_1": "08:00"}
    assert "A window has two ends" in carol.post(page(leak, "rescope"), half).text


def test_what_the_law_asks_for_is_asked_on_the_form(carol, leak):
    Incident.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    late = {"authority": "Datatilsynet", "text": "All of it.", **now_as("told_at")}
    assert "A notice later than 72 hours says why it is late" in carol.post(page(leak, "tell-authority"), late).text
    assert "write the words first" in carol.post(page(leak, "tell-people")).text
    assert "It is not contained; Nobody weighed" in carol.post(page(leak, "close"), {"lessons": "None."}).text
    assert (AuthorityNotice.objects.count(), mails("breach")) == (0, [])


@pytest.mark.parametrize("role", ["order desk", "catalogue", "auditor"])
def test_other_desks_do_nothing_here(role, leak):
    other = at_the_desk(role)
    for path in (f"{LIST}open/", *(page(leak, name.replace("_", "-")) for name in ("note", "tell_people", "close"))):
        assert other.get(path).status_code == 403, path
    assert other.get(page(leak, "change")).status_code == (200 if role == "auditor" else 403)
