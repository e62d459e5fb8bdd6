"""Take every product picture that is not there yet, and publish it. `python -m dev.renders --help` tells the rest."""

from __future__ import annotations

import argparse
import os
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
  python -m dev.renders --only hero --spp 24             the picture of the home page, finer
  python -m dev.renders --size 300 --spp 2 --no-publish --masters /tmp/drafts     quick drafts to judge a scene
  python -m dev.renders --encode-only                    publish the masters there are, without tracing
  python -m dev.renders --list                           names and what is finished

setting up (apart from the shop's own environment):
  python -m venv .loupe/render-venv && .loupe/render-venv/bin/pip install -r dev/renders/requirements.txt

A picture counts as finished when its master has the size asked for and at least as many samples; asking for more takes it
again. The variant llvm_ad_rgb is about twice as fast; it needs an LLVM library, 16 or newer, named in DRJIT_LIBLLVM_PATH.
"""


def main(arguments: list[str] | None = None) -> int:
    """Parse, then take and publish shot by shot."""
    options = _parser().parse_args(arguments)
    wanted = pictures.chosen(options.only, options.metal, view=options.view)
    if options.list:
        _print_list(wanted, options)
        return 0
    if options.publish:
        _publish_leftovers(wanted, options)
    if not options.encode_only:
        _take_missing(wanted, options)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dev.renders",
        description="Path-traced product pictures: 12 archetypes in 3 metals, two views each, and the home page's.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--only", action="append", default=[], choices=pictures.archetypes(), help="an archetype; repeatable")
    add("--metal", action="append", default=[], choices=pictures.metals(), help="a metal; repeatable")
    add("--view", default="all", choices=("all", "whole", "detail"), help="which view (default: all)")
    add("--size", type=int, default=900, help="height in pixels (default: 900)")
    add("--spp", type=int, default=12, help="samples per pixel, for each of three colours (default: 12)")
    add("--variant", default="scalar_rgb", help="Mitsuba's variant (default: scalar_rgb)")
    add("--masters", type=Path, default=Path(".loupe/renders"), help="folder of the PNG masters")
    add("--output", type=Path, default=Path("static/img/pieces"), help="folder of the published files")
    add("--no-publish", dest="publish", action="store_false", help="masters only")
    add("--encode-only", action="store_true", help="publish existing masters, trace nothing")
    add("--redo", action="store_true", help="take finished pictures again")
    add("--list", action="store_true", help="print what is finished and what is not")
    return parser


def _print_list(wanted: list[Picture], options: argparse.Namespace) -> None:
    for picture in wanted:
        print(f"{'done ' if _is_finished(picture, options) else 'to do'}  {picture.name}")


def _publish_leftovers(wanted: list[Picture], options: argparse.Namespace) -> None:
    """Publish masters that an earlier run took and did not come to publish; with --encode-only, all there are."""
    for picture in wanted:
        master = _master(picture, options)
        if master.exists() and (options.encode_only or not encode.is_published(master, picture.name, options.output)):
            encode.publish(master, picture.name, options.output)


def _take_missing(wanted: list[Picture], options: argparse.Namespace) -> None:
    waiting = [picture for picture in wanted if options.redo or not _is_finished(picture, options)]
    shots = pictures.shots(waiting)
    print(f"{len(wanted) - len(waiting)} finished, {len(waiting)} to take, in {len(shots)} shots", flush=True)
    began = time.monotonic()
    for number, shot in enumerate(shots, start=1):
        started = time.monotonic()
        _take(shot, options)
        if options.publish:
            for picture in shot:
                encode.publish(_master(picture, options), picture.name, options.output)
        names = ", ".join(picture.name for picture in shot)
        now = time.monotonic()
        left = (now - began) / number * (len(shots) - number)
        print(f"[{number}/{len(shots)}] {names}: {now - started:.0f} s, about {left / 60:.0f} min left", flush=True)


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


def _take(shot: list[Picture], options: argparse.Namespace) -> None:
    """Trace one shot and develop its pictures; each master appears whole or not at all."""
    first = shot[0]
    exposures = studio.expose(
        first.scene.build(),
        first.view,
        [picture.metal for picture in shot],
        size=first.pixels(options.size),
        spp=options.spp,
        variant=options.variant,
    )
    note = PngInfo()
    note.add_text("spp", str(options.spp))
    for picture in shot:
        target = _master(picture, options)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".part")
        studio.develop(exposures[picture.metal]).save(unfinished, format="PNG", pnginfo=note)
        os.replace(unfinished, target)
