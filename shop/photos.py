"""Photos that customers add to their reviews: drawn anew, sealed, and read again by whoever may see them.

What a camera or a telephone writes into a file (where it was taken, when, by which device) is not looked for and cut out: the
picture is decoded, turned upright, and a new JPEG is made of its points alone.
"""

from __future__ import annotations

import io
import logging
import secrets
import struct
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.core.files import File
from django.core.files.base import ContentFile
from PIL import Image, ImageOps

from privacy.ground import sealed, sealed_files
from shop.models import ReviewPhoto
from shop.models.reviews import sealed_photos

log = logging.getLogger(__name__)

LARGEST: Final = 8 * 1024 * 1024
MOST_POINTS: Final = 50_000_000
SIDE: Final = 1_600
SMALLEST_SIDE: Final = 200
FORMATS: Final = ("JPEG", "PNG")
QUALITY: Final = 85

NO_PICTURE: Final = "Only JPEG and PNG pictures can be added; this is none of them, or it is damaged."
TOO_MANY_POINTS: Final = "This picture is larger than 50 million points. Take a smaller one."
TOO_SMALL: Final = "This picture is too small: each side needs 200 points."


class NotAccepted(ValueError):
    """No picture, too large or too small: the message says which."""


class Lost(Exception):
    """The row is there and its file is not, or no longer opens."""


class Drawn(NamedTuple):
    """A picture made anew."""

    jpeg: bytes
    width: int
    height: int


def draw(upload: File[Any]) -> Drawn:
    """The picture of *upload* without anything else that was in the file. *Raises* `NotAccepted`."""
    if upload.size > LARGEST:
        raise NotAccepted(f"A photo may have {LARGEST // 1024**2} MB; this one is larger.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            upload.seek(0)
            with Image.open(upload, formats=FORMATS) as picture:
                return _drawn(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NotAccepted(TOO_MANY_POINTS)
    except NotAccepted:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error):
        raise NotAccepted(NO_PICTURE)


def _drawn(picture: Image.Image) -> Drawn:
    if picture.width * picture.height > MOST_POINTS:
        raise NotAccepted(TOO_MANY_POINTS)
    if min(picture.size) < SMALLEST_SIDE:
        raise NotAccepted(TOO_SMALL)
    picture.draft("RGB", (SIDE, SIDE))  # a large JPEG is read at half or a quarter of its size
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((SIDE, SIDE))
    clean = Image.new("RGB", upright.size, "white")
    seen = upright.convert("RGBA")
    clean.paste(seen, mask=seen.getchannel("A"))
    made = io.BytesIO()
    clean.save(made, "JPEG", quality=QUALITY, optimize=True)
    return Drawn(made.getvalue(), *clean.size)


def keep(photo: ReviewPhoto, drawn: Drawn) -> ReviewPhoto:
    """Seal the picture and save the row. Nothing stays on the disk where the row cannot be written."""
    photo.width, photo.height = drawn.width, drawn.height
    photo.file.save(f"{secrets.token_hex(16)}.sealed", ContentFile(drawn.jpeg), save=False)
    try:
        photo.save(force_insert=True)
    except BaseException:
        photo.file.delete(save=False)
        raise
    return photo


def read(photo: ReviewPhoto) -> bytes:
    """The JPEG. *Raises* `Lost`."""
    try:
        with photo.file.open("rb") as content:
            jpeg: bytes = content.read()
            return jpeg
    except (FileNotFoundError, sealed_files.Damaged, sealed.Unreadable) as error:
        log.error("photo.lost", extra={"photo": photo.reference, "error": type(error).__name__})
        raise Lost(photo.reference)


def sweep(*, at: datetime) -> int:
    """Delete files that no row knows, of workers that died in between. Returns how many."""
    return sealed_photos().forget_unknown(ReviewPhoto.objects.values_list("file", flat=True), at=at)


def folder() -> Path:
    """Where the sealed files lie."""
    return sealed_photos().folder
