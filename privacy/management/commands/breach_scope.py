"""Whom a breach concerns: people, where they live, what of theirs, and whether they must be told."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy.register import scope


class Command(BaseCommand):
    help = "Counts the people behind what leaked (GDPR Art. 33). Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("targets", nargs="*", metavar="MODEL[.FIELD]", help="orders.Order or orders.Order.email")
        parser.add_argument("--processor", default="", help="everything that one processor receives: stripe")
        parser.add_argument("--between", nargs=2, metavar=("FROM", "TO"), help="rows made from 2026-11-01T08:00 to ...")
        parser.add_argument("--csv", metavar="FILE", help="the numbers of the people's records, one a line")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["targets"] and not options["processor"]:
            raise CommandError("Say what leaked: MODEL, MODEL.FIELD or --processor.")
        window = scope.Window(*map(_moment, options["between"])) if options["between"] else None
        try:
            chosen = scope.choose(options["targets"], processor=options["processor"])
        except scope.Unknown as unknown:
            raise CommandError(f"{unknown} is not in the register.")
        with scope.measured(chosen, window) as found:
            self._tell(found, window)
            if options["csv"]:
                self._write(Path(options["csv"]))

    def _tell(self, found: scope.Scope, window: scope.Window | None) -> None:
        for part in found.parts:
            dated = "" if not window or scope.made_at(part.declaration) else " (its rows do not say when: all of them)"
            self.stdout.write(f"{part.rows} rows, {part.words}{dated}")
        self.stdout.write(f"People: {found.people}")
        for residence, count in found.by_residence.items():
            self.stdout.write(f"  {residence}: {count}")
        self.stdout.write(f"Categories: {', '.join(found.categories)}")
        self.stdout.write(f"Risk: {found.risk}")

    def _write(self, file: Path) -> None:
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["subject"])
            writer.writerows([str(subject)] for subject in scope.people())


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no moment such as 2026-11-01T08:00.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
