"""Take the people out of a copy of the shop's database, for a staging shop."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from privacy.ground import sealed
from privacy.messages import outbox
from privacy.register import scrub


class Command(BaseCommand):
    help = "Replaces every personal text of this database and deletes what opens something. Dry by default. Refuses production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", required=True, metavar="NAME", help="the name of the database, to be sure")
        parser.add_argument("--apply", action="store_true", help="do it; without it, only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.LOUPE_ENV == "production":
            raise CommandError("This is production. Scrub a copy of the database, never the original.")
        name = connection.settings_dict["NAME"]
        if options["database"] != name:
            raise CommandError(f"--database must name the database of this shop, which is {name!r}.")
        if not options["apply"]:
            for line in scrub.plan():
                self.stdout.write(line.words)
            self.stdout.write("Nothing was changed. Do it with --apply.")
            return
        outbox.stop_everything(because="a scrubbed copy")
        try:
            for line in scrub.apply(secrets.token_bytes(32)):
                self.stdout.write(line.words)
                self.stdout.flush()
        except sealed.Unreadable as missing:
            raise CommandError(
                "A sealed value cannot be opened: this copy was made under other keys. Set LOUPE_SEALING_KEYS to those of the shop "
                "it comes from and run this again. What is named above is scrubbed, everything else still names people."
            ) from missing
        self.stdout.write("Done. Empty the broker and the folders of media and exports of this copy too.")
