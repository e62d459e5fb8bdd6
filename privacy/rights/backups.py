"""Backups: the database every hour and the files once a day, sealed, in a folder of their own, and gone when their days are over.

How old one may get is `LOUPE_BACKUP_DAYS`, the very number that every certificate of erasure states. Of the last day all are
kept, of every day before it the first. A backup of a database is what `pg_dump` writes (custom format), sealed like a copy
(`ground.sealed_files`): nobody reads it without the sealing keys, which are kept elsewhere. `docs/restore.md` has the way back.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Final, cast

from django.conf import settings
from django.db import connection

from privacy.ground import logs, sealed_files
from privacy.rights.locks import only_one

log = logging.getLogger(__name__)

NAME: Final = re.compile(r"loupe-(\d{8}T\d{6})Z\.(dump|media\.tar)\.sealed")
STAMP: Final = "%Y%m%dT%H%M%S"
DATABASE: Final = "dump"
FILES: Final = "media.tar"
EVERY: Final = timedelta(days=1)  # of the last day each backup is kept
EARLY: Final = timedelta(hours=2)  # before its days are over a backup goes, so that a late run is in time all the same
MISSED_AFTER: Final = timedelta(hours=3)
PIECE: Final = 1 << 20
BY_LIBPQ: Final = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
"""How libpq is told what Django knows: by the environment, since a command line can be read by everybody on the machine."""


class Unavailable(Exception):
    """No backup could be made; the message says why."""


class Running(Exception):
    """Another backup is being made."""


@dataclass(frozen=True)
class Backup:
    """One sealed file: of what, and when it was begun."""

    path: Path
    kind: str
    made_at: datetime


def are_on() -> bool:
    """Whether this shop makes its own backups."""
    return settings.LOUPE_BACKUPS is not None


def folder() -> Path:
    """Where they lie; closed to everybody else."""
    there = Path(settings.LOUPE_BACKUPS or settings.LOUPE_HOME / "backups")
    there.mkdir(mode=0o700, parents=True, exist_ok=True)
    return there


def every() -> list[Backup]:
    """Every backup there is, the oldest first."""
    return sorted((each for path in folder().iterdir() if (each := _named(path))), key=lambda each: each.made_at)


def run(*, at: datetime) -> list[Backup]:
    """Make a backup, then let go of those whose days are over. Returns what was made. Raises `Unavailable`, `Running`."""
    with only_one("backup", "run") as mine:
        if not mine:
            raise Running("another backup is being made")
        is_first_of_day = not any(each.kind == FILES and _day(each.made_at) == _day(at) for each in every())
        made = [_make(DATABASE, _dump, at=at)]
        if is_first_of_day:
            made.append(_make(FILES, _pack, at=at))
        thin_out(at=at)
    return made


def thin_out(*, at: datetime) -> int:
    """Delete the backups that are too old, and of every day before the last all but the first. Returns how many went."""
    found = every()
    staying = _staying(found, at)
    going = [each for each in found if each not in staying]
    for each in going:
        each.path.unlink(missing_ok=True)
    return len(going)


def read(backup: Backup) -> Iterator[bytes]:
    """What was backed up, piece by piece. Raises `sealed_files.Damaged`, `sealed.Unreadable`."""
    with sealed_files.open(backup.path) as pieces:
        yield from pieces


def find(name: str) -> Backup | None:
    """The backup of that file name."""
    return next((each for each in every() if each.path.name == name), None)


def amiss(at: datetime) -> int:
    """How many things are not as they should be: backups past their days, and none in the last hours where some are made."""
    found = every()
    old = sum(at - each.made_at > _days() for each in found)
    last = max((each.made_at for each in found if each.kind == DATABASE), default=None)
    is_missed = last is None or at - last > MISSED_AFTER
    return old + (is_missed and are_on())


def _make(kind: str, fill: Callable[[IO[bytes]], None], *, at: datetime) -> Backup:
    path = folder() / f"loupe-{at.astimezone(UTC):{STAMP}}Z.{kind}.sealed"
    with sealed_files.create(path) as file:
        fill(cast(IO[bytes], file))
    log.info("backup.made", extra={"file": path.name, "size": file.size})
    return Backup(path, kind, at)


def _dump(into: IO[bytes]) -> None:
    """The database as `pg_dump` sees it at one moment."""
    told = connection.settings_dict
    known = {BY_LIBPQ[name]: str(told[name]) for name in BY_LIBPQ if told.get(name)}
    if mode := told.get("OPTIONS", {}).get("sslmode"):
        known["PGSSLMODE"] = str(mode)
    command = [settings.LOUPE_PG_DUMP, "--format=custom", "--no-owner", "--no-password"]
    with tempfile.TemporaryFile() as said:
        try:
            dump = subprocess.Popen(command, env={**os.environ, **known}, stdout=subprocess.PIPE, stderr=said)  # noqa: S603 - named by the operator
        except OSError as problem:
            raise Unavailable(f"{command[0]} does not run: {problem.strerror}")
        with dump:
            assert dump.stdout
            shutil.copyfileobj(dump.stdout, into, PIECE)
        said.seek(0)
        words = logs.masked(said.read(300).decode(errors="replace").strip())
    if dump.returncode:
        raise Unavailable(f"pg_dump ended with {dump.returncode}: {words}")


def _pack(into: IO[bytes]) -> None:
    """The files that people uploaded, as a tar."""
    root = Path(settings.MEDIA_ROOT)
    with tarfile.open(fileobj=into, mode="w|") as tar:
        if root.is_dir():
            tar.add(root, arcname="media")


def _staying(found: list[Backup], at: datetime) -> set[Backup]:
    young = [each for each in found if at - each.made_at < _days() - EARLY]
    firsts: dict[tuple[str, str], Backup] = {}
    for each in young:
        firsts.setdefault((each.kind, _day(each.made_at)), each)
    return {each for each in young if at - each.made_at < EVERY} | set(firsts.values())


def _days() -> timedelta:
    return timedelta(days=settings.LOUPE_BACKUP_DAYS)


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _named(path: Path) -> Backup | None:
    found = NAME.fullmatch(path.name)
    return Backup(path, found[2], datetime.strptime(found[1], STAMP).replace(tzinfo=UTC)) if found else None
