"""What an uploaded file is: told by its first bytes, never by its name, and held against how large it may be."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from django.core.files import File

BEGINS: Final[Mapping[bytes, str]] = MappingProxyType(
    {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
)
"""The first bytes of a PDF, a PNG and a JPEG."""
SUFFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
)


class NotAccepted(ValueError):
    """Not a PDF, PNG or JPEG, empty, or too large: the message says which."""


def type_of(upload: File[Any], *, largest: int) -> str:
    """The content type of *upload*, which stands at its beginning again afterwards. Raises `NotAccepted`."""
    if upload.size > largest:
        raise NotAccepted(f"A file may have {largest // 1024**2} MB; this one is larger.")
    upload.seek(0)
    beginning = upload.read(max(map(len, BEGINS)))
    upload.seek(0)
    for begins, found in BEGINS.items():
        if beginning.startswith(begins):
            return found
    raise NotAccepted("Only PDF, PNG and JPEG files are kept; this is none of them.")
