"""Migrate one database and fill it with a town, unless it is there.

DATABASE_URL=... LOUPE_HOME=... python -m bench.privacy.fill CUSTOMERS
"""

from __future__ import annotations

import os
import sys

from bench.privacy import town


def main() -> None:
    """Say what each table got."""
    customers = int(sys.argv[1])
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from privacy.models import Subject

    if Subject.objects.exists():
        return
    for line in town.build(customers):
        print(f"    {line}", flush=True)
    call_command("load_catalogue", "--without-stones", stdout=open(os.devnull, "w"))  # noqa: SIM115


if __name__ == "__main__":
    main()
