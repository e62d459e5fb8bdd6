"""Invented customers for a demonstration, a load test or a screenshot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from privacy.register import synthetic
from privacy.register.models import Subject


class Command(BaseCommand):
    help = "Makes customers who do not exist, with a row of every declared model each. Refuses production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customers", type=int, required=True)
        parser.add_argument("--seed", type=int, default=1, help="the same seed and day make the same people")
        parser.add_argument(
            "--on", type=datetime.fromisoformat, help="the day they live on (2026-11-02); default: today"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.LOUPE_ENV == "production":
            raise CommandError("Invented customers have no place among real ones: this is production.")
        if options["customers"] < 1:
            raise CommandError("--customers must be at least 1.")
        at = _moment(options["on"]) if options["on"] else timezone.now()
        start = Subject.objects.count()
        made = synthetic.people(options["customers"], seed=options["seed"], at=at, start=start)
        self.stdout.write(f"{options['customers']} customers, {made} rows.")


def _moment(day: str) -> datetime:
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError:
        raise CommandError(f"--on must be a day such as 2026-11-02; it is {day!r}.")
