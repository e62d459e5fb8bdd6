"""`consents`: does what stands follow from what was said?"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from privacy.consent import projection
from privacy.consent.models import ConsentState

BY: Final = "system:consents"
SHOWN: Final = 20


class Command(BaseCommand):
    """Reads only; `--rebuild` makes what stands follow from the records again."""

    help = "Compare what people allow now with everything they said. Ends with code 1 where the two differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--check", action="store_true", help="compare, and change nothing (the default)")
        how.add_argument("--rebuild", action="store_true", help="put right what differs")

    def handle(self, *, rebuild: bool, **options: Any) -> None:
        started, now = time.perf_counter(), timezone.now()
        if rebuild:
            self.stdout.write(f"{projection.rebuild(by=BY, at=now)} put right.")
            return
        found = list(projection.differences(at=now))
        for difference in found[:SHOWN]:
            self.stdout.write(f"{difference.subject_id}: {difference.words}")
        if found:
            raise CommandError(f"{len(found)} do not follow from what was said. Look why, then run it with --rebuild.")
        seconds = time.perf_counter() - started
        self.stdout.write(f"Whole: {ConsentState.objects.count()} states follow from what was said ({seconds:.1f} s).")
