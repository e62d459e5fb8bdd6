"""`make test`: every check the project has. Runs them all, prints each with its time, and shows at the end what failed.

    python -m dev.check [--lint]

Pytest runs with one worker more than there are cores, and the static checks beside it one after the other: tests that wait for a
browser or a worker leave them room. They share the test database and broker.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from dev import services
from dev.errors import Unavailable

BIN = Path(sys.executable).parent
PACKAGES = ("shop", "accounts", "orders", "privacy", "dev")
STATIC: dict[str, tuple[str, ...]] = {
    "types": (str(BIN / "mypy"), *PACKAGES),
    "style": (str(BIN / "ruff"), "check", "."),
    "format": (str(BIN / "ruff"), "format", "--check", "."),
    "imports": (str(BIN / "lint-imports"),),
    "templates": (str(BIN / "djlint"), "--quiet", "--lint", "templates"),
    "django": (sys.executable, "manage.py", "check", "--fail-level", "WARNING"),
    "migrations": (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"),
}
WORKERS = max(
    2, min(8, 1 + (os.cpu_count() or 1))
)  # one more than cores: some tests wait for a browser, a worker or a clock
TESTS = (sys.executable, "-m", "pytest", "-q", f"--numprocesses={WORKERS}", "--dist=loadgroup", "--durations=8")


@dataclass(frozen=True)
class Result:
    """How one check ended."""

    name: str
    passed: bool
    seconds: float
    output: str = ""

    def __str__(self) -> str:
        return f"{'ok  ' if self.passed else 'FAIL'}  {self.name:<16} {self.seconds:6.1f} s"


def main() -> None:
    """Run the checks; the exit code says whether all passed."""
    parser = argparse.ArgumentParser(prog="python -m dev.check", description="Run every check of the project.")
    parser.add_argument("--lint", action="store_true", help="leave the tests out")
    only_static = parser.parse_args().lint
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what we run ends with us
    given = dict(os.environ)
    home = services.data_home() / services.TEST
    try:
        services.ensure(home, durable=False)
    except Unavailable as problem:
        sys.exit(str(problem))

    began = time.monotonic()
    environment = {**os.environ, "LOUPE_HOME": str(home)}
    results = static_checks(environment, 2) if only_static else checks_and_tests(environment, given)
    sys.exit(summary(results, seconds=time.monotonic() - began))


def checks_and_tests(environment: Mapping[str, str], given: Mapping[str, str]) -> list[Result]:
    """Run the tests with the static checks beside them, which are told afterwards."""
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(static_checks, environment, 1, told=False)
        tested = tests(given)
        results = [*beside.result(), tested]
    print("", *results, sep="\n", flush=True)
    return results


def static_checks(environment: Mapping[str, str], at_once: int, *, told: bool = True) -> list[Result]:
    """Run the checks that need no test run, and print each as it ends where nothing else is being printed."""
    results = []
    with ThreadPoolExecutor(at_once) as pool:
        for done in as_completed(pool.submit(static_check, name, environment) for name in STATIC):
            results.append(done.result())
            if told:
                print(results[-1], flush=True)
    return results


def static_check(name: str, environment: Mapping[str, str]) -> Result:
    """Run one check and keep what it says."""
    began = time.monotonic()
    done = subprocess.run(
        STATIC[name],
        cwd=services.PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Result(name, done.returncode == 0, time.monotonic() - began, done.stdout.strip())


def tests(environment: Mapping[str, str]) -> Result:
    """Run pytest with its output on the terminal."""
    began = time.monotonic()
    done = subprocess.run(TESTS, cwd=services.PROJECT, env=environment, stdin=subprocess.DEVNULL, check=False)
    return Result("tests", done.returncode == 0, time.monotonic() - began)


def summary(results: list[Result], *, seconds: float) -> int:
    """Say what failed, each with its output; return the exit code."""
    failed = [result for result in results if not result.passed]
    for result in failed:
        if result.output:
            print(f"\n--- {result.name} ---\n{result.output}")
    verdict = f"failed: {', '.join(result.name for result in failed)}" if failed else "all passed"
    print(f"\n{len(results)} checks in {seconds:.0f} s, {verdict}.")
    return 1 if failed else 0


if __name__ == "__main__":
    main()
