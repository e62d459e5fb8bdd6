"""The studio: one table of warm grey paper, the same lights for every piece, a long lens, a dark room.

A picture is made in two steps. `expose` traces it three times, once for each colour of light, because a diamond bends blue
more than red: that is its fire; all metals are taken at once. `develop` denoises it, brings the paper to the same warm grey
in every picture and prints it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from dev.renders.mesh import Floats, Piece

Samples = NDArray[np.float32]

METALS: dict[str, tuple[float, float, float]] = {
    "yellow-gold": (0.98, 0.70, 0.31),
    "rose-gold": (0.93, 0.58, 0.43),
    "platinum": (0.84, 0.83, 0.81),
}
"""Slug to the reflectance of the polished metal, linear RGB."""

FIRE = (2.402, 2.418, 2.446)
"""Diamond's index of refraction for red, green and blue; a little wider than nature's 2.407 to 2.444, for small pictures."""

PAPER = (0.700, 0.655, 0.604)
"""The paper of every picture, linear RGB: #DAD4CC, at home on a light page and on a dark one."""

PAPER_ALBEDO = (0.78, 0.745, 0.70)
LENS_DEGREES = 15.0
SEED: Any = 7  # the same for the three colours, so that their grain is grey

MARGIN = 12
"""Pixels traced beyond each edge and cut off after denoising, which is unsure of itself at the edges."""


@dataclass(frozen=True)
class View:
    """Where the camera stands. Angles in degrees, lengths in millimetres."""

    aim: tuple[float, float, float]
    span: float
    """Height of what the picture shows, at the aim."""
    elevation: float
    azimuth: float = 0.0
    """Round the piece from the front, to the right."""

    def origin(self) -> list[float]:
        """Where the lens is."""
        distance = self.span / 2 / np.tan(np.radians(LENS_DEGREES / 2))
        up, around = np.radians(self.elevation), np.radians(self.azimuth)
        step = np.array([np.cos(up) * np.sin(around), -np.cos(up) * np.cos(around), np.sin(up)])
        return [float(v) for v in np.array(self.aim) + distance * step]


@dataclass(frozen=True)
class Softbox:
    """A patch of light far away. Azimuth from behind the piece (0), to the right (90), to the camera (180)."""

    azimuth: float
    elevation: float
    wide: float
    high: float
    radiance: float
    warmth: float = 0.0


SOFTBOXES = (
    Softbox(300, 48, 34, 30, 9.0, 0.02),  # the key, behind on the left: shadows fall towards the right
    Softbox(62, 30, 16, 34, 4.6, -0.05),  # a strip behind on the right, for the edges of the metal
    Softbox(115, 55, 14, 14, 5.0, -0.02),
    Softbox(238, 22, 12, 26, 3.2, 0.03),
    Softbox(180, 82, 15, 9, 4.5, 0.0),
    Softbox(355, 24, 44, 7, 3.0, 0.02),  # a low band behind, the bright line along polished wire
)

PANELS = tuple(
    [Softbox(azimuth, 64, 13, 13, 3.0) for azimuth in range(20, 380, 45)]
    + [Softbox(azimuth, 40, 12, 12, 2.0) for azimuth in range(45, 405, 40)]
)
"""A chequered tent: every facet of a stone mirrors either a panel or the dark beside it."""

_LAMPS = ((18, 58), (342, 66), (84, 64), (140, 40), (205, 52), (262, 62), (225, 74), (30, 38), (322, 30))
GLINTS = tuple(Softbox(azimuth, elevation, 3.2, 3.2, 46.0, 0.02) for azimuth, elevation in _LAMPS)
"""Small lamps that only the stones notice."""


@dataclass(frozen=True)
class Exposure:
    """What the camera caught, linear: colour, and the two guides of the denoiser, margins included.

    Shape (height, width, 3) each.
    """

    colour: Samples
    albedo: Samples
    normal: Samples


