"""The ledger of erasures: an append-only file outside Postgres that remembers what a restored backup has forgotten.

One JSON object a line, each with its number and the SHA-256 of the line before it. An erasure is written down before the first
row goes, with everything needed to repeat it and nothing about the person: references, dates and the UUIDs of their records.
This room reads and writes; what a missing entry means is decided in `privacy.rights.replay`, the chain of the audit trail whose
heads lie here too is `privacy.proof.chain`.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

from django.conf import settings

BEFORE_THE_FIRST: Final = "0" * 64


class Kind(StrEnum):
    """What a line is about."""

    ERASURE = "erasure"
    AUDIT_HEAD = "audit_head"
    SHOP = "shop"  # the shop itself: a new one was opened beside an old ledger, a backup was restored


class Unwritable(Exception):
    """The ledger cannot be written: what it should have recorded must not happen."""


class Broken(Exception):
    """A line was changed, added, moved or removed."""


class Asked(Protocol):
    """What the ledger notes of a request for erasure; `privacy.rights.models.DataRequest` is one."""

    id: UUID
    reference: str
    subject_id: UUID
    channel: str
    received_at: datetime
    verified_at: datetime | None
    approved_at: datetime | None
    first_reply_due_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was written."""

    no: int
    kind: str
    at: datetime
    body: Mapping[str, Any]
    prev: str
    raw: bytes

    @property
    def hash(self) -> str:
        """SHA-256 of the line, which the next one names."""
        return hashlib.sha256(self.raw).hexdigest()

    @classmethod
    def read(cls, raw: bytes) -> Line | None:
        """The line in *raw*, or None where that is none: what a crash in the middle of writing left."""
        try:
            told = json.loads(raw)
            at = datetime.fromisoformat(told["at"])
            return cls(int(told["no"]), str(told["kind"]), at, dict(told["body"]), str(told["prev"]), raw)
        except (ValueError, TypeError, KeyError):
            return None


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure as the ledger tells it: enough to do it again."""

    no: int
    at: datetime
    request: UUID
    reference: str
    subject: UUID
    family: Sequence[UUID]
    channel: str
    received_at: datetime
    verified_at: datetime | None
    approved_at: datetime | None
    first_reply_due_at: datetime
    due_at: datetime

    @classmethod
    def of(cls, line: Line) -> Erasure:
        """The erasure that *line* is about."""
        body = line.body
        return cls(
            no=line.no,
            at=line.at,
            request=UUID(body["request"]),
            reference=body["reference"],
            subject=UUID(body["subject"]),
            family=[UUID(each) for each in body["family"]],
            channel=body["channel"],
            received_at=datetime.fromisoformat(body["received_at"]),
            verified_at=_moment(body["verified_at"]),
            approved_at=_moment(body["approved_at"]),
            first_reply_due_at=datetime.fromisoformat(body["first_reply_due_at"]),
            due_at=datetime.fromisoformat(body["due_at"]),
        )


# Writing


def write_erasure(request: Asked, family: Sequence[UUID], *, at: datetime) -> bool:
    """Note that this person is about to be erased. Returns whether it is news; a request is noted once, however often it resumes.

    On the disk when it returns. Raises `Unwritable`.
    """
    body = {
        "request": str(request.id),
        "reference": request.reference,
        "subject": str(request.subject_id),
        "family": [str(each) for each in family],
        "channel": str(request.channel),
        "received_at": request.received_at.isoformat(),
        "verified_at": request.verified_at and request.verified_at.isoformat(),
        "approved_at": request.approved_at and request.approved_at.isoformat(),
        "first_reply_due_at": request.first_reply_due_at.isoformat(),
        "due_at": request.due_at.isoformat(),
    }
    return _append(Kind.ERASURE, body, unless=f'"request":"{request.id}"', at=at)


def write_head(no: int, digest: str, *, at: datetime) -> bool:
    """Note the newest batch of the audit chain, so that a tail cut off the database shows. Raises `Unwritable`."""
    return _append(Kind.AUDIT_HEAD, {"batch": no, "hash": digest}, unless=f'"batch":{no},"hash":"{digest}"', at=at)


def write_shop(event: str, facts: Mapping[str, str | int], *, at: datetime) -> bool:
    """Note something about the shop itself, such as a restored backup. Raises `Unwritable`."""
    return _append(Kind.SHOP, {"event": event, **facts}, at=at)


def archive(*, at: datetime) -> Path:
    """Put the ledger aside under a dated name and begin a new one that names it. Raises `Unwritable`."""
    path = location()
    aside = path.with_name(f"{path.stem}.{at:%Y-%m-%dT%H%M%S}{path.suffix}")
    try:
        with _locked(path) as file:
            last = _last_line(file)
            path.rename(aside)
    except OSError as error:
        raise Unwritable(f"{path} cannot be put aside: {error.strerror}") from error
    facts: dict[str, str | int] = {
        "archive": aside.name,
        "lines": last.no if last else 0,
        "hash": last.hash if last else BEFORE_THE_FIRST,
    }
    write_shop("opened", facts, at=at)
    return aside


def _append(kind: Kind, body: Mapping[str, Any], *, unless: str = "", at: datetime) -> bool:
    """Write one line behind the last whole one and wait for the disk; nothing where *unless* stands in the file already."""
    path = location()
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with _locked(path) as file:
            _close_torn_line(file)
            if unless and _stands_in(file, unless.encode()):
                return False
            last = _last_line(file)
            told = {
                "no": last.no + 1 if last else 1,
                "kind": kind,
                "at": at.isoformat(),
                "body": body,
                "prev": last.hash if last else BEFORE_THE_FIRST,
            }
            _write_whole(file, json.dumps(told, separators=(",", ":")).encode() + b"\n")
            _sync_folder(path.parent)
            return True
    except OSError as error:
        raise Unwritable(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file, open and ours alone among all processes; made where there is none."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(path, file):  # else it was archived while we waited
                yield file
                return
        finally:
            os.close(file)


def _is_still(path: Path, file: int) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(path), os.fstat(file))
    return False


def _close_torn_line(file: int) -> None:
    """End what a crash in the middle of writing left, so that it stays a line of its own."""
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        _write_whole(file, b"\n")


def _write_whole(file: int, text: bytes) -> None:
    """All of it on the disk, or nothing."""
    size = os.fstat(file).st_size
    try:
        if os.write(file, text) != len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, size)
        raise


def _sync_folder(folder: Path) -> None:
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


# Reading


def location() -> Path:
    """Where the ledger lies."""
    path: Path = settings.LOUPE_LEDGER
    return path


def stamp() -> tuple[int, int, int]:
    """Changes whenever the file does; one `stat`."""
    try:
        found = os.stat(location())
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)


class Reader:
    """Reads the lines of one kind, each time those that came since; from the first again when the file was exchanged.

    Believes what it reads: `verified` is the reader that does not.
    """

    def __init__(self, kind: Kind) -> None:
        self._mark = f'"kind":"{kind}"'.encode()
        self._inode = 0
        self._offset = 0

    def is_another_file(self) -> bool:
        """Whether what was read so far stood in a file that is no longer this one."""
        inode, size, _ = stamp()
        return self._offset > 0 and (inode != self._inode or size < self._offset)

    def more(self) -> Iterator[Line]:
        """The lines since the last call, in constant memory."""
        try:
            file = location().open("rb")
        except FileNotFoundError:
            return
        with file:
            self._inode = os.fstat(file.fileno()).st_ino
            file.seek(self._offset)
            for raw in file:
                if not raw.endswith(b"\n"):  # being written at this moment, or torn by a crash
                    return
                self._offset += len(raw)
                if self._mark in raw and (line := Line.read(raw[:-1])):
                    yield line


def verified() -> Iterator[Line]:
    """Every line in order, each bound to the one before it. Raises `Broken`.

    What a crash tore is passed over: the line behind it still names the last whole one.
    """
    number, digest = 0, BEFORE_THE_FIRST
    try:
        file = location().open("rb")
    except FileNotFoundError:
        return
    with file:
        for raw in file:
            line = Line.read(raw.rstrip(b"\n")) if raw.endswith(b"\n") else None
            if line is None:
                continue
            if (line.no, line.prev) != (number + 1, digest):
                raise Broken(f"line {line.no} does not follow line {number}: one of them was changed, moved or removed")
            number, digest = line.no, line.hash
            yield line


def erasures() -> Iterator[Line]:
    """The line of every erasure on record, oldest first; `Erasure.of` reads one out."""
    return Reader(Kind.ERASURE).more()


def last_head() -> tuple[int, str] | None:
    """The newest batch of the audit chain on record, or the one a restore went back to: its number and hash."""
    try:
        with location().open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)  # so that no writer takes back what is being looked at
            line = next(_backwards(file.fileno(), b'"batch":'), None)
    except OSError:
        return None
    return (int(line.body["batch"]), str(line.body["hash"])) if line else None


def _last_line(file: int) -> Line | None:
    return next(_backwards(file, b'"kind":'), None)


def _stands_in(file: int, words: bytes) -> bool:
    return next(_backwards(file, words), None) is not None


def _backwards(file: int, words: bytes) -> Iterator[Line]:
    """The whole lines that hold *words*, newest first; looks no further back than it is asked."""
    with _mapped(file) as data:
        end = data.rfind(b"\n") if data is not None else -1
        while data is not None and end > 0 and (found := data.rfind(words, 0, end)) >= 0:
            start = data.rfind(b"\n", 0, found) + 1
            if line := Line.read(data[start : data.find(b"\n", found)]):
                yield line
            end = start - 1


@contextmanager
def _mapped(file: int) -> Iterator[mmap.mmap | None]:
    """The file as memory; None where it is empty, which cannot be mapped."""
    if not os.fstat(file).st_size:
        yield None
        return
    with mmap.mmap(file, 0, access=mmap.ACCESS_READ) as data:
        yield data


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
