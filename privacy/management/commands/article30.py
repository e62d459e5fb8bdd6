"""The record of processing activities (GDPR Art. 30), as the register says it today."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.core.management.base import BaseCommand, CommandParser
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from privacy.register import activities


class Command(BaseCommand):
    help = "Prints the Article 30 record; --csv or --html write it to a file (- for the standard output)."

    def add_arguments(self, parser: CommandParser) -> None:
        kind = parser.add_mutually_exclusive_group()
        kind.add_argument("--csv", metavar="FILE", help="one row for each purpose")
        kind.add_argument("--html", metavar="FILE", help="one page to read or print")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["csv"]:
            self._csv(options["csv"])
        elif options["html"]:
            self._html(options["html"])
        else:
            for each in activities.activities():
                self.stdout.write(f"{each.name}: {', '.join(each.records)} ({each.basis})")

    def _csv(self, file: str) -> None:
        if file == "-":
            csv.writer(sys.stdout).writerows(activities.table())
            return
        with Path(file).open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows(activities.table())

    def _html(self, file: str) -> None:
        sheet = finders.find("css/register.css")
        style = mark_safe(Path(str(sheet)).read_text(encoding="utf-8"))  # noqa: S308 - our own style sheet
        known = {**activities.as_page(), "at": timezone.now(), "style": style}
        page = render_to_string("admin/privacy/article_30_file.html", known)
        if file == "-":
            self.stdout.write(page)
            return
        Path(file).write_text(page, encoding="utf-8")
