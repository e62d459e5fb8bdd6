"""Measure the shop's pages against the floors and print a table and JSON.

    make bench
    python -m bench --rounds 5 --seconds 3
    python -m bench --only category,product,rows

Needs `wrk` on the PATH (Debian: apt-get install wrk). Starts its own server, two workers on a loopback port, over the data in
LOUPE_HOME; loads the catalogue first if there is none.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dev import machine, services
from dev.processes import Processes, Program, answers_http

HERE = Path(__file__).resolve().parent
CONNECTIONS = (1, 8)


@dataclass(frozen=True)
class Target:
    """One page: its name, path, the floor its ratio is to, and the form it posts, if any."""

    name: str
    path: str
    floor: str
    body: str = ""


@dataclass(frozen=True)
class Sample:
    """One short run against one page."""

    per_second: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float  # of server and database, per request


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds; the median counts (default 3)")
    parser.add_argument("--seconds", type=int, default=2, help="length of each run (default 2)")
    parser.add_argument("--only", default="", help="names of pages, separated by commas; floors always run")
    parser.add_argument("--json", type=Path, help="where to write the figures (default LOUPE_HOME/bench.json)")
    chosen = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("make bench needs wrk: install it with your system's packages (Debian: apt-get install wrk).")
    services.ensure()
    prepare()
    wanted = {name for name in chosen.only.split(",") if name}
    targets = [target for target in all_targets() if not wanted or target.name in wanted or is_floor(target)]
    with server() as port:
        samples = measure(targets, port, rounds=max(1, chosen.rounds), seconds=max(1, chosen.seconds))
    statements = {target.name: count_statements(target) for target in targets}
    rows = [row(target, samples, statements) for target in targets]
    print_table(rows)
    from bench import consent, ledger

    category = next(target.path for target in all_targets() if target.name == "category")
    decisions = consent.measure(category)
    consent.print_cases(decisions)
    questions = ledger.measure(category)
    ledger.print_costs(questions)
    file = chosen.json or services.data_home() / "bench.json"
    file.write_text(
        json.dumps(
            {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "rows": rows,
                "consent": [asdict(case) for case in decisions],
                "ledger": [asdict(cost) for cost in questions],
            },
            indent=1,
        )
    )
    print(f"\nFigures as JSON: {file}")


def prepare() -> None:
    """Django for this process, and a catalogue to measure."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_catalogue")


def all_targets() -> list[Target]:
    """The floors, then the pages as they are without the page cache (an unknown parameter passes it by), then with it."""
    from shop.models import Product, Variant

    product = Product.objects.filter(is_live=True, category__slug__contains="necklace").order_by("pk").first()
    assert product is not None, "the catalogue has no necklace"
    variant = Variant.objects.filter(product=product, stock__on_hand__gt=1).order_by("pk").first()
    assert variant is not None, "no necklace is in stock"
    pages = {
        "home": "/",
        "category": "/category/necklaces/",
        "product": f"/product/{product.slug}/",
        "finder": "/stones/?carat_min=0.7&carat_max=1.2",
        "search": "/search/?q=tennis+necklace",
    }
    return [
        Target("bare", "/floor/bare", "bare"),
        Target("constant", "/floor/constant", "constant"),
        Target("rows", "/floor/rows", "rows"),
        Target("empty", "/floor/empty", "bare"),
        *(Target(name, with_parameter(path), "rows") for name, path in pages.items()),
        Target("add-to-bag", "/bag/add/", "rows", f"key=v%3A{variant.pk}&quantity=1"),
        Target("category cached", pages["category"], "constant"),
        Target("product cached", pages["product"], "constant"),
    ]


def with_parameter(path: str) -> str:
    """The path with a parameter no view knows, so that its answer is neither kept nor found."""
    return f"{path}{'&' if '?' in path else '?'}uncached=1"


def is_floor(target: Target) -> bool:
    return target.path.startswith("/floor/")


@contextmanager
def server() -> Iterator[int]:
    """The production server with two workers on a free loopback port."""
    port = machine.free_port()
    command = [
        sys.executable, "-m", "gunicorn", "bench.wsgi:application", "--workers=2", "--worker-class=sync",
        f"--bind=127.0.0.1:{port}", "--log-level=warning", "--keep-alive=30",
    ]  # fmt: skip
    environment = {**os.environ, "PORT": str(port), "LOUPE_HASHED_STATIC": "0", "LOUPE_LOG_LEVEL": "ERROR"}
    program = Program(name="bench-web", command=command, answers=lambda: answers_http(port, "/healthz"))
    logs = services.data_home() / "logs"
    with Processes(logs=logs, environment=environment, folder=HERE.parent) as processes:
        processes.start_all([program])
        processes.wait_for_all([program], seconds=60)
        yield port


