#!/usr/bin/env python
"""Django's command line, with the development database and broker started first where none is configured."""

import os
import sys


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from dev.errors import Unavailable
    from dev.services import ensure

    try:
        ensure()
    except Unavailable as problem:
        sys.exit(str(problem))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
