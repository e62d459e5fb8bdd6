"""Sizes of rings and lengths of chains: the tables of the size guide. Pure.

A US size is 36.5 mm of inner circumference plus 2.55 mm a size; European sizes are the circumference in millimetres.
"""

from __future__ import annotations

from decimal import Decimal
from math import pi
from typing import Final, NamedTuple


class RingSize(NamedTuple):
    """One ring size in three systems, with what a ruler says."""

    us: str
    uk: str
    eu: str
    circumference_mm: str
    diameter_mm: str


class ChainLength(NamedTuple):
    """Where a chain of some length lies."""

    centimetres: str
    words: str


def ring(us: str, uk: str) -> RingSize:
    """The other systems' names for a US size."""
    circumference = 36.5 + 2.55 * float(Decimal(us))
    return RingSize(us, uk, f"{circumference:.0f}", f"{circumference:.1f}", f"{circumference / pi:.1f}")


RINGS: Final = [
    ring(us, uk)
    for us, uk in (("5", "J½"), ("5.5", "K½"), ("6", "L½"), ("6.5", "M½"), ("7", "N½"), ("7.5", "O½"), ("8", "P½"))
]
LENGTHS: Final = [
    ChainLength("40", "at the hollow of the throat"),
    ChainLength("42", "just below it"),
    ChainLength("43", "just below it, for a tennis necklace"),
    ChainLength("45", "on the collarbone"),
    ChainLength("46", "on the collarbone, for a linked necklace"),
    ChainLength("50", "a hand below the collarbone"),
]
