"""Measure the outbox beside a bare smtplib loop, against a mail server on this machine that takes everything.

    make bench-messages
    python -m bench.messages --mails 10000 --kills 5

Three runs over the same mails: smtplib alone (one process builds each mail with the standard library and sends it over one
connection, no database); the outbox drained by two workers; and by a worker that is killed (SIGKILL) again and again, and followed
by another each time. Half of the mails are transactional, half are marketing to people who agreed. Works in a database of its own,
which goes afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from dev import services

NAME = "loupe_bench_messages"
WORKERS = 2


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.messages", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mails", type=int, default=10_000, help="in each run (default 10000)")
    parser.add_argument("--kills", type=int, default=5, help="how often the worker is killed (default 5)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="interleaved rounds of the first two; medians count (default 3)"
    )
    parser.add_argument("--json", type=Path, help="where to write the figures (default LOUPE_HOME/bench-messages.json)")
    chosen = parser.parse_args()
    services.ensure()
    with database():
        work("prepare")
        rounds = []
        for _ in range(chosen.rounds):
            bare = against_sink(lambda port: work("bare", chosen.mails, port=port))
            work("fill", chosen.mails)
            outbox = against_sink(drained)
            rounds.append({"bare": bare, "outbox": outbox, "ratio": rate(outbox) / rate(bare)})
        figures: dict[str, Any] = {
            "rounds": rounds,
            "middle": sorted(rounds, key=lambda each: each["ratio"])[len(rounds) // 2],
        }
        report(figures, chosen.mails)
        if chosen.kills:
            work("fill", chosen.mails)
            figures["killed"] = against_sink(lambda port: killed(port, chosen.kills, chosen.mails)) | work("count")
            report_killed(figures["killed"], chosen.kills)
    file = chosen.json or services.data_home() / "bench-messages.json"
    file.write_text(json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **figures}, indent=1))
    print(f"\nFigures as JSON: {file}")


def rate(run: dict[str, Any]) -> float:
    """Mails a second, from the first that the server took to the last."""
    return float(run["taken"] / run["seconds"])


def report(figures: dict[str, Any], mails: int) -> None:
    """The figures for people."""
    middle = figures["middle"]
    print(f"{mails:,} mails, half of them marketing; medians of {len(figures['rounds'])} rounds")
    print(f"  smtplib alone, one connection   {rate(middle['bare']):7.0f} a second")
    print(f"  outbox, {WORKERS} workers               {rate(middle['outbox']):7.0f} a second   x {middle['ratio']:.2f}")
    print(f"  lost {mails - middle['outbox']['taken']}, doubled {middle['outbox']['doubled']}")


def report_killed(found: dict[str, Any], kills: int) -> None:
    """What became of the mails over which a worker died."""
    unknown = found["states"].get("unknown", 0)
    print(
        f"  one worker, killed {kills} times: {found['taken']:,} arrived, {found['doubled']} of them twice, "
        f"{unknown} wait for the staff as perhaps sent"
    )


# Processes


@contextmanager
def database() -> Iterator[None]:
    """An empty database on the machine's own cluster while the block runs; the environment points at it."""
    before, address = dict(os.environ), urlsplit(os.environ["DATABASE_URL"])
    _administer(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)', f'CREATE DATABASE "{NAME}"')
    os.environ["DATABASE_URL"] = urlunsplit(address._replace(path=f"/{NAME}"))
    os.environ["LOUPE_LOG_LEVEL"] = "ERROR"
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        _administer(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')


def _administer(*statements: str) -> None:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def start(verb: str, *arguments: object, port: int = 0) -> subprocess.Popen[str]:
    """One of the verbs below in a process of its own."""
    command = [sys.executable, "-m", "bench.messages_worker", verb, *map(str, arguments)]
    environment = {**os.environ, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port or 25)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def work(verb: str, *arguments: object, port: int = 0) -> dict[str, Any]:
    """Do it to the end; its last line is its figures."""
    said, _ = (process := start(verb, *arguments, port=port)).communicate()
    if process.returncode:
        sys.exit(f"{verb} failed")
    figures: dict[str, Any] = json.loads(said.splitlines()[-1]) if said.strip() else {}
    return figures


def against_sink(run: Any) -> dict[str, Any]:
    """Run something against a fresh mail server, and what that server saw."""
    command = [sys.executable, "-m", "dev.mail.sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        more = run(port)
        said, _ = server.communicate()
    found: dict[str, Any] = json.loads(said) | (more or {})
    return found


def drained(port: int) -> None:
    """Two workers empty the outbox."""
    drain_with(WORKERS, port)


def drain_with(many: int, port: int) -> None:
    """So many workers empty the outbox."""
    workers = [start("drain", port=port) for _ in range(many)]
    for each in workers:
        each.communicate()
        if each.returncode:
            sys.exit("a worker failed")


def killed(port: int, kills: int, mails: int) -> dict[str, Any]:
    """A worker that is killed (SIGKILL) in the middle, and followed by another when its lease is over; *kills* times."""
    for still in range(kills, 0, -1):
        worker = start("drain", port=port)
        assert worker.stdout is not None
        worker.stdout.readline()  # it has begun
        while waiting() > mails * still / (kills + 1):
            time.sleep(0.02)
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
        work("pass_time")
    drain_with(1, port)
    return {}


def waiting() -> int:
    """How many messages wait."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM privacy_message WHERE state = 'queued'")
            (count,) = cursor.fetchone() or (0,)
    finally:
        connection.close()
    return int(count)


if __name__ == "__main__":
    main()
