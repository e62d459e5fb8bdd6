"""Leaving by the link at the foot of a mail: without a login, at once, for good.

The link is sealed under a key made from the digest keys, differs in every mail, and says nothing to anybody but us: whose mail it
was, as the number of a person record, and to which address it went, as a fingerprint. It never expires, needs no row, and
works after the account, the mail's row and the person are gone: what it raises is a suppression of that fingerprint.

Mail programs post to it by themselves (RFC 8058), and scanners open it, so opening shows a page and only a POST acts.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from privacy.consent import ledger, links, notices
from privacy.consent.vocabulary import TOPICS, Channel, Matter, Surface
from privacy.ground import digests
from privacy.messages import suppressions
from privacy.register import profiles, subjects
from privacy.register.models import Subject

ONE_CLICK: Final = {"List-Unsubscribe": "One-Click"}
"""What a mail program posts (RFC 8058, 3.2)."""
UNDO_WITHIN: Final = timedelta(hours=1)
LINK: Final = "system:unsubscribe-link"
ORDER: Final = tuple(sorted(TOPICS))
PACKED: Final = 16 + 2 + 32  # a number, a key's version, a fingerprint
_READER, _UNDO = b"r", b"u"


class Broken(Exception):
    """No link of ours, or one that was cut or changed on its way."""


class TooLate(Exception):
    """The hour in which leaving can be taken back is over."""


class Addressed(Protocol):
    """A marketing message: whom it is to, and where it goes."""

    subject_id: UUID | None
    payload: dict[str, str]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose mail it was, and the fingerprint of where it went."""

    subject_id: UUID
    digest: digests.Digest


# Links


def url(subject: Subject | UUID, *, address: str) -> str:
    """The absolute address at the foot of a mail to *address*."""
    return f"{settings.LOUPE_PUBLIC_URL}{path(subject, address=address)}"


def path(subject: Subject | UUID, *, address: str) -> str:
    """The address on our own site."""
    return f"{reverse('privacy:unsubscribe')}?key={key_of(subject, address=address)}"


def key_of(subject: Subject | UUID, *, address: str) -> str:
    """The sealed part of it, for a mail to *address*."""
    return key(Reader(_id(subject), digests.of("email", address)))


def headers(message: Addressed) -> dict[str, str]:
    """What every marketing mail carries so that a mail program shows its own button (RFC 2369, RFC 8058 3.1)."""
    assert message.subject_id is not None, "marketing goes to somebody who agreed to it"
    mailbox = f"mailto:{profiles.current().contact.email}?subject={quote('Unsubscribe')}"
    return {
        "List-Unsubscribe": f"<{url(message.subject_id, address=message.payload['to'])}>, <{mailbox}>",
        "List-Unsubscribe-Post": urlencode(ONE_CLICK),
    }


def key(reader: Reader) -> str:
    """The sealed part of the link."""
    return _ring().encrypt(_READER + _packed(reader)).decode().rstrip("=")


def read(text: str) -> Reader:
    """Whose link it is. Raises `Broken`."""
    return _reader(_opened(text, _READER))


def preferences_url(subject: Subject | UUID) -> str:
    """The absolute address of somebody's preferences, without a login."""
    return links.url(subject)


# Leaving, and coming back within the hour


@transaction.atomic
def leave(reader: Reader, *, network: str = "", at: datetime) -> str:
    """No marketing goes to this mailbox any more, from the next send on. Returns the key that takes it back for an hour.

    Takes back every yes to e-mail that the person gave. Safe to call twice, for somebody erased, and where no record of the
    person is left.
    """
    person = _living(reader)
    taken = [matter for matter in ORDER if person and _withdrawn(person, matter, network=network, at=at)]
    suppressions.raise_digest(Channel.EMAIL, reader.digest, reason=suppressions.Reason.UNSUBSCRIBED, by=LINK, at=at)
    opened = _UNDO + _packed(reader) + bytes(map(ORDER.index, taken))
    return _ring().encrypt_at_time(opened, int(at.timestamp())).decode().rstrip("=")


