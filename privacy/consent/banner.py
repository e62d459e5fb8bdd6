"""What somebody is asked about cookies: the words of the banner, and the groups of the settings page.

Only what stands in the register is asked for, so that nobody agrees to nothing; and targeting is never asked for while the
browser's signal says no to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from privacy.consent import cookies, notices
from privacy.consent.choice import Choice
from privacy.consent.entries import Category, Entry

NOTICE: Final = "banner"
SETTINGS_NOTICE: Final = "cookie_settings"


@dataclass(frozen=True)
class Words:
    """One group, in the words of the settings page and, as `asks`, in the banner's sentence."""

    label: str
    explains: str
    asks: str


GROUPS: Final = {
    Category.NECESSARY: Words(
        "Strictly necessary",
        "Your bag, your sign-in, this choice. The shop cannot do without, so they are always on.",
        "",
    ),
    Category.PERFORMANCE: Words(
        "Performance", "Counting how the shop is used, so that we can make it better.", "count how the shop is used"
    ),
    Category.FUNCTIONALITY: Words(
        "Functionality", "Remembering how you like the shop to be.", "remember how you like it"
    ),
    Category.TARGETING: Words(
        "Targeting",
        "Showing you our pieces on other sites. Others learn that you were here.",
        "show you our pieces on other sites",
    ),
}


@dataclass(frozen=True)
class Group:
    """One group as it is offered: what is in it, and whether it can be chosen and is allowed."""

    category: Category
    words: Words
    entries: tuple[Entry, ...]
    is_open: bool
    is_allowed: bool


@dataclass(frozen=True)
class Banner:
    """What an undecided visitor is asked."""

    text: str
    groups: tuple[Group, ...]


def shown(choice: Choice) -> Banner | None:
    """The banner of this visitor: None for who has decided, and where there is nothing to ask for."""
    return None if choice.is_decided else _banner(choice.gpc, cookies.book().version)


@lru_cache(maxsize=16)
def _banner(gpc: bool, version: str) -> Banner | None:
    """The same for everybody undecided under this version of the register."""
    groups = tuple(group for group in groups_for(Choice(gpc=gpc)) if group.is_open)
    return Banner(text(gpc=gpc), groups) if groups else None


def groups_for(choice: Choice) -> list[Group]:
    """Every group that has something in it, as this visitor chose."""
    book = cookies.book()
    return [
        Group(
            category,
            words,
            tuple(entry for entry in book.entries if entry.category == category and not entry.is_for_staff),
            is_open=category in open_groups(gpc=choice.gpc),
            is_allowed=choice.allows(category),
        )
        for category, words in GROUPS.items()
        if category == Category.NECESSARY or category in book.asked
    ]


def open_groups(*, gpc: bool) -> frozenset[Category]:
    """What can be agreed to: what the register asks for, less what the signal has answered."""
    return cookies.book().asked - ({Category.TARGETING} if gpc else frozenset())


def text(*, gpc: bool) -> str:
    """The banner's words, which name exactly what is asked for."""
    return notices.text(NOTICE, asked=asked_words(gpc=gpc))


def settings_text() -> str:
    """The words of the settings page."""
    return notices.text(SETTINGS_NOTICE)


def asked_words(*, gpc: bool) -> str:
    """`count how the shop is used and remember how you like it`."""
    offered = open_groups(gpc=gpc)
    asks = [words.asks for category, words in GROUPS.items() if category in offered]
    return " and ".join(filter(None, (", ".join(asks[:-1]), *asks[-1:])))
