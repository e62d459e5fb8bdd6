"""Take text out of whatever it is wrapped in: escapes, base64, our seals, archives, mails. Pure; keeps nothing.

`dressed` says quickly which lines of a block may hold more than they show; `readings` gives every way to read one value. Each
reading may itself be wrapped, so they go on into each other, up to a depth and a budget.
"""

from __future__ import annotations

import base64
import email
import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import IO, Final

from privacy.ground import sealed

DEPTH: Final = 5
BUDGET: Final = 256 * 1024 * 1024  # characters read out of one value, so that no archive fills the memory
RUN: Final = 12  # shortest run of base64 worth opening: no identifying value is shorter

PERCENT: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,31});")
UNICODE: Final = re.compile(r"(?:\\+u[0-9A-Fa-f]{4})+|\\+x[0-9A-Fa-f]{2}|\\+[nrtbf/\"']")
QUOTED: Final = re.compile(r"(?:=[0-9A-F]{2})+|=\r?\n")
FOLDED: Final = re.compile(r"(?<=[A-Za-z0-9+/]{60})\r?\n(?=[A-Za-z0-9+/])")
ENCODED_WORD: Final = re.compile(r"=\?[\w-]+\?[QqBb]\?[^?\s]*\?=")
ESCAPES: Final = (("%", PERCENT), ("&", ENTITY), ("\\", UNICODE), ("=", QUOTED), ("=?", ENCODED_WORD))
BASE64: Final = re.compile(rf"[A-Za-z0-9+/_-]{{{RUN},}}={{0,2}}")
# Small letter, capital, end of run, end of line; the other signs of base64 vanish, so that a run of it closes up.
CLASSES: Final = {
    code: "a" if chr(code).islower() else "A" if chr(code).isupper() else None if chr(code) in "0123456789+/_-" else " "
    for code in range(128)
} | {10: "\n"}
MIXED: Final = ("aA", "AAa")  # what base64 of text shows and words, hex, UUIDs and references do not
SEALED: Final = b"gAAAA"
MAIL: Final = re.compile(rb"\A(?:[!-9;-~]+:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){2}")


class TooLarge(Exception):
    """There is more in it than a sweep reads out of one value."""


@dataclass
class Tally:
    """What was met on the way, for the sweep's figures."""

    opened: int = 0
    unopened: int = 0
    left: int = field(default=BUDGET, repr=False)

    def spend(self, size: int) -> None:
        """Count what is about to be read. Raises `TooLarge`."""
        self.left -= size
        if self.left < 0:
            raise TooLarge


def dressed(block: str) -> set[int]:
    """The numbers of the lines of *block* that may hold more than they show."""
    numbers: set[int] = set()
    for sign, pattern in ESCAPES:
        if sign in block:
            numbers.update(line_numbers(block, (found.start() for found in pattern.finditer(block))))
    classes = block.translate(CLASSES) if block.isascii() else _classes(block)
    for mixture in MIXED:
        numbers.update(line_numbers(classes, _places(mixture, classes)))
    return numbers


def line_numbers(text: str, positions: Iterable[int]) -> Iterator[int]:
    """The number of the line that holds each of *positions*, which rise."""
    line, counted = 0, 0
    for position in positions:
        line += text.count("\n", counted, position)
        counted = position
        yield line


Known = dict[str, int]
"""The runs of base64 that were opened in one value, and how deep in it: a page says the same a thousand times."""


def readings(text: str, tally: Tally, depth: int = 0, known: Known | None = None) -> Iterator[str]:
    """*text* as it stands, then every other way to read it. Raises `TooLarge`."""
    tally.spend(len(text))
    yield text
    if depth >= DEPTH:
        return
    known = {} if known is None else known
    if "\0" in text:
        yield text.replace("\0", "")
    for run in dict.fromkeys(BASE64.findall(FOLDED.sub("", text))):
        if known.get(run, DEPTH) > depth:
            known[run] = depth
            for inner in _of_base64(run, tally, depth + 1, known):
                yield from readings(inner, tally, depth + 1, known)
    plain = _without_escapes(text)
    if plain != text:
        yield from readings(plain, tally, depth + 1, known)


def readings_of_bytes(data: bytes, tally: Tally, depth: int = 0, known: Known | None = None) -> Iterator[str]:
    """Every way to read *data*: as text, and as what it is a seal, an archive or a mail of. Raises `TooLarge`."""
    tally.spend(len(data))
    known = {} if known is None else known
    if depth < DEPTH:
        for inner in _unpacked(data, tally):
            yield from readings_of_bytes(inner, tally, depth + 1, known)
        if MAIL.match(data[:20_000]):
            for part in _of_mail(data):
                yield from readings(part, tally, depth + 1, known)
    for text in as_text(data):
        yield from readings(text, tally, depth + 1, known)