def sky(width: int = 768) -> Floats:
    """The lights and the dark between them, as a latitude-longitude picture, shape (width / 2, width, 3)."""
    azimuth = (np.arange(width) + 0.5) / width * 360.0
    elevation = 90.0 - (np.arange(width // 2) + 0.5) / (width // 2) * 180.0
    az, el = np.meshgrid(azimuth, elevation)
    grey = np.where(el > 0, 0.09 + 0.27 * np.clip(np.sin(np.radians(el)), 0, 1) ** 2, 0.10)
    picture: Floats = grey[..., None] * np.array([0.99, 1.0, 1.03])
    for box in SOFTBOXES + PANELS + GLINTS:
        across = ((az - box.azimuth + 180) % 360 - 180) * np.cos(np.radians(box.elevation))
        above = el - box.elevation
        edge = 8.0 if box.wide > 5 else 4.0
        shape = np.exp(-(np.abs(across / (box.wide / 2)) ** edge) - np.abs(above / (box.high / 2)) ** edge)
        picture += (box.radiance * shape)[..., None] * np.array([1 + box.warmth, 1.0, 1 - box.warmth])
    return picture


def expose(
    piece: Piece, view: View, metals: list[str], *, size: tuple[int, int], spp: int, variant: str = "scalar_rgb"
) -> dict[str, Exposure]:
    """Trace the picture in up to three metals at once; `spp` samples a pixel for each of the three colours of light.

    A tracer carries three numbers along each path, meant for red, green and blue. Here a pass is of one colour, and its
    three numbers are the three metals: three passes give nine, and none is thrown away.
    """
    import mitsuba as mi

    mi.set_variant(variant)
    with tempfile.TemporaryDirectory() as folder:
        metal_file = piece.metal.write_ply(Path(folder) / "metal.ply")
        stones_file = piece.stones.write_ply(Path(folder) / "stones.ply")
        frames = []
        for colour in range(3):
            reflectance = [METALS[metal][colour] for metal in metals]
            scene = mi.load_dict(_scene(mi, view, colour, reflectance, size, str(metal_file), str(stones_file)))
            frames.append(np.array(mi.render(scene, spp=spp, seed=SEED), dtype=np.float32))
    return {metal: _sorted_out(frames, number) for number, metal in enumerate(metals)}


def _sorted_out(frames: list[Samples], metal: int) -> Exposure:
    """One metal's exposure out of the three passes: channels are colour (3), the albedo guide (3), the normals (3)."""
    colour = np.stack([frame[..., metal] for frame in frames], axis=-1)
    albedo = np.stack([frame[..., -6 + metal] for frame in frames], axis=-1)
    return Exposure(colour, np.clip(albedo, 0, 1), frames[1][..., -3:])


def _scene(
    mi: Any,
    view: View,
    colour: int,
    reflectance: list[float],
    size: tuple[int, int],
    metal_file: str,
    stones_file: str,
) -> dict[str, Any]:
    """Everything in front of the camera in one colour of light, in Mitsuba's words."""
    transform = mi.ScalarTransform4f
    width, height = size[0] + 2 * MARGIN, size[1] + 2 * MARGIN
    opening = 2 * np.degrees(np.arctan(np.tan(np.radians(LENS_DEGREES / 2)) * height / size[1]))
    return {
        "type": "scene",
        "integrator": {
            "type": "aov",
            "aovs": "albedo:albedo,normal:sh_normal",
            "image": {"type": "path", "max_depth": 14, "rr_depth": 7},
        },
        "sensor": {
            "type": "perspective",
            "fov": float(opening),
            "fov_axis": "y",
            "near_clip": 1.0,
            "far_clip": 10000.0,
            "to_world": transform().look_at(origin=view.origin(), target=list(view.aim), up=[0, 0, 1]),
            "film": {"type": "hdrfilm", "width": width, "height": height, "rfilter": {"type": "box"}},
            "sampler": {"type": "independent"},
        },
        "sky": {
            "type": "envmap",
            "bitmap": mi.Bitmap(np.repeat(sky()[..., colour : colour + 1], 3, axis=-1).astype(np.float32)),
            "to_world": transform().rotate([1, 0, 0], 90),
        },
        "table": {
            "type": "rectangle",
            "to_world": transform().scale(4000),
            "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": PAPER_ALBEDO[colour]}},
        },
        "metal": {
            "type": "ply",
            "filename": metal_file,
            "bsdf": {
                "type": "twosided",
                "polished": {
                    "type": "roughconductor",
                    "material": "none",
                    "alpha": 0.055,
                    "distribution": "ggx",
                    "specular_reflectance": {"type": "rgb", "value": _three(reflectance)},
                },
            },
        },
        "stones": {
            "type": "ply",
            "filename": stones_file,
            "face_normals": True,
            "bsdf": {"type": "dielectric", "int_ior": FIRE[colour], "ext_ior": 1.0003},
        },
    }


def _three(values: list[float]) -> list[float]:
    """One to three numbers, filled up to three."""
    return (values + values[:1] * 2)[:3]


def develop(exposure: Exposure) -> Image.Image:
    """Denoise, balance the paper, let the brightest glints bloom a little, and print to sRGB."""
    import pyoidn

    clean = pyoidn.denoise(
        np.ascontiguousarray(np.minimum(exposure.colour, 24.0), dtype=np.float32),
        albedo=np.ascontiguousarray(exposure.albedo, dtype=np.float32),
        normal=np.ascontiguousarray(exposure.normal, dtype=np.float32),
        hdr=True,
    )
    light = np.asarray(clean, dtype=np.float64)
    light = light * (np.array(PAPER) / _paper(light, exposure.albedo))
    light = (light + _bloom(light))[MARGIN:-MARGIN, MARGIN:-MARGIN]
    return Image.fromarray(np.round(_printed(_shoulder(light) * _vignette(light)) * 255).astype(np.uint8))


def _paper(light: Floats, albedo: Samples) -> Floats:
    """The colour of the paper where nothing shades it."""
    bare = np.abs(albedo - np.array(PAPER_ALBEDO)).max(axis=-1) < 0.01
    return np.asarray(np.percentile(light[bare], 70, axis=0))


def _bloom(light: Floats) -> Floats:
    """The soft glow a lens lays round a glint."""
    sigma = light.shape[0] / 220
    glints = np.clip(light - 1.4, 0, 6)
    blurred = [gaussian_filter(glints[..., channel], sigma) for channel in range(3)]
    return 0.16 * np.stack(blurred, axis=-1)


def _vignette(light: Floats) -> Floats:
    """A fall-off towards the corners, as a lens has."""
    height, width = light.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    darker: Floats = 0.075 * ((x**2 + y**2) / 2)[..., None]
    return 1 - darker


def _shoulder(light: Floats, start: float = 0.72) -> Floats:
    """Linear up to `start`, then an ever flatter approach to white, so that highlights keep their shape."""
    over = np.maximum(light - start, 0)
    room = 1 - start
    return np.where(light < start, light, start + room * (1 - np.exp(-over / (room * 1.6))))


def _printed(light: Floats) -> Floats:
    """Linear light to sRGB."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
