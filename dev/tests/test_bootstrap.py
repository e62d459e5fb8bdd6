"""The set-up of `.venv`: what is asked of pip and uv, and when nothing is; a real install takes minutes and runs in CI."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from dev import bootstrap
from dev.services import PROJECT

SCRIPT = PROJECT / "dev" / "bootstrap.py"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an empty list of requirements and a `.venv` that is the one we run in."""
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    monkeypatch.setattr(bootstrap, "PROJECT", tmp_path)
    monkeypatch.setattr(bootstrap, "REQUIREMENTS", tmp_path / "requirements.txt")
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "VENV_PYTHON", str(venv / "bin" / "python"))
    monkeypatch.setattr(bootstrap, "STAMP", venv / ".requirements.sha256")
    return tmp_path


@pytest.fixture
def carried_out(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The commands the set-up would carry out."""
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(bootstrap, "carry_out", lambda *command: commands.append(command))
    return commands


def test_packages_are_installed_again_only_when_the_list_changed(
    project: Path, carried_out: list[tuple[str, ...]]
) -> None:
    bootstrap.prepare()
    assert len(carried_out) == 1
    bootstrap.prepare()
    assert len(carried_out) == 1
    (project / "requirements.txt").write_text("# something\n")
    bootstrap.prepare()
    assert len(carried_out) == 2
    assert bootstrap.STAMP.read_text() == hashlib.sha256(b"# something\n").hexdigest()


def test_every_package_is_checked_against_its_hash(project: Path, carried_out: list[tuple[str, ...]]) -> None:
    bootstrap.install_with_uv(usable=True)
    bootstrap.install_with_pip(usable=True)
    installs = [command for command in carried_out if "install" in command]
    assert len(installs) == 2
    for command in installs:
        assert command[-3:] == ("--require-hashes", "-r", str(project / "requirements.txt"))


def test_an_environment_whose_python_is_gone_is_made_anew(
    project: Path, carried_out: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "runs", lambda program: False)
    bootstrap.prepare()
    assert carried_out[0] == (sys.executable, "-m", "venv", "--clear", str(project / ".venv"))


def test_a_failed_step_ends_the_set_up_and_leaves_no_stamp(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "install_with_uv", lambda usable: bootstrap.carry_out("false"))
    monkeypatch.setattr(bootstrap, "install_with_pip", lambda usable: bootstrap.carry_out("false"))
    with pytest.raises(SystemExit, match=r"Setting up \.venv failed at `false`"):
        bootstrap.prepare()
    assert not bootstrap.STAMP.exists()


def test_a_python_of_the_wrong_age_is_told_which_ones_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11, 3\.12 or 3\.13 and this is 3\.\d+; install one"):
        bootstrap.use_another_python()


def test_it_imports_nothing_but_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT)], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stderr == "usage: python3 dev/bootstrap.py MODULE [ARGUMENTS...]\n"
