"""Pieces of the catalogue that a newsletter may show: the only pictures it can hold.

A picture travels inside the mail (RFC 2392): opening one fetches nothing, so nobody learns that it was opened.

This wing knows no catalogue. The app that has one hands over how to list its pieces and how to find some (`offer`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

INSIDE: Final = re.compile(r'src="cid:([\w-]+)@pieces"')


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece as a mail shows it. Address and picture are paths on our own site, the same for every reader.

    The picture's path is for a page that shows the mail, such as its preview; the mail itself holds the picture.
    """

    slug: str
    name: str
    words: str
    path: str
    picture: str
    width: int
    height: int
    source: str  # the picture's file among the static files

    @property
    def content_id(self) -> str:
        """What the picture is called inside the mail."""
        return f"{self.slug}@pieces"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that travels inside a mail."""

    content_id: str
    jpeg: bytes


@dataclass(frozen=True)
class Catalogue:
    """Where pieces come from: every slug with its name, the pieces of some slugs in their order, and a piece's picture as JPEG."""

    choices: Callable[[], list[tuple[str, str]]]
    find: Callable[[Iterable[str]], list[Piece]]
    jpeg: Callable[[Piece], bytes]


_catalogue = Catalogue(choices=list, find=lambda _: [], jpeg=lambda _: b"")


def offer(catalogue: Catalogue) -> None:
    """Hand over the catalogue."""
    global _catalogue
    _catalogue = catalogue


def choices() -> list[tuple[str, str]]:
    """What staff can choose from."""
    return _catalogue.choices()


def find(slugs: Iterable[str]) -> list[Piece]:
    """The pieces of these slugs that are on sale, in the order given."""
    return _catalogue.find(slugs)


def pictures(html: str) -> list[Picture]:
    """The pictures that a mail shows, each once. A piece that is on sale no more has none: its name stands there instead."""
    slugs = dict.fromkeys(INSIDE.findall(html))
    return [Picture(piece.content_id, _catalogue.jpeg(piece)) for piece in find(slugs)] if slugs else []


def on_a_page(html: str) -> str:
    """The mail as a page of ours shows it: its pictures from our own site."""
    for piece in find(dict.fromkeys(INSIDE.findall(html))):
        html = html.replace(f'src="cid:{piece.content_id}"', f'src="{piece.picture}"')
    return html
