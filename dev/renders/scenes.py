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
    distances = bench.travelled(loop)
    shares = distances / distances[-1]
    pitches = np.array([pitch(float(share)) for share in shares[:-1]])
    counted = np.concatenate([[0.0], np.cumsum(np.diff(distances) / pitches)])
    total = round(float(counted[-1]))
    for number in range(total):
        share = float(np.interp(number / total * counted[-1], counted, shares))
        here = bench.along(loop, shares, share)
        yield share, here, bench.along(loop, shares, (share + 0.002) % 1.0) - here


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
    ring = bench.halo(bench.offset(outline, 0.1), gems.brilliant(), radius=0.74, drop=0.4)
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
    distances = bench.travelled(path)
    parts, chained_to = [], [0.0]
    for place, radius in ((-23.5, 1.7), (-12.2, 2.35), (0.0, 3.1), (12.2, 2.35), (23.5, 1.7)):
        at, reach = distances[-1] / 2 + place, radius * 1.19  # the bezel's outside
        here, ahead = bench.along(path, distances, np.array([at, at + 0.5]))
        setting = bench.round_bezel(gems.brilliant(), radius, wall=0.19, depth=0.7).moved(turn("x", 7)).resting()
        parts.append(setting.moved(stand(here * [1, 1, 0], ahead - here, UP)))
        for ring_at in bench.along(path, distances, np.array([at - reach - 0.42, at + reach + 0.42])):
            parts.append(Piece(bench.jump_ring(ring_at + UP * 0.5, 0.62, 0.19, facing=UP)))
        chained_to += [at - reach - 0.5, at + reach + 0.5]
    chained_to.append(distances[-1])
    for start, end in zip(chained_to[::2], chained_to[1::2], strict=True):
        parts.append(Piece(bench.chain(path[(distances >= start) & (distances <= end)])))
    return Piece.join(parts)


def tennis_necklace() -> Piece:
    """A riviera: brilliants all the way round, larger to the front, each in its own claws."""
    return _riviera(_drape(76, 96), back=1.75, front=3.05)


def _riviera(path: Floats, *, back: float, front: float) -> Piece:
    """Claw-set brilliants side by side along a closed path that lies on the table."""

    def radius(share: float) -> float:
        return back + (front - back) * float(_frontness(share) ** 1.4)

    unit = bench.round_claws(gems.brilliant(), 1.0)
    parts, spots = [], []
    for number, (share, here, ahead) in enumerate(_stations(path, lambda share: radius(share) * 2.17)):
        size = radius(share)
        setting = unit.moved(stretch(size, size, size)).moved(_uneven(number)).resting()
        parts.append(setting.moved(stand(here, ahead, UP)))
        spots.append((here + UP * size * 0.45, size))
    for (here, size), (ahead, _) in zip(spots, spots[1:] + spots[:1], strict=True):
        parts.append(Piece(bench.bridge(here, ahead, size * 0.13, start=size * 0.74, end=size * 0.74)))
    return Piece.join(parts)


def linked_tennis_necklace() -> Piece:
    """Round stones in claws with an open oval link between each two."""
    unit = bench.round_claws(gems.brilliant(), 1.0)
    parts = []
    spots = list(_stations(_drape(76, 96), lambda _: 9.6))
    for number, (share, here, ahead) in enumerate(spots):
        size = 2.3 + 0.9 * _frontness(share)
        setting = unit.moved(stretch(size, size, size)).moved(_uneven(number)).resting()
        parts.append(setting.moved(stand(here, ahead, UP)))
        onward = spots[(number + 1) % len(spots)]
        following = 2.3 + 0.9 * _frontness(onward[0])
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
    band = _shank(width=2.1, thickness=1.55, taper=0.28)
    return _displayed(
        Piece.join([Piece(band), head.moved(shift(0, 0, RING_INSIDE + 1.0 + radius))]), round_=28, lean=24
    )


def halo_ring() -> Piece:
    """An oval in a halo, on a band of small stones."""
    half = 2.8
    outline = gems.ellipse_outline(half, half * 1.35)
    stone = gems.oval(1.35).moved(stretch(half, half, half))
    head = bench.claws(stone, outline, [52, 128, 232, 308], wire_radius=0.30, depth=2.5)
    ring = bench.halo(bench.offset(outline, 0.12), gems.brilliant(), radius=0.70, drop=0.35)
    top = Piece.join([head, ring]).moved(shift(0, 0, RING_INSIDE + 4.5))
    return _displayed(Piece.join([_stone_band(0.86, RING_INSIDE), top]), round_=-26, lean=26)


def eternity_band() -> Piece:
    """Brilliants all the way round, between two fine rails."""
    return _displayed(_stone_band(1.45, RING_INSIDE), round_=40, lean=10)


def _stone_band(size: float, inside: float) -> Piece:
    """A band standing up, its hole along y, with stones of girdle radius `size` all the way round."""
    seat = inside + 0.32 + size * 0.92
    count = int(2 * np.pi * seat / (size * 2.07))
    upright = turn("x", 90)
    lining = bench.rail(bench.ring_path(inside + 0.16, 200), bench.rounded_section(0.32, size * 1.7)).moved(upright)
    rails = [
        bench.wire(bench.ring_path(seat - size * 0.42, 200), size * 0.2, closed=True).moved(
            upright @ shift(0, 0, side * size * 0.88)
        )
        for side in (-1, 1)
    ]
    stone = gems.brilliant().moved(shift(0, 0, seat) @ stretch(size, size, size))
    gap = Mesh.join(
        bench.claw(
            np.array([0, side * size * 0.80, seat - size * 0.75]),
            np.array([0, side * size * 0.72, seat]),
            size * 0.18,
            grip=size * 0.30,
        )
        for side in (-1, 1)
    )
    step = 360 / count
    return Piece(
        Mesh.join([lining, *rails, *(gap.moved(turn("y", step * (number + 0.5))) for number in range(count))]),
        Mesh.join(stone.moved(turn("y", step * number)) for number in range(count)),
    )


