"""Put the goods on the shelves. Safe to run again: only what is missing is added."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection
from django.utils import timezone

from shop.models import Certificate, Product, StockLevel, Stone, Variant
from shop.supply import jewellery, stones


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
            self._step("Diamonds of the data set", lambda: stones.load(stones.dataset()), "stones")
            self._step("Made-up stones", lambda: stones.load(stones.demo()), "stones")
        self._analyse()
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

    def _analyse(self) -> None:
        """Tell the query planner what has arrived, rather than wait for autovacuum to notice."""
        with connection.cursor() as cursor:
            for model in (Product, Variant, StockLevel, Stone, Certificate):
                cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
