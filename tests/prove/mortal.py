"""A worker that can be killed at any instant, as often as one likes: a process that has loaded Django and forks for each life.

    python -m tests.prove.mortal        # one order a line on the standard input, one outcome a line on the standard output

Each life works on a database and in a folder of its own and counts the boundaries it crosses: before every commit, every file
that comes or goes, every word to a processor, behind every statement that commits itself, and at the end. What lies between two of
them changes nothing that outlives the process. Told to die at one, it sends itself SIGKILL there: nothing of ours runs afterwards.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zipfile import ZipFile

import django

NEVER: Final = -1
READS: Final = ("SELECT", "SET", "SHOW", "DECLARE", "FETCH", "CLOSE")


@dataclass(frozen=True)
class Life:
    """What one life is for."""

    verb: str
    database: str
    home: str
    ledger: str
    at: str
    request: str = ""
    die_at: int = NEVER
    batch: int = 3
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How it ended: the signal as a negative number, else what the verb answered and the boundaries that were crossed."""

    returned: int
    boundaries: list[str] = field(default_factory=list)
    answer: Any = None
    error: str = ""


class Mortality:
    """Counts boundaries, and ends this process at one of them."""

    def __init__(self, die_at: int) -> None:
        self.die_at = die_at
        self.crossed: list[str] = []

    def cross(self, name: str) -> None:
        """Go on to the next boundary, or no further."""
        if len(self.crossed) == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.crossed.append(name)

    def before(self, owner: Any, name: str) -> None:
        """Make a boundary before whatever *name* of *owner* does."""
        verb = getattr(owner, name)

        @functools.wraps(verb)
        def mortal(*args: Any, **kwargs: Any) -> Any:
            self.cross(f"before {name}")
            return verb(*args, **kwargs)

        setattr(owner, name, mortal)

    def statement(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Django's wrapper around a statement: outside a transaction it commits itself."""
        outcome = execute(sql, params, many, context)
        if not context["connection"].in_atomic_block and not str(sql).lstrip("( ").upper().startswith(READS):
            self.cross("after a statement that commits itself")
        return outcome


def _live(life: Life) -> tuple[Any, list[str]]:
    """Do what a life is for, in this process."""
    from django.conf import settings
    from django.core.files.storage import FileSystemStorage
    from django.db import connection
    from django.db.backends.base.base import BaseDatabaseWrapper

    from privacy.ground import sealed_files
    from privacy.proof import ledger
    from privacy.rights import archive, disposal, erasure

    connection.settings_dict["NAME"] = life.database
    settings.LOUPE_HOME, settings.LOUPE_LEDGER = Path(life.home), Path(life.ledger)
    for name, value in life.settings.items():
        setattr(settings, name, value)
    disposal.BATCH = life.batch  # type: ignore[misc]
    mortality = Mortality(life.die_at)
    for owner, name in (
        (BaseDatabaseWrapper, "_commit"),
        (FileSystemStorage, "delete"),
        (Path, "unlink"),
        (ledger, "write_erasure"),
        (erasure, "_ask_processor"),
        (archive.Archive, "entry"),
        (archive.Spools, "add"),
        (sealed_files.Writer, "commit"),
    ):
        mortality.before(owner, name)
    connection.execute_wrappers.append(mortality.statement)
    answer = VERBS[life.verb](life, datetime.fromisoformat(life.at))
    mortality.cross("the end")
    connection.close()
    return answer, mortality.crossed


def _carry_out(life: Life, at: datetime) -> None:
    from privacy.rights import acts

    acts.carry_out(UUID(life.request), by="system:worker", at=at)


def _sweep(life: Life, at: datetime) -> int:
    from privacy.rights import acts

    return acts.sweep(by="system:sweep", at=at)


def _retain(life: Life, at: datetime) -> None:
    from privacy.rights import retention

    retention.run(apply=True, by="system:retention", at=at)


def _sweep_packages(life: Life, at: datetime) -> int:
    from privacy.rights import packages

    return packages.sweep(by="system:sweep", at=at)


def _look(life: Life, at: datetime) -> dict[str, Any]:
    """Everything a run may leave otherwise than another: rows by table, events by kind, steps, requests, mails, files."""
    from django.db import connection

    from privacy.messages.models import Message
    from privacy.models import AuditEvent
    from privacy.rights.models import DataRequest, ErasureStep, ExportPackage

    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows: dict[str, list[str]] = {}
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows[table] = [text for (text,) in cursor.fetchall()]
    events = AuditEvent.objects.exclude(event="retention.ran").values_list("event", "object_ref")
    return {
        "counts": {table: len(texts) for table, texts in rows.items() if table != "privacy_auditevent"},
        "texts": sorted(text for texts in rows.values() for text in texts),
        "events": sorted([event, ref if event == "retention.ended" else ""] for event, ref in events),
        "steps": sorted(
            map(list, ErasureStep.objects.values_list("target", "state", "planned", "affected", "blocker"))
        ),
        "requests": sorted(map(list, DataRequest.objects.values_list("kind", "state"))),
        "mails": sorted(Message.objects.values_list("kind", flat=True)),
        "packages": sorted(ExportPackage.objects.filter(removed_at=None).values_list("file_name", flat=True)),
        "copies": [_entries(package) for package in ExportPackage.objects.filter(removed_at=None)],
    }


def _entries(package: Any) -> list[str]:
    """The names in a copy, every byte of which could be read."""
    from privacy.ground import sealed_files
    from privacy.rights import packages

    with sealed_files.open(packages.file_of(package)) as pieces, ZipFile(BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        return sorted(archive.namelist())


VERBS: Final[dict[str, Callable[[Life, datetime], Any]]] = {
    "carry_out": _carry_out,
    "sweep": _sweep,
    "retain": _retain,
    "sweep_packages": _sweep_packages,
    "look": _look,
}


def _fork(life: Life) -> Outcome:
    """One life in a process of its own, and what became of it."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(here)
        with os.fdopen(there, "w") as told:
            try:
                answer, crossed = _live(life)
                json.dump(asdict(Outcome(0, crossed, answer)), told)
            except BaseException:  # noqa: BLE001 - whatever it was, the other side has to hear of it
                json.dump(asdict(Outcome(1, error=traceback.format_exc())), told)
        os._exit(0)
    os.close(there)
    with os.fdopen(here) as heard:
        said = heard.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return Outcome(-os.WTERMSIG(status))
    return Outcome(**json.loads(said))


def main() -> None:
    """Live as often as told."""
    django.setup()
    import_module("privacy.rights.requests")  # here, and not in every life anew
    for line in sys.stdin:
        print(json.dumps(asdict(_fork(Life(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
