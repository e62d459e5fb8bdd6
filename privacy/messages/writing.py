"""How a newsletter is written: what its text may hold, and the mail that one reader gets.

Staff write rich text. What reaches a mail is a short list of tags with links as their only attribute: no script, no style, no
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
from privacy.messages import outbox, pieces, unsubscribe
from privacy.messages.kinds import Kind
from privacy.messages.newsroom import Campaign
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
    """One reader's mail."""

    title: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it: their number, their mailbox, and since when they want this topic."""

    subject_id: UUID
    address: str
    agreed_at: datetime | None  # None: somebody of the staff who looks at a draft


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


def is_empty(body: str) -> bool:
    """Whether nothing is left to read."""
    return not plain(body)


class Copy:
    """One newsletter, ready to be addressed: what is the same for all its readers is made once."""

    def __init__(self, campaign: Campaign) -> None:
        body = sanitised(campaign.body)  # here too, whatever the row holds
        self.title = campaign.title
        self.template = KINDS[Matter(campaign.topic)].template
        self.known: dict[str, Any] = {
            **outbox.frame(),
            "title": campaign.title,
            "preheader": campaign.preheader,
            "body": mark_safe(body),  # noqa: S308
            "body_text": plain(body),
            "pieces": pieces.find(campaign.pieces),
            "topic": Matter(campaign.topic).words,
            "channel": Channel(campaign.channel).words,
        }

    def to(self, reader: Reader) -> Letter:
        """The mail that this reader gets: same words and pictures for all, links to leave of their own."""
        own = {
            "agreed_at": reader.agreed_at,
            "unsubscribe_url": unsubscribe.url(reader.subject_id, address=reader.address),
            "preferences_url": unsubscribe.preferences_url(reader.subject_id),
        }
        text, html = (render_to_string(f"{self.template}.{part}", self.known | own) for part in ("txt", "html"))
        return Letter(self.title, text, html)


def written(campaign: Campaign, reader: Reader) -> Letter:
    """One reader's mail."""
    return Copy(campaign).to(reader)


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
