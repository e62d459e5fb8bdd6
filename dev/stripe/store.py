"""Where the server keeps what it knows: one SQLite file, so that a restart, or a kill, loses nothing.

Objects are JSON by id; each may carry notes, facts of ours that Stripe's object does not show (a session's line items).
Every change happens inside ``transaction()``, one at a time.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    body TEXT NOT NULL, notes TEXT NOT NULL DEFAULT '{}');
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, number);
CREATE INDEX IF NOT EXISTS open_sessions ON objects (json_extract(body, '$.expires_at'))
    WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open';
CREATE TABLE IF NOT EXISTS answers (
    idempotency_key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, path TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL, request_id TEXT NOT NULL, created INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (created);
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL, state TEXT NOT NULL DEFAULT 'waiting', last_answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (state, due);
"""


@dataclass(frozen=True)
class Answer:
    """What an idempotency key was answered with."""

    fingerprint: str
    path: str
    status: int
    body: Json
    request_id: str
    created: int


@dataclass(frozen=True)
class Delivery:
    """One event on its way to the shop's webhook."""

    number: int
    event: str
    attempts: int
    due: float
    state: str
    last_answer: str


class Store:
    """The state file. Safe to use from many threads: one of them at a time."""

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else in between; an inner one joins the outer one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def _run(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    # objects

    def save(self, body: Json, *, notes: Json | None = None) -> Json:
        """Insert or replace an object by its id; its notes stay unless new ones are given."""
        self._run(
            "INSERT INTO objects (id, kind, body, notes) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body, notes = iif(?, excluded.notes, notes)",
            body["id"],
            body["object"],
            json.dumps(body),
            json.dumps(notes or {}),
            notes is not None,
        )
        return body

    def get(self, ident: str, *, kind: str | None = None) -> Json | None:
        rows = self._run("SELECT body, kind FROM objects WHERE id = ?", ident)
        if not rows or (kind and rows[0][1] != kind):
            return None
        return _loaded(rows[0][0])

    def notes(self, ident: str) -> Json:
        rows = self._run("SELECT notes FROM objects WHERE id = ?", ident)
        return _loaded(rows[0][0]) if rows else {}

    def newest_first(self, kind: str, where: Mapping[str, object] | None = None) -> list[Json]:
        """All objects of a kind whose fields have these values."""
        wanted = dict(where or {})
        clauses = "".join(" AND json_extract(body, ?) = ?" for _ in wanted)
        values = [value for name, wish in wanted.items() for value in (f"$.{name}", wish)]
        sql = f"SELECT body FROM objects WHERE kind = ?{clauses} ORDER BY number DESC"
        return [_loaded(row[0]) for row in self._run(sql, kind, *values)]

    def overdue_sessions(self, *, at: int) -> list[str]:
        """The ids of open sessions whose time has come."""
        rows = self._run(
            "SELECT id FROM objects WHERE kind = 'checkout.session' AND json_extract(body, '$.status') = 'open'"
            " AND json_extract(body, '$.expires_at') <= ?",
            at,
        )
        return [str(row[0]) for row in rows]

    # answers to idempotency keys

    def answer_to(self, key: str) -> Answer | None:
        rows = self._run(
            "SELECT fingerprint, path, status, body, request_id, created FROM answers WHERE idempotency_key = ?", key
        )
        if not rows:
            return None
        fingerprint, path, status, body, request_id, created = rows[0]
        return Answer(fingerprint, path, status, _loaded(body), request_id, created)

    def keep_answer(self, key: str, answer: Answer) -> None:
        self._run(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            key,
            answer.fingerprint,
            answer.path,
            answer.status,
            json.dumps(answer.body),
            answer.request_id,
            answer.created,
        )

    def forget_answers(self, *, before: int) -> None:
        self._run("DELETE FROM answers WHERE created < ?", before)

    # deliveries

    def post(self, event: str, *, due: float) -> None:
        self._run("INSERT INTO deliveries (event, due) VALUES (?, ?)", event, due)

    def waiting(self) -> list[Delivery]:
        """What is still to be delivered, soonest first."""
        return self._deliveries("WHERE state = 'waiting' ORDER BY due")

    def deliveries(self) -> list[Delivery]:
        return self._deliveries("ORDER BY number")

    def _deliveries(self, clause: str) -> list[Delivery]:
        rows = self._run(f"SELECT number, event, attempts, due, state, last_answer FROM deliveries {clause}")
        return [Delivery(*row) for row in rows]

    def update_delivery(self, number: int, *, attempts: int, due: float, state: str, last_answer: str) -> None:
        self._run(
            "UPDATE deliveries SET attempts = ?, due = ?, state = ?, last_answer = ? WHERE number = ?",
            attempts,
            due,
            state,
            last_answer,
            number,
        )


def _loaded(text: str) -> Json:
    body = json.loads(text)
    assert isinstance(body, dict)
    return body