def as_text(data: bytes) -> list[str]:
    """*data* as text: UTF-8; else as UTF-16 where it says so, and as Latin-1 with the UTF-8 in it."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return [data.decode("utf-16", "ignore")]
    try:
        return [data.decode()]
    except UnicodeDecodeError:
        return [data.decode("utf-8", "ignore"), data.decode("latin-1")]


# Escapes


def _places(needle: str, text: str) -> Iterator[int]:
    """Where *needle* stands, at most once in each line."""
    position = 0
    while (position := text.find(needle, position)) >= 0:
        yield position
        end = text.find("\n", position)
        position = len(text) if end < 0 else end


def _classes(block: str) -> str:
    """As `CLASSES` says, with every letter that is not ASCII ending a run."""
    return block.encode("ascii", "replace").decode("ascii").translate(CLASSES)


def _without_escapes(text: str) -> str:
    if "=?" in text:
        text = ENCODED_WORD.sub(lambda found: _header(found.group()), text)
    if "%" in text:
        text = PERCENT.sub(lambda found: _text_of_hex(found.group().replace("%", "")), text)
    if "&" in text:
        text = ENTITY.sub(lambda found: html.unescape(found.group()), text)
    if "\\" in text:
        text = UNICODE.sub(lambda found: _of_backslash(found.group()), text)
    if "=" in text:
        text = QUOTED.sub(lambda found: _text_of_hex(re.sub(r"[=\r\n]", "", found.group())), text)
    return text


def _text_of_hex(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-8", "replace")


def _of_backslash(escape: str) -> str:
    if "u" in escape and len(escape) > 2:
        units = bytes.fromhex("".join(part.zfill(4) for part in re.findall(r"u([0-9A-Fa-f]{4})", escape)))
        return units.decode("utf-16-be", "replace")
    if "x" in escape and len(escape) > 2:
        return chr(int(escape[-2:], 16))
    return escape[-1] if escape[-1] in "/\"'" else " "


def _header(word: str) -> str:
    """One encoded word of a mail header (RFC 2047)."""
    try:
        return str(make_header(decode_header(word)))
    except (ValueError, LookupError, HeaderParseError):
        return word


# Containers


def _of_base64(run: str, tally: Tally, depth: int, known: Known) -> Iterator[str]:
    """What a run holds, wherever in it the first whole group of four begins; our seals are opened first."""
    if run.startswith(SEALED.decode()):
        yield from readings_of_bytes(run.encode(), tally, depth, known)
        return
    if run == run.lower() or run == run.upper():
        return
    letters = run.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    for start in range(4):
        whole = letters[start:]
        whole = whole[: len(whole) - 1] if len(whole) % 4 == 1 else whole
        if len(whole) < RUN - 4:
            return
        data = base64.b64decode(whole + "=" * (-len(whole) % 4))
        if start == 0:
            yield from readings_of_bytes(data, tally, depth, known)
        else:
            tally.spend(len(data))
            yield data.decode("utf-8", "ignore")


def _unpacked(data: bytes, tally: Tally) -> Iterator[bytes]:
    if data.startswith(SEALED):
        yield from _unsealed(data, tally)
    elif data.startswith(b"PK\x03\x04"):
        yield from _of_zip(data, tally)
    elif data.startswith(b"\x1f\x8b"):
        yield from _decompressed(gzip.GzipFile(fileobj=io.BytesIO(data)), tally)
    elif data[:1] == b"\x78" and data[1:2] in b"\x01\x5e\x9c\xda":
        yield from _inflated(data, tally)


def _unsealed(data: bytes, tally: Tally) -> Iterator[bytes]:
    try:
        plain = sealed.open_bytes(data.strip())
    except sealed.Unreadable:
        tally.unopened += 1
    else:
        tally.opened += 1
        yield plain


def _of_zip(data: bytes, tally: Tally) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                yield member.filename.encode()
                if member.file_size > tally.left:
                    raise TooLarge
                with archive.open(member) as file:
                    yield from _decompressed(file, tally)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error):
        tally.unopened += 1  # broken, or locked with a password of somebody's own


def _decompressed(file: IO[bytes] | gzip.GzipFile, tally: Tally) -> Iterator[bytes]:
    try:
        data = file.read(tally.left + 1)
    except (OSError, EOFError, zlib.error):
        tally.unopened += 1
        return
    if len(data) > tally.left:
        raise TooLarge
    yield data


def _inflated(data: bytes, tally: Tally) -> Iterator[bytes]:
    try:
        plain = zlib.decompressobj().decompress(data, tally.left + 1)
    except zlib.error:
        return
    if len(plain) > tally.left:
        raise TooLarge
    yield plain


def _of_mail(data: bytes) -> Iterator[str]:
    """The headers (whose encoded words are escapes like any other) and the parts of a mail, decoded."""
    message = email.message_from_bytes(data)
    yield "\n".join(f"{name}: {value}" for name, value in message.items())
    for part in message.walk():
        content = None if part.is_multipart() else part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield from as_text(content)
