"""What the CookieBlock study counts as violations (Bollinger, Kubicek, Cotrini, Basin: USENIX Security 2022), as functions.

Its six types compare what a site declares with what cookies are and do; two older ones compare it with what the visitor chose.
Where the study is generous (a cookie may live half as long again as declared), this is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from privacy.consent.choice import Choice
from privacy.consent.entries import Category, Entry, Kind

CLOCKS_DIFFER: Final = timedelta(minutes=1)

#: The study's own example of a label that can be known to be wrong.
ANALYTICS: Final = ("_ga", "_ga_*", "_gid", "_gat*")
#: The groups in which most sites and the public lists of cookies put what everybody knows.
MOST_SAY: Final = {
    "IDE": Category.TARGETING,
    "NID": Category.TARGETING,
    "_fbp": Category.TARGETING,
    "_gcl_*": Category.TARGETING,
    "fr": Category.TARGETING,
    "test_cookie": Category.TARGETING,
    "_hjSessionUser_*": Category.PERFORMANCE,
    "_hjSession_*": Category.PERFORMANCE,
    "sessionid": Category.NECESSARY,
    "csrftoken": Category.NECESSARY,
}


@dataclass(frozen=True)
class Found:
    """A cookie or storage key in the browser. *host*: empty for the shop's own. *lives*: None until the browser is closed."""

    name: str
    host: str = ""
    kind: Kind = Kind.COOKIE
    lives: timedelta | None = None


@dataclass
class Seen:
    """What one browser held and asked for, under one choice."""

    choice: Choice
    things: set[Found] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)

    @property
    def names(self) -> set[str]:
        return {thing.name for thing in self.things}


Register = Iterable[Entry]


def of(register: Register, seen: Seen) -> dict[str, list[str]]:
    """Each type with the names of what violates; nothing but empty lists on a site that does as it says."""
    lines = list(register)
    return {kind: sorted(names(lines, seen)) for kind, names in TYPES.items()}


def line_of(lines: Register, found: Found) -> Entry | None:
    """The line about something that was found, on the host it belongs to."""
    return next(
        (each for each in lines if each.kind == found.kind and each.host == found.host and each.matches(found.name)),
        None,
    )


def wrong_label(lines: Register, seen: Seen) -> Iterable[str]:
    """Google Analytics declared as something else than performance."""
    return (each.name for each in lines if each.name in ANALYTICS and each.category != Category.PERFORMANCE)


def outlier(lines: Register, seen: Seen) -> Iterable[str]:
    """Declared in another group than everybody else has it in."""
    return (each.name for each in lines if MOST_SAY.get(each.name, each.category) != each.category)


def wrong_lifetime(lines: Register, seen: Seen) -> Iterable[str]:
    """Lives longer than declared; what is declared to end with the browser must."""
    for found in seen.things:
        line = line_of(lines, found)
        if line is not None and found.lives is not None and found.lives > line.lives + CLOCKS_DIFFER * bool(line.lives):
            yield found.name


def unclassified(lines: Register, seen: Seen) -> Iterable[str]:
    """Declared without one of the four groups, or without what it is for."""
    return (each.name for each in lines if each.category not in set(Category) or not each.purpose.strip())


def undeclared(lines: Register, seen: Seen) -> Iterable[str]:
    """In the browser, and in no line."""
    return (found.name for found in seen.things if line_of(lines, found) is None)


def contradiction(lines: Register, seen: Seen) -> Iterable[str]:
    """Declared twice, in different groups."""
    said: dict[tuple[str, str], set[Category]] = {}
    for each in lines:
        if each.kind in {Kind.COOKIE, Kind.STORAGE}:
            said.setdefault((each.host, each.name), set()).add(each.category)
    return (name for (_, name), categories in said.items() if len(categories) > 1)


def implicit_consent(lines: Register, seen: Seen) -> Iterable[str]:
    """There before the visitor answered, though it needs an answer."""
    return _not_allowed(lines, seen) if not seen.choice.is_decided else ()


def ignored_choice(lines: Register, seen: Seen) -> Iterable[str]:
    """There though the visitor refused it, or their browser objects."""
    return _not_allowed(lines, seen) if seen.choice.is_decided else ()


def _not_allowed(lines: Register, seen: Seen) -> Iterable[str]:
    for found in seen.things:
        line = line_of(lines, found)
        if line is not None and not seen.choice.allows(line.category):
            yield found.name


TYPES: Final[dict[str, Callable[[Register, Seen], Iterable[str]]]] = {
    "wrong label": wrong_label,
    "outlier": outlier,
    "wrong lifetime": wrong_lifetime,
    "unclassified": unclassified,
    "undeclared": undeclared,
    "contradiction": contradiction,
    "implicit consent": implicit_consent,
    "ignored choice": ignored_choice,
}
NONE: Final[dict[str, list[str]]] = {kind: [] for kind in TYPES}
