"""The caught mails: kept by the catcher, shown by the page, waited for by tests.

They lie in a maildir, one file each, so that any mail program can open them too.
"""

import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from functools import cached_property
from pathlib import Path

from dev import machine

LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")
ARRIVED = re.compile(r"(\d+)\.M(\d+)P")  # how a maildir names its files: seconds, microseconds, process


class NoLetter(LookupError):
    """No such mail came in time."""


@dataclass(frozen=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """One caught mail: its key in the maildir and what was sent."""

    key: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed mail."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def received_at(self) -> datetime:
        """When the catcher took it."""
        named = ARRIVED.match(self.key)
        seconds, micro = named.groups() if named else ("0", "0")
        return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(micro))

    @property
    def subject(self) -> str:
        """The subject line."""
        return self.header("Subject")

    @property
    def sender(self) -> str:
        """The From line."""
        return self.header("From")

    @property
    def recipients(self) -> list[str]:
        """Whom the envelope named, in lower case: what counts, whatever the headers say."""
        return [address.strip().lower() for address in self.header("X-RcptTo").split(",")]

    @property
    def text(self) -> str:
        """The plain text part; empty when there is none."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part; empty when there is none."""
        return self._part("html")

    @property
    def attachments(self) -> list[Attachment]:
        """The files that came with it, without the pictures that its HTML shows."""
        return [_file(part) for part in self.message.iter_attachments() if not _is_shown(part)]

    @property
    def pictures(self) -> dict[str, Attachment]:
        """The pictures that its HTML shows, by their Content-ID (RFC 2392)."""
        return {part["Content-ID"].strip("<> "): _file(part) for part in self.message.walk() if _is_shown(part)}

    @property
    def links(self) -> list[str]:
        """The addresses in the text part, in order."""
        return LINK.findall(self.text)

    def header(self, name: str) -> str:
        """A header as text; empty when the mail has none of this name."""
        return str(self.message.get(name, ""))

    def link(self, containing: str = "") -> str:
        """The first address in the text part that contains this piece."""
        for found in self.links:
            if containing in found:
                return found
        raise LookupError(f"no link with {containing!r} among {self.links}")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""


def _is_shown(part: Message) -> bool:
    return part.get_content_maintype() == "image" and bool(part["Content-ID"])


def _file(part: Message) -> Attachment:
    assert isinstance(part, EmailMessage), "the policy makes every part one"
    return Attachment(part.get_filename("attachment"), part.get_content_type(), part.get_content())


class Letters:
    """All mails in one maildir."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._box = mailbox.Maildir(folder)

    def keep(self, content: bytes, *, sender: str, recipients: list[str]) -> str:
        """Store a mail with its envelope as two header lines on top; return its key."""
        envelope = f"X-MailFrom: {sender}\r\nX-RcptTo: {', '.join(recipients)}\r\n".encode()
        return self._box.add(envelope + content)

    def newest_first(self, to: str = "") -> list[Letter]:
        """All mails, or those to one address, the last one first."""
        found = [letter for letter in self._all() if not to or to.lower() in letter.recipients]
        return sorted(found, key=lambda letter: (letter.received_at, letter.key), reverse=True)

    def get(self, key: str) -> Letter | None:
        """The mail with this key; None once it has been deleted."""
        return next((letter for letter in self._all() if letter.key == key), None)

    def latest(self, to: str, *, subject: str = "", seconds: float = 15) -> Letter:
        """The last mail to an address whose subject contains a piece of text, waited for.

        Raises `NoLetter`, which names what did come.
        """

        def matching() -> list[Letter]:
            return [letter for letter in self.newest_first(to) if subject.lower() in letter.subject.lower()]

        if not machine.wait_until(lambda: bool(matching()), seconds=seconds, every=0.1):
            came = [(letter.recipients, letter.subject) for letter in self.newest_first()]
            raise NoLetter(f"no mail to {to} about {subject!r} in {seconds} seconds; there were {came}")
        return matching()[0]

    def delete_all(self) -> int:
        """Delete every mail; return how many there were."""
        found = self.newest_first()
        for letter in found:
            (self.folder / "new" / letter.key).unlink(missing_ok=True)
        return len(found)

    def _all(self) -> Iterator[Letter]:
        for path in (self.folder / "new").iterdir():
            try:
                yield Letter(key=path.name, raw=path.read_bytes())
            except FileNotFoundError:  # deleted since the folder was listed
                continue
