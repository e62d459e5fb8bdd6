"""The course of one return: asked for, decided, received, paid back, its pieces offered for sale again.

On which right it rests and until when is `orders.return_rights`, what is paid back for it `orders.return_money`. The order's row is
held while a return is asked for or paid back, so that no piece comes back twice and no money goes back twice.

*Sources*: Directive 2011/83/EU Art. 9 to 14; SI 2013/3134 reg. 29 to 34.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import transaction

from orders import emails, fulfilment, papers, return_money, return_rights
from orders.models import Order, OrderLine, Return, ReturnLine
from orders.states import RETURN
from privacy.ground import audit, references, states
from privacy.ground.audit import Actor
from shop import stock

State = Return.State
BY_LAW: Final = "system:returns"


class NoGround(Exception):
    """Against the right it rests on, this is no ground to refuse a return."""


class NothingOwed(Exception):
    """All that was paid for the order was promised back before."""


# The customer


@transaction.atomic
def ask(
    order: Order,
    wanted: Mapping[int, int],
    *,
    reason: str = "",
    words: str = "",
    wish: str = "",
    by: Actor,
    at: datetime,
) -> Return:
    """Ask to send pieces back: *wanted* says how many of which line. *Sends* a receipt with what happens next.

    A withdrawal is approved by law, in the same transaction. *Raises* `return_rights.NotReturnable`, whose words say why.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    offered = return_rights.offer(order, at=at)
    chosen = offered.chosen(wanted)
    made = Return.objects.create(
        reference=references.new("RT"),
        order=order,
        right=offered.right_to([line for line, _ in chosen], reason),
        reason=reason,
        words=words.strip() or None,
        wish=wish.strip() or None,
        requested_at=at,
    )
    ReturnLine.objects.bulk_create(ReturnLine(parent=made, line=line, quantity=many) for line, many in chosen)
    details: dict[str, audit.Detail] = {"right": str(made.right), "pieces": sum(many for _, many in chosen)}
    audit.append("return.requested", subject=order.subject_id, obj=made, details=details, by=by, at=at)
    if made.is_withdrawal:
        _decide(made, State.APPROVED, by=BY_LAW, at=at)
    emails.return_requested(made, by=by, at=at)
    return made


@transaction.atomic
def withdraw(made: Return, *, by: Actor, at: datetime) -> Return:
    """Its customer keeps the pieces after all. *Raises* `states.NotAllowed` once they are with us."""
    return _close(_held(made), State.WITHDRAWN, by=by, at=at)


# The desk


@transaction.atomic
def approve(made: Return, *, by: Actor, at: datetime) -> Return:
    """Say yes. *Sends* the address to send it to."""
    made = _decide(_held(made), State.APPROVED, by=by, at=at)
    emails.return_approved(made, by=by, at=at)
    return made


@transaction.atomic
def refuse(made: Return, *, ground: str, answer: str = "", by: Actor, at: datetime) -> Return:
    """Say no, on a ground there is against this right. *Sends* it with the desk's words. *Raises* NoGround, `states.NotAllowed`."""
    made = _held(made)
    if ground not in return_rights.GROUNDS[Return.Right(made.right)]:
        raise NoGround
    made.ground, made.answer = Return.Ground(ground), answer.strip()
    made = _close(made, State.REFUSED, "ground", "answer", by=by, at=at)
    emails.return_refused(made, by=by, at=at)
    return made


@transaction.atomic
def receive(made: Return, *, by: Actor, at: datetime) -> Return:
    """The pieces lie on the desk. *Sends* a receipt."""
    made = RETURN.advance(_held(made), State.RECEIVED, by=by, at=at)
    made.received_at = at
    made.save(update_fields=["received_at"])
    emails.return_received(made, by=by, at=at)
    return made


@transaction.atomic
def refund(made: Return, *, by: Actor, at: datetime) -> Return:
    """Pay back what is owed. *Writes* the refund that a worker carries out; *sends* a mail.

    The stones' certificates are the shop's again; the pieces are not for sale before somebody says so (`put_back`).
    *Raises* `states.NotAllowed`, `states.Changed`, NothingOwed.
    """
    order = Order.objects.select_for_update().get(pk=made.order_id)
    made = _held(made)
    amount = return_money.owed(made).total_minor
    if not amount:
        raise NothingOwed
    RETURN.advance(made, State.REFUNDED, by=by, at=at)
    made.refund = fulfilment.give_back(order, amount_minor=amount, reason=f"return {made.reference}", by=by, at=at)
    made.closed_at = at
    made.save(update_fields=["refund", "closed_at"])
    papers.return_certificates(order, [each.line_id for each in made.lines.all()], by=by, at=at)
    emails.return_refunded(made, refunded_minor=amount, by=by, at=at)
    return made


@transaction.atomic
def put_back(made: Return, *, by: Actor, at: datetime) -> int:
    """Offer its pieces for sale again, once somebody has looked at them. Returns how many lines; a second call finds none.

    *Raises* `states.NotAllowed` before the pieces are the shop's again.
    """
    made = _held(made)
    if made.state != State.REFUNDED:
        raise states.NotAllowed(f"{made} is {made.state}")
    waiting = list(made.lines.select_for_update(of=("self",)).filter(restocked_at=None).select_related("line"))
    for each in waiting:
        key: stock.Key = ("s" if each.line.kind == OrderLine.Kind.STONE else "v", each.line.item_id)
        stock.put_back(made.order_id, key, each.quantity, by=by, at=at)
    ReturnLine.objects.filter(pk__in=[each.pk for each in waiting]).update(restocked_at=at)
    return len(waiting)


# Inside


def _held(made: Return) -> Return:
    """The return as it stands now, held against another desk."""
    return Return.objects.select_for_update(of=("self",)).select_related("order", "refund").get(pk=made.pk)


def _decide(made: Return, to: str, *, by: Actor, at: datetime) -> Return:
    RETURN.advance(made, to, by=by, at=at)
    made.decided_at = at
    made.save(update_fields=["decided_at"])
    return made


def _close(made: Return, to: str, *changed: str, by: Actor, at: datetime) -> Return:
    RETURN.advance(made, to, by=by, at=at)
    made.closed_at = at
    if to == State.REFUSED and made.decided_at is None:
        made.decided_at = at
    made.save(update_fields=["closed_at", "decided_at", *changed])
    return made
