"""A mail that came in, read with suspicion: bounded, never raising, attachments left out, and no word of quoted mails.

What comes out is plain text and a few facts. Whether the sender is who the mail says is `authentication`'s to judge.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from html.parser import HTMLParser
from typing import Final

LONGEST_TEXT: Final = 100_000
LONGEST_LINE: Final = 998  # RFC 5322 2.1.1, for headers kept
LONGEST_OWN: Final = 2_000
MOST_PARTS: Final = 200
DEEPEST: Final = 20

Headers = tuple[tuple[str, str], ...]

ADDRESS: Final = re.compile(r"[^<>@\s\"(),:;\\]{1,64}@[^<>@\s\"(),:;\\]{1,253}")
QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
COMMENT: Final = re.compile(r"\([^()]*\)")
#: Where somebody else's words begin: "On Tuesday she wrote:", the lines above a forwarded mail, in the languages we meet.
BEGINS_QUOTE: Final = re.compile(
    r"""^\s*(
        on\b.{4,200}\bwrote: | am\b.{4,200}\bschrieb\b.{0,80}: | le\b.{4,200}\ba\s+écrit\s*: | el\b.{4,200}\bescribió: |
        il\b.{4,200}\bha\s+scritto: | op\b.{4,200}\bschreef\b.{0,80}: | em\b.{4,200}\bescreveu: | den\b.{4,200}\bskrev\b.{0,80}: |
        .{0,80}(在|於).{2,80}(写道|寫道)[:：] |
        -{2,}\s*\S.{0,80}\S\s*-{2,} | _{10,} | begin\ forwarded\ message: |
        (from|von|de|da|van|från|fra|od|发件人|寄件者|差出人)\s?[:：]\s.{0,200}@.{0,200}
    )\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
