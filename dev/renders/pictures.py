"""Which pictures there are: the plan of a whole run, in the order that leaves the least missing when it is interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dev.renders.scenes import HERO, SCENES, Scene
from dev.renders.studio import METALS, View

HERO_NAME = "hero"
HERO_METAL = "yellow-gold"
METAL_ORDER = ("yellow-gold", "platinum", "rose-gold")


@dataclass(frozen=True)
class Picture:
    """One picture to take. `name` is its file name, without width and format."""

    name: str
    archetype: str
    metal: str
    scene: Scene
    view: View
    is_detail: bool = False

    def pixels(self, height: int) -> tuple[int, int]:
        """Width and height in the scene's shape."""
        wide, high = self.scene.shape
        return round(height * wide / high), height


def plan() -> Iterator[Picture]:
    """Every picture: yellow gold first, whole pieces before details, the home page's picture after the first twelve."""
    for metal in METAL_ORDER:
        yield from (_whole(archetype, metal) for archetype in SCENES)
        if metal == HERO_METAL:
            yield Picture(HERO_NAME, HERO_NAME, HERO_METAL, HERO, HERO.view)
    for metal in METAL_ORDER:
        yield from (_detail(archetype, metal, scene.detail) for archetype, scene in SCENES.items() if scene.detail)


def chosen(only: list[str], metals: list[str], *, view: str) -> list[Picture]:
    """The part of the plan that matches; an empty list chooses all, `view` is whole, detail or all."""
    return [
        picture
        for picture in plan()
        if (not only or picture.archetype in only)
        and (not metals or picture.metal in metals)
        and view in ("all", "detail" if picture.is_detail else "whole")
    ]


def archetypes() -> list[str]:
    """Every slug that can be asked for."""
    return [*SCENES, HERO_NAME]


def metals() -> list[str]:
    """Every metal that can be asked for."""
    return list(METALS)


def _whole(archetype: str, metal: str) -> Picture:
    scene = SCENES[archetype]
    return Picture(f"{archetype}-{metal}", archetype, metal, scene, scene.view)


def _detail(archetype: str, metal: str, view: View) -> Picture:
    return Picture(f"{archetype}-{metal}-detail", archetype, metal, SCENES[archetype], view, is_detail=True)
