"""The desk's pages about children: three steps with their moments, one more thing to do, and what is refused from then on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy.models import AuditEvent, ChildCase, CollectionStop, DataRequest, Message
from privacy.rights import acts, child_reports, intake
from privacy.rights.kinds import Kind
from privacy.tests.people import someone
from privacy.tests.test_child_reports import MINA, PARENT, REPORTER
from privacy.tests.test_request_desk import page_of, staff

pytestmark = pytest.mark.django_db
CASES, STOPS = "/admin/privacy/childcase/", "/admin/privacy/collectionstop/"


@pytest.fixture
def carol():
    return staff("carol")


@pytest.fixture
def mina(db):
    return someone("mina")


def reported(*, by=REPORTER, kind=Kind.CHILD_REPORT):
    now = timezone.now()
    asked = intake.ask(kind, address=by, wishes={"about": MINA, "text": "She is eleven."}, at=now)
    return intake.confirm(asked.pk, at=now) if asked.state == "received" else asked


def told(to):
    kinds = [
        row.kind for row in Message.objects.order_by("created_at", "pk") if row.payload and row.payload["to"] == to
    ]
    return kinds.count("privacy.parent_told")


def steps_of(page):
    return [(step.title, bool(step.at)) for step in page.context["child_steps"]]


@pytest.mark.promise("JE-121")
def test_a_report_is_followed_through_its_three_steps_on_one_page(carol, mina):
    asked = reported()
    assert "1 report waits to be looked into" in carol.get(CASES).content.decode()
    assert steps_of(carol.get(page_of(asked))) == [
        ("Looked into", False),
        ("Deleted", False),
        ("The parent told", False),
    ]

    carol.post(page_of(asked, "is-a-child/"), {"address": MINA, "how": "own_words"})
    (case,) = ChildCase.objects.all()
    page = carol.get(page_of(asked))
    assert steps_of(page) == [("Looked into", True), ("Being deleted", False), ("The parent told", False)]
    assert f"{CASES}{case.pk}/change/" in page.content.decode()
    assert "wait" not in carol.get(CASES).content.decode().partition("to be looked into")[1]

    acts.carry_out(asked.pk, by="system:worker", at=timezone.now() + timedelta(minutes=1))
    page = carol.get(f"{CASES}{case.pk}/change/")
    assert steps_of(page) == [("Looked into", True), ("Deleted", True), ("The parent told", False)]
    shown = page.content.decode()
    for words in (
        case.erasures[0],
        page_of(asked),
        f"By {carol.number}",
        "The child&#x27;s own words",
        "No parent is known",
    ):
        assert words in shown, words
    assert [word for word in (*mina.words, REPORTER) if word in shown] == []


def test_a_parent_who_is_found_later_is_told_once_and_the_address_forgotten(carol, mina):
    asked = reported()
    carol.post(page_of(asked, "is-a-child/"), {"address": MINA, "how": "talked"})
    acts.carry_out(asked.pk, by="system:worker", at=timezone.now() + timedelta(minutes=1))
    (case,) = ChildCase.objects.all()
    tell = f"{CASES}{case.pk}/tell-parent/"
    assert "Be sure that it is the parent" in carol.get(tell).content.decode()
    assert "Nobody writes to a child" in carol.post(tell, {"address": MINA}).content.decode()
    assert told(MINA) == 0
    carol.post(tell, {"address": "Petra@Example.com"})
    case.refresh_from_db()
    assert (told(PARENT), case.told_at is not None, case.parent) == (1, True, None)
    assert "nothing was changed" in carol.post(tell, {"address": PARENT}, follow=True).content.decode()
    assert told(PARENT) == 1
    assert AuditEvent.objects.filter(event="parent.told", object_ref=asked.reference).count() == 1


def test_a_parent_found_while_the_child_is_being_deleted_is_told_with_the_last_of_it(carol, mina):
    asked = reported()
    carol.post(page_of(asked, "is-a-child/"), {"address": MINA, "how": "talked"})
    (case,) = ChildCase.objects.all()
    for address in ("petra@example.con", PARENT):  # mistyped, and put right in time
        carol.post(f"{CASES}{case.pk}/tell-parent/", {"address": address})
    assert told(PARENT) == 0
    masked = carol.get(f"{CASES}{case.pk}/change/").content.decode()
    assert (PARENT in masked, "p…@….com" in masked) == (False, True)
    acts.carry_out(asked.pk, by="system:worker", at=timezone.now() + timedelta(minutes=1))
    case.refresh_from_db()
    assert (told(PARENT), told("petra@example.con")) == (1, 0)
    assert (case.parent, case.told_at == case.deleted_at) == (None, True)


def test_nobody_is_told_of_what_was_not_deleted(carol, mina):
    asked = reported()
    case = child_reports.dismiss(asked, by="staff:1", at=timezone.now())
    page = carol.get(f"{CASES}{case.pk}/change/").content.decode()
    assert (f"{CASES}{case.pk}/tell-parent/" in page, "Nothing is deleted of somebody" in page) == (False, True)
    with pytest.raises(child_reports.NobodyToTell):
        child_reports.tell_parent(case, address=PARENT, by="staff:1", at=timezone.now())


@pytest.mark.promise("JE-123")
def test_the_desk_reads_whether_an_address_is_refused_and_until_when_but_no_address(carol, mina):
    asked, bob = reported(), someone("bob")
    carol.post(page_of(asked, "is-a-child/"), {"address": MINA, "how": "own_words"})
    assert (
        len(carol.get(STOPS).context["cl"].queryset) == CollectionStop.objects.count() == 2
    )  # her address and her number
    found = {address: carol.get(STOPS, {"q": address}).context["cl"].queryset.count() for address in (MINA, bob.email)}
    assert found == {MINA: 1, bob.email: 0}
    stop = CollectionStop.objects.get(kind="email")
    page = carol.get(f"{STOPS}{stop.pk}/change/").content.decode()
    assert (f"{timezone.now().year + 10}" in page, MINA in page, stop.digest in page) == (True, False, False)
    assert carol.post(f"{STOPS}{stop.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("path", [CASES, STOPS])
def test_the_lists_ask_as_many_questions_for_twelve_as_for_one(carol, path):
    counts = []
    for many in (1, 12):
        for number in range(many):
            who = f"kid-{many}-{number}@example.com"
            asked = intake.ask(Kind.CHILD_REPORT, address=REPORTER, wishes={"about": who}, at=timezone.now())
            if asked is None:  # this reporter has had enough for a day
                asked = intake.ask(
                    Kind.CHILD_REPORT, address=f"r-{number}@example.com", wishes={"about": who}, at=timezone.now()
                )
            child_reports.confirm(asked, address=who, how="others", by="staff:1", at=timezone.now())
        carol.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert carol.get(path).context["cl"].result_count >= many
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert DataRequest.objects.filter(kind=Kind.CHILD_REPORT).count() == 13