def leave_typed(address: str, *, at: datetime) -> None:
    """The same for an address that somebody typed, where a link does not work. It reads and touches nobody's rows.

    No proof is asked: a step more than one page would be one too many (16 CFR 316.5), and silence harms nobody.
    """
    suppressions.raise_for(Channel.EMAIL, address, reason=suppressions.Reason.UNSUBSCRIBED, by=LINK, at=at)


@transaction.atomic
def undo(text: str, *, network: str = "", at: datetime) -> Reader:
    """It was pressed by mistake: what it took stands again. Raises `Broken`, and `TooLate` after an hour.

    The key is on the page of whoever left, never in a mail, so that a forwarded mail brings nobody back.
    """
    opened = _opened(text, _UNDO, since=at - UNDO_WITHIN)
    reader, taken = _reader(opened[:PACKED]), [ORDER[number] for number in opened[PACKED:]]
    reason = suppressions.Reason.UNSUBSCRIBED
    suppressions.lift_digest(Channel.EMAIL, reader.digest, reason=reason, by=LINK, at=at)
    if person := _living(reader):
        for matter in taken:
            _given_again(person, matter, network=network, at=at)
    return reader


def _withdrawn(person: Subject, matter: Matter, *, network: str, at: datetime) -> bool:
    said: dict[str, Any] = {"surface": Surface.UNSUBSCRIBE_LINK, "network": network, "by": person, "at": at}
    return ledger.withdraw(person, matter, channel=Channel.EMAIL, **said) is not None


def _given_again(person: Subject, matter: Matter, *, network: str, at: datetime) -> None:
    """The yes that the link took back a moment ago, to the very text it was given to."""
    said: dict[str, Any] = {"surface": Surface.UNSUBSCRIBE_LINK, "network": network, "by": person, "at": at}
    state = ledger.standing(person).get(ledger.Thing(matter, Channel.EMAIL))
    before = state.record.replaces if state else None
    notice = before.notice if before else None
    ledger.grant(person, matter, channel=Channel.EMAIL, notice=notice or notices.current("preferences"), **said)


def _living(reader: Reader) -> Subject | None:
    """The person, where there is somebody to take back a yes from."""
    found = Subject.objects.filter(pk=reader.subject_id).first()
    person = subjects.root(found) if found else None
    return None if person is None or person.is_erased else person


def _id(subject: Subject | UUID) -> UUID:
    return subject.pk if isinstance(subject, Subject) else subject


def _packed(reader: Reader) -> bytes:
    return reader.subject_id.bytes + reader.digest.version.to_bytes(2, "big") + bytes.fromhex(reader.digest.value)


def _reader(opened: bytes) -> Reader:
    version = int.from_bytes(opened[16:18], "big")
    return Reader(UUID(bytes=opened[:16]), digests.Digest(version, opened[18:].hex()))


def _opened(text: str, use: bytes, *, since: datetime | None = None) -> bytes:
    """What a key holds. Raises `Broken`, and `TooLate` for one of ours that was made before *since*."""
    token = f"{text}{'=' * (-len(text) % 4)}".encode()
    try:
        opened = _ring().decrypt(token)
        made = _ring().extract_timestamp(token)
    except (InvalidToken, ValueError):
        raise Broken
    if opened[:1] != use:
        raise Broken
    if since is not None and made < since.timestamp():
        raise TooLate
    return opened[1:]


def _ring() -> MultiFernet:
    return _ring_of(tuple(digests.keys().values()))


@lru_cache(maxsize=4)
def _ring_of(keys: tuple[bytes, ...]) -> MultiFernet:
    """One sealing key for each live digest key: a link lives exactly as long as the fingerprint in it can be compared."""
    made = (hmac.digest(each, b"unsubscribe links", "sha256") for each in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in made])