SUBJECT_INSIDE: Final = re.compile(
    r"^[>\s*]*(?:subject|betreff|objet|asunto|oggetto|onderwerp|assunto|ämne|emne|aihe|temat|тема|主题|主旨|件名)\s?[:：]\**\s*(.{1,300})$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Enclosed:
    """Something that came with a mail and is not kept: only what it was."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True)
class Letter:
    """What a mail says. *sender* is empty unless From names exactly one address; *own* leaves quotes and signature out."""

    message_id: str
    sender: str
    subject: str
    text: str
    own: str
    inside: tuple[str, ...]  # the subjects of mails that it forwards, outermost first
    enclosed: tuple[Enclosed, ...]
    headers: Headers
    envelope: str  # a digest of what its headers say: what a mailbox can be asked for
    digest: str  # of that and the text: the same mail again, whatever the way it took
    is_whole: bool

    def every(self, name: str) -> list[str]:
        """The values of a header, from the top down."""
        wanted = name.lower()
        return [value for found, value in self.headers if found.lower() == wanted]

    def first(self, name: str) -> str:
        """The topmost value of a header, or an empty text."""
        return next(iter(self.every(name)), "")


def read(raw: bytes, *, is_whole: bool = True) -> Letter:
    """The mail in *raw*, or its headers where only they were fetched. Never raises, whatever the bytes are."""
    message = _parsed(raw)
    headers = tuple((name, _raw(value)) for name, value in message.raw_items())
    plain, marked_up, inside, enclosed = _parts(message)
    text = plain or in_plain_words(marked_up)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    subject = decoded(_first(headers, "subject"))
    inside = (*inside, *(found.strip() for found in SUBJECT_INSIDE.findall(text)))
    facts = [_first(headers, name) for name in ("message-id", "from", "date", "subject")]
    return Letter(
        message_id=_first(headers, "message-id").strip()[:LONGEST_LINE],
        sender=sender_of(headers),
        subject=subject,
        text=text[:LONGEST_TEXT],
        own=own_words(text[:LONGEST_TEXT]),
        inside=inside[:DEEPEST],
        enclosed=tuple(enclosed),
        headers=headers,
        envelope=_digest(facts),
        digest=_digest([*facts, text if is_whole else ""]),
        is_whole=is_whole and len(text) <= LONGEST_TEXT,
    )


def sender_of(headers: Headers) -> str:
    """The one address in the one From header, in lower case; empty where a reader could see another one than we."""
    given = [value for name, value in headers if name.lower() == "from"]
    if len(given) != 1:
        return ""
    bare = COMMENT.sub(" ", QUOTED.sub(" ", given[0]))
    in_brackets = re.findall(r"<([^<>]*)>", bare)
    candidates = in_brackets if "<" in bare or ">" in bare else [bare]
    if len(candidates) != 1 or bare.count("<") > 1 or bare.count(">") > 1:
        return ""
    address = candidates[0].strip().lower()
    return address if ADDRESS.fullmatch(address) else ""


def own_words(text: str) -> str:
    """What the sender wrote: without quoted mails, without a signature."""
    mine = []
    for line in text.splitlines():
        if line.rstrip() == "--" or line == "-- " or BEGINS_QUOTE.match(line[:500]):
            break
        if not line.lstrip().startswith(">"):
            mine.append(line.strip())
    return "\n".join(mine).strip()[:LONGEST_OWN]


def decoded(value: str) -> str:
    """A header as people read it: encoded words (RFC 2047) decoded, on one line."""
    try:
        pieces = [
            piece.decode(charset or "utf-8", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(value)
        ]
    except (LookupError, ValueError):  # no such charset, or broken base64
        pieces = [value]
    return " ".join("".join(pieces).replace("\x00", "").split())[:LONGEST_LINE]


class _Words(HTMLParser):
    """The text of a page, a line for each block."""

    BLOCKS: Final = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "blockquote", "td", "table"})
    UNSEEN: Final = frozenset({"script", "style", "head", "title", "template"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.unseen = 0
        self.quotes = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in self.UNSEEN
        if tag in self.BLOCKS:
            self.said.append("\n")
        if tag == "blockquote":
            self.quotes += 1

    def handle_endtag(self, tag: str) -> None:
        self.unseen = max(0, self.unseen - (tag in self.UNSEEN))
        if tag in self.BLOCKS - {"td"}:
            self.said.append("\n")
        if tag == "blockquote":
            self.quotes = max(0, self.quotes - 1)

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.said.append(f"> {' '.join(data.split())}\n" if self.quotes and data.strip() else data)


def in_plain_words(html: str) -> str:
    """The words of an HTML mail; a quote in it is marked as one."""
    page = _Words()
    page.feed(html[: 10 * LONGEST_TEXT])
    page.close()
    lines = (" ".join(line.split()) for line in "".join(page.said).splitlines())
    return "\n".join(line for line in lines if line)


def _parsed(raw: bytes) -> Message:
    try:
        return message_from_bytes(raw, policy=policy.compat32)
    except Exception:  # noqa: BLE001 - a parser that a stranger's bytes confuse; the headers are read without the rest
        head = raw.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
        return message_from_bytes(head + b"\r\n\r\n", policy=policy.compat32)


def _parts(message: Message) -> tuple[str, str, tuple[str, ...], list[Enclosed]]:
    """Plain text, HTML, subjects of mails inside, and what is enclosed."""
    plain: list[str] = []
    marked_up: list[str] = []
    inside: list[str] = []
    enclosed: list[Enclosed] = []
    for part in _walk(message):
        kind = part.get_content_type()
        if part is not message and part.get_content_maintype() == "message":
            below = part.get_payload()
            mail = below[0] if isinstance(below, list) and below else None
            inside.append(decoded(_raw(mail.get("subject", ""))) if isinstance(mail, Message) else "")
            enclosed.append(Enclosed("", kind, 0))
        elif _is_text(part):
            (plain if kind == "text/plain" else marked_up).append(_text(part))
        elif not part.is_multipart():
            content = part.get_payload(decode=True)
            size = len(content) if isinstance(content, bytes) else 0
            enclosed.append(Enclosed(decoded(_file_name(part))[:120], kind[:80], size))
    return "\n".join(plain), "\n".join(marked_up), tuple(filter(None, inside)), enclosed


def _walk(message: Message) -> Iterator[Message]:
    """The parts of a mail, those of forwarded mails left out but for their own subjects; bounded in number and depth."""
    waiting: list[tuple[Message, int]] = [(message, 0)]
    seen = 0
    while waiting and seen < MOST_PARTS:
        part, depth = waiting.pop(0)
        seen += 1
        yield part
        below = part.get_payload()
        if isinstance(below, list) and depth < DEEPEST:
            is_mail = part.get_content_maintype() == "message"
            inner = (
                [each for mail in below if isinstance(mail, Message) for each in _mails_inside(mail)]
                if is_mail
                else below
            )
            waiting.extend((each, depth + 1) for each in inner if isinstance(each, Message))


def _mails_inside(mail: Message) -> list[Message]:
    """The mails that a forwarded mail forwards in turn."""
    below = mail.get_payload()
    parts = below if isinstance(below, list) else []
    return [each for each in parts if isinstance(each, Message) and each.get_content_maintype() == "message"]


def _is_text(part: Message) -> bool:
    is_words = part.get_content_type() in ("text/plain", "text/html")
    return is_words and part.get_content_disposition() != "attachment" and not _file_name(part)


def _file_name(part: Message) -> str:
    try:
        return part.get_filename("") or ""
    except (LookupError, ValueError, TypeError):  # RFC 2231 in pieces that do not fit
        return "?"


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    try:
        return raw[: 10 * LONGEST_TEXT].decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return raw[: 10 * LONGEST_TEXT].decode("utf-8", "replace")


def _raw(value: object) -> str:
    """A header as it stands, unfolded; bytes that are no ASCII read as UTF-8 where they are."""
    text = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return re.sub(r"\r?\n[ \t]*", " ", text)[: 10 * LONGEST_LINE]


def _first(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _digest(facts: list[str]) -> str:
    return hashlib.sha256("\x1f".join(facts).encode("utf-8", "replace")).hexdigest()
