"""What the privacy centre opens with: everything held about one person, in chapters, and what an erasure today would leave of it.

The sums are those of the plan that an erasure would follow (`rights.planning`), so the page promises nothing that the erasure
would not do. Records of what was done stay out of them: they name nobody, and are told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final

from privacy.register import presence
from privacy.register.declare import Category, Declaration, Family, Purpose
from privacy.rights import holdings, planning, reasons
from privacy.rights.holdings import Holding
from privacy.rights.planning import Share

CHAPTERS: Final[Mapping[str, str]] = {
    "account": "You and your account",
    "orders": "What you ordered",
    "words": "What we wrote to each other",
    "tastes": "What you like and allow",
}
SERVES: Final[Mapping[Purpose, str]] = {
    **dict.fromkeys((Purpose.ACCOUNT, Purpose.SECURITY, Purpose.RIGHTS), "account"),
    **dict.fromkeys((Purpose.ORDER, Purpose.DELIVERY, Purpose.PAYMENT, Purpose.TAX), "orders"),
    **dict.fromkeys((Purpose.MARKETING, Purpose.STATISTICS, Purpose.RECOMMENDATIONS), "tastes"),
    **dict.fromkeys((Purpose.SUPPORT, Purpose.REVIEWS), "words"),
}
"""The chapter of a kind of thing, by the first purpose it serves."""
ANSWERS: Final = frozenset({Purpose.SUPPORT, Purpose.RIGHTS})


@dataclass(frozen=True)
class Line:
    """One kind of thing that is held, and what an erasure today would leave of it; None where that is not asked."""

    holding: Holding
    share: Share | None = None

    @property
    def stays(self) -> bool:
        """Whether something of it would be left for now."""
        return self.share is not None and bool(self.share.stays)

    @property
    def until(self) -> date | None:
        """The day on which the last of what stays goes by itself; None where that is not known yet."""
        return planning.latest(self.share.retained) if self.share and self.share.retained else None

    @property
    def why(self) -> str:
        """Why something stays."""
        return self.share.why if self.share and self.stays else ""

    @cached_property
    def preview(self) -> str:
        """A real value of it: what its first row is called, or says first."""
        first = next(iter(self.holding.glimpse), None)
        if first is None:
            return ""
        return first.title or next((str(value) for _, value in first.facts if isinstance(value, str)), "")

    @property
    def others(self) -> int:
        """How many more there are than the preview names."""
        return self.holding.count - 1


@dataclass(frozen=True)
class Chapter:
    """Lines about one side of somebody's dealings with the shop."""

    slug: str
    title: str
    lines: list[Line]


@dataclass(frozen=True)
class Overview:
    """Everything that is held about one person."""

    lines: list[Line]
    records: list[Line]

    @property
    def chapters(self) -> list[Chapter]:
        """The lines by chapter, in the order of the page; empty chapters left out."""
        found = [Chapter(slug, title, self._in(slug)) for slug, title in CHAPTERS.items()]
        return [chapter for chapter in found if chapter.lines]

    def _in(self, chapter: str) -> list[Line]:
        return [line for line in self.lines if chapter_of(line.holding.declaration) == chapter]

    @property
    def whole(self) -> int:
        """How many things there are."""
        return _sum(self.lines)

    @property
    def staying(self) -> int:
        """How many would stay for now, without the person's name."""
        return _sum(line for line in self.lines if line.stays)

    @property
    def going(self) -> int:
        """How many can go today."""
        return self.whole - self.staying

    @property
    def until(self) -> date | None:
        """The day on which the last of what stays is gone; None where that is not known yet, or nothing stays."""
        days = [line.until for line in self.lines if line.stays]
        known = [day for day in days if day is not None]
        return max(known) if known and len(known) == len(days) else None

    @property
    def why(self) -> str:
        """The reason why things stay, to go on a sentence with; empty where there are several."""
        said = {line.why for line in self.lines if line.stays and line.why}
        words = said.pop().rstrip(".") if len(said) == 1 else ""
        return words[:1].lower() + words[1:] if words[1:2].islower() else words


def of(family: Family, *, at: datetime) -> Overview:
    """What is held about these records of one person, and what an erasure *at* this moment would leave."""
    held = holdings.of(family)
    now = reasons.active(family, here=presence.counted(family), at=at)
    about = [Line(each, planning.share(each.declaration, now)) for each in held if not each.declaration.is_evidence]
    return Overview(about, [Line(each) for each in held if each.declaration.is_evidence])


def chapter_of(declaration: Declaration) -> str:
    """The chapter that a kind of thing stands in.

    Letters stand together, so do choices, and what the account knows; all else goes by the first purpose it serves.
    """
    categories = {field.category for field in declaration.personal_fields().values()}
    first, is_for_rights = declaration.purposes[0], Purpose.RIGHTS in declaration.purposes
    if Category.MESSAGE in categories and not ANSWERS.isdisjoint(declaration.purposes):
        return "words"
    if Category.PREFERENCE in categories and first is Purpose.RIGHTS:
        return "tastes"
    is_of_account = Category.ACCOUNT in categories and Category.TRANSACTION not in categories
    return "account" if SERVES[first] == "orders" and (is_for_rights or is_of_account) else SERVES[first]


def _sum(lines: Iterable[Line]) -> int:
    return sum(line.holding.count for line in lines)
