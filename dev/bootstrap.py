"""Makes `.venv` from requirements.txt when it is missing or out of date, then runs a module of the project in it.

    python3 dev/bootstrap.py MODULE [ARGUMENTS...]

Standard library only, and readable by Python 3.7, so that an old one can say that it is too old. `uv` is used when it
is on the PATH, since it takes seconds where pip takes a minute; both check the hash of every package.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
REQUIREMENTS = PROJECT / "requirements.txt"
VENV = PROJECT / ".venv"
VENV_PYTHON = str(VENV / "bin" / "python")
STAMP = VENV / ".requirements.sha256"
OLDEST, NEWEST = (3, 11), (3, 13)


def main(arguments: list[str]) -> None:
    """Prepare the environment and become the module asked for."""
    if not arguments:
        sys.exit("usage: python3 dev/bootstrap.py MODULE [ARGUMENTS...]")
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        use_another_python()
    # Many programs start here, each of a thousand modules: what one has compiled, the next should find.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    prepare()
    os.chdir(PROJECT)
    os.execv(VENV_PYTHON, [VENV_PYTHON, "-m", *arguments])


def use_another_python() -> None:
    """Start again with a Python of the right age from the PATH, or say which one to install."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and runs(found):
            os.execv(found, [found, *sys.argv])
    have = ".".join(map(str, sys.version_info[:2]))
    sys.exit(f"Loupe needs Python 3.11, 3.12 or 3.13 and this is {have}; install one, or name it: make run PYTHON=...")


def prepare() -> None:
    """Create or update the virtual environment; one process at a time."""
    with REQUIREMENTS.open("rb") as requirements:
        fcntl.flock(requirements, fcntl.LOCK_EX)
        wanted = hashlib.sha256(requirements.read()).hexdigest()
        usable = runs(VENV_PYTHON)
        if usable and STAMP.exists() and STAMP.read_text() == wanted:
            return
        print("Installing the packages of requirements.txt into .venv: once, for a minute or two.", flush=True)
        if runs("uv"):
            install_with_uv(usable=usable)
        else:
            install_with_pip(usable=usable)
        STAMP.write_text(wanted)


def runs(program: str) -> bool:
    """Whether a program is there and starts."""
    try:
        return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def install_with_uv(*, usable: bool) -> None:
    """Install with uv; an environment that works is kept, one that does not is replaced."""
    if not usable:
        carry_out("uv", "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV))
    install = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", VENV_PYTHON]
    carry_out(*install, "--require-hashes", "-r", str(REQUIREMENTS))


def install_with_pip(*, usable: bool) -> None:
    """Install with the standard library's venv and pip; an environment that works is kept."""
    if not usable:
        carry_out(sys.executable, "-m", "venv", "--clear", str(VENV))
    pip = [VENV_PYTHON, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        carry_out(VENV_PYTHON, "-m", "ensurepip")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    carry_out(*pip, "install", *quiet, "--require-hashes", "-r", str(REQUIREMENTS))


def carry_out(*command: str) -> None:
    """Run one step of the set-up; where it fails, its own message stands above ours."""
    if subprocess.run(command, check=False).returncode:
        sys.exit(
            f"Setting up .venv failed at `{' '.join(command[:4])}`. Debian and Ubuntu keep what venv needs in the "
            "package python3-venv; with uv on the PATH it is not needed."
        )


if __name__ == "__main__":
    main(sys.argv[1:])
