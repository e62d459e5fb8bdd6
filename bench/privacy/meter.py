"""What one piece of work costs: wall time, and the CPU time of the database's own process for this connection.

Database time is read from the scheduler (`/proc/<backend>/schedstat`, nanoseconds on a CPU), so it holds on a busy machine and
counts what the connection's backend really did: parsing, planning, executing, sending.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection


@dataclass(frozen=True)
class Cost:
    """Of one run: milliseconds by the clock, and on the database's CPU."""

    wall_ms: float
    database_ms: float


@dataclass(frozen=True)
class Spread:
    """Of many runs."""

    runs: int
    wall_p50: float
    wall_p95: float
    database_p50: float
    database_p95: float

    @classmethod
    def of(cls, costs: Sequence[Cost]) -> Spread:
        """The middle and the slow end."""
        wall, database = sorted(each.wall_ms for each in costs), sorted(each.database_ms for each in costs)
        return cls(len(costs), statistics.median(wall), _p95(wall), statistics.median(database), _p95(database))


def cost(work: Callable[[], object]) -> Cost:
    """Do *work* once and say what it cost."""
    before, began = _backend_ns(), time.perf_counter()
    work()
    wall = time.perf_counter() - began
    return Cost(wall * 1000, (_backend_ns() - before) / 1e6)


def _backend_ns() -> int:
    connection.ensure_connection()
    assert connection.connection is not None
    pid = connection.connection.get_backend_pid()
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])


def _p95(ordered: Sequence[float]) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
