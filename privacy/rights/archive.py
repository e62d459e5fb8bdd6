"""Writes a copy as a ZIP, straight into a stream: `data.json`, one CSV for each kind, `index.html`, the person's files.

Every row is read once and memory does not grow with their number. A ZIP takes one entry at a time, so that what is not
`data.json` waits in sealed files beside the package (`Spools`) until its turn has come.
"""

from __future__ import annotations

import csv
import json
import secrets
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol, Self

from django.template.loader import get_template, render_to_string

from privacy.ground import sealed_files
from privacy.register import subjects
from privacy.rights import contents
from privacy.rights.contents import Attachment, Group, Row
from privacy.rights.models import DataRequest

PAGE_ROWS: Final = 1_000
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
BOM: Final = "\ufeff"  # without it spreadsheets take UTF-8 for their own alphabet
PIECE: Final = 64 * 1024


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> int: ...


class Spools:
    """Sealed files that hold the later entries of a ZIP until it can take them; gone when the ZIP is written."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._stack, self._paths = folder, ExitStack(), dict[str, Path]()

    def __enter__(self) -> Self:
        self._stack.callback(self._remove)
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def add(self, entry: str) -> sealed_files.Writer:
        """Begin the content of the ZIP entry *entry*."""
        self._paths[entry] = self._folder / f"{secrets.token_hex(16)}.spool"
        return sealed_files.create(self._paths[entry])

    def read(self, entry: str) -> Iterator[bytes]:
        """What was written for *entry*."""
        with sealed_files.open(self._paths[entry]) as pieces:
            yield from pieces

    def entries(self) -> list[str]:
        """The names of the entries, in the order they were begun."""
        return list(self._paths)

    def _remove(self) -> None:
        for path in self._paths.values():
            path.unlink(missing_ok=True)


class Sheet:
    """One CSV: a header, then a line for each row. What a spreadsheet would run as a formula is told as text."""

    def __init__(self, sink: Sink, group: Group) -> None:
        self._sink, self._words, self._count = sink, list(group.words.values()), 0
        self._lines = csv.writer(self)
        self.write(BOM)
        self._lines.writerow(["row", "about", *self._words, "kept until", "files"])

    def write(self, text: str) -> int:
        """For `csv`: text in, UTF-8 out."""
        return self._sink.write(text.encode())

    def add(self, row: Row) -> None:
        """One more line."""
        self._count += 1
        values = [row.values[word] for word in self._words]
        until = row.kept_until.isoformat() if row.kept_until else ""
        files = " ".join(each.path for each in row.files if not each.is_missing)
        self._lines.writerow([self._count, *map(cell, [row.title, *values, until, files])])


def cell(value: Any) -> str:
    """A value as a spreadsheet shows it, never as it would run it (CWE-1236)."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULAS) else text


