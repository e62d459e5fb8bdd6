"""Cut stones, each as the solid its facet planes enclose.

A cutter sets angles and the facets meet where they must; so does this room. Every cut is a list of half-spaces, girdle
radius (or half width) 1, girdle centred on z = 0, table towards +z. `Mesh.moved` brings them to millimetres.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial import ConvexHull, HalfspaceIntersection

from dev.renders.mesh import Floats, Mesh, stretch

Support = Callable[[float], float]
"""The outline of a girdle: azimuth in degrees to the distance of the tangent there."""

# Proportions of a well-cut round brilliant, as a grading report states them.
TABLE = 0.57
CROWN_DEGREES = 34.5
PAVILION_DEGREES = 40.8
STAR_LENGTH = 0.52
LOWER_HALF_LENGTH = 0.78
GIRDLE = 0.03
FANCY_MAINS = 16


def _solid(planes: list[Floats]) -> Mesh:
    """The convex body inside all planes (normal, -distance), every facet flat and apart from its neighbours."""
    corners = HalfspaceIntersection(np.array(planes), np.array([0.0, 0.0, -0.05])).intersections
    corners = np.unique(np.round(corners, 6), axis=0)
    hull = ConvexHull(corners)
    vertices = corners[hull.simplices]
    normals = np.cross(vertices[:, 1] - vertices[:, 0], vertices[:, 2] - vertices[:, 0])
    inward = np.einsum("ij,ij->i", normals, hull.equations[:, :3]) < 0
    vertices[inward] = vertices[inward][:, ::-1]
    return Mesh(vertices.reshape(-1, 3), np.arange(len(vertices) * 3).reshape(-1, 3))


def _direction(azimuth: float, tilt: float) -> Floats:
    """The unit normal of a facet that makes `tilt` degrees with the girdle plane; beyond 90 it faces down."""
    a, t = np.radians(azimuth), np.radians(tilt)
    return np.array([np.sin(t) * np.cos(a), np.sin(t) * np.sin(a), np.cos(t)])


def _facet(normal: Floats, point: Floats) -> Floats:
    return np.append(normal, -np.dot(normal, point))


def _facet_through(a: Floats, b: Floats, c: Floats) -> Floats:
    """The facet holding three points, its normal away from the stone's middle."""
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal)
    return _facet(normal if np.dot(normal, a - np.array([0, 0, -0.05])) > 0 else -normal, a)


def _polar(radius: float, azimuth: float, z: float) -> Floats:
    a = np.radians(azimuth)
    return np.array([radius * np.cos(a), radius * np.sin(a), z])


def brilliant() -> Mesh:
    """The round brilliant: table, 8 stars, 8 bezels, 16 upper halves, girdle, 16 lower halves, 8 pavilion mains."""
    half = GIRDLE
    crown, pavilion = np.tan(np.radians(CROWN_DEGREES)), np.tan(np.radians(PAVILION_DEGREES))
    ridge = np.cos(np.radians(22.5))  # neighbouring mains meet 22.5 degrees off their own azimuth
    top = half + (1 - TABLE) * crown
    star = TABLE + (1 - TABLE) * STAR_LENGTH
    lower = 1 - LOWER_HALF_LENGTH
    planes = [_facet(np.array([0.0, 0.0, 1.0]), np.array([0, 0, top]))]
    planes += [_facet(_direction(a, 90), _polar(1, a, 0)) for a in np.arange(64) * 5.625]
    for main in np.arange(8) * 45.0:
        planes.append(_facet(_direction(main, CROWN_DEGREES), _polar(1, main, half)))
        planes.append(_facet(_direction(main, 180 - PAVILION_DEGREES), _polar(1, main, -half)))
        star_tip = _polar(star, main + 22.5, half + (1 - star * ridge) * crown)
        planes.append(_facet_through(_polar(TABLE, main, top), _polar(TABLE, main + 45, top), star_tip))
        for side in (-22.5, 22.5):
            tip = _polar(star, main + side, star_tip[2])
            deep = _polar(lower, main + side, -half - (1 - lower * ridge) * pavilion)
            planes.append(_facet_through(_polar(1, main, half), _polar(1, main + side, half), tip))
            planes.append(_facet_through(_polar(1, main, -half), _polar(1, main + side, -half), deep))
    return _solid(planes)


