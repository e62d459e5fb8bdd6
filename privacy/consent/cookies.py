"""The register of everything that a page may set, store, load or count. Whatever is not in it does not leave the server.

`/privacy/cookies/` is printed from it, `firewall` reads it before each answer, the banner asks only for what stands in it, and its
`version` is part of every choice: when a line that needs consent changes, people are asked again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from privacy.consent import tags
from privacy.consent.entries import Category, Entry, Kind, months
from privacy.register import profiles

AGE: Final = "age"
AGE_FOR: Final = timedelta(days=1)
CONSENT: Final = "consent"
POLICY_SEEN: Final = "policy_seen"
BANNER_AWAY_FOR: Final = months(6)
SEEN: Final = "seen"
ACCEPTED_FOR: Final = months(6)  # consent grows old: CNIL guidelines of 17 September 2020
FOREVER: Final = timedelta(days=3650)  # until somebody clears the browser
REFUSED_FOR: Final = months(12)  # nobody is asked again sooner: Cal. Civ. Code 1798.135(c)(4)

#: The longest that a cookie of each group may live, in months, whatever a shop's policy would allow.
LAW: Final = {
    Category.NECESSARY: 12,
    Category.PERFORMANCE: 13,  # CNIL: audience measurement
    Category.FUNCTIONALITY: 6,  # as long as the consent it rests on
    Category.TARGETING: 6,
}


@dataclass(frozen=True)
class Book:
    """The register, made ready for a question at every request."""

    entries: tuple[Entry, ...]
    asked: frozenset[Category]
    version: str
    exact: dict[str, Entry]
    patterns: tuple[Entry, ...]
    names: re.Pattern[str]  # of everything that rests on consent

    def find(self, name: str) -> Entry | None:
        """The line about this cookie."""
        return self.exact.get(name) or next((entry for entry in self.patterns if entry.matches(name)), None)


def register() -> list[Entry]:
    """Every line, in the order a visitor would meet the things."""
    return list(book().entries)


def at_most(category: Category) -> timedelta:
    """How long a cookie of this group may live here: the shop's policy or the law, whichever is shorter."""
    retention = profiles.current().retention
    shop = retention["analytics_cookie_months" if category == Category.PERFORMANCE else "cookie_months"]
    return months(min(shop, LAW[category]))


@cache
def book() -> Book:
    """The register under the present settings."""
    entries = (*_ours(), *tags.entries())
    ours = [entry for entry in entries if entry.kind == Kind.COOKIE and not entry.host]
    optional = [entry for entry in entries if entry.category != Category.NECESSARY and not entry.is_for_staff]
    return Book(
        entries=entries,
        asked=frozenset(entry.category for entry in optional),
        version=_version(optional),
        exact={entry.name: entry for entry in ours if not entry.name.endswith("*")},
        patterns=tuple(entry for entry in ours if entry.name.endswith("*")),
        names=_names(entry for entry in ours if entry in optional),
    )


@receiver(setting_changed)
def _forget(**kwargs: Any) -> None:
    """Settings change in tests only."""
    book.cache_clear()


def _version(optional: Iterable[Entry]) -> str:
    """Changes with whatever consent is about: a name, whose it is, what it is for, how long, and whether it follows people."""
    said = sorted(
        "\t".join((e.kind, e.name, e.vendor, e.category, e.purpose, str(e.days), str(e.is_cross_site)))
        for e in optional
    )
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:8]


def _names(entries: Iterable[Entry]) -> re.Pattern[str]:
    """A name that matches is one of these; with no entries, none does."""
    spelt = [re.escape(entry.name.removesuffix("*")) + (".*" if entry.name.endswith("*") else "") for entry in entries]
    return re.compile("|".join(spelt) or r"(?!)", re.DOTALL)


def _ours() -> list[Entry]:
    """What the shop sets and keeps itself."""
    return [
        Entry(
            name=CONSENT,
            category=Category.NECESSARY,
            holds="What you allowed and refused, the day, and which version of this list you saw. If you allowed "
            "something, also a random number that our record of it carries. Signed by us.",
            purpose="To keep to your choice: for 6 months to what you allowed, for 12 to what you refused.",
            set_when="You answer the question about cookies.",
            lives=REFUSED_FOR,
        ),
        Entry(
            name="bag",
            category=Category.NECESSARY,
            holds="A random number, your country, the currency, and which pieces you chose. Signed by us.",
            purpose="To keep your bag from page to page.",
            set_when="You put a piece into your bag.",
            lives=timedelta(days=30),
        ),
        Entry(
            name=POLICY_SEEN,
            category=Category.NECESSARY,
            holds="The number of a version of our privacy policy, the same for everybody.",
            purpose="Not to show you again the notice about its change that you put away.",
            set_when="You put that notice away.",
            lives=BANNER_AWAY_FOR,
        ),
        Entry(
            name=settings.SESSION_COOKIE_NAME,
            category=Category.NECESSARY,
            holds="A random number.",
            purpose="To keep you signed in, and to protect the forms you send meanwhile.",
            set_when="You sign in, or begin to.",
            lives=timedelta(seconds=0 if settings.SESSION_EXPIRE_AT_BROWSER_CLOSE else settings.SESSION_COOKIE_AGE),
        ),
        Entry(
            name=AGE,
            category=Category.NECESSARY,
            holds="Which group of ages you chose, the same for everybody in it, and when. Signed by us.",
            purpose="Not to ask how old you are again and again.",
            set_when="You say how old you are.",
            lives=AGE_FOR,
        ),
        Entry(
            name=SEEN,
            category=Category.PERFORMANCE,
            holds="Today's date, the same for everybody.",
            purpose="To count a visitor once a day.",
            set_when="You open a page of the shop window, if you allowed it.",
            lives=timedelta(days=1),
        ),
        Entry(
            name="looks",
            kind=Kind.COUNT,
            category=Category.PERFORMANCE,
            holds="Which page or piece, what was done with it, and when. No address of your network, no mark of your browser.",
            purpose="To count which pieces are looked at.",
            set_when="You look at a piece, if you allowed it.",
            lives=months(profiles.current().retention["activity_months"]),
        ),
        *(
            Entry(
                name=name,
                kind=Kind.STORAGE,
                category=Category.FUNCTIONALITY,
                holds="A word.",
                purpose=purpose,
                set_when="A member of staff opens the desk.",
                lives=FOREVER,
                is_for_staff=True,
            )
            for name, purpose in (
                ("adminTheme", "To show the desk light or dark."),
                ("sidebarDesktopOpen", "To leave the desk's menu open or closed."),
            )
        ),
    ]
