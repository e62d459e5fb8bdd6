"""The twelve archetypes of the catalogue, and the picture on the home page.

A scene says what the jewel is (a function that builds it, in millimetres) and where two cameras stand: the whole piece,
and a closer look. Sizes are those of real jewellery: a stone of half a carat is 5.1 mm across, of a carat 6.4 mm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from dev.renders import gems
from dev.renders import metalwork as bench
from dev.renders.mesh import Floats, Mesh, Piece, shift, stand, stretch, turn
from dev.renders.studio import View

UP = np.array([0.0, 0.0, 1.0])

PORTRAIT = (4, 5)
WIDE = (16, 9)


@dataclass(frozen=True)
class Scene:
    """One archetype: how to build it and how to look at it."""

    build: Callable[[], Piece]
    view: View
    detail: View | None
    shape: tuple[int, int] = PORTRAIT


# Parts that several pieces share -------------------------------------------------------------------------------------


def _necklace_chain(drop: float, *, spread: float = 15.0, top: float = 70.0) -> Floats:
    """The path of a fine chain that comes down from both shoulders, through a bail at (0, drop)."""
    right = [(1.6, drop + 0.45), (4.2, drop + 3.2), (spread * 0.62, drop + 14), (spread, drop + 32), (spread + 7, top)]
    left = [(-x, y) for x, y in reversed(right)]
    return bench.lifted(bench.smooth([*left, (0.0, drop), *right], 700), 0.35)


def _hung(setting: Piece, top: float, *, tilt: float = 10.0, bail_height: float = 4.2) -> Piece:
    """A setting on the table, its bail, and the chain through the bail; `top` is the y of the setting's upper edge."""
    jewel = setting.moved(turn("x", tilt)).resting()
    middle = float(jewel.metal.vertices[:, 2].max()) * 0.42
    loop = bench.bail(np.array([0, top - 0.25, middle]), height=bail_height, width=1.5, thickness=0.62)
    metal = bench.chain(_necklace_chain(top + bail_height - 1.15))
    return Piece.join([jewel, Piece(loop), Piece(metal)])


def _stations(path: Floats, pitch: Callable[[float], float]) -> Iterator[tuple[float, Floats, Floats]]:
    """Places along a closed path, `pitch(share)` apart: the share of the way round, the point, the direction."""
    loop = np.concatenate([path, path[:1]])
    steps = np.linalg.norm(np.diff(loop, axis=0), axis=1)
    shares = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
    counted = np.concatenate([[0.0], np.cumsum(steps / [pitch(float(share)) for share in shares[:-1]])])
    total = round(float(counted[-1]))
    for number in range(total):
        share = float(np.interp(number / total * counted[-1], counted, shares))
        here, ahead = (
            np.array([np.interp((share + step) % 1.0, shares, loop[:, axis]) for axis in range(3)]) for step in (0, 0.002)
        )
        yield share, here, ahead - here


def _drape(width: float, height: float) -> Floats:
    """The closed outline of a necklace laid down, starting at the front, anticlockwise, in z = 0."""
    t = np.linspace(0, 2 * np.pi, 1600, endpoint=False)
    x = width / 2 * np.sin(t) * (1 - 0.13 * np.cos(t))
    y = -height / 2 * (np.cos(t) + 0.09 * np.cos(2 * t))
    return bench.lifted(bench.evenly(np.stack([x, y], axis=1), 1600, closed=True))


def _frontness(share: float) -> float:
    """1 at the front of a necklace, 0 at the clasp."""
    return (1 + float(np.cos(2 * np.pi * share))) / 2


def _uneven(number: int) -> Floats:
    """The small tilt every loose link has; the same one in every picture."""
    tilt = np.random.default_rng(number).normal(0, 2.6, 2)
    return turn("x", tilt[0]) @ turn("y", tilt[1])


# Necklaces -----------------------------------------------------------------------------------------------------------


def solitaire_necklace() -> Piece:
    """One round stone of a carat and a half in four claws, on a fine cable chain."""
    return _hung(bench.round_claws(gems.brilliant(), 3.7), top=3.9)


def halo_necklace() -> Piece:
    """A cushion in a ring of small brilliants."""
    outline = gems.cushion_outline() * 3.1
    centre = bench.claws(
        gems.cushion().moved(stretch(3.1, 3.1, 3.1)), outline, [45, 135, 225, 315], wire_radius=0.36, depth=2.6
    )
    ring = bench.halo(outline * 1.06, gems.brilliant(), radius=0.72, drop=0.5)
    return _hung(Piece.join([centre, ring]), top=5.1)


