"""Brings the database of a demo up to date and fills it, in one process, saying on one line each how far it is.

    python -m dev.prepare LOG

Every step is quick when there is nothing to do. What the commands themselves say goes to the log.
"""

import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

from dev.processes import step

COMMANDS = {
    "Tables": ("migrate", "--verbosity=0"),
    "Catalogue": ("load_catalogue",),
    "Demo": ("load_demo",),
}


def main() -> None:
    """Run the commands one after the other; the first that fails ends it with its traceback in the log."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    with Path(sys.argv[1]).open("w", buffering=1) as log:
        terminal, sys.stderr = sys.stdout, log
        import django
        from django.core.management import call_command

        django.setup()
        for label, command in COMMANDS.items():
            with step(label, terminal), redirect_stdout(log):
                call_command(*command)


if __name__ == "__main__":
    main()
