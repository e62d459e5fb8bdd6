"""Measure what proving privacy costs, beside hand-written SQL for the same work, and print a table and JSON.

    make bench-privacy
    python -m bench.privacy --customers 20000          # a smaller town, and one a tenth of it
    python -m bench.privacy --only people,month

Builds two towns in databases of their own (200,000 customers: 1 M orders, 3 M lines, 5 M looks; and a tenth), about ten minutes and
5 GB the first time; they stay for the next run, fewer by those who were erased. `--drop` deletes them. Needs `wrk` for the load.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
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

from bench import __main__ as pages
from dev import services

PARTS = ("people", "month", "middleware", "load", "sweep")
PER_SECOND = 2.0
LOAD_SECONDS = 15


def main() -> None:
    """Parse, build, measure, print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.privacy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=200_000, help="in the large town (default 200000)")
    parser.add_argument("--runs", type=int, default=60, help="people measured on each side (default 60)")
    parser.add_argument("--only", default="", help=f"parts, separated by commas: {', '.join(PARTS)}")
    parser.add_argument("--json", type=Path, help="where to write the figures (default LOUPE_HOME/bench-privacy.json)")
    parser.add_argument("--drop", action="store_true", help="delete the towns and stop")
    chosen = parser.parse_args()
    wanted = [part for part in PARTS if not chosen.only or part in chosen.only.split(",")]
    unknown = set(chosen.only.split(",")) - {*PARTS, ""}
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if chosen.customers < 1_000:
        parser.error("--customers: at least 1000, so that the small town is one")
    if "load" in wanted and shutil.which("wrk") is None:
        parser.error("the load needs wrk: install it with your system's packages (Debian: apt-get install wrk)")
    services.ensure()
    towns = [Place(chosen.customers // 10), Place(chosen.customers)]
    if chosen.drop:
        for place in towns:
            place.drop()
        return
    for place in towns:
        place.fill()
    figures = measured(towns, wanted, chosen.runs)
    report(figures)
    file = chosen.json or services.data_home() / "bench-privacy.json"
    file.write_text(json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), **figures}, indent=1))
    print(f"\nFigures as JSON: {file}")


class Place:
    """A town's database on the machine's own cluster, with a data folder of its own for its ledger and files."""

    def __init__(self, customers: int, *, label: str = "") -> None:
        self.customers = customers
        self.name = f"loupe_bench_{label}{customers}"
        self.home = services.data_home() / "bench" / self.name
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "logs").mkdir(exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """What a process that works on this town finds in its environment."""
        address = urlsplit(os.environ["DATABASE_URL"])
        broker = urlsplit(os.environ["REDIS_URL"])
        return {
            **os.environ,
            "DATABASE_URL": urlunsplit(address._replace(path=f"/{self.name}")),
            "REDIS_URL": urlunsplit(broker._replace(path="/7")),
            "LOUPE_HOME": str(self.home),
            "LOUPE_LOG_LEVEL": "ERROR",
        }

    def create(self) -> None:
        """Make the database where it is missing."""
        self.home.mkdir(parents=True, exist_ok=True)
        with _cluster() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name])
            if cursor.fetchone() is None:
                cursor.execute(f'CREATE DATABASE "{self.name}"')

    def fill(self) -> None:
        """Make the database and the town where they are missing."""
        self.create()
        print(f"  {self.customers:,} customers", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "bench.privacy.fill", str(self.customers)]
        subprocess.run(command, env=self.environment, check=True, stdout=sys.stderr)

    def drop(self) -> None:
        """Delete the database and the folder."""
        with _cluster() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        shutil.rmtree(self.home, ignore_errors=True)

    def ask(self, module: str, *arguments: object) -> dict[str, Any]:
        """Run one part in a process of its own; its last line is its figures."""
        command = [sys.executable, "-m", f"bench.privacy.{module}", *map(str, arguments)]
        print(f"  {module} {' '.join(map(str, arguments))}", file=sys.stderr, flush=True)
        run = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if run.returncode:
            sys.exit(f"{' '.join(command[1:])} failed:\n{run.stdout[-2000:]}{run.stderr[-4000:]}")
        figures: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
        return figures


def measured(towns: list[Place], wanted: list[str], runs: int) -> dict[str, Any]:
    """Every part asked for."""
    large, figures = towns[-1], {}
    if "people" in wanted:
        figures["people"] = {str(place.customers): place.ask("people", place.customers, runs) for place in towns}
    for part in ("month", "middleware"):
        if part in wanted:
            figures[part] = large.ask("alone", part)
    if "load" in wanted:
        figures["load"] = load(large)
    if "sweep" in wanted:  # what counts is its speed, and the small town shows it
        figures["sweep"] = towns[0].ask("alone", "sweep")
    return figures


