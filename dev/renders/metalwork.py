"""The goldsmith's bench: wire, bands, settings, links and chains.

Every part is a `Piece`. Settings are built about the girdle of their stone, which lies in z = 0 with its table up;
`mesh.stand` and `Piece.moved` bring them to their place in the jewel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dev.renders.mesh import Floats, Mesh, Piece, shift, stand, stretch, turn

UP = np.array([0.0, 0.0, 1.0])


# Curves --------------------------------------------------------------------------------------------------------------


def smooth(points: Sequence[tuple[float, ...]], count: int = 120, *, closed: bool = False) -> Floats:
    """A Catmull-Rom curve through the points, evenly spaced along its length, shape (count, 2 or 3)."""
    knots = np.array(points, dtype=float)
    if closed:
        padded = np.concatenate([knots[-1:], knots, knots[:2]])
    else:
        padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0, 1, 60, endpoint=False)[:, None]
    runs = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        runs.append(b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a))))
    curve = np.concatenate([*runs, padded[-2:-1] if not closed else knots[:1]])
    return evenly(curve, count, closed=closed)


def travelled(curve: Floats) -> Floats:
    """How far along an open curve each of its points lies."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])


def along(curve: Floats, distances: Floats, wanted: float | Floats) -> Floats:
    """The point (or points) of a curve at `wanted`, where `distances` says how far along each of its points lies."""
    return np.stack([np.interp(wanted, distances, coordinate) for coordinate in curve.T], axis=-1)


def evenly(curve: Floats, count: int, *, closed: bool = False) -> Floats:
    """The same curve with `count` points at equal distances; a closed one comes back without repeating its start."""
    distances = travelled(curve)
    return along(curve, distances, np.linspace(0, distances[-1], count, endpoint=not closed))


def length(curve: Floats) -> float:
    """How long an open curve is."""
    return float(travelled(curve)[-1])


def lifted(curve: Floats, z: float = 0.0) -> Floats:
    """A flat curve, laid at height z."""
    return np.column_stack([curve, np.full(len(curve), z)]) if curve.shape[1] == 2 else curve


def ring_path(radius: float, count: int = 96) -> Floats:
    """A circle in z = 0, shape (count, 3), its end not repeated."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles), 0 * angles], axis=1)


def _tangents(path: Floats, closed: bool) -> Floats:
    around = (
        np.concatenate([path[-1:], path, path[:1]])
        if closed
        else np.concatenate([2 * path[:1] - path[1:2], path, 2 * path[-1:] - path[-2:-1]])
    )
    direction = around[2:] - around[:-2]
    unit: Floats = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    return unit


# Surfaces ------------------------------------------------------------------------------------------------------------


def _skin(rows: Floats, closed: bool) -> Mesh:
    """A surface over a grid of closed cross-sections, shape (along, around, 3)."""
    along, around, _ = rows.shape
    index = np.arange(along * around).reshape(along, around)
    start = index if closed else index[:-1]
    end = np.roll(index, -1, axis=0) if closed else index[1:]
    a, b = start, np.roll(start, -1, axis=1)
    d, c = end, np.roll(end, -1, axis=1)
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return Mesh(rows.reshape(-1, 3), faces)


def wire(path: Floats, radius: float | Floats, *, closed: bool = False, sides: int = 14) -> Mesh:
    """Round wire along a path; an open end is rounded off. `radius` may change along the path."""
    thickness = np.broadcast_to(np.asarray(radius, dtype=float), (len(path),)).copy()
    if not closed:
        path, thickness = _rounded(path, thickness)
    tangent = _tangents(path, closed)
    normal = np.cross(tangent[0], UP if abs(tangent[0, 2]) < 0.9 else np.array([1.0, 0, 0]))
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    rows = []
    for here, ahead, thick in zip(path, tangent, thickness, strict=True):
        normal = normal - ahead * np.dot(normal, ahead)  # carried along, so that the wire does not twist
        normal /= np.linalg.norm(normal)
        across = np.cross(ahead, normal)
        rows.append(here + thick * (np.cos(angles)[:, None] * normal + np.sin(angles)[:, None] * across))
    return _skin(np.array(rows), closed)


def _rounded(path: Floats, thickness: Floats) -> tuple[Floats, Floats]:
    """The path with a half ball at either end."""
    lean = np.linspace(np.pi / 2, 0, 6)[:-1]
    before = (path[0] - path[1]) / np.linalg.norm(path[0] - path[1])
    after = (path[-1] - path[-2]) / np.linalg.norm(path[-1] - path[-2])
    head = path[0] + before * np.sin(lean)[:, None] * thickness[0]
    tail = path[-1] + after * np.sin(lean)[::-1, None] * thickness[-1]
    small = np.maximum(np.cos(lean), 0.02)
    return (
        np.concatenate([head, path, tail]),
        np.concatenate([small * thickness[0], thickness, small[::-1] * thickness[-1]]),
    )


def rail(path: Floats, profile: Floats, *, scale: Callable[[float], tuple[float, float]] | None = None) -> Mesh:
    """A closed flat path (anticlockwise, in z = 0) clothed with a cross-section of (outward, upward) points.

    `scale` maps the share of the way round (0 to 1) to factors on the cross-section, for bands that taper.
    """
    tangent = _tangents(path, closed=True)
    outward = np.cross(tangent, UP)
    rows = []
    for index, (here, out) in enumerate(zip(path, outward, strict=True)):
        wide, high = scale(index / len(path)) if scale else (1.0, 1.0)
        rows.append(here + out * (profile[:, :1] * wide) + UP * (profile[:, 1:] * high))
    return _skin(np.array(rows), closed=True)


def rounded_section(width: float, height: float, power: float = 2.6, count: int = 32) -> Floats:
    """A soft rectangle as cross-section: `width` outward, `height` upward, about the path."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x, y = np.cos(angles), np.sin(angles)
    reach = (np.abs(x) ** power + np.abs(y) ** power) ** (-1 / power)
    return np.stack([x * reach * width / 2, y * reach * height / 2], axis=1)