def pendant() -> Piece:
    """A pear in five claws below a small round stone."""
    outline = gems.pear_outline() * 3.3
    drop = bench.claws(
        gems.pear().moved(stretch(3.3, 3.3, 3.3)), outline, [90, 20, 160, 238, 302], wire_radius=0.34, depth=2.5
    )
    spark = bench.round_bezel(gems.brilliant(), 1.25, wall=0.24).moved(shift(0, 7.1, 0.2))
    return _hung(Piece.join([drop, spark]), top=8.5, bail_height=3.8)


def bezel_necklace() -> Piece:
    """Five stones in bezels, growing towards the middle, set into the chain."""
    half = [(0.0, 0.0), (9.0, 1.6), (17.5, 7.6), (24.5, 19.0), (30.0, 36.0), (35.0, 64.0)]
    path = bench.lifted(bench.smooth([(-x, y) for x, y in reversed(half[1:])] + half, 1600), 0.35)
    run = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    parts, stops = [], []
    for place, radius in ((-23.5, 1.7), (-12.2, 2.35), (0.0, 3.1), (12.2, 2.35), (23.5, 1.7)):
        at = run[-1] / 2 + place
        here, ahead = (np.array([np.interp(at + d, run, path[:, axis]) for axis in range(3)]) for d in (0.0, 0.5))
        setting = bench.round_bezel(gems.brilliant(), radius, wall=0.19, depth=0.7).moved(turn("x", 7)).resting()
        parts.append(setting.moved(stand(here * [1, 1, 0], ahead - here, UP)))
        for side in (-1, 1):
            ring_at = np.array([np.interp(at + side * (radius * 1.19 + 0.42), run, path[:, axis]) for axis in range(3)])
            parts.append(Piece(bench.jump_ring(ring_at + UP * 0.5, 0.62, 0.19, facing=UP)))
        stops.append((at - radius * 1.19 - 0.5, at + radius * 1.19 + 0.5))
    edges = [0.0, *(edge for stop in stops for edge in stop), float(run[-1])]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        parts.append(Piece(bench.chain(path[(run >= start) & (run <= end)])))
    return Piece.join(parts)


def tennis_necklace() -> Piece:
    """A riviera: brilliants all the way round, larger to the front, each in its own claws."""
    return _riviera(_drape(76, 96), back=1.75, front=3.05)


def _riviera(path: Floats, *, back: float, front: float) -> Piece:
    """Claw-set brilliants side by side along a closed path that lies on the table."""

    def radius(share: float) -> float:
        return back + (front - back) * _frontness(share) ** 1.4

    unit = bench.round_claws(gems.brilliant(), 1.0)
    parts, spots = [], []
    for number, (share, here, ahead) in enumerate(_stations(path, lambda share: radius(share) * 2.17)):
        size = radius(share)
        setting = unit.moved(stretch(size, size, size)).moved(_uneven(number)).resting()
        parts.append(setting.moved(stand(here, ahead, UP)))
        spots.append((here + UP * size * 0.45, size))
    for (here, size), (ahead, _) in zip(spots, spots[1:] + spots[:1], strict=True):
        parts.append(Piece(bench.post(here, ahead, size * 0.13)))
    return Piece.join(parts)


def linked_tennis_necklace() -> Piece:
    """Round stones in claws with an open oval link between each two."""
    unit = bench.round_claws(gems.brilliant(), 1.0)
    parts = []
    spots = list(_stations(_drape(76, 96), lambda share: 9.4))
    for number, (share, here, ahead) in enumerate(spots):
        size = 2.15 + 0.75 * _frontness(share)
        setting = unit.moved(stretch(size, size, size)).moved(_uneven(number)).resting()
        parts.append(setting.moved(stand(here, ahead, UP)))
        onward = spots[(number + 1) % len(spots)]
        following = 2.15 + 0.75 * _frontness(onward[0])
        gap = onward[1] - here
        distance, direction = float(np.linalg.norm(gap)), gap / np.linalg.norm(gap)
        middle = here + direction * (size + distance - following) / 2
        long = distance - size - following + 0.9
        parts.append(Piece(bench.link(long, 3.1, 0.42).moved(stand(middle + UP * 0.9, direction, UP))))
    return Piece.join(parts)


# Rings ---------------------------------------------------------------------------------------------------------------

