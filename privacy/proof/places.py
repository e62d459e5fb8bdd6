"""Where a sweep looks: every table of the database, every key of Redis, every file of the shop. Constant memory throughout.

A place hands over rows of text; what is looked for in them is the haystack's business. Whatever cannot be read is written
down as *unread*: a sweep that could not look everywhere countersigns nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path
from typing import Any, Final, Protocol

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from privacy.ground import sealed, sealed_files
from privacy.proof import wrappings
from privacy.proof.haystack import Haystack, Hit
from privacy.proof.models import SealedNeedles
from privacy.proof.wrappings import Tally, TooLarge

BLOCK: Final = 1024 * 1024
LARGEST: Final = 256 * 1024 * 1024  # what is read whole: a sealed copy, an archive
OVERLAP: Final = 1024
ESCAPED: Final = re.compile(r"\\([\\nrtbfv])")
UNESCAPED: Final = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " ", "v": " "}


class Seen(Protocol):
    """Is told every text that is read, and which addresses in it are nobody's concern."""

    def __call__(self, text: str, besides: frozenset[str] = frozenset()) -> None: ...


@dataclass(frozen=True)
class Stray:
    """A row in which something stands: where, which row, the names of its columns, what stands in which of them."""

    place: str
    key: str
    columns: tuple[str, ...]
    hits: tuple[Hit, ...]
    root: str = ""  # the table by the name the register knows; empty outside the database
    recipients: frozenset[str] = frozenset()  # of a mail in the catcher


@dataclass
class Figures:
    """What was looked at, and what could not be."""

    tables: int = 0
    columns: int = 0
    rows: int = 0
    keys: int = 0
    files: int = 0
    bytes: int = 0
    opened: int = 0
    unopened: int = 0
    unread: list[str] = field(default_factory=list)

    def add(self, tally: Tally) -> None:
        """Count what was opened on the way."""
        self.opened += tally.opened
        self.unopened += tally.unopened


@dataclass(frozen=True)
class Table:
    """One table as the database knows it; *root* is the table it is a partition of, or itself."""

    schema: str
    name: str
    root: str
    key: str
    columns: tuple[str, ...]
    binary: frozenset[str]

    @property
    def label(self) -> str:
        """`orders_order`, with the schema where it is not the usual one."""
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    def copy_statement(self) -> str:
        """Streams the key and every column that can hold words; bytes as base64, which the haystack undresses."""
        parts = [f"{_quoted(self.key)}::text", *(self._column(name) for name in self.columns)]
        return f"COPY (SELECT {', '.join(parts)} FROM ONLY {_quoted(self.schema)}.{_quoted(self.name)}) TO STDOUT (NULL '')"  # noqa: S608

    def _column(self, name: str) -> str:
        quoted = _quoted(name)
        return f"translate(encode({quoted}, 'base64'), E'\\n', '')" if name in self.binary else f"{quoted}::text"


TABLES: Final = """
    SELECT space.nspname, this.relname, root.relname, coalesce(key.attname, 'ctid'),
           array_agg(col.attname::text ORDER BY col.attnum),
           coalesce(array_agg(col.attname::text) FILTER (WHERE type.typname = 'bytea'), '{}')
    FROM pg_class this
    JOIN pg_namespace space ON space.oid = this.relnamespace
    JOIN pg_class root ON root.oid = coalesce(pg_partition_root(this.oid), this.oid)
    JOIN pg_attribute col ON col.attrelid = this.oid AND col.attnum > 0 AND NOT col.attisdropped
    JOIN pg_type type ON type.oid = col.atttypid
    LEFT JOIN pg_index one ON one.indrelid = this.oid AND one.indisprimary AND one.indnkeyatts = 1
    LEFT JOIN pg_attribute key ON key.attrelid = this.oid AND key.attnum = one.indkey[0]
    WHERE this.relkind IN ('r', 'm') AND this.relpersistence <> 't'
      AND space.nspname <> 'information_schema' AND space.nspname !~ '^pg_'
      AND type.typcategory NOT IN ('B', 'D', 'G', 'N', 'T') AND type.typname <> 'uuid'
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2
"""


