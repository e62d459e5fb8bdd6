"""Starts programs side by side, knows whether they live and answer, and ends them all, their children included.

Each program runs in a session of its own with its output in a log file, so that a Ctrl-C in the terminal reaches only
us and we can end a whole program at once. Where we are killed ourselves, the minder (`dev/minder.py`) ends them.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import TextIO

from dev import machine
from dev.errors import Unavailable


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program to run: its name, its command line, and how to see that it is ready: it says so in its log, or answers."""

    name: str
    command: Sequence[str]
    says: str = ""
    answers: Callable[[], bool] | None = None


class Processes:
    """Programs running side by side; as a context manager it leaves none behind."""

    def __init__(self, *, logs: Path, environment: Mapping[str, str], folder: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self.logs = logs
        self.environment = dict(environment)
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._minder: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Processes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_all()

    def start(self, program: Program) -> None:
        """Start a program; its log begins anew. It appends, so that the log can be cut while it runs."""
        self.log(program.name).write_bytes(b"")
        with self.log(program.name).open("ab") as log:
            self._running[program.name] = subprocess.Popen(
                program.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._tell_minder(f"+{self._running[program.name].pid}")

    def start_all(self, programs: Sequence[Program]) -> None:
        """Start programs without waiting for them."""
        for program in programs:
            self.start(program)

    def wait_for_all(self, programs: Sequence[Program], *, seconds: float) -> None:
        """Wait until started programs are ready.

        Raises `Unavailable` with the end of the log of the one that ended or is late.
        """
        deadline = time.monotonic() + seconds
        for program in programs:
            self.wait_for(program, seconds=deadline - time.monotonic())

    def wait_for(self, program: Program, *, seconds: float) -> None:
        """Wait until a started program is ready."""
        machine.wait_until(lambda: not self.lives(program.name) or self._is_ready(program), seconds=seconds, every=0.1)
        if not (self.lives(program.name) and self._is_ready(program)):
            problem = "is not ready in time" if self.lives(program.name) else "ended while it was starting"
            log = self.log(program.name)
            raise Unavailable(f"{program.name} {problem}. The end of {log}:\n{machine.tail(log)}")

    def log(self, name: str) -> Path:
        """Where a program writes."""
        return self.logs / f"{name}.log"

    def lives(self, name: str) -> bool:
        """Whether a started program still runs."""
        return self._running[name].poll() is None

    def ended(self) -> str:
        """The name of a program that ended by itself; empty while all run."""
        return next((name for name in self._running if not self.lives(name)), "")

    def kill(self, name: str) -> None:
        """End a program and its children without a chance to tidy up, as a crash would."""
        process = self._running.pop(name)
        _signal_group(process.pid, signal.SIGKILL)
        self._finish(process, seconds=10)

    def stop(self, name: str, *, seconds: float = 10) -> None:
        """End a program: politely, and by force when it takes too long."""
        process = self._running.pop(name)
        if process.poll() is None:
            process.terminate()
        self._finish(process, seconds=seconds)

    def stop_all(self, *, seconds: float = 10) -> None:
        """End all programs at once, those that were started last first."""
        stopping = [process for _, process in reversed(self._running.items())]
        self._running.clear()
        for process in stopping:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + seconds
        for process in stopping:
            self._finish(process, seconds=max(0.0, deadline - time.monotonic()))
        if self._minder:
            self._minder.communicate()
            self._minder = None

    def _is_ready(self, program: Program) -> bool:
        said = program.says in self.log(program.name).read_text(errors="replace")
        return said and (program.answers is None or program.answers())

    def _finish(self, process: "subprocess.Popen[bytes]", *, seconds: float) -> None:
        """Wait for a program that was told to end, then kill what is left of its session."""
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        else:
            _signal_group(process.pid, signal.SIGKILL)
        self._tell_minder(f"-{process.pid}")

    def _tell_minder(self, line: str) -> None:
        """Let the minder know of a session that began or ended."""
        if self._minder is None:
            self._minder = subprocess.Popen(
                [sys.executable, "-I", "-S", Path(__file__).with_name("minder.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
        assert self._minder.stdin
        with contextlib.suppress(BrokenPipeError):  # somebody killed it; the programs do without
            self._minder.stdin.write(f"{line}\n")
            self._minder.stdin.flush()


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # nobody of the session is left; macOS says the second
        return


def answers_http(port: int, path: str) -> bool:
    """Whether a server on this port answers a GET with 200."""
    connection = HTTPConnection(machine.LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def listens(port: int) -> bool:
    """Whether something accepts connections on this port."""
    try:
        socket.create_connection((machine.LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def step(label: str, stream: TextIO = sys.stdout) -> Iterator[None]:
    """Say what is being done, and then how long it took."""
    began = time.monotonic()
    print(f"{label}... ", end="", file=stream, flush=True)
    try:
        yield
    except BaseException:
        print("no", file=stream, flush=True)
        raise
    print(f"{time.monotonic() - began:.1f} s", file=stream, flush=True)
