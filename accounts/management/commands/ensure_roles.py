"""`manage.py ensure_roles`: make the staff roles hold what they should."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts import roles


class Command(BaseCommand):
    """Creates or corrects the staff groups; safe to run after every migrate."""

    help = "Make the staff groups hold exactly the permissions their roles need."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and say which grants match no permission."""
        for missing in roles.ensure():
            self.stderr.write(self.style.WARNING(f"{missing.role}: no permission matches {missing.pattern}"))
        self.stdout.write(f"Roles ready: {', '.join(roles.GRANTS)}.")
