"""What a legal hold covers stays past its time, and is named."""

from __future__ import annotations

import pytest

from orders.models import Order
from privacy.models import LegalHold, Subject
from privacy.rights import holds, retention
from privacy.rights.holds import Scope
from tests.retention import aged
from tests.retention.clock import AT, DAY, apply, hold, moment

pytestmark = pytest.mark.django_db


@pytest.mark.promise("JE-71", "JH-38")
def test_a_held_row_stays_and_is_named_until_the_hold_is_released():
    alice, bob = aged.order(moment("2015-01-01")), aged.order(moment("2015-01-01"))
    placed = hold(alice.subject, Scope("orders.Order", str(alice.pk)))
    lines = apply()
    assert list(Order.objects.all()) == [alice]
    assert (lines["orders.Order"].past_due, lines["orders.Order"].done, lines["orders.Order"].held) == (
        2,
        1,
        {"a legal hold": 1},
    )
    assert alice.lines.count() == 1, "what hangs on a held order is held"
    assert (alice.email, bob.email) == ("gwen@example.com", "gwen@example.com")
    assert retention.past_due_total(AT) == 0
    holds.release(placed, by="staff:3", at=AT)
    assert apply()["orders.Order"].done == 1


def test_a_hold_on_one_line_keeps_its_order_and_says_so():
    order = aged.order(moment("2015-01-01"))
    hold(order.subject, Scope("orders.OrderLine", str(order.lines.get().pk)))
    lines = apply()
    assert Order.objects.count() == order.lines.count() == 1
    assert (lines["orders.OrderLine"].held, lines["orders.Payment"].done) == ({"a legal hold": 1}, 1)


def test_a_hold_holds_itself_for_as_long_as_it_holds():
    person = Subject.objects.create(created_at=AT)
    placed = hold(person)
    apply(AT + 4000 * DAY)
    assert LegalHold.objects.get() == placed
