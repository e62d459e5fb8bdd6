"""Brings the database of a demo up to date and fills it, in one process, saying on one line each how far it is.

    python -m dev.prepare LOG [--without-stones] [--stripe STATE]

Every step is quick when there is nothing to do. What the commands themselves say goes to the log.
"""

import argparse
import contextlib
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

from dev.processes import step


def main() -> None:
    """Run the commands one after the other; the first that fails ends it with its traceback in the log."""
    parser = argparse.ArgumentParser(prog="python -m dev.prepare", description="Migrate and fill the demo's database.")
    parser.add_argument("log", type=Path, help="what the commands say goes here")
    parser.add_argument(
        "--without-stones", action="store_true", help="leave out the data set of loose stones, for tests"
    )
    parser.add_argument(
        "--stripe", metavar="STATE", help="the local Stripe's file, which is told of the demo's payments"
    )
    chosen = parser.parse_args()
    commands = {
        "Tables": ("migrate", "--verbosity=0"),
        "Catalogue": ("load_catalogue", *(["--without-stones"] if chosen.without_stones else [])),
        "Demo": ("load_demo",),
    }
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    terminal = sys.stdout
    with chosen.log.open("w", buffering=1) as log:
        sys.stderr = log
        import django
        from django.core.management import call_command

        django.setup()
        for label, command in commands.items():
            with step(label, terminal), redirect_stdout(log):
                call_command(*command)
        if chosen.stripe:
            with step("Payments", terminal), redirect_stdout(log):
                _tell_stripe(chosen.stripe)


def _tell_stripe(state: str) -> None:
    """Let the local Stripe know what the demo's orders were paid with, so that they can be refunded."""
    from dev.stripe import past
    from dev.stripe.store import Store
    from orders import demo

    with contextlib.closing(Store(state)) as store:
        print(past.enter(store, (past.Paid(**paid) for paid in demo.payments_made())), "payments entered")


if __name__ == "__main__":
    main()
