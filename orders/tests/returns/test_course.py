"""The course of a return from the question to the shelf, and what is refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from orders import fulfilment, payments, refunds, return_rights, returns
from orders.models import Order, Refund, Return, ReturnLine, SoldCertificate
from orders.tests.conftest import bag_of, mails
from orders.tests.parcels import delivered
from orders.tests.returns.conftest import HAMBURG, everything, picture, through
from privacy.ground import states
from privacy.models import AuditEvent
from shop.models import Certificate, Stone, Variant

Right, Reason, Ground = Return.Right, Return.Reason, Return.Ground


@pytest.mark.promise("JS-05")
def test_one_of_two_comes_back_and_is_paid_back_at_stripe_to_the_cent(
    order: Order, bobs: Order, alice: User, carol: User, now: datetime
) -> None:
    before, line = picture(bobs), order.lines.get()
    made = returns.ask(order, {line.pk: 1}, reason=Reason.SIZE, words="Too tight", wish="One larger", by=alice, at=now)
    assert (made.state, made.right, made.words, made.wish) == ("requested", "shop", "Too tight", "One larger")

    through(made, carol, now)
    made.refresh_from_db()
    assert made.refund is not None
    refunds.carry_out(made.refund.pk, at=now)

    assert made.refund.amount_minor == line.total_minor // 2
    assert Refund.objects.get(pk=made.refund.pk).state == "done"
    order.refresh_from_db()
    assert (order.state, payments.refundable(order)) == ("delivered", order.total_minor - line.total_minor // 2)
    trail = AuditEvent.objects.filter(object_ref=made.reference).order_by("pk").values_list("event", "actor")
    desk = f"staff:{carol.pk}"
    assert list(trail) == [
        ("return.requested", f"customer:{alice.subject_id}"),
        ("return.approved", desk),
        ("return.received", desk),
        ("return.refunded", desk),
    ]
    told = sorted(mail.kind for mail in mails() if mail.reference == order.reference and "return" in mail.kind)
    assert told == [f"orders.return_{what}" for what in ("approved", "received", "refunded", "requested")]
    assert picture(bobs) == before


def test_the_mails_say_what_happens_next(order: Order, alice: User, carol: User, now: datetime) -> None:
    made = through(returns.ask(order, everything(order), by=alice, at=now), carol, now)
    said = {mail.kind.removeprefix("orders.return_"): mail.payload for mail in mails() if "return_" in mail.kind}
    for payload in said.values():
        assert payload["to"] == "alice@example.com"
        assert all(made.reference in payload[part] for part in ("text", "html"))
    assert "Please do not send anything yet." in said["requested"]["text"]
    assert "12 Orchard Lane" not in said["requested"]["text"]
    assert "12 Orchard Lane\nPortland, OR 97205" in said["approved"]["text"]
    assert "2 x Solitaire necklace" in said["received"]["text"]
    assert "$2,725.00" not in said["refunded"]["text"], "delivery stays in the shop's own time"


def test_everything_back_refunds_the_order(
    buy: Callable[..., Order], necklace: Variant, alice: User, carol: User, now: datetime
) -> None:
    """A withdrawal in Germany: tax lies within, the ordinary delivery goes back too, and nobody has to say yes."""
    order = delivered(buy(bag_of((necklace, 2)), alice, **HAMBURG), carol, now)
    made = returns.ask(order, everything(order), by=alice, at=now)
    assert (made.right, made.state, made.decided_at) == ("withdrawal", "approved", now)
    assert AuditEvent.objects.get(event="return.approved").actor == "system:returns"
    (receipt,) = mails("return_requested")
    for words in (
        f"{now:%-d %B %Y}",
        "withdrew from the contract",
        order.full_name,
        order.reference,
        "nobody has to approve it",
        "12 Orchard Lane",
    ):
        assert words in receipt.payload["text"], words

    made = through(made, carol, now)
    order.refresh_from_db()
    assert made.refund is not None
    assert (made.refund.amount_minor, order.state, payments.refundable(order)) == (order.total_minor, "refunded", 0)


# Refused with a sentence, nothing half done


def test_what_cannot_be_asked_for_is_refused_and_leaves_nothing(
    order: Order, bobs: Order, alice: User, now: datetime
) -> None:
    line, his = order.lines.get(), bobs.lines.get()
    mailed = len(mails())
    for wanted, error in (
        ({}, return_rights.NothingChosen),
        ({line.pk: 0}, return_rights.NothingChosen),
        ({his.pk: 1}, return_rights.NothingChosen),
        ({line.pk: 3}, return_rights.TooMany),
        ({line.pk: 1, his.pk: 1}, return_rights.NothingChosen),
    ):
        with pytest.raises(error):
            returns.ask(order, wanted, by=alice, at=now)
    assert (order.returns.count(), len(mails())) == (0, mailed)
    returns.ask(order, {line.pk: 2}, by=alice, at=now)
    with pytest.raises(return_rights.TooMany, match="on its way back already"):
        returns.ask(order, {line.pk: 1}, by=alice, at=now)


def test_what_is_still_here_is_cancelled_and_what_was_never_sent_cannot_come_back(
    buy: Callable[..., Order], begin: Callable[..., Any], necklace: Variant, carol: User, now: datetime
) -> None:
    paid, cancelled = buy(bag_of((necklace, 1))), buy(bag_of((necklace, 1)))
    fulfilment.cancel(cancelled, reason="x", by=carol, at=now)
    with pytest.raises(return_rights.NotShipped, match="Cancel it instead"):
        returns.ask(paid, everything(paid), by=paid.subject, at=now)
    for other in (cancelled, begin(bag_of((necklace, 1)), email="w@example.com").order):
        with pytest.raises(return_rights.Gone):
            returns.ask(other, everything(other), by=other.subject, at=now)


def test_no_money_goes_back_twice_or_before_it_is_here(order: Order, alice: User, carol: User, now: datetime) -> None:
    made = returns.ask(order, {order.lines.get().pk: 1}, by=alice, at=now)
    stale = Return.objects.get(pk=made.pk)
    with pytest.raises(states.NotAllowed):
        returns.refund(made, by=carol, at=now)
    through(made, carol, now)
    for too_late in (returns.refund, returns.receive, returns.approve, returns.withdraw):
        with pytest.raises(states.NotAllowed):
            too_late(stale, by=carol, at=now)
    assert Refund.objects.filter(payment__order=order).count() == 1


def test_each_right_has_grounds_of_its_own(order: Order, alice: User, carol: User, now: datetime) -> None:
    for right, allowed in return_rights.GROUNDS.items():
        made = returns.ask(order, everything(order), by=alice, at=now)
        Return.objects.filter(pk=made.pk).update(right=right)
        assert (Ground.WORN in allowed, Ground.NO_FAULT in allowed) == (right == Right.SHOP, right == Right.FAULT)
        for ground in set(Ground) - set(allowed):
            with pytest.raises(returns.NoGround):
                returns.refuse(made, ground=ground, by=carol, at=now)
        assert returns.refuse(made, ground=allowed[0], answer="Sorry.", by=carol, at=now).state == "refused"


@pytest.mark.prove
def test_taken_back_it_can_be_asked_for_again(order: Order, bobs: Order, alice: User, now: datetime) -> None:
    before = picture(bobs)
    made = returns.ask(order, everything(order), by=alice, at=now)
    returns.withdraw(made, by=alice, at=now)
    assert returns.ask(order, everything(order), by=alice, at=now).state == "requested"
    assert picture(bobs) == before


# The pieces


def test_a_stone_is_nobodys_offer_before_somebody_looked_at_it(
    buy: Callable[..., Order], stone: Stone, carol: User, now: datetime
) -> None:
    Certificate.objects.create(stone=stone, lab="GIA", number="2141438171")
    order = delivered(buy(bag_of((stone, 1))), carol, now)
    made = through(returns.ask(order, everything(order), by=order.subject, at=now), carol, now)
    stone.refresh_from_db()
    assert stone.status == "sold"
    assert not SoldCertificate.objects.exists()
    assert Certificate.objects.get().stone_id == stone.pk

    assert [returns.put_back(made, by=carol, at=now) for _ in range(2)] == [1, 0]
    stone.refresh_from_db()
    assert (stone.status, made.lines.get().restocked_at) == ("available", now)


def test_a_part_of_a_line_goes_back_on_the_shelf(
    order: Order, bobs: Order, necklace: Variant, alice: User, carol: User, now: datetime
) -> None:
    line, on_hand = order.lines.get(), lambda: type(necklace.stock).objects.get(pk=necklace.pk).on_hand
    assert on_hand() == 2
    for expected in (3, 4):
        made = returns.ask(order, {line.pk: 1}, by=alice, at=now)
        with pytest.raises(states.NotAllowed):
            returns.put_back(made, by=carol, at=now)
        through(made, carol, now)
        returns.put_back(made, by=carol, at=now)
        assert on_hand() == expected
    assert ReturnLine.objects.filter(parent__order=bobs, restocked_at__isnull=False).count() == 0
