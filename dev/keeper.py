"""Stops the embedded services once nobody uses them any more.

Every process that uses them holds a shared lock on the lease file until it ends, however it ends. The keeper, one
small process for each data folder, tries every second to get that lock for itself. Once it got it all through the idle
time, nobody is left, and it stops the services and ends.

    python -m dev.keeper FOLDER IDLE_SECONDS        (started by dev.services.ensure, goes to the background)
"""

import os
import sys
import time
from pathlib import Path

from dev import locks, services
from dev.valkey import Valkey

EVERY_SECONDS = 1.0


def keep(folder: Path, own: int, *, idle_seconds: float) -> None:
    """Wait for the last user to leave, then stop the services of this folder. `own` is the keeper's place."""
    lease = os.open(folder / services.LEASE, os.O_RDWR | os.O_CREAT, 0o600)
    idle_since = time.monotonic()
    broker = Valkey(folder, durable=False)
    while True:
        time.sleep(EVERY_SECONDS)
        if _displaced(folder, own):  # the folder was deleted by hand; PostgreSQL notices that by itself
            broker.stop()
            return
        broker = Valkey(folder, durable=False)
        if not _unused(lease):
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since >= idle_seconds and _stopped(folder, own, lease):
            return


def _displaced(folder: Path, own: int) -> bool:
    """Whether our place is gone, or another file stands there: what is in the folder now is not ours to stop."""
    try:
        return not os.path.samestat(os.fstat(own), os.stat(folder / services.KEEPER))
    except FileNotFoundError:
        return True


def _unused(lease: int) -> bool:
    """Whether nobody holds the lease at this moment."""
    if not locks.try_exclusive(lease):
        return False
    locks.release(lease)
    return True


def _stopped(folder: Path, own: int, lease: int) -> bool:
    """Stop the services unless somebody came in the last moment."""
    with locks.FileLock(folder / services.LOCK):
        if not _unused(lease):
            return False
        services.stop_all(folder)
        os.close(own)  # before the lock is free: whoever gets it next must see that no keeper is left
        return True


def main() -> None:
    """Take the keeper's place if it is free, and keep in the background, away from the terminal and its folder."""
    folder, idle_seconds = Path(sys.argv[1]), float(sys.argv[2])
    own = locks.occupy(folder / services.KEEPER)
    if own < 0:
        return
    if child := os.fork():
        locks.sign(own, child)  # before we end: whoever started us may look for the keeper at once
        os._exit(0)
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    keep(folder, own, idle_seconds=idle_seconds)


if __name__ == "__main__":
    main()
