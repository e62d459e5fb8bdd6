"""Where a mail goes, by what it says: a table of headlines (`headlines.toml`), and a few words in the body that can do no harm.

A headline is the subject without what mail programs put before it. It decides. Words in the body count only for what
anybody may ask at once and take back at once (no more news, texts or letters); a request about data needs a headline, and then the
body says which.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db.models import TextChoices

from privacy.messages.letters import Letter

LONGEST: Final = 300


class Route(TextChoices):
    """Where a mail goes."""

    UNSUBSCRIBE = "unsubscribe", "No more news"
    STOP_SMS = "stop_sms", "No more texts"
    STOP_POST = "stop_post", "No more letters"
    ACCESS = "access", "See my data"
    PORTABILITY = "portability", "Take my data along"
    CATEGORIES = "categories", "Know which kinds of data you hold"
    CORRECTION = "correction", "Correct my data"
    ERASURE = "erasure", "Erase my data"
    RESTRICTION = "restriction", "Keep my data, but do not use it"
    OBJECTION = "objection", "Stop a use of my data"
    WITHDRAWAL = "withdrawal", "Take back what I agreed to"
    OPT_OUT = "opt_out", "Do not sell or share my data"
    LIMIT = "limit", "Limit the use of sensitive data"
    DATA_REQUEST = "data_request", "Data request"
    INQUIRY = "inquiry", "Privacy inquiry"
    QUESTION = "question", "Ask about privacy"
    COMPLAINT = "complaint", "Complain"
    CALIFORNIA = "california", "California privacy"
    CHILD = "child", "Report about a child"
    FOLLOW_UP = "follow_up", "About a request or an order"
    ORDINARY = "ordinary", "Anything else"
    AUTOMATIC = "automatic", "Written by a machine"


AT_ONCE: Final = frozenset({Route.UNSUBSCRIBE, Route.STOP_SMS, Route.STOP_POST})
"""Acted upon at once, whoever wrote: it takes nothing away that could not be asked for again."""
RIGHTS: Final = frozenset({
    Route.ACCESS, Route.PORTABILITY, Route.CATEGORIES, Route.CORRECTION, Route.ERASURE, Route.RESTRICTION, Route.OBJECTION,
    Route.WITHDRAWAL, Route.OPT_OUT, Route.LIMIT,
})  # fmt: skip
"""Named like the kind of request that such a mail opens."""
REQUESTS: Final = RIGHTS | {Route.CALIFORNIA}
"""Opens a request, which waits for its proof where its kind asks for one."""
ANSWERED: Final = frozenset({Route.QUESTION, Route.COMPLAINT})
"""For a person of our staff in any case; a request of its own where it is certain who wrote and the whole of it is here."""
FIRST: Final = ANSWERED | {Route.DATA_REQUEST, Route.INQUIRY, Route.CALIFORNIA, Route.CHILD, Route.FOLLOW_UP}
"""For a person of our staff, before everything else."""


@dataclass(frozen=True)
class Direction:
    """A route, why, and the reference of ours that the mail names."""

    route: Route
    because: str
    about: str = ""


TABLE: Final[Mapping[str, Any]] = tomllib.loads(Path(__file__).with_name("headlines.toml").read_text())
FILLERS: Final = frozenset(word.casefold() for word in TABLE["fillers"])

ALONE: Final = frozenset({
    "stop", "quit", "end", "revoke", "opt out", "opt-out", "optout", "cancel", "unsubscribe", "stopp", "ende", "beenden",
})  # fmt: skip
"""What ends texts (47 CFR 64.1200(a)(10)) ends mails as well, where a mail says nothing else. *Widerruf* is not among them: it may
be that of an order, which a person must read."""
FIRST_LINE: Final = frozenset({"stop", "stopp"})
"""What ends mails where a mail begins with it, whatever follows."""
REFERENCE: Final = re.compile(r"\b(?:DSR|LP|IN)-[2-9A-Z]{4}-[2-9A-Z]{4}\b", re.IGNORECASE)
FAREWELLS: Final = frozenset(each.casefold() for each in TABLE["farewells"])
SENT_FROM: Final = tuple(each.casefold() for each in TABLE["sent_from"])
NAMES: Final = 2
"""Lines below a farewell that are a name, at most."""
EDGES: Final = " \t.,;:!?¡¿*_-–—\"'“”„«»‘()<>[]#"


def _before(prefixes: Iterable[str]) -> str:
    """`Re:`, `RE :`, `Re[2]:`, `回复：`."""
    return rf"(?:{'|'.join(map(re.escape, prefixes))})\s*(?:[\[(^]\s*\d{{1,3}}\s*[\])]?)?\s*[:：]\s*"


FORWARDED: Final = re.compile(rf"^{_before(TABLE['forwards'])}", re.IGNORECASE)
PREFIX: Final = re.compile(
    rf"^(?:{_before([*TABLE['answers'], *TABLE['forwards']])}|\[[^\]\[]{{1,40}}\]\s*|\*{{2,}}[^*]{{1,40}}\*{{2,}}\s*)",
    re.IGNORECASE,
)


def _pattern(phrase: str) -> re.Pattern[str]:
    """A phrase of the table as a pattern over words that each have a space before them."""
    pieces = []
    for word in phrase.split():
        if word == "*":
            pieces.append(r"(?: \S+)*")
        elif word.startswith("{"):
            choices = sorted((_joined(_essential(each)) for each in TABLE["words"][word[1:-1]]), key=len, reverse=True)
            pieces.append(f"(?:{'|'.join(re.escape(each) for each in choices if each)})")
        else:
            pieces.append(re.escape(_joined(_essential(word))))
    return re.compile("".join(pieces))


def _essential(words: str) -> list[str]:
    """The words of a headline without the fillers and without punctuation at their edges."""
    stripped = (word.strip(EDGES) for word in words.casefold().replace("/", " ").replace(":", " ").split())
    return [word for word in stripped if word and word not in FILLERS]


def _joined(words: Iterable[str]) -> str:
    return "".join(f" {word}" for word in words)


HEADLINES: Final = tuple(
    (Route(entry["route"]), _pattern(phrase)) for entry in TABLE["headline"] for phrase in entry["phrases"]
)
ABOUT: Final = tuple(
    (
        Route(name),
        re.compile(
            r"\b(?:" + "|".join(re.escape(word).replace(r"\-", r"\w*") for word in words) + r")\b", re.IGNORECASE
        ),
    )
    for name, words in TABLE["about"].items()
    if not name.startswith("negations")
)
NEGATED: Final = re.compile(
    rf"\b(?:{'|'.join(map(re.escape, TABLE['about']['negations']))})\s+(?:\w+\s+){{0,3}}$", re.IGNORECASE
)
NEGATED_BEHIND: Final = re.compile(
    rf"[\s,]+(?:\w+[\s,]+){{0,5}}(?:{'|'.join(map(re.escape, TABLE['about']['negations_behind']))})\b", re.IGNORECASE
)


def direct(letter: Letter, *, labels: Iterable[str] = ()) -> Direction:
    """Where the letter goes. *labels* are the subjects that the shop's profile promises to look at first."""
    subject = plain(letter.subject)
    said = headline(subject)
    if not said and FORWARDED.match(subject):
        said = next((inner for each in letter.inside if (inner := headline(each))), "")
    if named := REFERENCE.search(subject):
        return _harmless(letter) or Direction(Route.FOLLOW_UP, "names a reference of ours", named.group().upper())
    if (route := _route_of(said)) is not None:
        return (
            _told_apart(letter) if route is Route.DATA_REQUEST else Direction(route, f"subject: {route.label.lower()}")
        )
    if found := _harmless(letter) or _one_word(said, letter):
        return found
    if any(label and said.startswith(headline(label)) for label in labels):
        return Direction(Route.INQUIRY, "subject: named in our policy")
    return Direction(Route.ORDINARY, "")