def bead(at: Floats, radius: float, sides: int = 14) -> Mesh:
    """A small ball of metal."""
    levels = np.linspace(-np.pi / 2, np.pi / 2, sides // 2 + 2)
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    reach = np.maximum(np.cos(levels), 0.01)[:, None, None]
    flat = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1)[None]
    rows = at + radius * (reach * flat + np.sin(levels)[:, None, None] * UP)
    return _skin(rows, closed=False)


# Settings ------------------------------------------------------------------------------------------------------------


def claw(foot: Floats, girdle: Floats, radius: float, *, grip: float) -> Mesh:
    """One claw: from its foot under the stone, past the girdle, bent over the crown by `grip`."""
    out = girdle * [1, 1, 0]
    out = out / np.linalg.norm(out)
    past = girdle + out * radius * 0.55
    points = [
        foot,
        foot * 0.45 + past * 0.55 + out * grip * 0.10,
        past,
        past + UP * grip * 0.52 - out * grip * 0.14,
        past + UP * grip * 0.82 - out * grip * 0.90,
    ]
    path = smooth([tuple(p) for p in points], 26)
    share = np.linspace(0, 1, len(path))
    return wire(path, radius * (0.92 + 0.18 * np.exp(-(((share - 0.93) / 0.12) ** 2))))


def claws(stone: Mesh, outline: Floats, azimuths: list[float], *, wire_radius: float, depth: float) -> Piece:
    """A basket: a claw at each azimuth (degrees), a gallery rail half way down and a smaller one at `depth`."""
    bearing = np.degrees(np.arctan2(outline[:, 1], outline[:, 0])) % 360
    parts = []
    size = float(np.abs(outline).max(axis=0).min())
    for azimuth in azimuths:
        nearest = np.argmin(np.abs((bearing - azimuth + 180) % 360 - 180))
        edge = np.append(outline[nearest], 0.0)
        parts.append(claw(edge * [0.52, 0.52, 1] - UP * depth, edge, wire_radius, grip=size * 0.30))
    for share, at in ((0.80, 0.48), (0.54, 0.97)):
        gallery = lifted(outline * share, -depth * at)
        parts.append(wire(gallery, wire_radius * 0.85, closed=True))
    return Piece(Mesh.join(parts), stone)


def round_claws(stone: Mesh, radius: float, count: int = 4, *, start: float = 45.0, depth: float = 0.92) -> Piece:
    """A round stone (cut at girdle radius 1) in a claw basket; `depth` in girdle radii."""
    outline = ring_path(radius, 120)[:, :2]
    azimuths = [start + 360.0 * i / count for i in range(count)]
    thickness = radius * (0.105 if count == 4 else 0.088)
    return claws(
        stone.moved(stretch(radius, radius, radius)), outline, azimuths, wire_radius=thickness, depth=depth * radius
    )


def bezel(stone: Mesh, outline: Floats, *, wall: float, depth: float, lip: float) -> Piece:
    """A rubbed-over setting: a collar of `wall` thickness round the girdle, its lip a little way over the crown."""
    profile = np.array(
        [
            (-lip * 1.1, lip * 1.0),
            (-lip * 0.2, lip * 1.35),
            (wall * 0.35, lip * 1.35),
            (wall * 0.80, lip * 1.05),
            (wall, lip * 0.2),
            (wall, -depth * 0.5),
            (wall * 0.85, -depth),
            (wall * 0.0, -depth),
            (-wall * 0.10, -depth * 0.5),
            (-wall * 0.02, 0.0),
        ]
    )
    return Piece(rail(lifted(outline), _softened(profile)), stone)


def _softened(profile: Floats, count: int = 48) -> Floats:
    """A cross-section with its corners eased."""
    return smooth([tuple(p) for p in profile], count, closed=True)


def round_bezel(stone: Mesh, radius: float, *, wall: float = 0.16, depth: float = 0.62) -> Piece:
    """A round stone in a bezel; `wall` and `depth` in girdle radii."""
    outline = ring_path(radius, 120)[:, :2]
    return bezel(
        stone.moved(stretch(radius, radius, radius)),
        outline,
        wall=wall * radius,
        depth=depth * radius,
        lip=0.10 * radius,
    )


