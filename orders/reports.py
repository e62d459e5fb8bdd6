"""Orders in sums: how many were paid in a week, by ten people or more. The view keeps the rules, as in `shop.reports`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from shop import reports
from shop.reports import Report

ORDERS: Final = Report(
    slug="orders",
    title="Orders",
    words="How many orders of a week were paid.",
    period="week",
    counted="orders",
    query="SELECT week, 'ordered', '', orders, people FROM orders_report_weeks",
    is_for_partners=True,
    waits=timedelta(days=9),  # who ordered on Sunday may pay on Monday
)
ALL: Final = (reports.VISITORS, ORDERS, reports.ACTIVITY)


def keep(*, at: datetime) -> int:
    """Keep every report's lines of the periods that are over. Returns how many are new."""
    return sum(report.keep(at=at) for report in ALL)
