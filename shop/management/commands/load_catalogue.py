"""Put the goods on the shelves. Safe to run again: only what is missing is added."""

import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from shop.models import Certificate, Product, StockLevel, Stone, Variant
from shop.supply import jewellery, stones

STONES = (
    ("Diamonds of the data set", Stone.Source.DATASET, stones.dataset),
    ("Made-up stones", Stone.Source.DEMO, stones.demo),
)


def _load_stones(source: str, rows: Callable[[], Iterator[stones.Row]]) -> int:
    return 0 if stones.is_complete(source) else stones.load(rows())


class Command(BaseCommand):
    """Jewellery, the public diamonds data set, and the made-up stones, in three visible steps."""

    help = (
        "Load the jewellery, the 53,940 diamonds of the public data set and 6,000 made-up stones. Adds what is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--without-stones", action="store_true", help="only the jewellery: quick, for tests")

    def handle(self, *args: Any, **options: Any) -> None:
        self._step("Jewellery", lambda: jewellery.load(at=timezone.now()).variants, "variants")
        if not options["without_stones"]:
            for title, source, rows in STONES:
                self._step(title, partial(_load_stones, source, rows), "stones")
        self._settle()
        self.stdout.write(
            f"On the shelves: {Product.objects.count():,} pieces in {Variant.objects.count():,} variants, "
            f"{Stone.objects.count():,} loose stones."
        )

    def _step(self, title: str, load: Callable[[], int], unit: str) -> None:
        """One line: what is being loaded, then how much was new and how long it took."""
        self.stdout.write(f"{title} ... ", ending="")
        self.stdout.flush()
        started = time.monotonic()
        added = load()
        self.stdout.write(f"{added:,} new {unit} in {time.monotonic() - started:.1f} s")

    def _settle(self) -> None:
        """Tell the query planner what has arrived, rather than wait for autovacuum: counts then read an index alone."""
        verb = "ANALYZE" if connection.in_atomic_block else "VACUUM (ANALYZE)"
        with connection.cursor() as cursor:
            for model in (Product, Variant, StockLevel, Stone, Certificate):
                cursor.execute(f"{verb} {connection.ops.quote_name(model._meta.db_table)}")
