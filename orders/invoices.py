"""Invoices: a gapless number for every paid order, as tax law asks, and nothing else that counts.

The number is taken inside the transaction that marks the order paid. Until that transaction ends the series' row stays locked,
so a payment that fails to be recorded takes its number back with it, and the next one waits for its turn.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from orders.models import InvoiceCounter


class NotInTransaction(Exception):
    """A number taken outside the transaction that uses it could get lost."""


def next_number(*, at: datetime) -> str:
    """The next number of the year's series: `LI-2026-000042`. *Raises* NotInTransaction."""
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction
    series = f"LI-{at:%Y}"
    InvoiceCounter.objects.bulk_create([InvoiceCounter(series=series)], ignore_conflicts=True)
    InvoiceCounter.objects.filter(pk=series).update(last=F("last") + 1)
    return str(InvoiceCounter.objects.get(pk=series))
