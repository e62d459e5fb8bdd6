"""The runner of the long proofs: what it writes down, and that it goes on where it stopped."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dev import prove
from dev.services import PROJECT

PROOFS = '''
from pathlib import Path

import pytest

def test_kept(record_property):
    """Every step survives a kill."""
    record_property("rounds", 200)
    with Path("ran").open("a") as ran:
        ran.write("kept ")

@pytest.mark.xdist_group("the broken")
def test_broken():
    """Nothing is lost."""
    with Path("ran").open("a") as ran:
        ran.write("broken ")
    assert Path("mended").exists()
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small project with two proofs, one of which fails until it is mended."""
    (tmp_path / "test_proofs.py").write_text(PROOFS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def run(folder: Path, *more: str) -> int:
    options = (
        *more,
        "-p",
        "no:django",
        "-p",
        "no:hypothesispytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "dev.prove",
        "--proofs=proofs.json",
        "-q",
    )
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import pytest; pytest.main()"]
    done = subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert not done.stderr, done.stderr
    return len((folder / "ran").read_text().split())


def test_what_passed_is_not_run_again_and_what_failed_is(folder: Path) -> None:
    assert run(folder) == 2
    assert run(folder) == 3
    (folder / "mended").touch()
    assert run(folder) == 4
    assert run(folder) == 4
    assert (folder / "ran").read_text() == "kept broken broken broken "


def test_several_workers_write_one_notebook(folder: Path) -> None:
    two = ("--numprocesses=2", "--dist=loadgroup")
    assert run(folder, *two) == 2
    assert run(folder, *two) == 3
    notebook = prove.Notebook(folder / "proofs.json", prove.commit())
    kept = notebook.items["test_proofs.py::test_kept"]
    assert (kept["outcome"], kept["says"], kept["figures"]) == ("passed", "Every step survives a kill", {"rounds": 200})
    assert notebook.items["test_proofs.py::test_broken"]["outcome"] == "failed"
    assert len(notebook.items) == 2


def test_another_commit_has_to_be_proved_anew(folder: Path) -> None:
    run(folder)
    notes = folder / "proofs.json"
    notes.write_text(json.dumps({**json.loads(notes.read_text()), "commit": "another"}))
    assert run(folder) == 4


def test_the_page_shows_what_was_shown_and_with_which_figures(folder: Path) -> None:
    run(folder)
    page = prove.Notebook(folder / "proofs.json", prove.commit()).as_page()
    assert f"Commit: `{prove.commit()}`. Passed: 1 of 2." in page
    rows = [line for line in page.splitlines() if line.startswith("| ")][1:]
    assert rows == ["| Nothing is lost | failed | 0 |  |", "| Every step survives a kill | passed | 0 | rounds 200 |"]


def test_a_proof_of_many_rounds_is_one_line_with_its_figures_added_up(folder: Path) -> None:
    notebook = prove.Notebook(folder / "proofs.json", prove.commit())
    facts = {"says": "", "seconds": 2.4, "at": "2026-11-22T12:00:00"}
    notebook.record("test_kills.py::test_every[0]", outcome="passed", figures={"kills": 3}, **facts)
    notebook.record("test_kills.py::test_every[1]", outcome="passed", figures={"kills": 4}, **facts)
    notebook.record("test_rest.py::test_a[0]", outcome="passed", figures={}, **facts)
    notebook.record("test_rest.py::test_a[1]", outcome="failed", figures={}, **facts)
    rows = [line for line in notebook.as_page().splitlines() if line.startswith("| test")]
    assert rows == [
        "| test_kills.py::test_every | passed | 5 | runs 2, kills 7 |",
        "| test_rest.py::test_a | 1 of 2 passed | 5 | runs 2 |",
    ]
