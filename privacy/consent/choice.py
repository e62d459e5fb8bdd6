"""The visitor's choice about optional things: what they allow, and how a page may differ by it.

Nothing optional is loaded yet, so nobody has been asked: everybody is *undecided*, with or without a GPC signal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.http import HttpRequest

from privacy.consent import signals

UNDECIDED = "undecided"


class Optional(StrEnum):
    """What a visitor may allow or refuse; everything else is strictly necessary."""

    PERFORMANCE = "performance"
    FUNCTIONALITY = "functionality"
    TARGETING = "targeting"


@dataclass(frozen=True)
class Choice:
    """What one visitor allows. Nothing, until they said so."""

    allowed: frozenset[Optional] = frozenset()

    def allows(self, category: Optional) -> bool:
        """Whether they agreed to this."""
        return category in self.allowed


def page_key(request: HttpRequest) -> str:
    """Names the variant of a page this visitor gets; the page cache keeps one copy for each."""
    return f"{UNDECIDED}+gpc" if signals.gpc(request) else UNDECIDED
