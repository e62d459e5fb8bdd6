"""Pieces of the catalogue that a newsletter may show: the only pictures it can hold.

This wing knows no catalogue. The app that has one hands over how to list its pieces and how to find some (`offer`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece as a mail shows it. Address and picture are paths on our own site, the same for every reader."""

    slug: str
    name: str
    words: str
    path: str
    picture: str
    width: int
    height: int


@dataclass(frozen=True)
class Catalogue:
    """Where pieces come from: every slug with its name, and the pieces of some slugs in their order."""

    choices: Callable[[], list[tuple[str, str]]]
    find: Callable[[Iterable[str]], list[Piece]]


_catalogue = Catalogue(choices=list, find=lambda _: [])


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
