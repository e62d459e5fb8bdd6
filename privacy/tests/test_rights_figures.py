"""How the desk stands, counted by hand: a request is in one figure exactly when somebody has to do something about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from privacy.models import Subject
from privacy.register import subjects
from privacy.rights import figures
from privacy.rights.figures import Pace, Standing, Week
from privacy.rights.models import DataRequest, State

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 4, 17, tzinfo=UTC)  # a Wednesday; nine in the morning where the shop is (Los Angeles)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def asks():
    """Rows as the verbs leave them, without the mails."""
    made = []

    def ask(state: str, *, kind="erasure", received=NOON - 10 * DAY, due=NOON + 20 * DAY, ended=None, **more):
        number = len(made)
        facts: dict[str, Any] = {
            State.COMPLETED: {"completed_at": ended},
            State.REFUSED: {"refused_at": ended, "refused_by": "staff:1", "refusal_reason": "A ground."},
        }.get(state, {})
        facts |= {"first_reply_due_at": received + 2 * DAY, "first_replied_at": received + DAY, **more}
        request = DataRequest(
            reference=f"DSR-{number:04}",
            subject=subjects.new(by="test", at=NOON),
            kind=kind,
            channel="account",
            state=state,
            received_at=received,
            due_at=due,
            **facts,
        )
        request.save()
        made.append(request)
        return request

    return ask


def test_what_is_owed_now_today_and_unproven(asks):
    asks(State.VERIFIED, due=NOON - HOUR, escalated=100)
    asks(State.APPROVED, due=NOON + HOUR)
    asks(State.VERIFIED, due=datetime(2026, 11, 5, 7, 59, 59, tzinfo=UTC))  # the last second of the shop's day
    asks(State.VERIFIED, due=datetime(2026, 11, 5, 8, tzinfo=UTC))
    asks(State.RECEIVED, first_replied_at=None, first_reply_due_at=NOON + HOUR)
    asks(State.PARTLY_DONE, escalated=50)
    asks(State.REFUSED, ended=NOON, due=NOON - DAY, first_replied_at=None)
    asks(State.WITHDRAWN, due=NOON - DAY, escalated=100)
    assert figures.standing(at=NOON) == Standing(
        open=6, overdue=1, due_today=2, replies_due=1, half_used=2, mostly_used=1, unproven=1, partly_done=1
    )


def test_each_figure_is_the_length_of_its_list(asks):
    for hours in (-30, -1, 1, 16, 60, 150, 400):
        asks(State.VERIFIED, due=NOON + hours * HOUR, first_replied_at=None, first_reply_due_at=NOON + hours * HOUR)
    lengths = {name: DataRequest.objects.filter(span).count() for name, span in figures.due(NOON).items()}
    assert lengths == {"late": 2, "today": 1, "soon": 5, "week": 6, "reply": 3}
    owed = figures.standing(at=NOON)
    assert (owed.overdue, owed.due_today, owed.replies_due) == (2, 1, 3)


def test_who_waits_too_long_for_a_first_word_is_overdue_though_the_answer_is_not(asks):
    asks(State.VERIFIED, first_replied_at=None, first_reply_due_at=NOON - HOUR)
    assert (figures.standing(at=NOON).overdue, figures.standing(at=NOON - 2 * HOUR).overdue) == (1, 0)


def test_the_pace_is_of_answers_in_the_period(asks):
    for days in (2, 4, 9):
        asks(State.COMPLETED, received=NOON - 20 * DAY, ended=NOON - 20 * DAY + days * DAY)
    asks(State.REFUSED, kind="access", received=NOON - 40 * DAY, due=NOON - 10 * DAY, ended=NOON - 9 * DAY)
    asks(State.COMPLETED, received=NOON - 200 * DAY, due=NOON - 170 * DAY, ended=NOON - 100 * DAY)  # long ago
    asks(State.WITHDRAWN)
    asks(State.VERIFIED)
    whole, kinds = figures.pace(at=NOON)
    assert whole == Pace(answered=4, in_time=3, median=6.5 * DAY)
    assert (whole.median_days, whole.share_in_time) == (6.5, 75)
    assert kinds == {
        "erasure": Pace(answered=3, in_time=3, median=4 * DAY),
        "access": Pace(answered=1, in_time=0, median=31 * DAY),
    }


def test_what_is_open_is_counted_by_kind_too(asks):
    asks(State.VERIFIED)
    asks(State.RECEIVED, kind="access")
    asks(State.PARTLY_DONE)
    asks(State.COMPLETED, kind="question", ended=NOON)
    assert figures.standing(at=NOON).kinds == {"erasure": 2, "access": 1}


@pytest.mark.django_db(transaction=True)
def test_the_past_is_counted_again_after_a_few_minutes_and_what_is_owed_at_once(asks):
    figures._remembered.clear()
    asks(State.COMPLETED, ended=NOON - DAY)
    assert figures.past(at=NOON).whole.answered == 1
    asks(State.COMPLETED, ended=NOON - DAY)
    asks(State.VERIFIED)
    soon = figures.past(at=NOON + 4 * MINUTE)
    assert (soon.whole.answered, soon.at, figures.standing(at=NOON).open) == (1, NOON, 1)
    later = figures.past(at=NOON + 5 * MINUTE)
    assert (later.whole.answered, later.at) == (2, NOON + 5 * MINUTE)
    assert figures.past(at=NOON).at == NOON, "an earlier moment is not answered with a later one"
    figures._remembered.clear()


def test_a_desk_that_has_answered_nothing_has_no_share():
    whole, kinds = figures.pace(at=NOON)
    assert (whole, whole.median_days, whole.share_in_time, kinds) == (Pace(0, 0, None), None, None, {})


def test_a_hundred_percent_is_said_only_when_none_was_late():
    assert Pace(answered=1000, in_time=999, median=DAY).share_in_time == 99


def test_weeks_begin_on_the_shop_s_monday_and_none_is_left_out(asks):
    asks(State.VERIFIED, received=datetime(2026, 11, 2, 7, 59, tzinfo=UTC))  # still Sunday where the shop is
    asks(State.VERIFIED, received=datetime(2026, 11, 2, 8, 1, tzinfo=UTC))
    asks(State.COMPLETED, received=NOON - 30 * DAY, due=NOON, ended=NOON - HOUR)
    asks(State.COMPLETED, received=NOON - 30 * DAY, due=NOON - 2 * DAY, ended=NOON - HOUR)
    found = figures.by_week(at=NOON, weeks=3)
    assert found == [
        Week(datetime(2026, 10, 19).date(), received=0, in_time=0, late=0),
        Week(datetime(2026, 10, 26).date(), received=1, in_time=0, late=0),
        Week(datetime(2026, 11, 2).date(), received=1, in_time=1, late=1),
    ]


def test_the_figures_take_the_same_questions_for_one_as_for_thirty(asks):
    counts = []
    for many in (1, 29):
        for number in range(many):
            asks(State.PARTLY_DONE, due=NOON + number * HOUR)
        with CaptureQueriesContext(connection) as queries:
            figures.standing(at=NOON), figures.pace(at=NOON), figures.by_week(at=NOON)
            figures.next_due(), figures.blocked()
        counts.append(len(queries))
    assert counts == [7, 7]
    assert Subject.objects.count() == 30