RING_INSIDE = 8.6  # a European size 54


def _shank(*, width: float, thickness: float, taper: float) -> Mesh:
    """A plain band standing up, its hole along y, narrowing by `taper` towards the top, where the head sits."""

    def narrowing(share: float) -> tuple[float, float]:
        top = (1 + np.cos(2 * np.pi * (share - 0.25))) / 2  # the head is a quarter of the way round
        return 1 - 0.25 * taper * top**2, 1 - taper * top**2

    section = bench.rounded_section(thickness, width)
    return bench.rail(bench.ring_path(RING_INSIDE + thickness / 2, 200), section, scale=narrowing).moved(turn("x", 90))


def _displayed(ring: Piece, *, round_: float, lean: float) -> Piece:
    """A ring as a photographer stands it: turned by `round_` degrees, leaning towards the camera by `lean`."""
    return ring.moved(turn("x", lean) @ turn("z", round_)).resting()


def solitaire_ring() -> Piece:
    """A round stone in six claws on a slim band."""
    radius = 3.7
    head = bench.round_claws(gems.brilliant(), radius, 6, start=30, depth=0.98)
    band = _shank(width=2.3, thickness=1.65, taper=0.30)
    return _displayed(
        Piece.join([Piece(band), head.moved(shift(0, 0, RING_INSIDE + 1.0 + radius))]), round_=28, lean=24
    )


def halo_ring() -> Piece:
    """An oval in a halo, with small stones down the shoulders."""
    half = 2.7
    outline = gems.ellipse_outline(half, half * 1.35)
    stone = gems.oval(1.35).moved(stretch(half, half, half))
    head = bench.claws(stone, outline, [52, 128, 232, 308], wire_radius=0.33, depth=2.5)
    ring = bench.halo(outline * 1.06, gems.brilliant(), radius=0.66, drop=0.45)
    band = _shank(width=2.1, thickness=1.6, taper=0.12)
    shoulders = [
        _on_band(gems.brilliant(), RING_INSIDE + 1.48, 0.74, side * (27 + 9.6 * number))
        for side in (-1, 1)
        for number in range(5)
    ]
    top = Piece.join([head, ring]).moved(shift(0, 0, RING_INSIDE + 3.9))
    return _displayed(Piece.join([Piece(band), top, *shoulders]), round_=-26, lean=26)


