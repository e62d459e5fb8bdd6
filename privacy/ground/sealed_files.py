"""Files that rest encrypted, are read as a stream, and cannot be cut, reordered or exchanged unnoticed.

A file is a fixed header and a row of frames. The header has two slots for the file's own random key, wrapped by the sealing
keys (`ground.sealed`); a new wrapping is written into the free slot before the old one is wiped, so that a key rotation rewrites
one kilobyte however large the file is, and a crash in the middle leaves one slot that opens. The frames follow the STREAM
construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015; as in age): 64 KiB of content each, ChaCha20-Poly1305, the frame's number
and a mark on the last one in the nonce. The file's name is authenticated with every frame: another file put in its place does
not open. So a sealed file may move to another folder, but keeps its name.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from privacy.ground import sealed

MAGIC: Final = b"loupe-sealed/1\n\0"
SLOT: Final = 504
SLOTS: Final = 2
HEADER: Final = len(MAGIC) + SLOTS * SLOT  # 1 KiB
CHUNK: Final = 64 * 1024
TAG: Final = 16
KEY: Final = 32


class Damaged(Exception):
    """Not a sealed file, or cut, changed, reordered or exchanged since it was written."""


class Writer:
    """A sealed file in the making: `with create(path) as file: file.write(...)`.

    Whole or not at all: the name appears when the block ends well; an error, a full disk included, leaves no file.
    Afterwards `size` and `sha256` describe the content as it will be read.
    """

    def __init__(self, path: Path) -> None:
        key = ChaCha20Poly1305.generate_key()
        self._path, self._cipher, self._bound = path, ChaCha20Poly1305(key), _bound(path)
        self._draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.draft")
        self._pending, self._number, self._hash = bytearray(), 0, hashlib.sha256()
        self.size = 0
        self._file = os.fdopen(os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
        try:
            self._put(MAGIC + _slot(key) + bytes(SLOT))
        except OSError:
            self.discard()
            raise

    @property
    def sha256(self) -> str:
        """The checksum of what was written so far, in hex."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> int:
        """Add *data*; whole frames go to the disk at once."""
        self._hash.update(data)
        self.size += len(data)
        self._pending += data
        while len(self._pending) > CHUNK:  # more than one frame: the last one is only known at the end
            self._seal(bytes(self._pending[:CHUNK]), is_last=False)
            del self._pending[:CHUNK]
        return len(data)

    def flush(self) -> None:
        """Nothing: a frame is written when it is full. Here for `zipfile`."""

    def commit(self) -> None:
        """Write the last frame and give the file its name."""
        self._seal(bytes(self._pending), is_last=True)
        os.fsync(self._file.fileno())
        self._file.close()
        self._draft.rename(self._path)
        _fsync_folder(self._path.parent)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        self._draft.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.discard()
            return
        try:
            self.commit()
        except OSError:
            self.discard()
            raise

    def _seal(self, content: bytes, *, is_last: bool) -> None:
        self._put(self._cipher.encrypt(_nonce(self._number, is_last=is_last), content, self._bound))
        self._number += 1

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]


class Reader(Iterator[bytes]):
    """The content of a sealed file, piece by piece, each authenticated. Raises `Damaged` where one is not."""

    def __init__(self, path: Path) -> None:
        self._file, self._bound, self._number, self._is_over = path.open("rb"), _bound(path), 0, False
        try:
            self._cipher = ChaCha20Poly1305(_key_in(self._file.read(HEADER)))
            self._ahead = self._file.read(CHUNK + TAG)
        except BaseException:
            self.close()
            raise

    def __next__(self) -> bytes:
        if self._is_over:
            self.close()
            raise StopIteration
        frame, self._ahead = self._ahead, self._file.read(CHUNK + TAG)
        self._is_over = not self._ahead
        try:
            content = self._cipher.decrypt(_nonce(self._number, is_last=self._is_over), frame, self._bound)
        except InvalidTag:
            self.close()
            raise Damaged(f"frame {self._number} is not the one that was written")
        self._number += 1
        return content

    def close(self) -> None:
        """Give the file back, read to its end or not."""
        self._is_over = True
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def create(path: Path) -> Writer:
    """Begin a sealed file that will appear at *path*."""
    return Writer(path)


def open(path: Path) -> Reader:  # noqa: A001 - reads as sealed_files.open(...)
    """The content at *path*, as an iterator of bytes.

    Raises `FileNotFoundError`, `Damaged` and `sealed.Unreadable` at once, before anything is read out.
    """
    return Reader(path)


def token_of(path: Path) -> bytes:
    """The file's own key as it is wrapped; tells under which sealing key it lies. Raises `FileNotFoundError`, `Damaged`."""
    with path.open("rb") as file:
        header = file.read(HEADER)
    if len(header) != HEADER or not header.startswith(MAGIC):
        raise Damaged("this is no sealed file")
    used = [token for token in _slots(header) if token]
    return next((token for token in used if _opens(token)), used[0] if used else b"")


def rewrap(path: Path) -> None:
    """Wrap the file's key under the newest sealing key. Touches the header only, survives a crash at any point, safe to repeat."""
    with path.open("r+b", buffering=0) as file:
        header = file.read(HEADER)
        key, used = _key_in(header), _slots(header)
        old = next(number for number, token in enumerate(used) if token and _opens(token))
        new = (old + 1) % SLOTS
        for number, content in ((new, _slot(key)), (old, bytes(SLOT))):
            file.seek(len(MAGIC) + number * SLOT)
            file.write(content)
            os.fsync(file.fileno())


def _slot(key: bytes) -> bytes:
    token = sealed.seal_bytes(key)
    return (struct.pack(">H", len(token)) + token).ljust(SLOT, b"\0")


def _slots(header: bytes) -> list[bytes]:
    """The wrapped keys of a header; an empty slot is empty."""
    slots = [header[len(MAGIC) + number * SLOT :][:SLOT] for number in range(SLOTS)]
    return [slot[2 : 2 + int.from_bytes(slot[:2], "big")] for slot in slots]


def _opens(token: bytes) -> bool:
    try:
        return len(sealed.open_bytes(token)) == KEY
    except sealed.Unreadable:
        return False


def _key_in(header: bytes) -> bytes:
    if len(header) != HEADER or not header.startswith(MAGIC):
        raise Damaged("this is no sealed file")
    for token in _slots(header):
        if token and _opens(token):
            return sealed.open_bytes(token)
    raise sealed.Unreadable("no live key opens this file")


def _nonce(number: int, *, is_last: bool) -> bytes:
    """Never twice under one key: the key belongs to one file, and the number to one frame of it."""
    return number.to_bytes(11, "big") + bytes([is_last])


def _bound(path: Path) -> bytes:
    return MAGIC + path.name.encode()


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
