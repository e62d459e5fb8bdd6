"""Advisory file locks that the kernel lets go of when their process ends, however it ends."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from dev.errors import Unavailable


class FileLock:
    """An exclusive lock on a file, waited for, but not for ever."""

    def __init__(self, path: Path, *, seconds: float = 120) -> None:
        self.path = path
        self.seconds = seconds
        self._fd = -1

    def __enter__(self) -> "FileLock":
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + self.seconds
        while not try_exclusive(self._fd):
            if time.monotonic() > deadline:
                os.close(self._fd)
                raise Unavailable(f"Another process has held {self.path} for {self.seconds:.0f} seconds; end it first.")
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)


def try_exclusive(fd: int) -> bool:
    """Take the exclusive lock if nobody else holds one; say whether it worked."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def occupy(path: Path) -> int:
    """Hold a file as its only process, with our process id in it; return the descriptor to close, or -1 if it is held."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not try_exclusive(fd):
        os.close(fd)
        return -1
    sign(fd, os.getpid())
    return fd


def sign(fd: int, pid: int) -> None:
    """Write into an occupied file whose it is: ours, or a child's that inherited it."""
    os.ftruncate(fd, 0)
    os.pwrite(fd, str(pid).encode(), 0)


def occupant(path: Path) -> int:
    """The id of the process that occupies a file, 0 if none does: the held lock proves that the number is still its own."""
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return 0
    try:
        return 0 if try_exclusive(fd) else int(os.read(fd, 20) or 0)
    finally:
        os.close(fd)


def share(fd: int) -> None:
    """Take a shared lock, waiting for whoever holds it exclusively."""
    fcntl.flock(fd, fcntl.LOCK_SH)


def release(fd: int) -> None:
    """Let go of a lock without closing the file."""
    fcntl.flock(fd, fcntl.LOCK_UN)
