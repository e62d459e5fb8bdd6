"""Make a backup now, list them, or read one; beat makes one every hour by the same verb."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from privacy.management.examples import ExampleCommand
from privacy.rights import backups

EXAMPLES = """
examples:
  manage.py backup                                     what there is; makes nothing
  manage.py backup --apply                             make one now, and let go of those whose days are over
  manage.py backup --read loupe-20261102T120000Z.dump.sealed | pg_restore --no-owner --dbname=loupe_restored
"""


class Command(ExampleCommand):
    help = "Lists the backups; with --apply makes one and deletes those past their days."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="make one; without it nothing is written")
        parser.add_argument("--read", metavar="FILE", help="write what this backup holds to standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["read"]:
            self._read(options["read"])
            return
        if options["apply"]:
            try:
                backups.run(at=timezone.now())
            except (backups.Unavailable, backups.Running) as problem:
                raise CommandError(f"No backup was made: {problem}.")
        for each in backups.every():
            self.stdout.write(
                f"{each.made_at:%Y-%m-%d %H:%M} UTC  {each.path.stat().st_size:>14,} bytes  {each.path.name}"
            )

    def _read(self, name: str) -> None:
        backup = backups.find(name)
        if backup is None:
            raise CommandError(f"There is no backup called {name}.")
        for piece in backups.read(backup):
            sys.stdout.buffer.write(piece)