class Page:
    """The groups of `index.html`: every kind with its reasons, and its rows up to a number that one can still read."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._open, self._row = get_template("privacy/copy/group.html"), get_template("privacy/copy/row.html")

    def begin(self, group: Group, *, number: int) -> None:
        """The heading of a kind."""
        self._put(self._open.render({"group": group.about(), "number": number}))

    def add(self, row: Row, *, count: int) -> None:
        """One row, while there are not too many."""
        if count <= PAGE_ROWS:
            self._put(self._row.render({"row": row}))

    def end(self, group: Group, *, count: int) -> None:
        """The end of a kind; says where the rest is."""
        left = max(0, count - PAGE_ROWS)
        self._put(render_to_string("privacy/copy/group_end.html", {"left": left, "sheet": sheet_of(group)}))

    def _put(self, text: str) -> None:
        self._sink.write(text.encode())


class Archive:
    """A ZIP in the making, written forwards only."""

    def __init__(self, sink: IO[bytes], *, at: datetime) -> None:
        self.zip, self._at = zipfile.ZipFile(sink, "w"), at

    def entry(self, name: str, *, compress: bool = True) -> IO[bytes]:
        """Open the entry *name* for writing."""
        info = zipfile.ZipInfo(name, date_time=self._at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        return self.zip.open(info, "w", force_zip64=True)

    def add(self, name: str, pieces: Iterable[bytes], *, compress: bool = True) -> None:
        """The whole entry *name*."""
        with self.entry(name, compress=compress) as entry:
            for piece in pieces:
                entry.write(piece)


def sheet_of(group: Group) -> str:
    """The name of its CSV in the ZIP."""
    return f"csv/{group.name}.csv"


def write(request: DataRequest, sink: IO[bytes], *, spool_in: Path, at: datetime) -> None:
    """Write the whole copy into *sink*, which may refuse to seek; what has to wait lies sealed in the folder *spool_in*."""
    archive = Archive(sink, at=at)
    family = subjects.family(request.subject)
    top, bottom = contents.head(request, at=at), contents.tail(family, at=at)
    with archive.zip, Spools(spool_in) as spools:
        with spools.add("index.html") as body, archive.entry("data.json") as data:
            listed, files = _write_data(request, data, Page(body), spools, top, bottom)
        for name in spools.entries()[1:]:
            archive.add(name, spools.read(name))
        archive.add("index.html", _page(contents.title(request), listed, spools.read("index.html"), top, bottom))
        archive.add("copy-schema.json", [json.dumps(contents.schema(), indent=2).encode()])
        for attachment in files:
            _add_file(archive, attachment)


def _write_data(
    request: DataRequest, data: IO[bytes], page: Page, spools: Spools, top: dict[str, Any], bottom: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[Attachment]]:
    """The one pass over the rows: into `data.json` at once, and into the page and each CSV beside it.

    Returns label and count of each group that holds something, and the files to add.
    """
    listed: list[dict[str, Any]] = []
    files: list[Attachment] = []
    data.write(_opened(top) + b',\n"groups": [')
    for group in contents.groups(request, subjects.family(request.subject)):
        rows = group.rows()
        first = next(rows, None)
        if first is None:
            continue
        data.write(b",\n" if listed else b"\n")
        data.write(_opened({**group.about(), "csv": sheet_of(group)}) + b',\n"rows": [')
        page.begin(group, number=len(listed) + 1)
        with spools.add(sheet_of(group)) as spool:
            count, sheet = 0, Sheet(spool, group)
            for count, row in enumerate(_chained(first, rows), start=1):
                data.write(b",\n" if count > 1 else b"\n")
                data.write(_json(row.as_data()))
                page.add(row, count=count)
                sheet.add(row)
                files += [each for each in row.files if not each.is_missing]
        data.write(b'],\n"count": %d}' % count)
        page.end(group, count=count)
        listed.append({"label": group.label, "count": count})
    data.write(b"],\n" + _json(bottom)[1:] + b"\n")
    return listed, files


def _page(
    title: str, listed: list[dict[str, Any]], body: Iterable[bytes], top: dict[str, Any], bottom: dict[str, Any]
) -> Iterator[bytes]:
    yield render_to_string("privacy/copy/head.html", {"title": title, "copy": top, "groups": listed}).encode()
    yield from body
    yield render_to_string("privacy/copy/tail.html", {"copy": {**top, **bottom}}).encode()


def _add_file(archive: Archive, attachment: Attachment) -> None:
    try:
        content = attachment.content.open("rb")
    except FileNotFoundError:  # gone since we looked
        archive.add(f"{attachment.path}.missing.txt", [b"This file was no longer on our disk.\n"])
        return
    with content:
        archive.add(attachment.path, content.chunks(PIECE), compress=False)


def _chained(first: Row, rest: Iterator[Row]) -> Iterator[Row]:
    yield first
    yield from rest


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _opened(value: dict[str, Any]) -> bytes:
    """An object that goes on."""
    return _json(value)[:-1]