# Earrings and bracelet -----------------------------------------------------------------------------------------------


def stud_earrings() -> Piece:
    """A pair lying on claws and pin: one looks at the camera, one shows its profile."""
    radius, pin = 3.2, 10.5
    setting = bench.round_claws(gems.brilliant(), radius)
    stud = Piece.join([setting, Piece(bench.post(np.array([0, 0, -radius * 1.05]), np.array([0, 0, -pin]), 0.40))])
    lying = stud.moved(turn("x", 90 - np.degrees(np.arctan2(radius * 0.75, pin))))
    facing = lying.moved(turn("z", 16)).resting().moved(shift(-4.6, -2.0, 0))
    aside = lying.moved(turn("z", -58)).resting().moved(shift(3.6, 0.6, 0))
    return Piece.join([facing, aside])


def hoop_earrings() -> Piece:
    """Two hoops with brilliants all round, hinge and clasp at the top."""
    radius, size = 8.0, 1.12
    hinge = bench.rounded_section(2.2, 2.0)
    barrel = bench.rail(bench.ring_path(0.9, 40), hinge * 0.55).moved(shift(0, 0, radius + size * 0.7) @ turn("x", 90))
    hoop = Piece.join([_stone_band(size, radius), Piece(barrel)])
    near = hoop.moved(turn("z", 52)).resting().moved(shift(-6.4, -4.0, 0))
    far = hoop.moved(turn("z", 16)).resting().moved(shift(6.6, 6.5, 0))
    return Piece.join([near, far])


def tennis_bracelet() -> Piece:
    """A line of equal brilliants laid in a loop, leaning outwards as it falls when it is put down."""
    t = np.linspace(0, 2 * np.pi, 1200, endpoint=False)
    loop = np.stack([29.0 * np.cos(t), 27.0 * np.sin(t) * (1 + 0.06 * np.cos(t)), 0 * t], axis=1)
    radius = 2.1
    unit = bench.round_claws(gems.brilliant(), radius, depth=0.9)
    parts, spots = [], []
    for number, (_, here, ahead) in enumerate(_stations(loop, lambda _: radius * 2.14)):
        outward = np.cross(ahead, UP) / np.linalg.norm(ahead)
        facing = outward * np.cos(np.radians(38)) + UP * np.sin(np.radians(38))
        parts.append(unit.moved(_uneven(number)).moved(stand(here, ahead, facing)))
        spots.append(here - facing * radius * 0.5)
    for here, ahead in zip(spots, spots[1:] + spots[:1], strict=True):
        parts.append(Piece(bench.bridge(here, ahead, radius * 0.14, start=radius * 0.74, end=radius * 0.74)))
    return Piece.join(parts).resting()


def hero() -> Piece:
    """The riviera of the home page, seen low and wide."""
    return _riviera(_drape(150, 118), back=2.4, front=4.3)


SCENES: dict[str, Scene] = {
    "solitaire-necklace": Scene(solitaire_necklace, View((0, 7.0, 1), 40, 64), View((0, 2.2, 2), 20, 50, -14)),
    "tennis-necklace": Scene(tennis_necklace, View((0, -1.5, 1), 120, 62), View((0, -39, 1), 32, 46, -18)),
    "bezel-necklace": Scene(bezel_necklace, View((0, 13, 1), 70, 64), View((0, 2.5, 1), 28, 50, 16)),
    "halo-necklace": Scene(halo_necklace, View((0, 7.6, 1), 43, 64), View((0, 2.0, 2), 22, 50, 14)),
    "linked-tennis-necklace": Scene(linked_tennis_necklace, View((0, -1.5, 1), 120, 62), View((0, -39, 1), 36, 46, 18)),
    "pendant": Scene(pendant, View((0, 9, 1), 46, 64), View((0, 3.2, 2), 25, 50, 14)),
    "solitaire-ring": Scene(solitaire_ring, View((0, 0, 11.6), 36, 26), View((0, -3, 19), 17, 34, -16)),
    "halo-ring": Scene(halo_ring, View((0, 0, 11.6), 36, 26), View((0, -3, 19), 18, 36, 12)),
    "eternity-band": Scene(eternity_band, View((0, 0, 10.2), 34, 24), View((0, -3, 18), 18, 34, 10)),
    "stud-earrings": Scene(stud_earrings, View((1.9, 1, 2.8), 32, 34), View((-4.6, -2.0, 3.2), 13, 36, -4)),
    "hoop-earrings": Scene(hoop_earrings, View((0.2, 1, 9.4), 46, 24), View((-5, -5, 13), 20, 28, -10)),
    "tennis-bracelet": Scene(tennis_bracelet, View((0, 0, 1.5), 84, 50), View((0, -25, 2.0), 22, 38, -14)),
}

HERO = Scene(hero, View((-6, -31, 0), 68, 37, -12), None, shape=WIDE)
