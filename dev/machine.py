"""Small questions to the operating system: free ports, living processes, who may read what, files that hold secrets."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(remembered: int = 0) -> int:
    """The remembered loopback port while it is free, else any free one."""
    if remembered and is_free(remembered):
        return remembered
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def command_of(pid: int) -> str:
    """The command line of a living process; empty for one that is gone or a zombie."""
    if pid <= 0:
        return ""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    listing = subprocess.run(
        ["ps", "-ww", "-o", "stat=", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    status, _, command = listing.stdout.strip().partition(" ")
    return "" if status.startswith("Z") else command.strip()


def wait_until(true: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Ask again and again until the answer is yes (True) or the time is up (False)."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def end_process(pid: int, *, mark: str, seconds: float = 10) -> None:
    """Terminate a process whose command line still contains `mark`; kill it when it does not listen in time."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if mark not in command_of(pid):
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(lambda: mark not in command_of(pid), seconds=seconds):
            return


def open_to_others(path: Path) -> bool:
    """Whether any user of the machine may reach this file or folder."""
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; an empty one when the file is missing or half written."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def write_json(path: Path, value: Mapping[str, object] | Mapping[int, object]) -> None:
    """Write a JSON file that only its owner may read."""
    write_private(path, json.dumps(value, indent=2) + "\n")


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