def headline(subject: str) -> str:
    """A subject without prefixes and edges, in small letters: `Re: AW: [EXTERNAL] "Data Request"!` says `data request`."""
    words = plain(subject)
    while (shorter := PREFIX.sub("", words, count=1)) != words:
        words = shorter
    return words.strip(EDGES).casefold()


def plain(text: str) -> str:
    """One form for texts that look alike: compatible characters folded, invisible ones out, spaces single."""
    folded = unicodedata.normalize("NFKC", text[: 2 * LONGEST])
    return " ".join("".join(_visible(folded)).replace("’", "'").split())[:LONGEST]


def _visible(text: str) -> Iterator[str]:
    for character in text:
        if character.isspace():
            yield " "
        elif unicodedata.category(character) not in ("Cf", "Cc"):
            yield character


def _route_of(said: str) -> Route | None:
    words = _joined(_essential(said))
    return next((route for route, pattern in HEADLINES if words and pattern.fullmatch(words)), None)


def ends_something(text: str) -> bool:
    """Whether words said by themselves end something that anybody may end."""
    return _route_of(headline(text)) in AT_ONCE


def _harmless(letter: Letter) -> Direction | None:
    """The first line of what somebody wrote themselves, where it ends something that anybody may end."""
    line = headline(next((line for line in letter.own.splitlines() if line.strip()), ""))
    route = Route.UNSUBSCRIBE if line in FIRST_LINE else _route_of(line)
    return Direction(route, f"text: {route.label.lower()}") if route in AT_ONCE else None


