"""Tests that need a browser, on a machine that has none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.services import PROJECT

TESTS = """
def test_one(page): ...
def test_two(page): ...
def test_without(): ...
"""


def run(folder: Path, **environment: str) -> str:
    (folder / "test_pages.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser: needs Chromium\n    xdist_group: a group\n")
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import pytest; pytest.main()"]
    options = ("-p", "no:django", "-p", "no:hypothesispytest", "-p", "no:cacheprovider", "-p", "tests.browser", "-q")
    done = subprocess.run(
        [*command, *options],
        cwd=folder,
        env={**os.environ, "PATH": str(folder), "CHROME_PATH": "", "LOUPE_REQUIRE_BROWSER": "", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


@pytest.fixture(autouse=True)
def no_browser_elsewhere() -> None:
    if sys.platform == "darwin":
        pytest.skip("a Mac's browser stands at a fixed place")


def test_they_are_skipped_and_one_line_says_how_to_get_one(tmp_path: Path) -> None:
    said = run(tmp_path)
    assert said.count("2 browser tests skipped. Browser tests need Chromium: `apt-get install chromium`") == 1
    assert "1 passed, 2 skipped" in said


def test_they_fail_where_a_browser_is_required(tmp_path: Path) -> None:
    said = run(tmp_path, LOUPE_REQUIRE_BROWSER="1")
    assert "Browser tests need Chromium" in said
    assert "1 passed, 2 errors" in said
