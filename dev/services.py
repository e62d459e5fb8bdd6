"""The database and the broker of a developer's machine, from wheels: no system package, nothing to configure.

`ensure()` starts an embedded PostgreSQL and an embedded Valkey under the data folder (`LOUPE_HOME`, by default
`.loupe/`) and puts their addresses into `DATABASE_URL` and `REDIS_URL`. Any number of processes may call it at once: a
file lock lets one of them start what is missing, the others share it. What the environment names already is left
alone, and nothing is started in production.

Who stops them: every process that called `ensure()` holds a lease until it ends, however it ends. A minute after the
last one left, the keeper (`dev/keeper.py`) stops the services. `make stop` does it at once.

    python -m dev.services start | stop | wipe [FOLDER]
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from dev import locks, machine
from dev.errors import Unavailable
from dev.postgres import Postgres
from dev.valkey import Valkey

PROJECT = Path(__file__).resolve().parent.parent
IDLE_SECONDS = 60.0
TEST = "test"  # the folder inside a data folder where its tests have services of their own
LOCK, LEASE, KEEPER = "services.lock", "services.lease", "services.keeper"

_leases: dict[Path, int] = {}


@dataclass(frozen=True, kw_only=True)
class Services:
    """Where the database and the broker answer; empty where production has not said."""

    database_url: str
    redis_url: str


def data_home() -> Path:
    """The data folder: `LOUPE_HOME`, or `.loupe/` in the project."""
    return Path(os.environ.get("LOUPE_HOME") or PROJECT / ".loupe").expanduser().resolve()


def ensure(home: Path | None = None, *, durable: bool = True, idle_seconds: float = IDLE_SECONDS) -> Services:
    """Start what is not running yet; return both addresses, which also stand in the environment then.

    `durable=False` is for tests: faster, and careless about a power cut.
    Raises `Unavailable`, whose text is a sentence for the developer.
    """
    database_url = os.environ.get("DATABASE_URL", "")
    redis_url = os.environ.get("REDIS_URL", "")
    if os.environ.get("LOUPE_ENV") == "production" or (database_url and redis_url):
        return Services(database_url=database_url, redis_url=redis_url)
    home = _prepared(home or data_home())
    with locks.FileLock(home / LOCK):
        look_after(home, idle_seconds=idle_seconds)
        os.environ["DATABASE_URL"] = database_url or Postgres(home, durable=durable).ensure()
        os.environ["REDIS_URL"] = redis_url or Valkey(home, durable=durable).ensure()
    return Services(database_url=os.environ["DATABASE_URL"], redis_url=os.environ["REDIS_URL"])


def look_after(home: Path, *, idle_seconds: float) -> None:
    """Hold the lease of a data folder, and have its services stopped once nobody does any more."""
    if home not in _leases:
        _leases[home] = os.open(home / LEASE, os.O_RDWR | os.O_CREAT, 0o600)
        locks.share(_leases[home])
    if not locks.occupant(home / KEEPER):
        subprocess.run(
            [sys.executable, "-m", "dev.keeper", str(home), str(idle_seconds)],
            check=True,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def stop(home: Path | None = None) -> None:
    """Stop the services of this data folder now, and their keeper; harmless when none runs."""
    home = home or data_home()
    if home.exists():
        with locks.FileLock(home / LOCK):
            _stop_keeper(home)
            stop_all(home)


def stop_all(home: Path) -> None:
    """Stop both servers; the caller holds the lock."""
    Valkey(home).stop()
    Postgres(home).stop()


def wipe(home: Path | None = None) -> None:
    """Stop the services of this data folder, those of its tests too, and delete it with all they hold."""
    home = home or data_home()
    for folder in (home / TEST, home):
        if folder.exists():
            stop(folder)
            Postgres(folder).wipe()
            shutil.rmtree(folder, ignore_errors=True)


def _prepared(home: Path) -> Path:
    """The data folder, created where it is missing and known to be ours to write."""
    try:
        home.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The data folder {home} cannot be created ({error.strerror}); set LOUPE_HOME to one that can."
        ) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise Unavailable(f"The data folder {home} belongs to another user; set LOUPE_HOME to one of yours.")
    return home


def _stop_keeper(home: Path) -> None:
    """End the keeper."""
    if pid := locks.occupant(home / KEEPER):
        machine.end_process(pid, mark="dev.keeper")


def main() -> None:
    """Start, stop or wipe the services from the command line."""
    parser = argparse.ArgumentParser(prog="python -m dev.services", description="The embedded database and broker.")
    parser.add_argument("action", choices=("start", "stop", "wipe"))
    parser.add_argument("folder", nargs="?", type=Path, default=None, help="the data folder (default: LOUPE_HOME)")
    chosen = parser.parse_args()
    home = (chosen.folder or data_home()).expanduser().resolve()
    try:
        if chosen.action == "start":
            found = ensure(home)
            print(f"DATABASE_URL={found.database_url}\nREDIS_URL={found.redis_url}")
        elif chosen.action == "stop":
            stop(home)
        else:
            wipe(home)
    except Unavailable as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
