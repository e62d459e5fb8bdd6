"""Hundreds of random histories of consent; the sibling of a few in `privacy/tests/test_consent_standing.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from privacy.tests.test_consent_standing import live, moves

ROUNDS = 400


@pytest.mark.prove
@pytest.mark.django_db
def test_what_stands_follows_from_what_was_said(record_property: Callable[[str, object], None]) -> None:
    """For any random history of three person records, what may be done is the fold of what was said, and no yes lacks its text."""
    lived: list[int] = []

    @hypothesis_settings(
        max_examples=ROUNDS, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(made=moves)
    def each(made: list[Any]) -> None:
        lived.append(len(made))
        live(made)

    each()
    record_property("histories", len(lived))
    record_property("words", sum(lived))
    assert len(lived) >= ROUNDS
    assert sum(lived) > 2 * ROUNDS, "histories in which nobody speaks show little"
