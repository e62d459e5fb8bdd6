"""What the sender of a mail hears from us: one function for each mail, named like its templates."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from privacy.ground import audit
from privacy.messages import outbox
from privacy.messages.arrivals import LARGEST, InboundMail
from privacy.messages.kinds import Kind
from privacy.messages.routing import Route
from privacy.register.vocabulary import Purpose

_kind = partial(Kind, purpose=Purpose.RIGHTS, reaches_restricted=True)
MAIL_WAITS = _kind("privacy.mail_waits", label="We have your mail")
MAIL_TOO_LARGE = _kind("privacy.mail_too_large", label="Your mail is too large")
MAIL_STOPPED = _kind("privacy.mail_stopped", label="It has stopped")
MAIL_ANSWERED = _kind("privacy.mail_answered", label="Our answer")
CARD_IN_MAIL = _kind("privacy.card_in_mail", label="A card number in your mail")


def mail_waits(mail: InboundMail, *, by: audit.Actor, at: datetime) -> None:
    """A person reads it, until when, and under which reference; for a request about data, the faster way."""
    _post(MAIL_WAITS, mail, _("Ask for a copy, or for erasure"), _ask_page(), by=by, at=at)


def mail_stopped(mail: InboundMail, *, by: audit.Actor, at: datetime) -> None:
    """What has ended, and what still comes. Deactivating an account takes a signed-in click of its owner."""
    label, url = "", ""
    if mail.route == Route.UNSUBSCRIBE:
        label, url = _("Deactivate the account"), f"{settings.LOUPE_PUBLIC_URL}{reverse('accounts:deactivate')}"
    _post(MAIL_STOPPED, mail, label, url, by=by, at=at)


def mail_too_large(mail: InboundMail, *, by: audit.Actor, at: datetime) -> None:
    """We could not take it in as a whole: what was kept, and what to do."""
    megabytes = LARGEST // 1024**2
    _post(MAIL_TOO_LARGE, mail, by=by, at=at, most_megabytes=megabytes, megabytes=mail.size_bytes // 1024**2)


def card_in_mail(mail: InboundMail, *, by: audit.Actor, at: datetime) -> None:
    """A card number was in it: it is masked with us, and should not travel by mail."""
    _post(CARD_IN_MAIL, mail, by=by, at=at)


def mail_answered(mail: InboundMail, *, text: str, by: audit.Actor, at: datetime) -> None:
    """What our staff write back."""
    _post(MAIL_ANSWERED, mail, by=by, at=at, answer=text)


def _ask_page() -> str:
    return f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:request')}"


def _post(
    kind: Kind, mail: InboundMail, label: str = "", url: str = "", *, by: audit.Actor, at: datetime, **facts: Any
) -> None:
    context = {"mail": mail, "why": _("your mail {reference}"), "action_label": label, "action_url": url, **facts}
    outbox.post(kind, to=mail.sender, subject=mail.subject, context=context, reference=mail.reference, by=by, at=at)
