"""`manage.py verify_certificate FILE`: check a certificate of erasure, JSON or PDF, without the database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.proof import certificates, signing, verdicts

MARKS = {True: "ok", False: "NO", None: "--"}


class Command(BaseCommand):
    """Prints each look; exit code 1 unless all of them are good."""

    help = "Check a certificate of erasure (JSON or PDF) with the published keys, without asking the database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and a public key where it is not this shop's."""
        parser.add_argument("file", type=Path, help="the certificate as it was downloaded: JSON or PDF")
        parser.add_argument("--public-key", metavar="HEX", help="check with this key only: 64 hex digits")

    def handle(self, *args: Any, file: Path, public_key: str | None, **options: Any) -> None:
        """Read, look, say."""
        try:
            keys = {signing.name_of(public_key): public_key} if public_key else signing.public_keys()
            looks = list(certificates.looks(certificates.read(file.read_bytes()), keys))
        except OSError as problem:
            raise CommandError(f"{file}: {problem.strerror}")
        except verdicts.Unreadable as problem:
            raise CommandError(str(problem))
        except signing.NotAKey:
            raise CommandError("--public-key must be 64 hex digits.")
        for look in looks:
            self.stdout.write(f"{MARKS[look.is_good]}  {look.words}")
        if any(look.is_good is False for look in looks):
            raise CommandError("The certificate does not hold.")
        self.stdout.write("The certificate holds.")