def measure(targets: list[Target], port: int, *, rounds: int, seconds: int) -> dict[tuple[str, int], list[Sample]]:
    """Every page in every round, at each number of connections; warmed up once."""
    samples: dict[tuple[str, int], list[Sample]] = {}
    for number in range(rounds + 1):
        for target in targets:
            for connections in CONNECTIONS:
                sample = run_once(target, port, connections=connections, seconds=seconds if number else 1)
                if number:
                    samples.setdefault((target.name, connections), []).append(sample)
        print(f"  round {number} of {rounds}" + ("" if number else " (warming up)"), file=sys.stderr, flush=True)
    return samples


def run_once(target: Target, port: int, *, connections: int, seconds: int) -> Sample:
    """One run of wrk; a single failed answer ends the benchmark."""
    command = [
        "wrk", "--threads=1", f"--connections={connections}", f"--duration={seconds}s", f"--script={HERE / 'report.lua'}",
        f"http://127.0.0.1:{port}{target.path}",
    ]  # fmt: skip
    arguments = [target.body] if target.body else []
    before = cpu_seconds()
    run = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True, timeout=seconds + 30)
    spent = cpu_seconds() - before
    found = json.loads(next(line for line in run.stdout.splitlines() if line.startswith("JSON "))[5:])
    if found["failed"] or not found["requests"]:
        sys.exit(f"{target.name} failed {found['failed']} of {found['requests']} times; see logs/bench-web.log.")
    return Sample(
        per_second=found["requests"] / (found["microseconds"] / 1e6),
        p50_ms=found["p50"] / 1000,
        p95_ms=found["p95"] / 1000,
        cpu_ms=spent * 1000 / found["requests"],
    )


def cpu_seconds() -> float:
    """CPU seconds that the server's and the database's processes have used so far; 0 where there is no /proc."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            if b"bench.wsgi" in command or b"postgres" in command:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
        except OSError:  # the process has ended meanwhile
            continue
    return total / tick


def count_statements(target: Target) -> int:
    """The SQL statements of one request, counted in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from shop import pagecache

    client = Client(headers={"sec-fetch-site": "same-origin", "host": "127.0.0.1"})
    form = dict(pair.split("=") for pair in target.body.replace("%3A", ":").split("&")) if target.body else None
    pagecache.store.clear()
    if target.floor == "constant":  # what is remembered is measured as remembered
        client.get(target.path)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.post(target.path, form) if form else client.get(target.path)
    return len(queries)


def row(target: Target, samples: dict[tuple[str, int], list[Sample]], statements: dict[str, int]) -> dict[str, Any]:
    """One line of the report: medians over the rounds, and the CPU of a request as a ratio to its floor's."""
    figures: dict[str, Any] = {
        "page": target.name,
        "path": target.path,
        "floor": target.floor,
        "sql": statements[target.name],
    }
    for connections in CONNECTIONS:
        mine = median(samples[target.name, connections])
        floor = median(samples[target.floor, connections])
        figures[f"c{connections}"] = {name: round(value, 2) for name, value in asdict(mine).items()}
        figures[f"c{connections}_ratio"] = round(floor.per_second / mine.per_second, 2)
        figures[f"c{connections}_cpu_ratio"] = round(mine.cpu_ms / floor.cpu_ms, 2) if floor.cpu_ms else None
    return figures


def median(samples: list[Sample]) -> Sample:
    """The median of each figure."""
    names = asdict(samples[0])
    return Sample(**{name: statistics.median(getattr(sample, name) for sample in samples) for name in names})


def print_table(rows: list[dict[str, Any]]) -> None:
    """The report as text, for people."""
    columns = ("req/s", "p50 ms", "p95 ms", "CPU ms", "x floor")
    head = f"{'page':<16}{'SQL':>4}"
    for connections in CONNECTIONS:
        head += f"  |{connections:>2} conn" + "".join(f"{column:>9}" for column in columns)
    print(f"\n{head}  floor\n{'-' * (len(head) + 10)}")
    for each in rows:
        line = f"{each['page']:<16}{each['sql']:>4}"
        for connections in CONNECTIONS:
            figures = each[f"c{connections}"]
            line += f"  |{'':>7}{figures['per_second']:>9.0f}{figures['p50_ms']:>9.1f}{figures['p95_ms']:>9.1f}"
            line += f"{figures['cpu_ms']:>9.2f}{each[f'c{connections}_ratio']:>9.2f}"
        print(f"{line}  {each['floor']}")
    print(
        "\nx floor: the time of a request as a multiple of its floor's, in this run. CPU: server and database together."
    )


if __name__ == "__main__":
    main()
