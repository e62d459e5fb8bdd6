"""The touch icon and the social card of the default shop, photographed from small pages by Chromium.

`python -m dev.renders.cards` after the home page's picture is there. The marks themselves (`favicon.svg`, `logo.svg`) are
drawn by hand; this room only sets them on paper.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

STATIC = Path("static")
IMAGES = STATIC / "img"
PAPER, INK, METAL = "#FBF9F6", "#1E1B18", "#8C6A2F"
SHOP = "Jane Ellen"
CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
)

TOUCH = """
<body style="margin:0;width:180px;height:180px;display:grid;place-content:center;background:{paper};color:{ink}">{mark}
<style>svg {{ width: 124px; height: 124px }}</style>
"""

SOCIAL = """
<style>
  @font-face {{ font-family: Display; src: url(data:font/woff2;base64,{face}); font-weight: 300 700 }}
  body {{ margin: 0; width: 1200px; height: 630px; color: {ink}; text-align: center; overflow: hidden;
         background: url(data:image/webp;base64,{hero}) 50% 78% / 1200px auto }}
  h1 {{ font: 500 112px/1 Display; margin: 18px 0 0 }}
  svg {{ width: 64px; height: 64px; margin-top: 84px; color: {metal} }}
</style>
<body>{mark}<h1>{shop}</h1>
"""


def main() -> int:
    """Draw both, or say what is missing."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("The cards are photographed by Chromium, which is not on the PATH.", file=sys.stderr)
        return 2
    words = {
        "paper": PAPER,
        "ink": INK,
        "metal": METAL,
        "shop": SHOP,
        "mark": (IMAGES / "logo.svg").read_text(),
        "face": _inline(STATIC / "fonts/cormorant-garamond.woff2"),
        "hero": _inline(IMAGES / "pieces/hero-1600.webp"),
    }
    _photograph(browser, TOUCH.format(**words), (180, 180), IMAGES / "touch-icon.png")
    _photograph(browser, SOCIAL.format(**words), (1200, 630), IMAGES / "social.png")
    return 0


def _inline(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")


def _photograph(browser: str, page: str, size: tuple[int, int], target: Path) -> None:
    """One page as PNG of exactly this size, in a palette of 256 colours: a third of the weight, no visible difference."""
    width, height = size
    with tempfile.TemporaryDirectory() as folder:
        source, shot = Path(folder) / "page.html", Path(folder) / "page.png"
        source.write_text(f"<!doctype html><meta charset=utf-8>{page}")
        window = f"--window-size={max(width, 500)},{height + 200}"  # a headless window has a least width, and a bar
        command = [browser, *CHROMIUM, window, f"--screenshot={shot}", "--virtual-time-budget=4000", source.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        with Image.open(shot) as picture:
            small = picture.convert("RGB").crop((0, 0, width, height)).quantize(256, dither=Image.Dither.FLOYDSTEINBERG)
        small.save(target, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