def _on_band(stone: Mesh, radius: float, size: float, degrees: float, *, spread: float = 0.62) -> Piece:
    """A small stone set into a band (hole along y), `degrees` round from its top, held by four beads."""
    beads = [
        bench.bead(np.array([x * size * 0.84, y * size * spread * 1.36, size * 0.10]), size * 0.22)
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    seat = Piece(Mesh.join(beads), stone.moved(stretch(size, size, size)))
    return seat.moved(turn("y", degrees) @ shift(0, 0, radius))


def eternity_band() -> Piece:
    """Brilliants all the way round, between two fine rails."""
    size, count = 1.42, 22
    seat = RING_INSIDE + 1.75
    stones = [
        _on_band(gems.brilliant(), seat, size, 360 / count * number, spread=0.66) for number in range(count)
    ]
    rails = [
        bench.wire(bench.ring_path(seat - 0.78, 200), 0.33, closed=True).moved(turn("x", 90) @ shift(0, 0, side))
        for side in (-1.0, 1.0)
    ]
    lining = bench.rail(bench.ring_path(RING_INSIDE + 0.22, 200), bench.rounded_section(0.45, 2.2)).moved(turn("x", 90))
    bars = [
        bench.post(np.array([0, -1.05, seat - 0.5]), np.array([0, 1.05, seat - 0.5]), 0.22).moved(
            turn("y", 360 / count * (number + 0.5))
        )
        for number in range(count)
    ]
    return _displayed(Piece.join([Piece(Mesh.join([*rails, lining, *bars])), *stones]), round_=34, lean=12)


# Earrings and bracelet -----------------------------------------------------------------------------------------------


def stud_earrings() -> Piece:
    """A pair: one looks up, one shows its profile and its pin."""
    stud = Piece.join(
        [
            bench.round_claws(gems.brilliant(), 3.1),
            Piece(bench.post(np.array([0, 0, -2.6]), np.array([0, 0, -12.0]), 0.42)),
            Piece(bench.bead(np.array([0, 0, -2.9]), 0.62)),
        ]
    )
    facing = stud.moved(turn("z", 14) @ turn("x", 58)).resting().moved(shift(-4.0, -1.2, 0))
    aside = stud.moved(turn("z", -52) @ turn("x", 76) @ turn("z", 8)).resting().moved(shift(5.0, 2.6, 0))
    return Piece.join([facing, aside])


def hoop_earrings() -> Piece:
    """Two hoops with brilliants along their outer front."""
    hoop = Piece.join([_hoop(8.6)])
    near = hoop.moved(turn("z", 62)).resting().moved(shift(-5.2, -3.0, 0))
    far = hoop.moved(turn("z", 24)).resting().moved(shift(6.2, 5.0, 0))
    return Piece.join([near, far])


def _hoop(radius: float) -> Piece:
    """One hoop standing up, its hole along y, stones on the outside of the front and the inside of the back."""
    size = 0.98
    body = bench.rail(bench.ring_path(radius, 180), bench.rounded_section(1.5, 2.3)).moved(turn("x", 90))
    outside = [_on_band(gems.brilliant(), radius + 0.72, size, degrees) for degrees in np.arange(-8, 176, 12.6)]
    clasp = bench.bead(np.array([0, 0, radius]), 1.35)
    return Piece.join([Piece(Mesh.join([body, clasp])), *outside])


def tennis_bracelet() -> Piece:
    """A line of equal brilliants standing on its edge, closed by a box clasp."""
    t = np.linspace(0, 2 * np.pi, 1200, endpoint=False)
    loop = np.stack([29.5 * np.cos(t), 24.5 * np.sin(t) * (1 + 0.08 * np.cos(t)), 0 * t], axis=1)
    radius = 2.05
    unit = bench.round_claws(gems.brilliant(), radius, depth=0.9)
    parts, spots = [], []
    for number, (_, here, ahead) in enumerate(_stations(loop, lambda share: radius * 2.16)):
        outward = np.cross(ahead, UP)
        parts.append(unit.moved(_uneven(number)).moved(stand(here, ahead, outward / np.linalg.norm(outward))))
        spots.append(here - outward / np.linalg.norm(outward) * radius * 0.5)
    for here, ahead in zip(spots, spots[1:] + spots[:1], strict=True):
        parts.append(Piece(bench.post(here, ahead, radius * 0.16)))
    return Piece.join(parts).resting()


def hero() -> Piece:
    """The riviera of the home page, seen low and wide."""
    return _riviera(_drape(150, 118), back=2.4, front=4.3)


SCENES: dict[str, Scene] = {
    "solitaire-necklace": Scene(solitaire_necklace, View((0, 8.5, 1), 46, 64), View((0, 2.2, 2), 20, 50, -14)),
    "tennis-necklace": Scene(tennis_necklace, View((0, -1.5, 1), 116, 62), View((0, -42, 1), 40, 46, -18)),
    "bezel-necklace": Scene(bezel_necklace, View((0, 14, 1), 72, 64), View((1, 2.5, 1), 30, 50, 16)),
    "halo-necklace": Scene(halo_necklace, View((0, 8.5, 1), 48, 64), View((0, 2.2, 2), 23, 50, 14)),
    "linked-tennis-necklace": Scene(linked_tennis_necklace, View((0, -1.5, 1), 116, 62), View((0, -42, 1), 44, 46, 18)),
    "pendant": Scene(pendant, View((0, 10, 1), 52, 64), View((0, 3.2, 2), 25, 50, 14)),
    "solitaire-ring": Scene(solitaire_ring, View((0, 0, 11.6), 38, 26), View((0, -3, 19), 17, 34, -16)),
    "halo-ring": Scene(halo_ring, View((0, 0, 11.6), 38, 26), View((0, -3, 19), 18, 36, 12)),
    "eternity-band": Scene(eternity_band, View((0, 0, 9.6), 36, 24), View((0, -3, 17), 17, 34, 10)),
    "stud-earrings": Scene(stud_earrings, View((0.6, 1, 2.6), 31, 34), View((-4.2, -1.2, 3.4), 14, 36, -8)),
    "hoop-earrings": Scene(hoop_earrings, View((0.6, 0, 8.4), 42, 24), View((-4, -3, 12), 18, 28, -10)),
    "tennis-bracelet": Scene(tennis_bracelet, View((0, 0, 1.5), 86, 34), View((0, -22, 2.4), 30, 26, -14)),
}

HERO = Scene(hero, View((0, -30, 0), 74, 40, -8), None, shape=WIDE)
