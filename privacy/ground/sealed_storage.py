"""Django's file storage over sealed files: a `FileField` whose files rest encrypted under `LOUPE_HOME` (`ground.sealed_files`).

    file = models.FileField(storage=functools.partial(SealedStorage, "papers"))

Whoever reads a `FieldFile` (a copy of one's data, a disposal, a download) needs to know nothing of it. There is no address: a
sealed file is handed out by a view that decided who may have it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

from privacy.ground import sealed_files

UNKNOWN_FOR: Final = timedelta(hours=6)


class _Opened(io.RawIOBase):
    """A sealed file as a stream that is read once, from the beginning."""

    def __init__(self, path: Path) -> None:
        self._reader, self._rest = sealed_files.open(path), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._reader, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def close(self) -> None:
        self._reader.close()
        super().close()


@deconstructible
class SealedStorage(Storage):
    """One folder of sealed files; nobody but the shop's own user may look into it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where the files lie; made when it is first asked for."""
        path = Path(settings.LOUPE_HOME) / self._folder
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def exists(self, name: str) -> bool:
        return (self.folder / name).exists()

    def size(self, name: str) -> int:
        """As it lies on the disk, header and seals included."""
        return (self.folder / name).stat().st_size

    def delete(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def _save(self, name: str, content: IO[Any]) -> str:
        with sealed_files.create(self.folder / name) as file:
            for piece in cast("File[Any]", content).chunks():
                file.write(piece)
        return name

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        if mode != "rb":
            raise ValueError("A sealed file is written once and read afterwards.")
        return File(io.BufferedReader(_Opened(self.folder / name)), name)

    def forget_unknown(self, known: Iterable[str], *, at: datetime) -> int:
        """Delete files that no row has named for six hours: their workers died in between. Returns how many."""
        named, before = set(known), (at - UNKNOWN_FOR).timestamp()
        unknown = [file for file in self.folder.iterdir() if file.name not in named and file.stat().st_mtime < before]
        for file in unknown:
            file.unlink(missing_ok=True)
        return len(unknown)
