"""Brings the database of a demo up to date and fills it, in one process, saying on one line each how far it is.

    python -m dev.prepare LOG [--without-stones]

Every step is quick when there is nothing to do. What the commands themselves say goes to the log.
"""

import argparse
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


if __name__ == "__main__":
    main()
