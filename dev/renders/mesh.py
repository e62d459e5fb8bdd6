"""Triangles and where they stand: the one currency between stones, metal and studio.

Lengths are millimetres everywhere, z is up, the table the piece lies on is z = 0. A `Mesh` is geometry alone; a `Piece`
is a jewel, sorted by what it is made of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NO_VERTICES = np.zeros((0, 3))
_NO_FACES = np.zeros((0, 3), dtype=np.int64)


@dataclass(frozen=True)
class Mesh:
    """Triangles. Vertices shared between triangles are shaded smoothly, so a sharp edge has its vertices twice."""

    vertices: Floats
    faces: Ints

    @staticmethod
    def join(meshes: Iterable[Mesh]) -> Mesh:
        """All of them as one mesh; none gives an empty mesh."""
        vertices, faces, count = [_NO_VERTICES], [_NO_FACES], 0
        for mesh in meshes:
            vertices.append(mesh.vertices)
            faces.append(mesh.faces + count)
            count += len(mesh.vertices)
        return Mesh(np.concatenate(vertices), np.concatenate(faces))

    def moved(self, place: Floats) -> Mesh:
        """The mesh carried by a 4x4 matrix."""
        return Mesh(self.vertices @ place[:3, :3].T + place[:3, 3], self.faces)

    def write_ply(self, path: Path) -> Path:
        """Write binary PLY, the format every renderer reads."""
        header = (
            "ply\nformat binary_little_endian 1.0\n"
            f"element vertex {len(self.vertices)}\nproperty float x\nproperty float y\nproperty float z\n"
            f"element face {len(self.faces)}\nproperty list uchar int vertex_indices\nend_header\n"
        )
        rows = np.zeros(len(self.faces), dtype=[("corners", "u1"), ("indices", "<i4", 3)])
        rows["corners"] = 3
        rows["indices"] = self.faces
        path.write_bytes(header.encode("ascii") + self.vertices.astype("<f4").tobytes() + rows.tobytes())
        return path


NOTHING = Mesh(_NO_VERTICES, _NO_FACES)


@dataclass(frozen=True)
class Piece:
    """A jewel or a part of one: its metal and its stones."""

    metal: Mesh = NOTHING
    stones: Mesh = NOTHING

    @staticmethod
    def join(pieces: Iterable[Piece]) -> Piece:
        """All parts as one jewel."""
        parts = list(pieces)
        return Piece(Mesh.join(p.metal for p in parts), Mesh.join(p.stones for p in parts))

    def moved(self, place: Floats) -> Piece:
        """The part carried by a 4x4 matrix."""
        return Piece(self.metal.moved(place), self.stones.moved(place))

    def resting(self) -> Piece:
        """The jewel lifted or lowered until its lowest point touches the table."""
        lowest = min(mesh.vertices[:, 2].min() for mesh in (self.metal, self.stones) if len(mesh.vertices))
        return self.moved(shift(0, 0, -lowest))


def shift(x: float, y: float, z: float) -> Floats:
    """A translation."""
    place = np.eye(4)
    place[:3, 3] = x, y, z
    return place


def turn(axis: str, degrees: float) -> Floats:
    """A right-handed rotation about the axis named x, y or z."""
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    place = np.eye(4)
    place[first, first] = place[second, second] = cosine
    place[first, second], place[second, first] = -sine, sine
    return place


def stretch(x: float, y: float, z: float) -> Floats:
    """A scaling along each axis."""
    return np.diag([x, y, z, 1.0])


def stand(origin: Floats, forward: Floats, up: Floats) -> Floats:
    """Carry local x to `forward` and local z to `up` (made square to it), at `origin`."""
    x = forward / np.linalg.norm(forward)
    z = up - x * np.dot(x, up)
    z = z / np.linalg.norm(z)
    place = np.eye(4)
    place[:3, 0], place[:3, 1], place[:3, 2], place[:3, 3] = x, np.cross(z, x), z, origin
    return place
