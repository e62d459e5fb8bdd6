"""How a newsletter is written: what its text may hold, and what one reader gets by each way.

A text message and a letter are plain; how they end is said once, by us, in their templates. Of a mail, staff write rich text. What
reaches one is a short list of tags with links as their only attribute: no script, no style, no
picture of its own, hence no way to tell who opened it. Pictures come from the catalogue (`messages.pieces`) and travel
inside the mail. There is no opening or click tracking, and nowhere to switch it on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser
from typing import Any, Final
from uuid import UUID

import nh3
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from privacy.consent.vocabulary import Channel, Matter
from privacy.ground import tongue
from privacy.messages import outbox, pieces, unsubscribe
from privacy.messages.channels import PARTS
from privacy.messages.kinds import Kind
from privacy.messages.newsroom import Campaign, Words
from privacy.register.vocabulary import Purpose

KINDS: Final = {
    matter: Kind(f"privacy.newsletter_{matter.value}", Purpose.MARKETING, f"Newsletter: {label}", matter=matter)
    for matter, label in {
        Matter.NEW_PIECES: "new pieces",
        Matter.OFFERS: "offers",
        Matter.CARE: "care",
    }.items()
}
"""One kind for each topic, so that the gate asks for a yes to this very topic."""
TEST: Final = Kind("privacy.newsletter_test", Purpose.SUPPORT, "A newsletter's draft, to whoever asked for it")

TAGS: Final = {"p", "div", "br", "strong", "em", "b", "i", "a", "ul", "ol", "li", "h2", "h3", "blockquote"}
SCHEMES: Final = {"https", "http", "mailto"}
HEADING: Final = re.compile(r"(</?)h1\b", re.I)  # the editor's only heading; the mail's title has that rank


@dataclass(frozen=True, slots=True)
class Letter:
    """What one reader gets: a mail has a title, text and HTML, a letter a title and text, a text message its text."""

    title: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it: their number, where it goes, and since when they want this topic."""

    subject_id: UUID
    address: str
    agreed_at: datetime | None  # None: somebody of the staff who looks at a draft
    language: str = ""  # of what stands around the staff's words; empty: English


def sanitised(body: str) -> str:
    """What staff wrote, with everything left out that a newsletter may not hold. A link to our own site is made whole."""
    cleaner = nh3.Cleaner(
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes=SCHEMES,
        link_rel=None,
        url_relative=("rewrite_with_base", f"{settings.LOUPE_PUBLIC_URL}/"),
    )
    return cleaner.clean(HEADING.sub(r"\1h2", body)).strip()


def cleaned(words: Words) -> Words:
    """Words in another language as they are kept; a text of nothing but markup is none."""
    body = sanitised(words.body)
    return Words(
        words.title.strip(),
        words.preheader.strip(),
        "" if is_empty(body) else body,
        tidied(words.sms, Channel.SMS),
        tidied(words.post, Channel.POST),
    )


def is_empty(body: str) -> bool:
    """Whether nothing is left to read."""
    return not plain(body)


class Copy:
    """One newsletter by one way, ready to be addressed: what is the same for all its readers of a language is made once."""

    def __init__(self, campaign: Campaign, channel: Channel = Channel.EMAIL, language: str = "") -> None:
        said = words_for(campaign, channel, language)
        body = sanitised(said.body)  # here too, whatever the row holds
        self.channel, self.title = channel, said.title
        self.template = KINDS[Matter(campaign.topic)].template
        self.known: dict[str, Any] = {
            **outbox.frame(),
            "title": said.title,
            "preheader": said.preheader,
            "body": mark_safe(body),  # noqa: S308
            "body_text": plain(body),
            "words": tidied(said.by(channel), channel),
            "pieces": pieces.find(campaign.pieces) if channel == Channel.EMAIL else [],
            "topic": Matter(campaign.topic).words,
            "channel": channel.words,
        }

    def to(self, reader: Reader) -> Letter:
        """What this reader gets: same words and pictures for all; in a mail, links to leave of their own."""
        own: dict[str, Any] = {"agreed_at": reader.agreed_at}
        if self.channel == Channel.EMAIL:
            own["unsubscribe_url"] = unsubscribe.url(reader.subject_id, address=reader.address)
            own["preferences_url"] = unsubscribe.preferences_url(reader.subject_id)
        with tongue.writing(reader.language):
            parts = {
                part: render_to_string(f"{self.template}.{suffix}", self.known | own).strip()
                for part, suffix in PARTS[self.channel].items()
                if part != "title"
            }
        return Letter("" if self.channel == Channel.SMS else self.title, **parts)


def written(campaign: Campaign, reader: Reader, channel: Channel = Channel.EMAIL) -> Letter:
    """What one reader gets by one way, in their language where it was written in it."""
    return Copy(campaign, channel, reader.language).to(reader)


def words_for(campaign: Campaign, channel: Channel, language: str) -> Words:
    """What it says by that way in that language; where nobody wrote it, in the shop's first."""
    told = campaign.translated(tongue.known(language))
    return told if told and told.says(channel) else campaign.words


def languages_of(campaign: Campaign) -> list[str]:
    """The languages it is written in, the shop's first."""
    first, *others = (code for code, _ in settings.LANGUAGES)
    return [first, *(code for code in others if campaign.translated(code))]


WRITTEN_APART: Final = frozenset({Channel.SMS, Channel.POST})
"""Ways with words of their own, plain ones."""


def tidied(words: str, channel: Channel) -> str:
    """Plain words as they go: a text message on one line, a letter with one empty line between its paragraphs."""
    if channel == Channel.SMS:
        return " ".join(words.split())
    lines = "\n".join(" ".join(line.split()) for line in words.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


# The same as plain text


def plain(body: str) -> str:
    """The text of sanitised markup: paragraphs apart, lists with dashes, each link's address behind its words."""
    reader = _Plain()
    reader.feed(body)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Plain(HTMLParser):
    """Gathers text; knows the tags of `TAGS`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._links.append(dict(attrs).get("href") or "")
        else:
            self.parts.append(STARTS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            address = self._links.pop()
            self.parts.append(f" ({address})" if address else "")
        else:
            self.parts.append(ENDS.get(tag, ""))

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


STARTS: Final = {"br": "\n", "li": "\n- ", "ul": "\n", "ol": "\n", "div": "\n", "p": "\n\n", "h2": "\n\n", "h3": "\n\n"}
ENDS: Final = {"p": "\n\n", "h2": "\n\n", "h3": "\n\n", "ul": "\n\n", "ol": "\n\n", "div": "\n", "blockquote": "\n\n"}
