"""Pages of a list, by number, up to a limit: nobody reads the thousandth page, and counting there costs the most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SIZE: Final = 24
MOST_PAGES: Final = 100


@dataclass(frozen=True, slots=True)
class Pages:
    """Where we are in a list; reads like Django's page object, without a query of its own."""

    number: int
    num_pages: int

    @classmethod
    def of(cls, total: int, wanted: int) -> Pages:
        """The page wanted, or the nearest there is."""
        num_pages = max(1, min(-(-total // SIZE), MOST_PAGES))
        return cls(max(1, min(wanted, num_pages)), num_pages)

    @property
    def rows(self) -> slice:
        """Which rows of the list stand on this page."""
        return slice((self.number - 1) * SIZE, self.number * SIZE)

    @property
    def paginator(self) -> Pages:
        return self

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.num_pages

    @property
    def has_other_pages(self) -> bool:
        return self.num_pages > 1

    @property
    def previous_page_number(self) -> int:
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1
