"""What the shop does on an interest of its own, weighed against people's (GDPR Art. 6(1)(f), 5(2)).

The words come with Loupe (`policies/weighings.toml`), since they describe what the code does. Whose word it is that this does not
outweigh people's interests, since when and until when it is looked at again, the shop's profile says, and may put words of its own
in their place. A use that rests on such an interest without both stops the start.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from privacy.register import profiles
from privacy.register.profiles import FOLDER, Decision, Profile
from privacy.register.vocabulary import Basis, Purpose

FILE: Final = FOLDER / "weighings.toml"
PARTS: Final = ("title", "interest", "necessity", "balance", "safeguards")
CLAIMS: Final = "claims"
"""What is kept against an erasure while somebody's claim runs (`Basis.LEGITIMATE_INTEREST` of holds and disputes)."""
SOFT_OPT_IN: Final = "soft_opt_in"
LONGEST: Final = timedelta(days=731)
"""Between a decision and the next look at it."""
STAND_IN: Final = "stand-in"
"""Who decided for the five demonstrations: nobody."""


@dataclass(frozen=True)
class Weighing:
    """One interest of the shop, weighed."""

    slug: str
    title: str
    interest: str
    necessity: str
    balance: str
    safeguards: tuple[str, ...]
    decided_on: date
    decided_by: str
    review_on: date

    def is_overdue(self, on: date) -> bool:
        """Whether it should have been looked at again."""
        return self.review_on < on


def needed(shop: Profile) -> list[str]:
    """What has to be weighed: every purpose on this basis, what claims keep, and news without a yes where there is any."""
    resting = [purpose.name.lower() for purpose in Purpose if purpose.basis is Basis.LEGITIMATE_INTEREST]
    return [*resting, CLAIMS, *([SOFT_OPT_IN] if shop.has_soft_opt_in else [])]


def every(shop: Profile | None = None) -> list[Weighing]:
    """The weighings this shop needs and has, whole."""
    shop = shop or profiles.current()
    return [_made(slug, shop.weighings[slug]) for slug in needed(shop) if not list(_gaps(slug, shop, on=None))]


def overdue(*, on: date) -> list[Weighing]:
    """Those that should have been looked at again."""
    return [each for each in every() if each.is_overdue(on)]


def disagreements(shop: Profile | None = None, *, on: date) -> Iterator[str]:
    """What rests on an interest that nobody weighed, or not whole; nothing while all is well."""
    shop = shop or profiles.current()
    for slug in needed(shop):
        if gaps := list(_gaps(slug, shop, on=on)):
            yield f"{slug} rests on the shop's own interest: {', '.join(gaps)}"


def _gaps(slug: str, shop: Profile, *, on: date | None) -> Iterator[str]:
    decision = shop.weighings.get(slug)
    if decision is None or decision.decided_on is None:
        yield "nobody weighed it against people's"
        return
    if missing := [part for part in PARTS if not _words(slug, decision).get(part)]:
        yield f"the weighing lacks {', '.join(missing)}"
    if on is not None and decision.decided_on > on:
        yield "the decision lies in the future"
    if not decision.decided_by or (decision.decided_by == STAND_IN and not shop.is_demo):
        yield "nobody says who decided"
    if decision.review_on is None:
        yield "no day is set to look at it again"
    elif not timedelta(0) < decision.review_on - decision.decided_on <= LONGEST:
        yield "it has to be looked at again within two years"


def _made(slug: str, decision: Decision) -> Weighing:
    words = _words(slug, decision)
    assert decision.decided_on
    assert decision.review_on
    return Weighing(
        slug=slug,
        title=words["title"],
        interest=words["interest"],
        necessity=words["necessity"],
        balance=words["balance"],
        safeguards=tuple(words["safeguards"]),
        decided_on=decision.decided_on,
        decided_by=decision.decided_by,
        review_on=decision.review_on,
    )


def _words(slug: str, decision: Decision) -> Mapping[str, Any]:
    return {**_written().get(slug, {}), **decision.own_words}


@cache
def _written() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(FILE.read_text())
