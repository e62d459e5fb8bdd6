"""Take every product picture that is not there yet, and publish it. See `python -m dev.renders --help`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dev.renders import encode, pictures, studio
from dev.renders.pictures import Picture

EXAMPLES = """
examples:
  python -m dev.renders                                  everything that is missing; run it again after an interruption
  nice -n 19 python -m dev.renders &                     the same, out of everybody's way
  python -m dev.renders --only solitaire-ring            one archetype in all metals, both views
  python -m dev.renders --only hero --spp 16             the picture of the home page, finer
  python -m dev.renders --size 300 --spp 2 --no-publish --masters /tmp/drafts     quick drafts to judge a scene
  python -m dev.renders --encode-only                    publish the masters there are, without tracing
  python -m dev.renders --list                           names and what is finished

setting up (apart from the shop's own environment):
  python -m venv .loupe/render-venv && .loupe/render-venv/bin/pip install -r dev/renders/requirements.txt

The variant llvm_ad_rgb is about twice as fast; it needs an LLVM library, 16 or newer, named in DRJIT_LIBLLVM_PATH.
"""


def main(arguments: list[str] | None = None) -> int:
    """Parse, then trace, develop, save and publish picture by picture."""
    options = _parser().parse_args(arguments)
    wanted = pictures.chosen(options.only, options.metal, view=options.view)
    if options.list:
        for picture in wanted:
            print(f"{'done ' if _is_finished(picture, options) else 'to do'}  {picture.name}")
        return 0
    if options.encode_only:
        for picture in wanted:
            if _master(picture, options).exists():
                _publish(picture, options)
        return 0
    waiting = [picture for picture in wanted if options.redo or not _is_finished(picture, options)]
    print(f"{len(wanted) - len(waiting)} finished, {len(waiting)} to take", flush=True)
    began = time.monotonic()
    for number, picture in enumerate(waiting, start=1):
        taken = _take(picture, options)
        if options.publish:
            _publish(picture, options)
        left = (time.monotonic() - began) / number * (len(waiting) - number)
        print(f"[{number}/{len(waiting)}] {picture.name}: {taken:.0f} s, about {left / 60:.0f} min left", flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev.renders",
        description="Path-traced product pictures: 12 archetypes in 3 metals, two views each, and the home page's.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", action="append", default=[], choices=pictures.archetypes(), help="an archetype; repeatable")
    parser.add_argument("--metal", action="append", default=[], choices=pictures.metals(), help="a metal; repeatable")
    parser.add_argument("--view", default="all", choices=("all", "whole", "detail"), help="which view (default: all)")
    parser.add_argument("--size", type=int, default=900, help="height in pixels (default: 900)")
    parser.add_argument("--spp", type=int, default=8, help="samples per pixel, for each of three colours (default: 8)")
    parser.add_argument("--variant", default="scalar_rgb", help="Mitsuba's variant (default: scalar_rgb)")
    parser.add_argument("--masters", type=Path, default=Path(".loupe/renders"), help="folder of the PNG masters")
    parser.add_argument("--output", type=Path, default=Path("static/img/pieces"), help="folder of the published files")
    parser.add_argument("--no-publish", dest="publish", action="store_false", help="masters only")
    parser.add_argument("--encode-only", action="store_true", help="publish existing masters, trace nothing")
    parser.add_argument("--redo", action="store_true", help="take finished pictures again")
    parser.add_argument("--list", action="store_true", help="print what is finished and what is not")
    return parser


def _master(picture: Picture, options: argparse.Namespace) -> Path:
    folder: Path = options.masters
    return folder / f"{picture.name}.png"


def _is_finished(picture: Picture, options: argparse.Namespace) -> bool:
    """True when a master of this size, traced at least this finely, is there."""
    path = _master(picture, options)
    if not path.exists():
        return False
    with Image.open(path) as master:
        traced = int(master.info.get("spp", 0))
        return master.size == picture.pixels(options.size) and traced >= options.spp


def _take(picture: Picture, options: argparse.Namespace) -> float:
    """Trace and develop one picture; the master appears whole or not at all. Returns the seconds it took."""
    began = time.monotonic()
    exposure = studio.expose(
        picture.scene.build(),
        picture.view,
        picture.metal,
        size=picture.pixels(options.size),
        spp=options.spp,
        variant=options.variant,
    )
    note = PngInfo()
    note.add_text("spp", str(options.spp))
    target = _master(picture, options)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    studio.develop(exposure).save(unfinished, format="PNG", pnginfo=note)
    os.replace(unfinished, target)
    return time.monotonic() - began


def _publish(picture: Picture, options: argparse.Namespace) -> None:
    encode.publish(_master(picture, options), picture.name, options.output)


if __name__ == "__main__":
    sys.exit(main())
