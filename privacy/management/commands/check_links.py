"""Ask every link to another site whether it still leads somewhere, and say what is to be looked over again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from privacy.rights import reviews


class Command(BaseCommand):
    help = "Asks every link of ours to another site for its page; ends with 1 where one does not answer."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        found = reviews.check_links(by="system:links", at=at)
        for each in reviews.due(on=at.date()):
            self.stdout.write(f"To be looked over again: {each.name}")
        self.stdout.write(f"{found.asked - len(found.silent)} of {found.asked} links answer.")
        if found.silent:
            raise CommandError(f"No answer from {', '.join(found.silent)}.")
