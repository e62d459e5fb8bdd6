"""The desk with 100 requests and with 100,000: how many statements each page makes, and how long it takes.

    make bench-desk
    python -m bench.desk --large 100000 --rounds 40

Two databases of their own, deleted afterwards, with a process each. A member of the privacy desk asks for every page in one, then
in the other, round by round, so that a busy machine slows both; the first rounds are left out. What counts is that no page makes
more statements among many requests than among few, and its p95 beside the same page among few (aim 1.5).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, cast

from bench.desk_pages import FEW
from bench.privacy.__main__ import Place
from dev import services

WARM_UP: Final = 3


@dataclass(frozen=True)
class Sample:
    """One page at one size."""

    statements: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Row:
    """One page at both sizes."""

    page: str
    few: Sample
    many: Sample

    @property
    def ratio(self) -> float:
        """What many requests cost a page, at its p95."""
        return round(self.many.p95_ms / self.few.p95_ms, 2)


class Desk:
    """One database of requests, and the process that asks for its pages."""

    def __init__(self, count: int) -> None:
        self.place = Place(count, label="desk_")
        self.place.drop()
        self.place.create()
        command = [sys.executable, "-m", "bench.desk_pages", str(count)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, env=self.place.environment, stdin=pipe, stdout=pipe, text=True)

    def ask(self, what: str = "") -> dict[str, float]:
        """Each page's figure. Asked for nothing, wait until it is filled."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if what:
            self.process.stdin.write(f"{what}\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit("The desk's process ended; its message stands above.")
        return cast(dict[str, float], json.loads(line)) if what else {}

    def close(self) -> None:
        """End the process, and delete the database."""
        self.process.terminate()
        self.process.wait(timeout=30)
        self.place.drop()


def main() -> None:
    """Fill both, measure in turns, print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.desk", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=int, default=100_000, help="requests in the large one (default 100000)")
    parser.add_argument("--rounds", type=int, default=40, help="times that each page is asked for (default 40)")
    parser.add_argument("--json", type=Path, help="where to write the figures (default LOUPE_HOME/bench-desk.json)")
    chosen = parser.parse_args()
    large = max(FEW + 1, chosen.large)
    services.ensure()
    desks: list[Desk] = []
    try:
        desks += [Desk(FEW)]
        desks += [Desk(large)]
        rows = measured(*desks, rounds=max(5, chosen.rounds))
    finally:
        for desk in desks:
            desk.close()
    print_rows(rows, large)
    file = chosen.json or services.data_home() / "bench-desk.json"
    file.write_text(json.dumps([{**asdict(row), "ratio": row.ratio} for row in rows], indent=1))
    print(f"\nFigures as JSON: {file}")


def measured(few: Desk, many: Desk, *, rounds: int) -> list[Row]:
    """Each page among few and among many, in turns."""
    for desk in (few, many):
        desk.ask()
    turns = [(few.ask("round"), many.ask("round")) for _ in range(rounds + WARM_UP)][WARM_UP:]
    counts = few.ask("statements"), many.ask("statements")
    return [
        Row(page, *(_sample([turn[side][page] for turn in turns], counts[side][page]) for side in (0, 1)))
        for page in counts[0]
    ]


def _sample(times: list[float], statements: float) -> Sample:
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
    return Sample(int(statements), round(statistics.median(times), 1), round(p95, 1))


def print_rows(rows: list[Row], large: int) -> None:
    """The report as text."""
    print(f"\nthe desk among {FEW} requests and among {large:,}: statements, and milliseconds (p50, p95; aim 1.5)")
    print(f"  {'page':<22}{'SQL':>9}{'p50':>16}{'p95':>18}{'ratio':>8}")
    for row in rows:
        few, many = row.few, row.many
        print(
            f"  {row.page:<22}{few.statements:>4} {many.statements:>4}{few.p50_ms:>9.1f} {many.p50_ms:>6.1f}"
            f"{few.p95_ms:>10.1f} {many.p95_ms:>6.1f}{row.ratio:>9.2f}"
        )


if __name__ == "__main__":
    main()
