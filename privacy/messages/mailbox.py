"""The shop's mailbox, by IMAP: what came is written down first, and only then leaves the inbox.

A mail of which everything is kept in a row is deleted here, so that one erasure reaches it. A mail that holds more than its row (it
is too large, something is enclosed, nobody acted on it) moves to a folder of its own and stays there until the row is gone; then
`tidy` takes it away. Stopped anywhere in between, the next poll finds the mail again and the row is the same.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from imaplib import IMAP4
from typing import Any, Final, NamedTuple

from django.conf import settings
from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from privacy.messages import inbox, letters
from privacy.messages.arrivals import LARGEST, InboundMail, MailState
from privacy.messages.inbox import Arrival

log = logging.getLogger(__name__)

BATCH: Final = 50
TIMEOUT: Final = 30
IGNORED_FOR: Final = timedelta(days=30)
HEADERS: Final = "BODY.PEEK[HEADER]<0.65536>"
WHOLE: Final = "BODY.PEEK[]"
TROUBLES: Final = (OSError, IMAP4.error, ImapToolsError)


class Unreadable(Exception):
    """The server does not say what it was asked."""


class Facts(NamedTuple):
    """What the server says of one mail."""

    uid: str
    size: int
    received_at: datetime
    raw: bytes


def collect(*, at: datetime) -> int:
    """Fetch what came, oldest first. Returns how many mails were written down; none without a mailbox, or one out of reach."""
    if not settings.IMAP_HOST:
        return 0
    kept = 0
    try:
        with opened(settings.IMAP_FOLDER) as box:
            for uid in box.uids()[:BATCH]:
                kept += _collect_one(box, uid, at=at)
    except TROUBLES as trouble:
        log.error("mailbox.unreachable", extra={"error": type(trouble).__name__})
    return kept


def tidy(*, at: datetime) -> int:
    """Delete mails in the folder of the kept whose row is gone, or that nobody acted on for a month. Returns how many."""
    if not settings.IMAP_HOST:
        return 0
    gone = []
    try:
        with opened(settings.IMAP_KEPT_FOLDER) as box:
            for uid in box.uids():
                envelope = letters.read(_asked(box, uid, HEADERS).raw, is_whole=False).envelope
                if not _is_needed(envelope, at=at):
                    gone.append(uid)
            if gone:
                box.delete(gone)
    except (*TROUBLES, Unreadable) as trouble:
        log.error("mailbox.not_tidied", extra={"error": type(trouble).__name__})
        return 0
    return len(gone)


@contextmanager
def opened(folder: str) -> Iterator[BaseMailBox]:
    """The mailbox, signed in, at *folder*, which is made where it is missing."""
    host, port = settings.IMAP_HOST, settings.IMAP_PORT
    kind = MailBox if settings.IMAP_TLS else MailBoxUnencrypted
    box = kind(host, port, timeout=TIMEOUT)
    try:
        box.login(settings.IMAP_USER, settings.IMAP_PASSWORD, initial_folder=None)
        if not box.folder.exists(folder):
            box.folder.create(folder)
        box.folder.set(folder)
        yield box
    finally:
        _hang_up(box)


def _hang_up(box: BaseMailBox) -> None:
    try:
        box.logout()
    except TROUBLES:  # the other side hung up first
        with suppress(OSError):
            box.client.shutdown()


def _collect_one(box: BaseMailBox, uid: str, *, at: datetime) -> bool:
    """Write one mail down, then take it out of the inbox. A mail that we stumble over keeps no other waiting."""
    try:
        facts = _asked(box, uid, HEADERS)
        raw = _asked(box, uid, WHOLE).raw if facts.size <= LARGEST else facts.raw
        arrival = Arrival(raw, facts.size, InboundMail.Via.IMAP, facts.received_at)
        mail = inbox.keep(arrival, at=at)
    except TROUBLES:
        raise
    except Exception:
        log.exception("mailbox.stumbled", extra={"uid": uid})
        return False
    _take_out(box, uid, mail)
    return True


def _take_out(box: BaseMailBox, uid: str, mail: InboundMail) -> None:
    if mail.is_left_behind:
        if not box.folder.exists(settings.IMAP_KEPT_FOLDER):
            box.folder.create(settings.IMAP_KEPT_FOLDER)
        box.move([uid], settings.IMAP_KEPT_FOLDER)
    else:
        box.delete([uid])


def _is_needed(envelope: str, *, at: datetime) -> bool:
    rows = InboundMail.objects.filter(envelope=envelope)
    return rows.exclude(state=MailState.IGNORED, received_at__lt=at - IGNORED_FOR).exists()


def _asked(box: BaseMailBox, uid: str, part: str) -> Facts:
    """One mail's size, time of receipt, and *part* of it. Raises `Unreadable`."""
    _, answer = box.client.uid("FETCH", uid, f"(RFC822.SIZE INTERNALDATE {part})")
    said, raw = _joined(answer)
    size = re.search(rb"RFC822\.SIZE (\d+)", said)
    moment = re.search(rb'INTERNALDATE "([^"]+)"', said)
    if size is None or moment is None:
        raise Unreadable(uid)
    received = datetime.strptime(moment[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z")
    return Facts(uid, int(size[1]), received, raw)


def _joined(answer: list[Any]) -> tuple[bytes, bytes]:
    """What the server said around the mail, and the mail."""
    pairs = [each for each in answer if isinstance(each, tuple)]
    around = b" ".join([*(pair[0] for pair in pairs), *(each for each in answer if isinstance(each, bytes))])
    return around, pairs[0][1] if pairs else b""
