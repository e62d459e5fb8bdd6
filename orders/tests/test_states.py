"""The tables, and the drawings of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orders.models import Order, Payment
from orders.states import ORDER, PAYMENT
from privacy.ground.states import Machine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "orders.md"


@pytest.mark.parametrize("machine", [ORDER, PAYMENT], ids=["order", "payment"])
def test_the_drawing_is_current(machine: Machine) -> None:
    """Redraw with `print(orders.states.ORDER.mermaid())`."""
    assert f"```mermaid\n{machine.mermaid()}\n```" in PAGE.read_text()


@pytest.mark.parametrize(("machine", "model"), [(ORDER, Order), (PAYMENT, Payment)], ids=["order", "payment"])
def test_the_table_and_the_model_name_the_same_states(machine: Machine, model: type[Order] | type[Payment]) -> None:
    assert machine.table.keys() == set(model.State.values)
    assert {to for targets in machine.table.values() for to in targets} <= machine.table.keys()


def test_what_was_never_paid_is_never_packed_and_what_left_is_never_cancelled() -> None:
    assert [state for state in ORDER.table if ORDER.allows(state, "packed")] == ["paid"]
    assert [state for state in ORDER.table if ORDER.allows(state, "cancelled")] == ["pending_payment", "paid", "packed"]
