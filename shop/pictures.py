"""Pictures of pieces: which render shows what, and the `<picture>` that offers it in every size and format we have."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from shop import drawing
from shop.models import Metal

FOLDER: Final = "img/pieces"
STONE: Final = "stone-"
#: Pieces are rendered in three metals; white gold and silver look like platinum.
RENDERED: Final = {Metal.WHITE_GOLD.value: Metal.PLATINUM.value, Metal.SILVER.value: Metal.PLATINUM.value}
VIEWS: Final = {"": "", "first": "", "second": "-detail", "detail": "-detail"}
SIZES: Final = "(min-width: 64rem) 22vw, 46vw"
FULL_SIZES: Final = "(min-width: 64rem) 50vw, 96vw"


class Render(NamedTuple):
    """One picture of the manifest: its name and the width and height of each of its files, smallest first."""

    name: str
    sizes: tuple[tuple[int, int], ...]


@cache
def manifest() -> dict[str, Any]:
    """What renders there are; read once, empty where none were made."""
    file = finders.find(f"{FOLDER}/manifest.json")
    if not isinstance(file, str):
        return {"formats": [], "pictures": {}}
    content: dict[str, Any] = json.loads(Path(file).read_text("utf-8"))
    return content


@lru_cache(maxsize=512)
def render_of(archetype: str, metal: str, view: str = "") -> Render | None:
    """The render of an archetype in a metal, or the nearest there is: another metal, then nothing."""
    metal = RENDERED.get(metal, metal)
    wanted = [f"{archetype}-{metal}{VIEWS[view]}", f"{archetype}-{Metal.YELLOW_GOLD.value}{VIEWS[view]}", archetype]
    for name in wanted:
        known = manifest()["pictures"].get(name)
        if known:
            return Render(name, tuple((width, height) for width, height in known["sizes"].values()))
    return None


@lru_cache(maxsize=2048)
def html(
    archetype: str, metal: str, alt: str, sizes: str = SIZES, view: str = "", *, eager: bool = False
) -> SafeString:
    """The `<picture>` of a piece, or the outline of a stone's shape (`stone-oval`); empty where nothing shows it."""
    if archetype.startswith(STONE):
        return drawing.outline(archetype.removeprefix(STONE), alt)
    render = render_of(archetype, metal, view)
    if render is None:
        return SafeString()
    *sources, last = manifest()["formats"]
    width, height = render.sizes[len(render.sizes) // 2]
    offered = "".join(
        f'<source type="image/{form}" srcset="{_files(render, form)}" sizes="{escape(sizes)}">' for form in sources
    )
    loading = 'fetchpriority="high"' if eager else 'loading="lazy" decoding="async"'
    return mark_safe(  # noqa: S308  every value that is not ours is escaped
        f'<picture>{offered}<img src="{_file(render, width, last)}" srcset="{_files(render, last)}" sizes="{escape(sizes)}" '
        f'width="{width}" height="{height}" alt="{escape(alt)}" {loading}></picture>'
    )


class File(NamedTuple):
    """One file of a render: its address on our site, how large it is, and its name among the static files."""

    path: str
    width: int
    height: int
    name: str


def file(archetype: str, metal: str) -> File | None:
    """The file of middle size that the most programs can show, for where only one can be named."""
    render = render_of(archetype, metal)
    if render is None:
        return None
    width, height = render.sizes[len(render.sizes) // 2]
    name = f"{FOLDER}/{render.name}-{width}.{manifest()['formats'][-1]}"
    return File(static(name), width, height, name)


def _file(render: Render, width: int, form: str) -> str:
    return escape(static(f"{FOLDER}/{render.name}-{width}.{form}"))


def _files(render: Render, form: str) -> str:
    return ", ".join(f"{_file(render, width, form)} {width}w" for width, _ in render.sizes)