def oval(ratio: float = 1.35) -> Mesh:
    """A brilliant drawn out along y: half width 1, half length `ratio`."""
    return brilliant().moved(stretch(1.0, ratio, 1.0))


def _fancy(support: Support, *, table: float, crown: float, pavilion: float) -> Mesh:
    """A brilliant on any convex outline: mains square to the outline, two steeper halves between each pair.

    Pavilion mains of one angle would meet in a keel under a long stone, mains that all meet in one point would leak light
    at its ends; cutters go half way, and so does this.
    """
    step, half = 360.0 / FANCY_MAINS, GIRDLE
    azimuths = np.arange(FANCY_MAINS) * step + 90
    top = half + (1 - table) * np.tan(np.radians(crown))
    depth = np.tan(np.radians(pavilion)) * np.mean([support(azimuth) for azimuth in azimuths])

    def through(azimuth: float, tilt: float, z: float, inset: float = 1.0) -> Floats:
        return _facet(_direction(azimuth, tilt), _polar(support(azimuth) * inset, azimuth, z))

    def below(azimuth: float) -> float:
        return float((pavilion + np.degrees(np.arctan(depth / support(azimuth)))) / 2)

    planes = [_facet(np.array([0.0, 0.0, 1.0]), np.array([0, 0, top]))]
    planes += [through(azimuth, 90, 0) for azimuth in np.arange(96) * 3.75]
    for main in azimuths:
        planes += [through(main, crown, half), through(main, 180 - below(main), -half)]
        planes.append(through(main + step / 2, crown * 0.62, top, table * 0.985))
        for azimuth in (main - step / 4, main + step / 4):
            planes.append(through(azimuth, crown + 6.5, half, 0.992))
            planes.append(through(azimuth, 180 - below(azimuth) - 1.0, -half, 0.992))
    return _solid(planes)


def pear(ratio: float = 1.5) -> Mesh:
    """A drop: round below, drawn to a point at +y; half width 1, half length `ratio`."""
    outline = pear_outline(ratio)

    def support(azimuth: float) -> float:
        a = np.radians(azimuth)
        normal = np.array([np.cos(a), np.sin(a)])
        return float(np.max(outline @ normal))

    return _fancy(support, table=0.56, crown=34, pavilion=41)


def pear_outline(ratio: float = 1.5) -> Floats:
    """The pear's girdle, shape (n, 2), anticlockwise, for the setting that holds it."""
    centre, tip = ratio - 1, ratio  # a half circle about (0, -centre), then two arcs that lean in to (0, tip)
    height = tip + centre
    radius = (height**2 + 1) / 2  # of the arc that leaves the half circle upright and passes through the tip
    angles = np.linspace(0, np.arcsin(height / radius), 40)
    right = np.stack([1 - radius + radius * np.cos(angles), -centre + radius * np.sin(angles)], axis=1)
    left = right[::-1][1:] * [-1, 1]
    below = np.linspace(np.pi, 2 * np.pi, 60)[1:-1]
    bowl = np.stack([np.cos(below), -centre + np.sin(below)], axis=1)
    return np.concatenate([right, left, bowl])


def cushion(ratio: float = 1.08) -> Mesh:
    """A pillow: a square with bowed sides and round corners, cut as a brilliant; half width 1, half length `ratio`."""
    power = 3.0  # |x|^p + |y|^p = 1, whose support function is the norm of the dual power
    dual = power / (power - 1)

    def support(azimuth: float) -> float:
        a = np.radians(azimuth)
        return float((abs(np.cos(a)) ** dual + (ratio * abs(np.sin(a))) ** dual) ** (1 / dual))

    return _fancy(support, table=0.56, crown=34, pavilion=41)


def cushion_outline(ratio: float = 1.08) -> Floats:
    """The cushion's girdle, shape (n, 2), anticlockwise."""
    angles = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    x, y = np.cos(angles), np.sin(angles)
    reach = (np.abs(x) ** 3 + np.abs(y) ** 3) ** (-1 / 3)
    return np.stack([x * reach, y * reach * ratio], axis=1)


def ellipse_outline(width: float, length: float) -> Floats:
    """The girdle of a round or oval stone, half axes `width` (x) and `length` (y), shape (n, 2), anticlockwise."""
    angles = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    return np.stack([width * np.cos(angles), length * np.sin(angles)], axis=1)