def halo(outline: Floats, melee: Mesh, *, radius: float, drop: float) -> Piece:
    """Small stones all round a girdle, `drop` below it: a trough open above, beads between the stones to hold them.

    Nothing but light is under a stone, or it would mirror the metal and look like a drop of gold.
    """
    lane = offset(outline, radius * 1.12)
    closed_lane = np.concatenate([lane, lane[:1]])
    count = int(length(closed_lane) / (radius * 2.08))
    seats = evenly(closed_lane, count, closed=True)
    between = evenly(closed_lane, count * 2, closed=True)[1::2]
    outward = _outward(between)
    parts = [
        rail(lifted(lane, -drop - radius * 1.1), rounded_section(radius * 2.1, radius * 0.3, 4.0)),
        rail(
            lifted(offset(lane, radius * 1.08), -drop - radius * 0.55),
            rounded_section(radius * 0.26, radius * 1.3, 4.0),
        ),
        wire(lifted(offset(lane, -radius * 1.02), -drop - radius * 0.25), radius * 0.17, closed=True),
    ]
    stones = []
    for seat in seats:
        stones.append(melee.moved(shift(seat[0], seat[1], -drop) @ stretch(radius, radius, radius)))
    for at, out in zip(between, outward, strict=True):
        for side in (-0.66, 0.66):
            spot = at + out * radius * side
            parts.append(bead(np.array([spot[0], spot[1], -drop + radius * 0.10]), radius * 0.25, sides=10))
    return Piece(Mesh.join(parts), Mesh.join(stones))


def _outward(outline: Floats) -> Floats:
    tangent = _tangents(lifted(outline), closed=True)
    return np.cross(tangent, UP)[:, :2]


def offset(outline: Floats, distance: float) -> Floats:
    """The outline, widened by `distance` all round."""
    return outline + _outward(outline) * distance


# Links and chains ----------------------------------------------------------------------------------------------------


def link(long: float, wide: float, thickness: float) -> Mesh:
    """One oval link in z = 0, drawn out along x; `long` and `wide` are measured to the middle of the wire."""
    angles = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    x, y = np.cos(angles), np.sin(angles)
    reach = (np.abs(x) ** 2.5 + np.abs(y) ** 2.5) ** (-1 / 2.5)
    return wire(
        np.stack([x * reach * long / 2, y * reach * wide / 2, 0 * angles], axis=1), thickness, closed=True, sides=10
    )


def chain(path: Floats, *, long: float = 1.55, wide: float = 1.02, thickness: float = 0.165) -> Mesh:
    """A cable chain along a path that lies on the table: each link leans the other way than its neighbour."""
    pitch = long - 2 * thickness * 0.9
    count = max(2, round(length(path) / pitch))
    middles = evenly(path, 2 * count + 1)[1::2]
    ahead = _tangents(middles, closed=False)
    one = link(long, wide, thickness)
    rest = (wide / 2 + thickness) * np.sin(np.radians(45))
    links = []
    for index, (middle, direction) in enumerate(zip(middles, ahead, strict=True)):
        place = stand(middle + UP * rest, direction, UP) @ turn("x", 45 if index % 2 else -45)
        links.append(one.moved(place))
    return Mesh.join(links)


def jump_ring(at: Floats, radius: float, thickness: float, *, facing: Floats) -> Mesh:
    """A small round ring about `at`, its hole looking along `facing`."""
    side = np.cross(facing, UP if abs(facing[2]) < 0.9 else np.array([1.0, 0, 0]))
    return wire(ring_path(radius, 40), thickness, closed=True).moved(stand(at, side, facing))


def bail(at: Floats, *, height: float, width: float, thickness: float) -> Mesh:
    """The loop a pendant hangs from: a tapered drop of metal along +y from `at`, the chain passing through along x."""
    angles = np.linspace(-np.pi / 2, 1.5 * np.pi, 48, endpoint=False)
    share = (np.sin(angles) + 1) / 2  # 0 at the pendant, 1 at the top
    path = np.stack([0 * angles, share * height, np.cos(angles) * height * 0.30 * (0.35 + 0.65 * share)], axis=1)
    flatten = stretch(width / thickness, 1, 1)
    return wire(path, thickness / 2 * (0.55 + 0.45 * share), closed=True).moved(flatten).moved(shift(*at))


def post(start: Floats, end: Floats, thickness: float) -> Mesh:
    """A straight round pin."""
    return wire(np.linspace(start, end, 8), thickness)


def bridge(here: Floats, ahead: Floats, thickness: float, *, start: float, end: float) -> Mesh:
    """A bar between two settings, from `start` past the middle of the one to `end` short of the middle of the other.

    It must not pass under the stones: they would mirror it.
    """
    direction = (ahead - here) / np.linalg.norm(ahead - here)
    return post(here + direction * start, ahead - direction * end, thickness)
