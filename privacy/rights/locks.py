"""One worker at a time for one request.

A Postgres advisory lock of the connection: a worker that is killed gives it back by dying. It spares work; what keeps
rows right is the lock each step takes in its own transactions, so a pooler that breaks session locks breaks nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connection


def take_turns(what: str, about: UUID | str) -> None:
    """Wait until no other transaction is at this, and keep others waiting until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_number(what, about)])


@contextmanager
def only_one(what: str, about: UUID | str) -> Iterator[bool]:
    """Yields whether this connection got the lock; never waits."""
    number = _number(what, about)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def _number(what: str, about: UUID | str) -> int:
    return int.from_bytes(hashlib.sha256(f"{what}:{about}".encode()).digest()[:8], signed=True)
