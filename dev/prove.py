"""`make prove`: the long proofs, one after the other, each written down as it ends; `docs/proof.md` shows them.

    python -m dev.prove [--minutes 60] [--again]

A proof is a test marked `prove`. Its docstring's first line says what it proves, and `record_property("rounds", 200)` adds
a figure. What passed at this commit is not run again, so that a run which was interrupted, or whose hour was over, goes
on where it stopped.

Two proofs run at a time, each worker with a database of its own. The module is both the command and the pytest plugin that
records: a worker says what a proof was about, and the process that started the workers writes it down.
"""

import argparse
import signal
import subprocess
import sys
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dev import machine, services

PAGE = services.PROJECT / "docs" / "proof.md"
WORKERS = 2
ONE_PROOF_SECONDS = 1500  # a proof that says nothing for so long hangs
INTRODUCTION = """# Proofs

The long proofs of `make prove`: what was shown, at which commit, with which figures. Each has a sibling of one round in
`make test`.
"""


class Notebook:
    """What is known about the proofs at one commit, in a file that is current after each of them."""

    def __init__(self, path: Path, commit: str) -> None:
        self.path = path
        self.commit = commit
        known = machine.read_json(path)
        self.items: dict[str, dict[str, Any]] = known.get("items", {}) if known.get("commit") == commit else {}

    def has_passed(self, node_id: str) -> bool:
        """Whether this proof stands at this commit."""
        return self.items.get(node_id, {}).get("outcome") == "passed"

    def record(self, node_id: str, **facts: object) -> None:
        """Write down how a proof ended."""
        self.items[node_id] = facts
        machine.write_json(self.path, {"commit": self.commit, "items": self.items})

    def as_page(self) -> str:
        """The page for `docs/`."""
        dates = [str(item["at"])[:10] for item in self.items.values()]
        passed = sum(item["outcome"] == "passed" for item in self.items.values())
        lines = [
            INTRODUCTION,
            f"Date: {max(dates, default='never')}. Commit: `{self.commit}`. Passed: {passed} of {len(self.items)}.",
            "",
            "| proof | outcome | seconds | figures |",
            "|---|---|---:|---|",
        ]
        for says, rounds in self._by_proof().items():
            lines.append(
                f"| {says} | {_outcome(rounds)} | {sum(each['seconds'] for each in rounds):.0f} | {_figures(rounds)} |"
            )
        return "\n".join(lines) + "\n"

    def _by_proof(self) -> dict[str, list[dict[str, Any]]]:
        """The rounds of each proof, by what it says: one that runs with many parameters is one line."""
        proofs: dict[str, list[dict[str, Any]]] = {}
        for node_id, item in sorted(self.items.items()):
            proofs.setdefault(item["says"] or node_id.partition("[")[0], []).append(item)
        return proofs


def _outcome(rounds: list[dict[str, Any]]) -> str:
    passed = sum(each["outcome"] == "passed" for each in rounds)
    if len(rounds) == 1:
        return str(rounds[0]["outcome"])
    return "passed" if passed == len(rounds) else f"{passed} of {len(rounds)} passed"


def _figures(rounds: list[dict[str, Any]]) -> str:
    """The figures of all rounds, added up."""
    sums: dict[str, Any] = {"runs": len(rounds)} if len(rounds) > 1 else {}
    for each in rounds:
        for name, value in each["figures"].items():
            sums[name] = sums[name] + value if name in sums else value
    return ", ".join(f"{name} {value}" for name, value in sums.items())


NOTEBOOK = pytest.StashKey[Notebook]()


def commit() -> str:
    """The commit that is checked out, marked when anything but the page of proofs differs from it."""
    number = _git("rev-parse", "--short", "HEAD") or "unknown"
    changed = _git("status", "--porcelain", "--", ".", f":!{PAGE.relative_to(services.PROJECT)}")
    return f"{number}-changed" if changed else number


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=services.PROJECT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def name_of(node_id: str) -> str:
    """The test's own name: with several workers, that of its group stands behind it (`test_it[one]@group`)."""
    name, _, group = node_id.rpartition("@")
    return name if name and "]" not in group else node_id


# The pytest plugin: `-p dev.prove --proofs FILE`


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the notebook lies."""
    parser.addoption("--proofs", type=Path, required=True, help="the notebook of proofs")


def pytest_configure(config: pytest.Config) -> None:
    """Open the notebook; only the process that started the workers writes in it."""
    config.stash[NOTEBOOK] = Notebook(config.getoption("--proofs"), commit())
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(config.stash[NOTEBOOK]))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what has passed at this commit."""
    done = [item for item in items if config.stash[NOTEBOOK].has_passed(name_of(item.nodeid))]
    items[:] = [item for item in items if item not in done]
    config.hook.pytest_deselected(items=done)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say on the report what the proof is about: the process that reads it may not be the one that ran it."""
    report = yield
    doc = getattr(item, "function", None).__doc__ or ""
    report.says = doc.strip().partition("\n")[0].rstrip(".")  # type: ignore[attr-defined]
    return report


class Recorder:
    """Writes each proof down when its body has run, or could not."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one proof has ended."""
        if report.when == "call" or not report.passed:
            self.notebook.record(
                name_of(report.nodeid),
                says=report.says,
                outcome=report.outcome,
                seconds=round(report.duration, 1),
                figures=dict(report.user_properties),
                at=datetime.now(UTC).isoformat(timespec="seconds"),
            )


# The command


def main() -> None:
    """Run the proofs that do not stand yet and write the page; the exit code says whether all of them passed."""
    parser = argparse.ArgumentParser(prog="python -m dev.prove", description="Run the long proofs.")
    parser.add_argument(
        "--minutes", type=float, default=60, help="stop after this time; the next run goes on from there"
    )
    parser.add_argument("--again", action="store_true", help="run those too that passed at this commit")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    notes = services.data_home() / "prove" / "proofs.json"
    notes.parent.mkdir(parents=True, exist_ok=True)
    if chosen.again:
        notes.unlink(missing_ok=True)
    code = _run_pytest(notes, seconds=chosen.minutes * 60)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(Notebook(notes, commit()).as_page())
    print(f"Written: {PAGE.relative_to(services.PROJECT)}")
    sys.exit(code)


def _run_pytest(notes: Path, *, seconds: float) -> int:
    """Run pytest on the proofs for at most this long; return its exit code, 0 where nothing was left to do."""
    command = [sys.executable, "-m", "pytest", "-m", "prove", "-p", "dev.prove", f"--proofs={notes}", "--verbose"]
    command += [f"--numprocesses={WORKERS}", "--dist=loadgroup", "-o", f"faulthandler_timeout={ONE_PROOF_SECONDS}"]
    with subprocess.Popen(command, cwd=services.PROJECT) as pytest_run:
        try:
            code = pytest_run.wait(timeout=seconds)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            pytest_run.send_signal(signal.SIGINT)
            pytest_run.wait()
            print("Stopped before the end; `make prove` goes on from here.")
            return 1
    return 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else code


if __name__ == "__main__":
    main()
