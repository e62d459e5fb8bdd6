"""E-mail: the envelope, and the way to the mail server that Django's settings name.

The default is SMTP. Whether a mail went is told by when a connection broke: before the text was handed over it certainly did not,
afterwards and without an answer nobody knows. A backend of django-anymail stands in its place where the settings say so; of it
only an answer that says no is believed.
"""

from __future__ import annotations

import smtplib
from contextlib import suppress
from email.mime.image import MIMEImage
from typing import Any, Final

from anymail.exceptions import (
    AnymailError,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from privacy.ground import mail_services
from privacy.messages import pieces, unsubscribe
from privacy.messages.kinds import KINDS
from privacy.messages.models import Message
from privacy.messages.pieces import Picture
from privacy.messages.transports import InDoubt, NotSent, Parcel
from privacy.register import payloads, profiles

PROCESSOR: Final = "mail"
FOR_GOOD: Final = 500
SERVER_ERROR: Final = 500
COME_BACK: Final = frozenset({401, 402, 403, 408, 425, 429})
"""Answers of an API that are about us or about now, not about this mail."""
NOBODY_THERE: Final = (b"5.1.1", b"5.1.2", b"5.1.3", b"5.1.6", b"5.1.10")
"""Bad destination mailbox or system, mailbox moved, null MX. *Source*: RFC 3463 3.2, RFC 7505."""


def envelope(message: Message) -> EmailMultiAlternatives:
    """The mail as SMTP sees it. The Message-ID is the row's, whatever the attempt. *Raises* `payloads.NotDeclared`."""
    payload, profile = message.payload, profiles.current()
    sender = settings.DEFAULT_FROM_EMAIL or f'"{profile.shop_name}" <{profile.contact.email}>'
    domain = profile.contact.email.partition("@")[2]
    mail = EmailMultiAlternatives(payload["title"], payload["text"], sender, [payload["to"]])
    mail.extra_headers = {
        **payload.get("headers", {}),
        "Message-ID": f"<{message.pk}@{domain}>",
        "Auto-Submitted": "auto-generated",
    }
    if KINDS[message.kind].is_marketing:
        mail.extra_headers |= unsubscribe.headers(message)
    if payload["html"]:
        mail.attach_alternative(payload["html"], "text/html")
        _enclose(mail, pieces.pictures(payload["html"]))
    if settings.LOUPE_MAIL_SERVICE != mail_services.SMTP:
        mail.metadata = {"message": str(message.pk)}  # type: ignore[attr-defined]  # what its reports name the mail by
    payloads.guard(PROCESSOR, keys_of(mail, payload))
    return mail


def keys_of(mail: EmailMultiAlternatives, payload: dict[str, Any]) -> list[str]:
    """Everything that leaves with a mail, by the names that the mail service's declaration has for it."""
    parts = [key for key in payload if key != "headers"]
    named = ["metadata"] if hasattr(mail, "metadata") else []
    shown = ["pictures"] if mail.attachments else []
    return [*parts, "from", *named, *shown, *map(str.lower, mail.extra_headers)]


def _enclose(mail: EmailMultiAlternatives, pictures: list[Picture]) -> None:
    """Let a mail carry the pictures that its HTML shows (RFC 2387), so that nothing is fetched when it is opened."""
    for each in pictures:
        part = MIMEImage(each.jpeg, "jpeg")
        part["Content-ID"] = f"<{each.content_id}>"
        part["Content-Disposition"] = "inline"
        mail.attach(part)
        mail.mixed_subtype = "related"  # type: ignore[attr-defined]  # what Django calls the outermost part


class Mail:
    """The way of one worker to the mail server; opens a connection with the first mail and keeps it."""

    processor = PROCESSOR

    def __init__(self) -> None:
        self._backend: BaseEmailBackend = get_connection()
        self._is_open = False

    def address(self) -> str:
        """The mail server, or the service whose API takes the mails."""
        scheme = "smtps" if settings.EMAIL_USE_SSL else "smtp+tls" if settings.EMAIL_USE_TLS else "smtp"
        return getattr(self._backend, "api_url", f"{scheme}://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}")

    def pack(self, message: Message) -> Parcel:
        """The envelope, with everything that is in it by name."""
        mail = envelope(message)
        return Parcel(keys_of(mail, message.payload), mail)

    def hand_over(self, parcel: Parcel) -> None:
        """Send it over the open connection, or over a new one. *Raises* `NotSent`, `InDoubt`."""
        self._open()
        try:
            self._backend.send_messages([parcel.content])
        except smtplib.SMTPRecipientsRefused as refused:
            raise _refusal(*next(iter(refused.recipients.values())))
        except smtplib.SMTPDataError as refused:
            raise _refusal(refused.smtp_code, refused.smtp_error)
        except smtplib.SMTPResponseException as refused:  # about us, not about this mail
            self.close()
            raise NotSent(f"refused with {refused.smtp_code}")
        except AnymailError as error:
            self.close()
            raise _said_by_service(error)
        except (OSError, smtplib.SMTPException) as error:
            was_on_its_way = getattr(self._backend, "was_on_its_way", True)
            self.close()
            why = type(error).__name__
            raise InDoubt(why) if was_on_its_way else NotSent(why)

    def close(self) -> None:
        """Hang up."""
        self._is_open = False
        with suppress(OSError, smtplib.SMTPException):  # the other side hung up first
            self._backend.close()

    def _open(self) -> None:
        if self._is_open:
            return
        try:
            self._backend.open()
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(type(error).__name__)
        self._is_open = True


class Smtp(EmailBackend):
    """Django's SMTP backend, which also knows whether a text was on its way when the connection broke."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _WatchedSSL if self.use_ssl else _Watched

    @property
    def was_on_its_way(self) -> bool:
        return getattr(self.connection, "was_on_its_way", False)


class _Watched(smtplib.SMTP):
    """Notes when the text of a mail begins to leave."""

    was_on_its_way = False

    def mail(self, *args: Any, **kwargs: Any) -> Any:
        self.was_on_its_way = False
        return super().mail(*args, **kwargs)

    def data(self, msg: Any) -> Any:
        self.was_on_its_way = True
        return super().data(msg)


class _WatchedSSL(_Watched, smtplib.SMTP_SSL):
    """The same inside TLS from the first byte."""


def _refusal(code: int, words: bytes | str) -> NotSent:
    """What a mail server's no means. Its own words stay out: they may name the address."""
    said = words if isinstance(words, bytes) else words.encode()
    is_dead = code >= FOR_GOOD and said.split(b" ", 1)[0].strip() in NOBODY_THERE
    return NotSent(f"refused with {code}", is_final=code >= FOR_GOOD, is_dead=is_dead)


def _said_by_service(error: AnymailError) -> NotSent | InDoubt:
    """What an answer of a mail service's API means; none, or a broken one, leaves everybody in doubt."""
    if isinstance(error, AnymailRecipientsRefused):
        return NotSent("refused by the mail service", is_final=True)
    if isinstance(error, AnymailUnsupportedFeature | AnymailSerializationError):  # nothing was sent yet
        return NotSent("the mail service cannot carry it", is_final=True)
    status = error.status_code
    if status is None or status >= SERVER_ERROR:
        return InDoubt(f"answered {status}" if status else type(error).__name__)
    return NotSent(f"refused with {status}", is_final=status not in COME_BACK)
