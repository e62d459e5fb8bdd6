"""A guard on the sockets of a test: an adapter that connects before it has written down what it gives away is refused.

`with socket_guard.watching({("127.0.0.1", 4711): "stripe"}) as guard:` refuses every connection to such an address for which the
processor has no row of its own, and every connection to an address that nobody named, but for the shop's own database and broker.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from django.conf import settings

from privacy.models import Disclosure

Address = tuple[str, int]


class Undisclosed(AssertionError):
    """An adapter connected, and no row says that it gives anything to anybody."""


@dataclass
class Guard:
    """What was allowed to connect where, and how many rows each processor had before."""

    processors: Mapping[Address, str]
    but_for: Collection[Address]
    before: Mapping[str, int]
    connections: Counter[str] = field(default_factory=Counter)

    def look(self, address: Any) -> None:
        """Let a connection pass, or raise `Undisclosed`."""
        if not isinstance(address, tuple) or tuple(address[:2]) in {*_our_own(), *self.but_for}:
            return
        processor = self.processors.get((str(address[0]), int(address[1])))
        if processor is None:
            raise Undisclosed(f"a connection to {address[0]}:{address[1]}, which no adapter is known by")
        if rows(processor) - self.before[processor] <= self.connections[processor]:
            raise Undisclosed(f"a connection to {processor} without a row of its own")
        self.connections[processor] += 1


def rows(processor: str) -> int:
    """How many calls of the processor's adapter are written down."""
    return Disclosure.objects.filter(processor=processor).count()


@contextmanager
def watching(processors: Mapping[Address, str], *, but_for: Collection[Address] = ()) -> Iterator[Guard]:
    """Watch every connection that this process makes through Python's sockets, but for those of the test itself."""
    guard = Guard(processors, but_for, {slug: rows(slug) for slug in processors.values()})
    connect = socket.socket.connect

    def looked_at(self: socket.socket, address: Any) -> None:
        try:
            guard.look(address)
        except Undisclosed:
            self.close()
            raise
        connect(self, address)

    with mock.patch.object(socket.socket, "connect", looked_at):
        yield guard


def _our_own() -> set[Address]:
    places = [urlsplit(settings.REDIS_URL)]
    own = {(str(each.hostname), each.port or 0) for each in places}
    database = settings.DATABASES["default"]
    return own | {(str(database["HOST"]), int(database["PORT"] or 0))}
