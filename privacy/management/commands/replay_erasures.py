"""`replay_erasures`: after a restore, erase again whom the backup has brought back."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.management.base import CommandError
from django.utils import timezone

from privacy.management.examples import ExampleCommand
from privacy.proof import chain, ledger
from privacy.rights import replay
from privacy.rights.models import State

BY: Final = "system:replay"
NOTHING: Final = "Nothing to repeat: the database knows every erasure of the ledger."
HELP: Final = """\
Erase again whom a restored backup has brought back.

The ledger of erasures (LOUPE_LEDGER) remembers every erasure; a database that lacks one is older than the ledger, and the
shop answers 503 until it was repeated. Nothing is changed without --apply. People are found by UUID, never by row number.
"""
EXAMPLES: Final = """\
examples:
  manage.py replay_erasures                 say what would be repeated
  manage.py replay_erasures --apply         repeat it; the shop opens by itself
  manage.py replay_erasures --apply --subject 0f8fad5b-d9cb-469f-a165-70867728950e
                                            repeat it for one person
  manage.py replay_erasures --new-shop      the database is a new shop's: put the old ledger aside under a dated name
"""


class Command(ExampleCommand):
    """Dry by default, by person, and safe to run again."""

    help = HELP
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--apply", action="store_true", help="erase, instead of only saying what would be erased")
        how.add_argument("--new-shop", action="store_true", help="put the ledger aside and begin a new one")
        parser.add_argument("--subject", type=UUID, help="only this person, by the UUID of a record of theirs")

    def handle(self, *, apply: bool, new_shop: bool, subject: UUID | None, **options: Any) -> None:
        try:
            if new_shop:
                self._open_new_shop(at=timezone.now())
            elif apply:
                self._repeat(subject, at=timezone.now())
            else:
                self._tell(subject, at=timezone.now())
        except (ledger.Unwritable, replay.NotNew, replay.NothingHere) as problem:
            raise CommandError(f"{problem}.")

    def _tell(self, subject: UUID | None, *, at: datetime) -> None:
        count = 0
        for each in replay.due(subject, at=at):
            count += 1
            self.stdout.write(
                f"{each.told.reference}  person {each.told.subject}  noted {each.told.at:%Y-%m-%d %H:%M} UTC  "
                f"request {each.state or 'missing'}  rows found {each.rows}"
            )
        if not count:
            self.stdout.write(NOTHING)
            if chain.lacks_tail():
                self.stdout.write(
                    "The audit trail ends earlier than the ledger says; after a restore, --apply notes that."
                )
        elif replay.is_empty():
            self.stdout.write(f"{count} lacking, and this database is empty. Restore its backup, or --new-shop.")
        else:
            self.stdout.write(f"{count} to repeat. Nothing was changed; --apply repeats them.")

    def _repeat(self, subject: UUID | None, *, at: datetime) -> None:
        outcomes: Counter[str] = Counter()
        for each in replay.due(subject, at=at):
            try:
                request = replay.repeat(each.told, by=BY, at=at)
            except (ledger.Unwritable, replay.NothingHere):
                raise
            except Exception as error:  # noqa: BLE001 - one person's trouble must not leave the others standing
                outcomes["failed"] += 1
                self.stderr.write(f"{each.told.reference}  failed: {type(error).__name__}")
                continue
            outcomes[request.state] += 1
            self.stdout.write(f"{request.reference}  person {request.subject_id}  {request.get_state_display()}")
        self._conclude(outcomes, at=at)

    def _conclude(self, outcomes: Counter[str], *, at: datetime) -> None:
        repeated = outcomes.total() - outcomes["failed"]
        if outcomes["failed"]:
            raise CommandError(f"{repeated} repeated, {outcomes['failed']} failed: the shop stays closed.")
        if not repeated:
            self.stdout.write(NOTHING)
        if not repeated and not chain.lacks_tail():
            return
        replay.note_restore(repeated, at=at)
        waiting = repeated - outcomes[State.COMPLETED]
        rest = f" {waiting} wait for something unfinished and go on by themselves." if waiting else ""
        self.stdout.write(f"{repeated} repeated.{rest}" if repeated else "The restore is noted in the ledger.")

    def _open_new_shop(self, *, at: datetime) -> None:
        aside = replay.open_new_shop(at=at)
        self.stdout.write(f"The old ledger lies in {aside}; a new one has begun.")
