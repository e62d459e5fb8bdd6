"""The first page of the desk: each figure leads to as many rows as it says, and it names nobody."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from privacy.messages import inbox
from privacy.proof import probes
from privacy.rights import escalation, intake, mailroom, requests
from privacy.rights.models import DataRequest, Kind
from privacy.tests.inbox.mails import arrival, mail
from privacy.tests.people import asks, at_the_desk, someone

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def figures_of(page) -> dict[str, tuple[int, str]]:
    return {each.words: (each.number, each.link) for each in page.context["figures"]}


def test_each_figure_leads_to_as_many_rows(alice):
    carol, now = at_the_desk(), timezone.now()
    late = asks(alice, at=now - 31 * DAY)
    intake.ask(Kind.ACCESS, address="mona@example.com", at=now)
    gone = asks(someone("bob"), at=now - 40 * DAY)
    requests.withdraw(gone, by="customer", at=now)
    escalation.sweep(by="system:clock", at=now)
    page = carol.get("/admin/")
    found = figures_of(page)
    assert {words: number for words, (number, _) in found.items()} == {
        "overdue": 1,
        "due today": 0,
        "first reply due by tonight": 1,
        "half of their time used, or more": 1,
        "four fifths used, or more": 1,
        "waiting for identity": 1,
        "partly done": 0,
        "open in all": 2,
        "mails to answer": 0,
    }
    for words, (number, link) in found.items():
        assert carol.get(link).context["cl"].result_count == number, words
    assert page.context["sentence"] == "1 request is overdue, nothing more is due today."
    assert late.reference in page.content.decode()
    assert [word for word in (*alice.words, "mona@example.com") if word in page.content.decode()] == []


@pytest.mark.promise("JS-46")
def test_a_mail_that_nobody_has_dealt_with_for_a_day_is_told_every_day():
    now = timezone.now()
    for number, hours in enumerate((1, 23, 25)):
        raw = mail("A ring", "Does it come in 54?", message_id=f"<{number}@x>")
        kept = inbox.keep(arrival(raw, received_at=now - timedelta(hours=hours)), at=now)
        mailroom.handle(kept.pk, at=now)
    found = figures_of(at_the_desk().get("/admin/"))
    assert found["mails to answer, 1 for more than a day"] == (3, "/admin/privacy/inboundmail/")
    assert probes.measure(["letters_waiting"], at=now)["letters_waiting"].value == 1
    kept.refresh_from_db()
    mailroom.put_away(kept, note="by telephone", by="test", at=now)
    assert probes.measure(["letters_waiting"], at=now)["letters_waiting"].value == 0


def test_a_day_without_requests_says_so():
    page = at_the_desk().get("/admin/").content.decode()
    assert "Nothing waits. Nobody is owed an answer." in page
    assert "No request was answered in this time." in page


def test_whoever_may_not_see_requests_gets_the_list_of_pages(alice):
    asked = asks(alice, at=timezone.now())
    page = at_the_desk("catalogue").get("/admin/").content.decode()
    assert (asked.reference in page, "overdue" in page) == (False, False)
    assert "/admin/shop/product/" in page


def test_every_chart_stands_there_as_a_table_too(alice):
    now = timezone.now()
    refused = asks(alice, at=now - 3 * DAY)
    DataRequest.objects.filter(pk=refused.pk).update(
        state="refused", refused_at=now, refused_by="staff:1", refusal_reason="A ground."
    )
    page = at_the_desk().get("/admin/")
    assert page.context["kinds"]["rows"] == [["Erase my data", 0, 1, "100 %", "3.0 days"]]
    assert page.context["weeks"]["rows"][0][2:] == [1, 0]
    assert len(re.findall(r"<canvas", page.content.decode())) == page.content.decode().count("As a table") == 2


def test_the_page_asks_as_many_questions_for_thirty_as_for_one(alice):
    carol, now = at_the_desk(), timezone.now()
    asks(alice, at=now)
    carol.get("/admin/")
    counts = []
    for count in (0, 29):
        for number in range(count):
            intake.ask(Kind.ACCESS, address=f"one-{number}@example.com", at=now)
        with CaptureQueriesContext(connection) as queries:
            carol.get("/admin/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
