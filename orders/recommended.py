"""Pieces picked for one customer, from their own orders and from what they looked at; and why each is there.

Only for whoever switched it on, asked of the ledger every time. Nobody else's orders play a part, nothing is learnt or kept: the
same style as something they know, and that is said beneath each piece.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from orders.models import Order, OrderLine
from privacy.consent import ledger
from privacy.consent.vocabulary import Matter
from privacy.models import Subject
from privacy.register import subjects
from privacy.register.declare import date_words
from privacy.register.vocabulary import Purpose
from shop import activity, catalogue
from shop.catalogue import Card

MOST: Final = 4
MOST_KNOWN: Final = 12
"""How many pieces somebody knows are looked at: what they bought last, then what they looked at last."""
UNDONE: Final = (Order.State.CANCELLED, Order.State.REFUNDED)


class Known(NamedTuple):
    """A piece this customer bought or looked at, and when."""

    slug: str
    deed: str
    at: datetime


class Suggestion(NamedTuple):
    """A piece, and the whole reason why it is shown."""

    card: Card
    why: str


def for_customer(subject: Subject) -> list[Suggestion]:
    """At most four pieces, none of which they have; nothing at all unless they agreed."""
    if not ledger.may(subject, Matter.RECOMMENDATIONS):
        return []
    family = subjects.family(subject)
    known = list(_bought(family))
    owned = {each.slug for each in known}
    known += [each for each in _seen(family) if each.slug not in owned]
    return list(_picked(known[:MOST_KNOWN], without=owned))[:MOST]


def _picked(known: list[Known], *, without: set[str]) -> Iterator[Suggestion]:
    """Turn by turn one piece for each known one, so that the last order does not fill the row alone."""
    beside = catalogue.near([each.slug for each in known])
    shown = set(without) | {each.slug for each in known}
    turns = [(each, iter(beside[each.slug].cards)) for each in known if each.slug in beside]
    while turns:
        for each, cards in list(turns):
            card = next((card for card in cards if card.slug not in shown), None)
            if card is None:
                turns.remove((each, cards))
                continue
            shown.add(card.slug)
            yield Suggestion(card, _why(each, beside[each.slug]))


def _why(known: Known, near: catalogue.Near) -> str:
    return f"You {known.deed} {near.name} on {date_words(known.at)}. This is of the same style, {near.style.lower()}."


def _bought(family: list[UUID]) -> Iterator[Known]:
    """What is theirs, the newest order first."""
    orders = Order.objects.usable_for(Purpose.RECOMMENDATIONS).of(family).placed().exclude(state__in=UNDONE)
    mine = OrderLine.objects.usable_for(Purpose.RECOMMENDATIONS).filter(order__in=orders)
    lines = mine.filter(variant_id__isnull=False).order_by("-order__paid_at", "position")
    bought = list(lines.values_list("variant_id", "order__paid_at"))
    slugs = catalogue.slugs_of([variant_id for variant_id, _ in bought])
    return (Known(slugs[variant_id], "bought", at) for variant_id, at in bought if at and variant_id in slugs)


def _seen(family: list[UUID]) -> Iterator[Known]:
    """What they looked at last, where they let it be counted."""
    for slug, at in activity.pieces_seen(family, most=MOST_KNOWN):
        yield Known(slug, "looked at", at)
