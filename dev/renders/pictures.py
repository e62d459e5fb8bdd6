"""Which pictures there are: the plan of a whole run, in the order that leaves the least missing when it is interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from dev.renders.scenes import HERO, SCENES, Scene
from dev.renders.studio import METALS, View

HERO_NAME = "hero"
HERO_METAL = "yellow-gold"


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
    """Every picture: whole pieces, the home page's picture, details; the metals of one view together, as they are taken."""
    for archetype, scene in SCENES.items():
        yield from (Picture(f"{archetype}-{metal}", archetype, metal, scene, scene.view) for metal in METALS)
    yield Picture(HERO_NAME, HERO_NAME, HERO_METAL, HERO, HERO.view)
    for archetype, scene in SCENES.items():
        if scene.detail is not None:
            for metal in METALS:
                yield Picture(f"{archetype}-{metal}-detail", archetype, metal, scene, scene.detail, is_detail=True)


def shots(pictures: list[Picture]) -> list[list[Picture]]:
    """The same pictures, grouped into what one exposure takes: one view of one archetype, in up to three metals."""
    return [list(group) for _, group in groupby(pictures, key=lambda picture: (picture.archetype, picture.is_detail))]


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
