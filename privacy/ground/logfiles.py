"""Log files of the programs on this machine: cut once a day, so that what is past its time can go by the file.

The launcher's programs, PostgreSQL and Valkey write under `LOUPE_HOME`. Where a supervisor keeps the logs instead, its own rotation
has to know the same number of days (`docs/operations.md`).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

FOLDERS: Final = ("logs", "postgres", "valkey")
OF_A_DAY: Final = re.compile(r"-(\d{4}-\d{2}-\d{2})\.log$")


def cut(home: Path, *, at: datetime) -> list[Path]:
    """Move what the logs hold into a file of the day; the programs go on writing into the emptied one. Returns those files."""
    cut_off = []
    for file in _every(home):
        if _day_of(file) is None and file.stat().st_size:
            of_today = file.with_name(f"{file.stem}-{at.astimezone(UTC):%Y-%m-%d}.log")
            with file.open("r+b") as live, of_today.open("ab") as kept:
                shutil.copyfileobj(live, kept)
                live.truncate(0)
            cut_off.append(of_today)
    return cut_off


def past_due(home: Path, *, days: int, at: datetime) -> list[Path]:
    """The files of days that lie at least *days* back, oldest first."""
    last = at.astimezone(UTC).date() - timedelta(days=days)
    return sorted(file for file in _every(home) if (day := _day_of(file)) is not None and day <= last)


def _every(home: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((home / folder).glob("*.log"))


def _day_of(file: Path) -> date | None:
    """The day that a cut-off log is of; None for one that is written to."""
    found = OF_A_DAY.search(file.name)
    return date.fromisoformat(found[1]) if found else None