def load(place: Place) -> dict[str, Any]:
    """The category page uncached under load, alone and beside two erasures a second: twice each, in turns."""
    saved = dict(os.environ)
    os.environ.update(place.environment)
    target = pages.Target("category", "/category/necklaces/?uncached=1", "rows")
    samples: dict[str, list[pages.Sample]] = {"alone": [], "beside": []}
    erased = []
    try:
        with pages.server() as port:
            pages.run_once(target, port, connections=2, seconds=2)
            for turn in range(2):
                samples["alone"].append(pages.run_once(target, port, connections=2, seconds=LOAD_SECONDS))
                first = place.customers // 2 + turn * 1000
                with erasing(place, first) as done:
                    samples["beside"].append(pages.run_once(target, port, connections=2, seconds=LOAD_SECONDS))
                erased += done
    finally:
        os.environ.clear()
        os.environ.update(saved)
    return {side: vars(pages.median(each)) for side, each in samples.items()} | {"erased": erased}


@contextmanager
def erasing(place: Place, first: int) -> Iterator[list[str]]:
    """Two erasures a second while the block runs; afterwards the list says how many in how many seconds."""
    command = [sys.executable, "-m", "bench.privacy.beside", str(first), str(PER_SECOND)]
    process = subprocess.Popen(command, env=place.environment, stdout=subprocess.PIPE, text=True)
    done: list[str] = []
    time.sleep(3)  # until it has started and erases at its pace
    try:
        yield done
    finally:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        done.append(said.strip())
        if process.returncode:
            sys.exit("the erasures beside the load failed")


def report(figures: dict[str, Any]) -> None:
    """The figures for people."""
    for customers, kinds in figures.get("people", {}).items():
        print(
            f"\n{int(customers):,} customers{'':12}{'wall p50':>12}{'p95':>10}{'database p50':>15}{'p95':>10}{'x by hand':>12}"
        )
        for name, sides in kinds.items():
            for side, spread in sides.items():
                ratio = spread["database_p50"] / sides["by hand"]["database_p50"] if side == "loupe" else None
                print(
                    f"{name + ', ' + side:32}{spread['wall_p50']:>9.1f} ms{spread['wall_p95']:>7.1f} ms"
                    f"{spread['database_p50']:>12.2f} ms{spread['database_p95']:>7.2f} ms"
                    + (f"{ratio:>12.2f}" if ratio is not None else "")
                )
    towns = list(figures.get("people", {}).values())
    for name in ("access", "erasure") if len(towns) == 2 else ():
        small, large = (each[name]["loupe"]["database_p50"] for each in towns)
        print(f"{name}: the large town costs {large / small:.2f} times the small one")
    for name, words in WORDS.items():
        if name in figures:
            print(words(figures[name]))


def _load_words(found: dict[str, Any]) -> str:
    alone, beside = found["alone"], found["beside"]
    return (
        f"\nShop beside {PER_SECOND:g} erasures a second ({'; '.join(found['erased'])}): "
        f"{beside['cpu_ms']:.2f} ms of CPU a request, alone {alone['cpu_ms']:.2f} (x {beside['cpu_ms'] / alone['cpu_ms']:.2f}); "
        f"p50 {beside['p50_ms']:.1f} and {alone['p50_ms']:.1f} ms; "
        f"{beside['per_second']:.0f} and {alone['per_second']:.0f} a second"
    )


WORDS = {
    "month": lambda found: (
        f"\nA month of {found['rows']:,} looks: dropped in {found['dropped_ms']:.0f} ms, deleted in {found['deleted_ms']:.0f} ms "
        f"(x {found['deleted_ms'] / found['dropped_ms']:.0f})"
    ),
    "middleware": lambda found: (
        f"An uncached category page: {found['with_ms']:.3f} ms of CPU with privacy's middleware, {found['without_ms']:.3f} without "
        f"(x {found['with_ms'] / found['without_ms']:.3f})"
    ),
    "load": _load_words,
    "sweep": lambda found: (
        f"Sweep: {found['database_mb']:.0f} MB of database in {found['sweep_s']:.0f} s "
        f"({found['database_mb'] / found['sweep_s']:.1f} MB/s); pg_dump | grep for one value {found['grep_s']:.0f} s "
        f"({found['database_mb'] / found['grep_s']:.1f} MB/s)"
    ),
}


@contextmanager
def _cluster() -> Iterator[Any]:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


if __name__ == "__main__":
    main()
