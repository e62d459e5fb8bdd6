"""`manage.py sweep_residue`: look for every erased person everywhere, and countersign the certificates of those who are nowhere."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date

from privacy.proof import sweep


class Command(BaseCommand):
    """One pass, the figures, and what was found. Exit code 1 when anything was found or could not be read."""

    help = "Look for every erased person everywhere in one pass; countersign the certificates of those who are nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--since 2026-11-01`."""
        parser.add_argument("--since", help="only for certificates issued on or after this day (YYYY-MM-DD)")

    def handle(self, *args: Any, since: str | None, **options: Any) -> None:
        """Sweep, tell progress on stderr, and the result on stdout."""
        found = sweep.run(since=_moment(since), tell=self._tell, by="system:sweep", at=timezone.now())
        if found is None:
            raise CommandError("Another sweep is running.")
        self.stdout.write(f"{found.reference}: {found.words}")
        for finding in found.findings:
            self.stdout.write("{request}: {count} {kind} in {place}.{column} ({strength})".format(**finding))
        for place in found.coverage["unread"]:
            self.stdout.write(f"not read: {place}")
        if not found.is_clean:
            raise CommandError(
                "Not clean: the certificates concerned are not countersigned. The next sweep looks again."
            )

    def _tell(self, words: str) -> None:
        self.stderr.write(words)


def _moment(day: str | None) -> datetime | None:
    if day is None:
        return None
    try:
        date = parse_date(day)
    except ValueError:
        date = None
    if date is None:
        raise CommandError(f"--since {day}: not a day like 2026-11-01")
    return timezone.make_aware(datetime.combine(date, time.min))
