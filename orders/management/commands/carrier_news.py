"""Take what a carrier says of our parcels: tracking number, status and moment, as CSV. Safe to run again on the same lines.

$ manage.py carrier_news ups < today.csv
tracking_number,status,since
1Z999AA10123456784,near,2026-11-02T09:10:00+01:00
"""

from __future__ import annotations

import csv
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from orders import carriers, tracking
from orders.models import Shipment

HEADINGS: Final = ("tracking_number", "status", "since")


class Command(BaseCommand):
    """News of parcels, from a carrier's file."""

    help = "Take what a carrier says of our parcels: CSV with tracking_number, status and since."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("carrier", choices=carriers.SLUGS)
        parser.add_argument("file", nargs="?", type=Path, help="Without one the lines are read from standard input.")

    def handle(self, *args: Any, **options: Any) -> None:
        with options["file"].open(encoding="utf-8", newline="") if options["file"] else nullcontext(sys.stdin) as file:
            lines = csv.DictReader(file)
            if tuple(lines.fieldnames or ()) != HEADINGS:
                raise CommandError(f"The first line has to be: {','.join(HEADINGS)}")
            became = take(options["carrier"], lines, at=timezone.now())
        self.stdout.write("; ".join(f"{count} {what}" for what, count in became.items()) or "Nothing was said.")


def take(carrier: str, lines: Iterable[Mapping[str, str]], *, at: datetime) -> Counter[str]:
    """Note every line that says something, and count what became of each; one that says nothing stops no other."""
    became: Counter[str] = Counter()
    for line in lines:
        news = _read(carrier, line)
        if news is None:
            became["not understood"] += 1
            continue
        try:
            is_news = tracking.note(news, by=f"carrier:{carrier}", at=at)
        except tracking.UnknownParcel:
            became["of no parcel on its way"] += 1
        except tracking.NotPossible:
            became["of a time that cannot be"] += 1
        else:
            became["noted" if is_news else "known already"] += 1
    return became


def _read(carrier: str, line: Mapping[str, str]) -> tracking.News | None:
    """A line with a status we know and a moment with its time zone; None for any other."""
    number, status, since = (str(line[heading] or "").strip() for heading in HEADINGS)
    try:
        moment = parse_datetime(since)
    except ValueError:
        return None
    if not number or status not in Shipment.Status.values or moment is None or moment.tzinfo is None:
        return None
    return tracking.News(carrier, number, status, moment)
