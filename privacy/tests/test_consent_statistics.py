"""How people answer, counted from the ledger: yes, no, taken back, by matter and place, and what stands now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from privacy.consent import statistics
from privacy.consent.statistics import Answers, Standing
from privacy.consent.vocabulary import Surface
from privacy.tests.consents import person, says_no, says_yes, takes_back
from privacy.tests.people import NOON, at_the_desk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_answers_are_counted_since_a_day_and_what_stands_is_counted_now():
    alice, bob, gwen = person(), person(), person()
    says_yes(alice, at=NOON - 30 * DAY)
    says_yes(bob, at=NOON, surface=Surface.CHECKOUT)
    says_no(gwen, at=NOON)
    takes_back(alice, at=NOON)
    counted = statistics.of(since=NOON - DAY)
    assert counted.by_matter == [Answers("News about new pieces", granted=1, refused=1, withdrawn=1)]
    assert [(each.name, each.granted, each.refused, each.share) for each in counted.by_surface] == [
        (Surface.CHECKOUT.words, 1, 0, 100),
        (Surface.PREFERENCES.words, 0, 1, 0),
    ]
    assert counted.standing == [Standing("News about new pieces", "email", yes=1, no=2)]
    assert counted.kept_for == 30 * DAY


def test_where_nobody_answered_there_is_no_share():
    counted = statistics.of(since=NOON)
    assert (counted.by_matter, counted.standing, counted.kept_for) == ([], [], None)
    assert Answers("x", 0, 0, 4).share is None


def test_the_desk_reads_numbers_only():
    alice, auditor = person(), at_the_desk("auditor")
    says_yes(alice)
    page = auditor.get("/admin/registers/consents/?days=365").text
    assert ("News about new pieces" in page, str(alice.pk) in page) == (True, False)
    assert "<strong>365 days</strong>" in page
    assert "<strong>90 days</strong>" in auditor.get("/admin/registers/consents/?days=-1").text
