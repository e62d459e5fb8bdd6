"""A mail server of a test: takes everything, says yes, and remembers the numbers of the mails; or does what it is told to.

Small and quick, so that what is measured or killed is the sender. Not a catcher: `dev.mail` keeps mails to be read.
"""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([0-9a-f-]{36})@", re.I | re.M)
Taken = Callable[["Sink", UUID], bytes | None]


def yes(sink: Sink, number: UUID) -> bytes | None:
    """The answer of a server that took the mail."""
    return b"250 2.0.0 taken\r\n"


@dataclass
class Sink:
    """The running server: each mail it took, in the order it came, by the number in its Message-ID; and what each held."""

    port: int = 0
    delivered: list[UUID] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    keeps_raw: bool = True
    answer: Taken = yes
    rcpt: Callable[[bytes], bytes] = lambda line: b"250 2.1.5 ok\r\n"
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Session(socketserver.StreamRequestHandler):
    """One connection: as much of RFC 5321 as a client of ours needs."""

    def handle(self) -> None:
        sink: Sink = self.server.sink  # type: ignore[attr-defined]
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


@contextmanager
def running() -> Iterator[Sink]:
    """A server on a free port of this machine, until the end of the block."""
    server = _Server(("127.0.0.1", 0), _Session)
    server.sink = Sink(port=server.server_address[1])  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.sink  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
