"""From master to the files the shop serves: AVIF and WebP in three widths, and a manifest of what there is.

The manifest lets a template write `srcset`, `width` and `height` and paint a placeholder without opening a picture.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PORTRAIT_WIDTHS = (240, 480, 720)
WIDE_WIDTHS = (640, 1080, 1600)
FORMATS: dict[str, dict[str, Any]] = {
    "avif": {"quality": 72, "speed": 6, "subsampling": "4:4:4"},
    "webp": {"quality": 84, "method": 6},
}
MANIFEST = "manifest.json"


def publish(master: Path, name: str, folder: Path) -> None:
    """Write every width and format of one master, each whole or not at all, and note it in the manifest."""
    with Image.open(master) as opened:
        picture = opened.convert("RGB")
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for width in _widths(picture):
        size = (width, round(width * picture.height / picture.width))
        scaled = picture.resize(size, Image.Resampling.LANCZOS)
        for extension, options in FORMATS.items():
            target = folder / f"{name}-{width}.{extension}"
            unfinished = target.with_suffix(".part")
            scaled.save(unfinished, format=extension, **options)
            os.replace(unfinished, target)
        sizes[str(width)] = list(size)
    _note(folder / MANIFEST, name, {"colour": average_colour(picture), "sizes": sizes})


def is_published(master: Path, name: str, folder: Path) -> bool:
    """True when every file of the picture is there, none older than its master."""
    with Image.open(master) as picture:
        widths = _widths(picture)
    files = [folder / f"{name}-{width}.{extension}" for width in widths for extension in FORMATS]
    taken = master.stat().st_mtime
    return all(file.exists() and file.stat().st_mtime >= taken for file in files)


def _widths(picture: Image.Image) -> tuple[int, ...]:
    return WIDE_WIDTHS if picture.width > picture.height else PORTRAIT_WIDTHS


def average_colour(picture: Image.Image) -> str:
    """The mean of all pixels, as #rrggbb: what to paint until the picture is there."""
    red, green, blue = np.asarray(picture).reshape(-1, 3).mean(axis=0).round().astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _note(manifest: Path, name: str, entry: dict[str, Any]) -> None:
    """Add or replace one picture's line in the manifest."""
    content = json.loads(manifest.read_text()) if manifest.exists() else {}
    pictures = content.get("pictures", {}) | {name: entry}
    content = {"formats": list(FORMATS), "pictures": dict(sorted(pictures.items()))}
    lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in content["pictures"].items())
    manifest.write_text(f'{{\n  "formats": {json.dumps(content["formats"])},\n  "pictures": {{\n{lines}\n  }}\n}}\n')
