"""A mail server for tests and measurements: takes everything, says yes, and remembers the numbers of the mails.

    python -m dev.mail.sink        # prints its port; at the end of its input, how many it took and how many of them twice

Small and quick, so that what is measured or killed is the sender. The catcher beside it keeps mails to be read.
"""

from __future__ import annotations

import json
import re
import socketserver
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([0-9a-f-]{36})@", re.I | re.M)
Taken = Callable[["Sink", UUID], bytes | None]


def yes(sink: Sink, number: UUID) -> bytes | None:
    """The answer of a server that took the mail."""
    return b"250 2.0.0 taken\r\n"


def anybody(line: bytes) -> bytes:
    """The answer of a server that knows every recipient."""
    return b"250 2.1.5 ok\r\n"


@dataclass
class Sink:
    """The running server: each mail it took, in the order it came, by the number in its Message-ID; and what each held."""

    port: int = 0
    delivered: list[UUID] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    keeps_raw: bool = True
    answer: Taken = yes
    rcpt: Callable[[bytes], bytes] = anybody
    connections: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Session(socketserver.StreamRequestHandler):
    """One connection: as much of RFC 5321 as a client of ours needs."""

    def handle(self) -> None:
        """Speak until the other side has said goodbye, or is dead."""
        with suppress(ConnectionError):
            self._speak()

    def _speak(self) -> None:
        assert isinstance(self.server, _Server)
        sink = self.server.sink
        with sink.lock:
            sink.connections += 1
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                if not self._take(sink):
                    return
            elif verb == b"QUIT":
                self.wfile.write(b"221 2.0.0 bye\r\n")
                return
            else:
                self.wfile.write(sink.rcpt(line) if verb == b"RCPT" else b"250 2.0.0 ok\r\n")

    def _take(self, sink: Sink) -> bool:
        """Read one mail and answer; False where the server hangs up instead."""
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        raw = b"".join(lines)
        found = MESSAGE_ID.search(raw)
        assert found, "a mail without a Message-ID of ours"
        number = UUID(found[1].decode())
        with sink.lock:
            sink.delivered.append(number)
            sink.last_at = time.monotonic()
            sink.first_at = sink.first_at or sink.last_at
            if sink.keeps_raw:
                sink.raw.append(raw)
        answer = sink.answer(sink, number)
        if answer is None:
            return False
        self.wfile.write(answer)
        return True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    sink = Sink()


@contextmanager
def running() -> Iterator[Sink]:
    """A server on a free port of this machine, until the end of the block."""
    server = _Server(("127.0.0.1", 0), _Session)
    server.sink = Sink(port=int(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main() -> None:
    """Be a server until the input ends."""
    with running() as sink:
        sink.keeps_raw = False
        print(sink.port, flush=True)
        sys.stdin.read()
        times = Counter(sink.delivered)
        doubled = sum(count - 1 for count in times.values())
        seconds = sink.last_at - sink.first_at
        print(
            json.dumps({"taken": len(times), "doubled": doubled, "seconds": seconds, "connections": sink.connections})
        )


if __name__ == "__main__":
    main()
