"""A text in sections, as the policy is: its HTML, the plain text that people compare, and the facts it was printed from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final

BLOCKS: Final = frozenset({"p", "div", "section", "table", "caption", "thead", "tbody", "ul", "ol", "h2", "h3", "h4"})
#: What somebody meant to fill in: `[date]`, a template's own brackets, the usual words for "later".
PLACEHOLDER: Final = re.compile(r"\[[^\[\]\n]*\]|\{\{.*?\}\}|\{%.*?%\}|\b(?:TBD|TODO|FIXME|XXX+|[Ll]orem ipsum)\b")

Facts = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Section:
    """One chapter. *is_grave*: a change of its words always matters to people."""

    slug: str
    title: str
    html: str
    is_grave: bool = False

    @property
    def text(self) -> str:
        """What a reader reads, one line for each paragraph, list item or row of a table."""
        reader = _Reader()
        reader.feed(self.html)
        reader.close()
        return reader.text()

    def as_json(self) -> dict[str, Any]:
        return {"slug": self.slug, "title": self.title, "html": self.html, "is_grave": self.is_grave}


@dataclass(frozen=True)
class Document:
    """Sections, and the facts they state: what the register and the profile say, by heading, one line for each thing."""

    sections: tuple[Section, ...]
    facts: Facts

    @property
    def text(self) -> str:
        """The whole as plain text, for comparing, reading and hashing."""
        return "\n\n".join(f"{section.title}\n\n{section.text}" for section in self.sections)

    @property
    def placeholders(self) -> list[str]:
        """Whatever somebody meant to fill in and did not."""
        return list(dict.fromkeys(PLACEHOLDER.findall(self.text)))


@dataclass(frozen=True)
class Change:
    """What is different under one heading: lines that went, lines that came."""

    title: str
    gone: tuple[str, ...]
    new: tuple[str, ...]


def text_changes(before: Sequence[Section], now: Sequence[Section]) -> list[Change]:
    """How the words differ, section by section, in the order of the newer text."""
    return _changes(_texts(before), _texts(now))


def fact_changes(before: Facts, now: Facts) -> list[Change]:
    """How the facts differ, heading by heading."""
    return _changes(before, now)


def grave_changes(before: Sequence[Section], now: Sequence[Section]) -> list[Change]:
    """How the words of the sections differ that always matter to people."""
    grave = {section.title for section in (*before, *now) if section.is_grave}
    return [change for change in text_changes(before, now) if change.title in grave]


def _texts(sections: Sequence[Section]) -> dict[str, list[str]]:
    return {section.title: section.text.split("\n") for section in sections}


def _changes(before: Facts, now: Facts) -> list[Change]:
    titles = dict.fromkeys((*now, *before))
    every = [_change(title, before.get(title, ()), now.get(title, ())) for title in titles]
    return [change for change in every if change.gone or change.new]


def _change(title: str, before: Sequence[str], now: Sequence[str]) -> Change:
    said = list(difflib.ndiff(list(before), list(now)))
    gone, new = (tuple(line[2:] for line in said if line.startswith(mark)) for mark in ("- ", "+ "))
    return Change(title, tuple(filter(None, gone)), tuple(filter(None, new)))


class _Reader(HTMLParser):
    """Our own markup as lines of text. Cells of a row stand between bars; everything else is one line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._words: list[str] = []
        self._cells: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self._end()
            self._cells = []
        elif tag == "li":
            self._end()
            self._words.append("- ")
        elif tag in BLOCKS or tag == "br":
            self._end()

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"} and self._cells is not None:
            self._cells.append(self._taken())
        elif tag == "tr" and self._cells is not None:
            self._lines.append(" | ".join(self._cells))
            self._cells = None
        elif tag == "li" or tag in BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def text(self) -> str:
        return "\n".join(self._all())

    def _all(self) -> Iterator[str]:
        self._end()
        yield from filter(None, self._lines)

    def _taken(self) -> str:
        words, self._words = " ".join("".join(self._words).split()), []
        return words

    def _end(self) -> None:
        if self._cells is None and (line := self._taken()):
            self._lines.append(line)
