"""What one line of the register of cookies says: a cookie, a storage key, a pixel, a tag or a count, and what it rests on.

The words of the policies differ (essential, analytics, functional, advertising); these four groups are what they all mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

DAYS_A_MONTH = 30.5


def months(number: int) -> timedelta:
    """So many months as whole days: 6 are 183, 12 are 366, 13 are 396."""
    return timedelta(days=int(number * DAYS_A_MONTH))


class Category(StrEnum):
    """What a thing in the browser is for. Only the first needs nobody's leave (ePrivacy Directive Art. 5(3))."""

    NECESSARY = "necessary"
    PERFORMANCE = "performance"
    FUNCTIONALITY = "functionality"
    TARGETING = "targeting"


class Kind(StrEnum):
    """What sort of thing it is."""

    COOKIE = "Cookie"
    STORAGE = "Browser storage"
    PIXEL = "Pixel"
    TAG = "Script"
    COUNT = "Count on our server"

    @property
    def is_in_browser(self) -> bool:
        """Whether something stays in the browser."""
        return self in {Kind.COOKIE, Kind.STORAGE}


@dataclass(frozen=True)
class Entry:
    """One line of the register. A name that ends in `*` stands for every name that begins so."""

    name: str
    category: Category
    purpose: str
    lives: timedelta  # zero: until the browser is closed
    holds: str = ""
    set_when: str = ""
    kind: Kind = Kind.COOKIE
    vendor: str = ""  # empty: the shop itself
    host: str = ""  # the domain whose cookie it is; empty: this site's
    vendor_policy: str = ""  # where the vendor says what it does
    is_cross_site: bool = False  # whether it can recognise somebody on other sites
    is_for_staff: bool = False  # only on the desk, never on a page of the shop

    @property
    def days(self) -> int:
        """How long it lives."""
        return self.lives.days

    @property
    def lasts(self) -> str:
        """How long it lives, as people read it."""
        if not self.lives:
            return "until you close the browser" if self.kind.is_in_browser else "while the page is open"
        minutes = int(self.lives.total_seconds()) // 60
        number, unit = (self.days, "day") if self.days else (minutes, "minute")
        return f"{number} {unit}{'' if number == 1 else 's'}"

    def matches(self, name: str) -> bool:
        """Whether a cookie or key of this *name* is what the line is about."""
        return name.startswith(self.name[:-1]) if self.name.endswith("*") else name == self.name