def _one_word(said: str, letter: Letter) -> Direction | None:
    """A mail that is one of the words which end texts, and nothing else. Under an order's number it may mean the order."""
    text = spoken(letter.own)
    if headline(text) in ALONE:
        return Direction(Route.UNSUBSCRIBE, "text: one word that ends")
    is_empty = letter.is_whole and not text
    return Direction(Route.UNSUBSCRIBE, "subject: one word that ends") if is_empty and said in ALONE else None


def spoken(own: str) -> str:
    """What somebody says: without the line that a telephone adds below, and without a farewell with a name under it."""
    lines = [line for line in own.splitlines() if line.strip() and not headline(line).startswith(SENT_FROM)]
    end = next((at for at, line in enumerate(lines) if _is_farewell(line, lines[at + 1 :])), len(lines))
    return "\n".join(lines[:end])


def _is_farewell(line: str, below: list[str]) -> bool:
    """`Thanks`, `Merci, Alice`, `Best regards` above a name: nothing but names may follow."""
    said, _, name = headline(line).partition(",")
    names = [*([name.strip()] if name else []), *below]
    return said in FAREWELLS and len(names) <= NAMES and all(_is_name(each) for each in names)


def _is_name(line: str) -> bool:
    words = plain(line).split()
    return len(words) <= 4 and all(re.sub("[.'-]", "", word).isalpha() for word in words)


def _told_apart(letter: Letter) -> Direction:
    """A data request is told apart by its text; one without a text asks to see what there is."""
    text = plain(spoken(letter.own))
    if not text and letter.is_whole and not FORWARDED.match(plain(letter.subject)):
        return Direction(Route.ACCESS, "subject: data request, without a text")
    asked = {route for route, pattern in ABOUT if any(_is_meant(text, hit) for hit in pattern.finditer(text))}
    if len(asked) == 1 and asked <= RIGHTS:
        (route,) = asked
        return Direction(route, f"subject: data request; text: {route.label.lower()}")
    return Direction(Route.DATA_REQUEST, "subject: data request")


def _is_meant(text: str, hit: re.Match[str]) -> bool:
    """Whether somebody asks for what they name: `do not delete`, `löschen Sie nichts` do not."""
    return not NEGATED.search(text[: hit.start()]) and not NEGATED_BEHIND.match(text[hit.end() :])
