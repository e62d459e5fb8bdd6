"""Values in the words of a page."""

from datetime import timedelta
from typing import Any

import pytest

from privacy import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "yes"),
        (False, "no"),
        ("2026-11-22T08:45:21.244074+00:00", "22 November 2026, 08:45 UTC"),
        ("2026-11-22T08:45:21+02:00", "22 November 2026, 06:45 UTC"),
        ("2033-03-03", "3 March 2033"),
        ("2033-13-03", "2033-13-03"),
        ("418 Larkspur Lane", "418 Larkspur Lane"),
        (["mail", True], "mail, yes"),
        ({"kind": "access", "count": 2, "note": ""}, "kind access, count 2"),
        (3, "3"),
    ],
)
def test_a_value_reads_as_a_person_would_say_it(value: Any, said: str) -> None:
    assert words.said(value) == said


@pytest.mark.parametrize(
    ("time", "span"),
    [(timedelta(hours=72), "72 hours"), (timedelta(seconds=10), "10 seconds"), (timedelta(weeks=1), "1 week")],
)
def test_a_span_is_said_in_its_largest_whole_unit(time: timedelta, span: str) -> None:
    assert words.span(time) == span
