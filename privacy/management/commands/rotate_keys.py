"""Give everything sealed to the newest key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from privacy.management.examples import ExampleCommand
from privacy.register import rotation

EXAMPLES = """\
examples:
  # 1. put a new key in front of LOUPE_SEALING_KEYS, keep the old one behind it, restart web and workers; then
  manage.py rotate_keys                # what is under which key; writes nothing
  manage.py rotate_keys --apply        # seal it all with the newest key; may be stopped and repeated
  # 2. when "older" is 0 everywhere, take the old key out of the environment

A digest cannot be turned into an address again. `--apply` makes the fingerprints of addresses that are still known anew; others
keep their old key alive, in LOUPE_DIGEST_KEYS, until their own time has run.
"""


class Command(ExampleCommand):
    """Dry unless told otherwise."""

    help = "Seal everything with the newest key of LOUPE_SEALING_KEYS, and renew the digests that can be renewed."
    examples = EXAMPLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="do it; without this, only say what would be done")

    def handle(self, *args: Any, apply: bool, **options: Any) -> None:
        head = "sealed anew" if apply else "older"
        self.stdout.write(f"{'':44}{'newest':>10}{head:>14}{'unreadable':>12}")
        lines = []
        for line in rotation.run(apply=apply):
            lines.append(line)
            self.stdout.write(f"{line.place:44}{line.current:>10,}{line.older:>14,}{line.unreadable:>12,}")
        renewed = rotation.redigest(apply=apply)
        self.stdout.write(f"\nFingerprints of known addresses {'renewed' if apply else 'to renew'}: {renewed:,}")
        for version, count in rotation.digest_keys().items():
            self.stdout.write(f"Digest key {version}: {count:,} digests{'' if count else ', may be retired'}")
        if any(line.unreadable for line in lines):
            raise CommandError(
                "Some values open with no live key: put the key that sealed them back, and run this again."
            )
        if not apply and any(line.older for line in lines):
            self.stdout.write("\nNothing was written. `manage.py rotate_keys --apply` does it.")
