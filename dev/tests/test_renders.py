"""The pictures that are published, held against their manifest; and, where the drawing tools are installed, how they are made.

The second half needs `dev/renders/requirements.txt` and is skipped without it: the shop never does.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

IMAGES = Path(__file__).parents[2] / "static" / "img"
PIECES = IMAGES / "pieces"
MEGABYTE = 1_000_000

NECKLACES = [
    "solitaire-necklace",
    "tennis-necklace",
    "bezel-necklace",
    "halo-necklace",
    "linked-tennis-necklace",
    "pendant",
]
RINGS = ["solitaire-ring", "halo-ring", "eternity-band"]
OTHERS = ["stud-earrings", "hoop-earrings", "tennis-bracelet"]
METALS = ["yellow-gold", "rose-gold", "platinum"]


@pytest.fixture(scope="module")
def manifest() -> dict:
    return json.loads((PIECES / "manifest.json").read_text())


def _files(manifest: dict) -> Iterator[tuple[Path, tuple[int, int]]]:
    for name, picture in manifest["pictures"].items():
        for width, size in picture["sizes"].items():
            for extension in manifest["formats"]:
                yield PIECES / f"{name}-{width}.{extension}", tuple(size)


def test_every_archetype_is_there_in_every_metal_and_both_views(manifest):
    pieces = {f"{archetype}-{metal}" for archetype in NECKLACES + RINGS + OTHERS for metal in METALS}
    assert set(manifest["pictures"]) == pieces | {f"{piece}-detail" for piece in pieces} | {"hero"}


def test_the_manifest_and_the_folder_name_the_same_files(manifest):
    named = {file.name for file, _ in _files(manifest)}
    assert {file.name for file in PIECES.iterdir()} == named | {"manifest.json"}


def test_a_file_is_what_the_manifest_says_and_keeps_nothing_about_who_made_it(manifest):
    for file, size in _files(manifest):
        with Image.open(file) as picture:
            assert (picture.format, picture.size) == (file.suffix[1:].upper(), size), file.name
            assert not picture.getexif(), file.name


def test_every_piece_is_portrait_in_three_widths_and_the_home_page_wide(manifest):
    for name, picture in manifest["pictures"].items():
        expected = [[640, 360], [1080, 608], [1600, 900]] if name == "hero" else [[240, 300], [480, 600], [720, 900]]
        assert [size for _, size in sorted(picture["sizes"].items(), key=lambda item: int(item[0]))] == expected, name


def test_placeholders_are_the_warm_grey_of_the_paper(manifest):
    """Every picture stands on one paper, so the average is light and never colder than grey."""
    for name, picture in manifest["pictures"].items():
        assert re.fullmatch("#[0-9a-f]{6}", picture["colour"]), name
        red, green, blue = bytes.fromhex(picture["colour"][1:])
        assert red > 150, name
        assert red >= green >= blue, name


def test_all_pictures_together_stay_light():
    assert sum(file.stat().st_size for file in IMAGES.rglob("*") if file.is_file()) <= 12 * MEGABYTE


class TestDrawing:
    """Geometry and plan, without tracing a single ray."""

    @pytest.fixture(autouse=True)
    def tools(self):
        pytest.importorskip("numpy")
        pytest.importorskip("scipy")

    def test_a_round_brilliant_has_57_facets_and_a_girdle(self):
        import numpy as np

        from dev.renders import gems

        corners = gems.brilliant().vertices.reshape(-1, 3, 3)
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        facets = np.unique(np.round(normals, 3), axis=0)
        assert (facets[:, 2] > 0.01).sum() == 33  # table, 8 stars, 8 bezels, 16 upper halves
        assert (facets[:, 2] < -0.01).sum() == 24  # 8 mains, 16 lower halves
        assert (np.abs(facets[:, 2]) <= 0.01).sum() == 64

    @pytest.mark.parametrize("cut", ["brilliant", "oval", "pear", "cushion"])
    def test_a_cut_stone_is_closed_and_faces_outwards(self, cut):
        """Every edge is walked once in each direction, and the volume is positive: light finds no hole."""
        import numpy as np

        from dev.renders import gems

        mesh = getattr(gems, cut)()
        corners = mesh.vertices[mesh.faces]
        volume = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
        assert volume > 0
        edges = {}
        for a, b, c in np.round(corners, 5).tolist():
            for start, end in ((a, b), (b, c), (c, a)):
                edges[tuple(start), tuple(end)] = edges.get((tuple(start), tuple(end)), 0) + 1
        assert all(edges.get((end, start)) == count for (start, end), count in edges.items())

    def test_every_piece_lies_on_the_table_and_not_in_it(self):
        from dev.renders.scenes import HERO, SCENES

        for name, scene in {**SCENES, "hero": HERO}.items():
            piece = scene.build()
            lowest = min(piece.metal.vertices[:, 2].min(), piece.stones.vertices[:, 2].min())
            assert -0.01 <= lowest < 0.2, name

    def test_one_shot_takes_one_view_in_all_metals_and_whole_pieces_come_first(self):
        from dev.renders import pictures

        plan = list(pictures.plan())
        shots = pictures.shots(plan)
        assert len(plan) == 73
        assert [[picture.metal for picture in shot] for shot in shots] == [METALS] * 12 + [["yellow-gold"]] + [
            METALS
        ] * 12
        assert [shot[0].is_detail for shot in shots] == [False] * 13 + [True] * 12
        assert {len({(picture.archetype, picture.view) for picture in shot}) for shot in shots} == {1}

    def test_one_picture_can_be_chosen(self):
        from dev.renders import pictures

        chosen = pictures.chosen(["pendant"], ["platinum"], view="detail")
        assert [picture.name for picture in chosen] == ["pendant-platinum-detail"]

    def test_a_published_master_is_known_and_a_newer_one_is_not(self, tmp_path):
        import os

        from dev.renders import encode

        master = tmp_path / "ring.png"
        Image.new("RGB", (720, 900), "#dad4cc").save(master)
        out = tmp_path / "out"
        assert not encode.is_published(master, "ring", out)
        encode.publish(master, "ring", out)
        assert encode.is_published(master, "ring", out)
        entry = json.loads((out / "manifest.json").read_text())["pictures"]["ring"]
        assert entry == {"colour": "#dad4cc", "sizes": {"240": [240, 300], "480": [480, 600], "720": [720, 900]}}
        later = (out / "ring-240.avif").stat().st_mtime + 10
        os.utime(master, (later, later))
        assert not encode.is_published(master, "ring", out)
