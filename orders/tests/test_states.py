"""The tables, and the drawings of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from orders.models import Order, Payment, Return
from orders.states import ORDER, PAYMENT, RETURN
from privacy.ground.states import Machine

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("machine", [ORDER, PAYMENT, RETURN], ids=["order", "payment", "return"])
def test_the_drawing_is_current(machine: Machine) -> None:
    """Redraw with `print(orders.states.ORDER.mermaid())`."""
    drawings = "".join((DOCS / name).read_text() for name in ("orders.md", "returns.md"))
    assert f"```mermaid\n{machine.mermaid()}\n```" in drawings


@pytest.mark.parametrize(
    ("machine", "model"),
    [(ORDER, Order), (PAYMENT, Payment), (RETURN, Return)],
    ids=["order", "payment", "return"],
)
def test_the_table_and_the_model_name_the_same_states(
    machine: Machine, model: type[Order] | type[Payment] | type[Return]
) -> None:
    assert machine.table.keys() == set(model.State.values)
    assert {to for targets in machine.table.values() for to in targets} <= machine.table.keys()


def test_what_was_never_paid_is_never_packed_and_what_left_is_never_cancelled() -> None:
    assert [state for state in ORDER.table if ORDER.allows(state, "packed")] == ["paid"]
    assert [state for state in ORDER.table if ORDER.allows(state, "cancelled")] == ["pending_payment", "paid", "packed"]


def test_nothing_is_paid_back_that_is_not_with_us_and_nobody_takes_back_what_is() -> None:
    assert [state for state in RETURN.table if RETURN.allows(state, "refunded")] == ["received"]
    assert [state for state in RETURN.table if RETURN.allows(state, "withdrawn")] == ["requested", "approved"]
