"""Payments of before: what a demo's orders were paid with, entered after the fact, so that they can be given back.

A demo's orders are months old, and no session lives so long: they cannot have been opened here. Nothing is announced.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from . import charges, objects
from .cards import CARDS
from .store import Store

PUBLIC_URL = "http://127.0.0.1"  # where the page of a finished session was says nothing any more


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that was captured at *at* (Unix time). *order* is the shop's reference, *currency* as Stripe spells it."""

    session_id: str
    intent_id: str
    order: str
    amount: int
    currency: str
    at: int


def enter(store: Store, payments: Iterable[Paid]) -> int:
    """Write those payments into *store* that it does not know yet. Returns how many."""
    with store.transaction():
        return sum(_enter(store, paid) for paid in payments)


def _enter(store: Store, paid: Paid) -> bool:
    if store.get(paid.session_id):
        return False
    about = {"metadata": {"order": paid.order}}
    price = {"currency": paid.currency, "unit_amount": paid.amount, "product_data": {"name": f"Order {paid.order}"}}
    lines = [objects.line_item({"price_data": price, "quantity": 1}, at=paid.at)]
    params = {**about, "client_reference_id": paid.order, "success_url": PUBLIC_URL}
    intent = objects.new_intent(amount=paid.amount, currency=paid.currency, data=about, at=paid.at)
    intent["id"] = paid.intent_id
    charge = charges.new_charge(intent, CARDS[0], email=None, at=paid.at)
    intent |= {
        "status": "succeeded",
        "amount_received": paid.amount,
        "latest_charge": charge["id"],
        "payment_method": charge["payment_method"],
    }
    session = objects.new_session(params, lines=lines, public_url=PUBLIC_URL, at=paid.at)
    session |= {
        "id": paid.session_id,
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": paid.intent_id,
        "url": None,
    }
    store.save(charge)
    store.save(intent, notes={"session": paid.session_id})
    store.save(session, notes={"line_items": lines, "payment_intent_data": about, "card": CARDS[0].number})
    return True
