"""Counting what visitors look at: our own table, only with their consent, and nothing that tells a browser from another.

Months past their time are dropped by `privacy.rights.partitions`; what one person asks to have erased goes by their subject.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from privacy.consent.choice import Category, Choice
from shop.models import Activity


def record(kind: Activity.Kind, *, what: str, choice: Choice, by: UUID | None, at: datetime) -> Activity | None:
    """Note that a visitor did something, if they agreed to be counted; else nothing is written and None returned.

    *what* is a reference such as `product/solitaire-ring`, never what somebody typed: the database refuses anything else.
    *by* is the subject of somebody signed in, and None for everybody else.
    """
    if not choice.allows(Category.PERFORMANCE):
        return None
    return Activity.objects.create(kind=kind, object_ref=what, subject_id=by, at=at)
