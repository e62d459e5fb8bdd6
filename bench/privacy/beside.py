"""Erase two people a second, until told to stop: the load that the shop is measured beside.

DATABASE_URL=... LOUPE_HOME=... python -m bench.privacy.beside FIRST PER_SECOND       # ends with SIGTERM; prints how many
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from itertools import count
from uuid import UUID

from bench.privacy import people, town


def main() -> None:
    """Erase customer FIRST, then the next, at an even pace."""
    first, per_second = int(sys.argv[1]), float(sys.argv[2])
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()
    people.without_the_network()
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    people_left, done, began = _living(first), 0, time.monotonic()
    while not stopped and done < 10_000:
        people.erasure(next(people_left))()
        done += 1
        while not stopped and time.monotonic() - began < done / per_second:
            time.sleep(0.01)
    print(f"{done} {time.monotonic() - began:.1f}", flush=True)


def _living(first: int) -> Iterator[UUID]:
    """From customer *first* on, those whom no run before has erased."""
    from privacy.models import Subject

    for number in count(first):
        who = town.Town(number).subject(number)
        if Subject.objects.filter(pk=who, erased_at=None).exists():
            yield who


if __name__ == "__main__":
    main()
