"""Ends what its parent started when the parent is gone, however it went: even a kill leaves no server running.

    python dev/minder.py        (started by dev.processes; reads "+pid" and "-pid" lines until its input ends)

The input ends when the last process that could write to it has ended. Every session that was announced and not taken
back is killed then.
"""

import os
import signal
import sys


def main() -> None:
    """Take notes until the parent is gone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        if line.startswith("+"):
            sessions.add(pid)
        else:
            sessions.discard(pid)
    for session in sessions:
        try:
            os.killpg(session, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


if __name__ == "__main__":
    main()