def tables() -> list[Table]:
    """Every table and materialised view with a column that can hold words, whether Django knows it or not."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        every = [
            Table(schema, name, root, key, tuple(columns), frozenset(binary))
            for schema, name, root, key, columns, binary in cursor.fetchall()
        ]
    return [table for table in every if table.name != SealedNeedles._meta.db_table]


def in_database(table: Table, haystack: Haystack, figures: Figures, seen: Seen) -> list[Stray]:
    """What stands in one table, streamed in one pass."""
    sink = _Sink(table, haystack, figures, seen)
    try:
        with transaction.atomic(), connection.cursor() as cursor, connection.wrap_database_errors:
            cursor.copy_expert(table.copy_statement(), sink, BLOCK)
            sink.close()
    except DatabaseError as error:
        figures.unread.append(f"{table.label} ({type(error).__name__})")
    figures.tables += 1
    figures.columns += len(table.columns)
    return sink.strays


class _Sink:
    """Takes the stream of COPY row by row and looks through it block by block."""

    def __init__(self, table: Table, haystack: Haystack, figures: Figures, seen: Seen) -> None:
        self.table, self.haystack, self.figures, self.seen = table, haystack, figures, seen
        self.strays: list[Stray] = []
        self._pending: list[bytes] = []
        self._size = 0

    def write(self, row: bytes) -> int:
        """One row, or part of one."""
        self._pending.append(row)
        self._size += len(row)
        if self._size >= BLOCK and row.endswith(b"\n"):
            self.close()
        return len(row)

    def close(self) -> None:
        """Look through what has come so far."""
        data = b"".join(self._pending)
        self.figures.rows += data.count(b"\n")
        self.figures.bytes += len(data)
        self._pending, self._size = [], 0
        block = data.decode()
        self.seen(block)
        # Line ends and tabs inside a value are no disguise: without them fewer lines have to be read exactly.
        numbers = self.haystack.numbers(re.sub(r"\\[nrt]", "  ", block) if "\\" in block else block)
        if numbers:
            lines = block.split("\n")
            for number in numbers:
                self._read(lines[number])

    def _read(self, line: str) -> None:
        key, *values = (ESCAPED.sub(lambda found: UNESCAPED[found.group(1)], value) for value in line.split("\t"))
        tally = Tally()
        try:
            read = [self.haystack.read(value, tally) for value in values]
            hits = self.haystack.hits_in(read)
        except TooLarge:
            self.figures.unread.append(f"{self.table.label}: a value too large to open")
            return
        finally:
            self.figures.add(tally)
        for undressed in (text for texts in read for text in texts[1:]):
            self.seen(undressed)
        if hits:
            self.strays.append(Stray(self.table.label, key, self.table.columns, tuple(hits), self.table.root))


# Redis

READERS: Final[dict[str, Callable[[Any, bytes], Iterable[Any]]]] = {
    "string": lambda client, key: [client.get(key)],
    "list": lambda client, key: client.lrange(key, 0, -1),
    "set": lambda client, key: client.sscan_iter(key),
    "zset": lambda client, key: (member for member, _ in client.zscan_iter(key)),
    "hash": lambda client, key: (part for pair in client.hscan_iter(key) for part in pair),
    "stream": lambda client, key: (
        part for _, fields in client.xrange(key) for pair in fields.items() for part in pair
    ),
}


def redis_urls() -> list[str]:
    """Every Redis the shop uses: broker, cache."""
    caches = [each.get("LOCATION") for each in settings.CACHES.values() if "edis" in str(each.get("BACKEND"))]
    return [url for url in dict.fromkeys([settings.CELERY_BROKER_URL, *caches]) if isinstance(url, str) and url]


def in_redis(url: str, haystack: Haystack, figures: Figures, seen: Seen) -> Iterator[Stray]:
    """What stands in the keys and values of one Redis, by SCAN."""
    try:
        with redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=2) as client:
            for key in client.scan_iter(count=1000):
                yield from _of_key(client, key, haystack, figures, seen)
    except redis.RedisError as error:
        figures.unread.append(f"redis ({type(error).__name__})")


def _of_key(client: Any, key: bytes, haystack: Haystack, figures: Figures, seen: Seen) -> Iterator[Stray]:
    figures.keys += 1
    reader = READERS.get(client.type(key).decode())
    if reader is None:
        figures.unread.append("redis: a value of an unknown type")
        return
    name = _name(key, haystack)
    try:
        for value in chain([key], reader(client, key)):
            if value is not None:  # it went while we looked
                yield from _of_bytes("redis", name, value, haystack, figures, seen)
    except TooLarge:
        figures.unread.append(f"redis: {name} is too large to open")


def _name(key: bytes, haystack: Haystack) -> str:
    """The key, unless it may itself give somebody away."""
    name = key.decode("utf-8", "replace")
    return "(a key that names somebody)" if haystack.suspects(name) else name[:80]


# Files


def folders() -> list[Path]:
    """Where the shop keeps files: its data folder, its media, and what the operator adds (the logs of a real server)."""
    roots = [Path(settings.LOUPE_HOME), Path(settings.MEDIA_ROOT), *map(Path, settings.LOUPE_SWEEP_FOLDERS)]
    every = list(dict.fromkeys(root.resolve() for root in roots if root.is_dir()))
    return [root for root in every if not any(other in root.parents for other in every)]


def files() -> Iterator[tuple[Path, Path]]:
    """Every file below those folders with its folder, links not followed, what belongs to other programs left out."""
    home = Path(settings.LOUPE_HOME).resolve()
    for root in folders():
        for folder, inner, names in os.walk(root):
            here = Path(folder)
            if home in (here, *here.parents):
                inner[:] = [name for name in inner if not _is_left_out(here / name, home)]
                names[:] = [name for name in names if not _is_left_out(here / name, home)]
            for path in sorted(here / name for name in names):
                if path.is_file() and not path.is_symlink():
                    yield root, path


def _is_left_out(path: Path, home: Path) -> bool:
    return any(fnmatch(str(path.relative_to(home)), pattern) for pattern in settings.LOUPE_SWEEP_LEAVES_OUT)


def in_file(root: Path, path: Path, haystack: Haystack, figures: Figures, seen: Seen) -> Iterator[Stray]:
    """What stands in one file, its name included; seals, archives and mails are opened."""
    name = str(path.relative_to(root))
    if named := haystack.hits([name], Tally()):
        name = "(a file whose name names somebody)"
        yield Stray("file name", str(path), ("name",), tuple(named))
    figures.files += 1
    try:
        if path.stat().st_size <= BLOCK or _is_wrapped(path):
            yield from _of_bytes("file", name, _whole(path), haystack, figures, seen)
        else:
            yield from _of_stream(name, path, haystack, figures, seen)
    except FileNotFoundError:
        return  # it went while we looked
    except (OSError, sealed_files.Damaged, sealed.Unreadable, TooLarge) as error:
        figures.unread.append(f"{name} ({type(error).__name__})")


def _is_wrapped(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(len(sealed_files.MAGIC))
    return head.startswith((sealed_files.MAGIC, wrappings.SEALED, b"PK\x03\x04", b"\x1f\x8b"))


def _whole(path: Path) -> bytes:
    """The content, out of its seal; in memory, so that nothing sealed ever lies on a disk in clear."""
    if path.stat().st_size > LARGEST:
        raise TooLarge
    with path.open("rb") as file:
        head = file.read(len(sealed_files.MAGIC))
        if head != sealed_files.MAGIC:
            return head + file.read()
    with sealed_files.open(path) as reader:
        return b"".join(reader)


def _of_stream(name: str, path: Path, haystack: Haystack, figures: Figures, seen: Seen) -> Iterator[Stray]:
    """A long plain file, such as a log: each line is a row."""
    rest = b""
    with path.open("rb") as file:
        while data := file.read(BLOCK):
            data = rest + data
            cut = data.rfind(b"\n") + 1
            rest = data[cut:] if cut else data[-OVERLAP:]
            yield from _of_lines("file", name, data[: cut or len(data)], haystack, figures, seen)
    yield from _of_lines("file", name, rest, haystack, figures, seen)


def _of_lines(place: str, name: str, data: bytes, haystack: Haystack, figures: Figures, seen: Seen) -> Iterator[Stray]:
    figures.bytes += len(data)
    for text in wrappings.as_text(data):
        yield from _of_block(place, name, text, haystack, figures, seen)


def _of_block(place: str, name: str, text: str, haystack: Haystack, figures: Figures, seen: Seen) -> Iterator[Stray]:
    seen(text)
    numbers = haystack.numbers(text)
    lines = text.split("\n") if numbers else []
    for number in numbers:
        tally = Tally()
        hits = haystack.hits([lines[number]], tally)
        figures.add(tally)
        if hits:
            yield Stray(place, name, (name,), tuple(hits))


def _of_bytes(place: str, name: str, data: bytes, haystack: Haystack, figures: Figures, seen: Seen) -> Iterator[Stray]:
    """One value or small file, read in every way; long readings line by line, so that strangers do not stand together."""
    figures.bytes += len(data)
    tally = Tally(left=LARGEST)
    recipients = recipients_of(data) if place == "file" and wrappings.MAIL.match(data[:20_000]) else frozenset()
    found: set[Hit] = set()
    for text in wrappings.readings_of_bytes(data, tally):
        seen(text, recipients)
        if text.count("\n") > 200:
            found.update(
                hit for stray in _of_block(place, name, text, haystack, figures, _unseen) for hit in stray.hits
            )
        else:
            found.update(haystack.hits_in([[text]]))
    figures.add(tally)
    if found:
        yield Stray(
            place, name, (name,), tuple(sorted(found, key=lambda hit: (hit.person, hit.needle))), recipients=recipients
        )


def _unseen(text: str, besides: frozenset[str] = frozenset()) -> None:
    """For texts that were told already."""


def recipients_of(mail: bytes) -> frozenset[str]:
    """Whom a caught mail went to: it is in their hands, and no longer in the shop's."""
    headers = BytesHeaderParser().parsebytes(mail)
    named = str(headers.get("X-RcptTo") or headers.get("To") or "")  # the envelope counts, where the catcher kept it
    return frozenset(address.strip().lower() for address in named.split(","))


def _quoted(name: str) -> str:
    return name if name == "ctid" else '"' + name.replace('"', '""') + '"'
