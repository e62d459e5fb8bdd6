"""`check_audit_chain`: follow the audit chain and compare it with the trail and the ledger."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from privacy.proof import chain


class Command(BaseCommand):
    """Reads only; ends with code 1 and the first thing that is not as it was written."""

    help = "Check that no event of the audit trail was changed, deleted before its time, put into the past or cut off."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        try:
            report = chain.check(at=timezone.now())
        except chain.Tampered as problem:
            raise CommandError(f"The audit trail is not as it was written: {problem}.")
        seconds = time.perf_counter() - started
        self.stdout.write(
            f"Whole: {report.events} events in {report.batches} batches, {report.expired} of them let go in their time, "
            f"{report.waiting} not bound yet; {report.events / seconds:,.0f} rows/s."
        )
        since = (
            f"knows the chain from batch {report.first_in_ledger} on"
            if report.first_in_ledger
            else "knows no batch yet"
        )
        self.stdout.write(f"The ledger {since}, and notes {report.restores} restored backups.")
