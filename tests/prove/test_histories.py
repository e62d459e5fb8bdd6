"""Hundreds of random histories of two customers; the sibling of a few in `tests/consistency/test_histories.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from tests.consistency.test_histories import HISTORIES, Event, anything_may_happen
from tests.consistency.world import Stripe

ROUNDS = 300


@pytest.mark.prove
@pytest.mark.django_db
def test_no_history_leaves_a_trace_of_the_erased_or_touches_another(
    settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """No random history of two customers leaves a trace of the erased, touches the other, or changes the books."""
    settings.LOUPE_HOME = tmp_path
    Stripe().stand_in(monkeypatch)
    lived: list[tuple[int, int]] = []

    @hypothesis_settings(
        max_examples=ROUNDS, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
    )
    @given(history=HISTORIES)
    def each(history: list[Event]) -> None:
        lived.append((len(history), anything_may_happen(history)))

    each()
    record_property("histories", len(lived))
    record_property("acts", sum(acts for acts, _ in lived))
    record_property("erasures", sum(erasures for _, erasures in lived))
    assert len(lived) >= ROUNDS
    assert sum(erasures for _, erasures in lived) > ROUNDS // 5, "histories in which nobody is erased show little"
