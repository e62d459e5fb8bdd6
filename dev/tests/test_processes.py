"""Programs side by side: waited for, explained when they fail, and ended with their children."""

import os
import sys
from pathlib import Path

import pytest

from dev import machine
from dev.errors import Unavailable
from dev.processes import Processes, Program

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("child", child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", os.getpid(), flush=True)
time.sleep(60)
"""


def program(name: str, code: str, *, says: str = "") -> Program:
    return Program(name=name, command=(sys.executable, "-c", code), says=says)


@pytest.fixture
def side_by_side(tmp_path: Path) -> Processes:
    return Processes(logs=tmp_path / "logs", environment=os.environ, folder=tmp_path)


def test_ending_a_program_ends_its_children(side_by_side: Processes) -> None:
    with side_by_side:
        parent = program("parent", PARENT, says="child")
        side_by_side.start_all([parent])
        side_by_side.wait_for_all([parent], seconds=20)
        child = int(side_by_side.log("parent").read_text().split()[1])
        assert machine.command_of(child)
    assert machine.wait_until(lambda: not machine.command_of(child), seconds=5)


def test_a_program_that_does_not_listen_is_killed(side_by_side: Processes) -> None:
    deaf = program("deaf", STUBBORN, says="deaf")
    side_by_side.start(deaf)
    side_by_side.wait_for(deaf, seconds=20)
    pid = int(side_by_side.log("deaf").read_text().split()[1])
    side_by_side.stop_all(seconds=0.5)
    assert not machine.command_of(pid)


def test_a_start_that_fails_shows_the_end_of_the_log(side_by_side: Processes) -> None:
    broken = program("web", "raise SystemExit('PORT must be a number.')", says="ready")
    side_by_side.start_all([broken])
    with (
        side_by_side,
        pytest.raises(Unavailable, match=r"(?s)web ended while it was starting.*PORT must be a number\."),
    ):
        side_by_side.wait_for_all([broken], seconds=20)


def test_a_start_that_takes_too_long_is_given_up(side_by_side: Processes) -> None:
    slow = program("slow", "import time; time.sleep(60)", says="ready")
    side_by_side.start_all([slow])
    with side_by_side, pytest.raises(Unavailable, match="slow is not ready in time"):
        side_by_side.wait_for_all([slow], seconds=0.3)


def test_the_first_program_that_ends_by_itself_is_named(side_by_side: Processes) -> None:
    with side_by_side:
        side_by_side.start(program("lasting", "import time; time.sleep(60)"))
        assert side_by_side.ended() == ""
        side_by_side.start(program("brief", "pass"))
        assert machine.wait_until(lambda: side_by_side.ended() == "brief", seconds=20)


def test_a_process_is_only_ended_under_its_own_name(side_by_side: Processes) -> None:
    lasting = program("lasting", "import os, time; print('up', os.getpid(), flush=True); time.sleep(60)", says="up")
    with side_by_side:
        side_by_side.start(lasting)
        side_by_side.wait_for(lasting, seconds=20)
        pid = int(side_by_side.log("lasting").read_text().split()[1])
        machine.end_process(pid, mark="another program", seconds=0.2)
        assert side_by_side.lives("lasting")
        machine.end_process(pid, mark="print('up'")
        assert machine.wait_until(lambda: not side_by_side.lives("lasting"), seconds=20, every=0.05)
