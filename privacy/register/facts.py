"""What somebody knows about a row of theirs: asked of people without a password before they are shown anything.

An app hands these in beside its declaration (`declare(..., known_by=Facts(...))`). Only what is held already is asked, and the
answers are held against the rows and forgotten; `rights.facts` asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from privacy.register.reach import Family


@dataclass(frozen=True)
class Fact:
    """One question about a row, and how an answer is held against it."""

    slug: str
    question: str
    hint: str
    holds: Callable[[Any, str], bool]


@dataclass(frozen=True)
class Facts:
    """The questions about one kind of row: *of*, in the person's words, and *rows*, those a person can be asked about."""

    of: str
    rows: Callable[[Family], Iterable[Any]]
    asks: tuple[Fact, ...]
