"""Erase two people a second, until told to stop: the load that the shop is measured beside.

DATABASE_URL=... LOUPE_HOME=... python -m bench.privacy.beside FIRST PER_SECOND       # ends with SIGTERM; prints how many
"""

from __future__ import annotations

import os
import signal
import sys
import time

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
    place, done, began = town.Town(10**9), 0, time.monotonic()
    while not stopped and done < 10_000:
        people.erasure(place.subject(first + done))()
        done += 1
        while not stopped and time.monotonic() - began < done / per_second:
            time.sleep(0.01)
    print(f"{done} {time.monotonic() - began:.1f}", flush=True)


if __name__ == "__main__":
    main()
