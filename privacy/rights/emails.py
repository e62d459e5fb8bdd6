"""What a person hears about their request: one function for each mail, named like its templates.

Every one of these answers the person's own request, so a restriction of their data does not stop it.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from privacy.consent import preferences
from privacy.ground import audit, tongue
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.proof.models import Certificate
from privacy.register import authorities, subjects
from privacy.register.models import Subject
from privacy.register.vocabulary import Purpose
from privacy.rights import grounds, letter, links
from privacy.rights.models import GUESTS, Channel, DataRequest

_kind = partial(Kind, purpose=Purpose.RIGHTS, reaches_restricted=True)
REQUEST_RECEIVED = _kind("privacy.request_received", label="Privacy request: please confirm", proves_address=True)
REQUEST_VERIFIED = _kind("privacy.request_verified", label="Privacy request: accepted")
REQUEST_EXTENDED = _kind("privacy.request_extended", label="Privacy request: we need longer")
REQUEST_REFUSED = _kind("privacy.request_refused", label="Privacy request: refused")
REQUEST_COMPLETED = _kind("privacy.request_completed", label="Privacy request: done")
REQUEST_WITHDRAWN = _kind("privacy.request_withdrawn", label="Privacy request: withdrawn")
COPY_READY = _kind("privacy.copy_ready", label="Your copy is ready")
TRANSFER_DONE = _kind("privacy.transfer_done", label="Your copy was handed over")
TRANSFER_FAILED = _kind("privacy.transfer_failed", label="Your copy was not handed over")
IDENTITY_CODE = Kind(
    "privacy.identity_code", purpose=Purpose.SECURITY, label="A code that shows it is you", reaches_restricted=True
)
ERASURE_APPROVED = _kind("privacy.erasure_approved", label="Erasure approved")
ERASURE_WAITS = _kind("privacy.erasure_waits", label="Erasure partly done")
ERASED = _kind("privacy.erased", label="Erased")


def request_received(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Ask somebody without an account to confirm that the address is theirs."""
    _post(REQUEST_RECEIVED, request, links.url(request, links.Use.CONFIRM), _("Yes, this was me"), by=by, at=at)


def request_verified(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Say that the request counts, until when it is answered, and how that date came about."""
    _post(REQUEST_VERIFIED, request, followed_at(request), _("See your request"), by=by, at=at)


def request_extended(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Say that it takes longer, why, and until when at most."""
    _post(REQUEST_EXTENDED, request, followed_at(request), _("See your request"), by=by, at=at)


def request_refused(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Say no: the law's ground, our reason, and what can be done about it."""
    ground, url = grounds.basis(request.refusal_ground), followed_at(request)
    _post(REQUEST_REFUSED, request, url, _("See your request"), by=by, at=at, ground=ground)


def request_completed(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Say that it is done, or answered. What we answered is read on the request's own page, not in the mail."""
    _post(REQUEST_COMPLETED, request, followed_at(request), _("See your request"), by=by, at=at)


def request_withdrawn(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Confirm that nothing will happen. Also tells an owner whose account somebody else was using."""
    _post(REQUEST_WITHDRAWN, request, followed_at(request), _("See your request"), by=by, at=at)


def copy_ready(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Say where the copy can be fetched. The copy itself never travels by mail."""
    by_link = request.channel in GUESTS
    url = links.url(request, links.Use.COPY) if by_link else followed_at(request)
    _post(COPY_READY, request, url, _("Fetch your copy"), by=by, at=at, expires_at=request.package.expires_at)


def transfer_done(
    request: DataRequest, *, to: str | None, host: str, outcome: object, by: audit.Actor, at: datetime
) -> None:
    """Say that another provider has the copy now."""
    _of_transfer(TRANSFER_DONE, request, to, {"host": host, "outcome": outcome, "at": at}, by=by, at=at)


def transfer_failed(
    request: DataRequest, *, to: str | None, host: str, outcome: object, by: audit.Actor, at: datetime
) -> None:
    """Say that it did not reach the other provider, and why."""
    _of_transfer(TRANSFER_FAILED, request, to, {"host": host, "outcome": outcome, "at": at}, by=by, at=at)


def identity_code(subject: Subject, *, to: str, code: str, expires_at: datetime, by: audit.Actor, at: datetime) -> None:
    """Six digits for somebody who has no password to type."""
    facts = {"code": code, "expires_at": expires_at, "at": at, "why": _("something you are about to do")}
    outbox.post(IDENTITY_CODE, to=to, subject=subject, context=facts, by=by, at=at)


def erasure_approved(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Say when it will be carried out, what stays and why, and that it can still be taken back."""
    kept = letter.items(request)
    _post(ERASURE_APPROVED, request, followed_at(request), _("See it, or take it back"), by=by, at=at, kept=kept)


def erasure_waits(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Say what is gone, what waits and for what. By signed link, since the account may be gone already.

    It belongs to no person record, or the next attempt would erase it before it went out.
    """
    url = links.url(request, links.Use.FOLLOW)
    with tongue.writing(language_of(request)):
        waiting = letter.waiting(request, at=at)
    _post(ERASURE_WAITS, request, url, _("See how it stands"), by=by, at=at, belongs_to_nobody=True, waiting=waiting)


def erased(request: DataRequest, certificate: Certificate, *, by: audit.Actor, at: datetime) -> None:
    """The last mail: what is gone, what stays until when, and the certificate. Belongs to no person record any more."""
    url = f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:certificate', args=[certificate.reference])}"
    facts = {"certificate": certificate.reference, "kept": letter.items(request)}
    _post(ERASED, request, url, _("See your certificate"), by=by, at=at, belongs_to_nobody=True, **facts)


def followed_at(request: DataRequest) -> str:
    """Where its person sees the request: the account page, or a page by signed link."""
    if request.channel in GUESTS:
        return links.url(request, links.Use.FOLLOW)
    return f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:own_request', args=[request.reference])}"


def language_of(request: DataRequest) -> str:
    """The language of the letters about a request: what its person chose, else the one they had when they asked.

    The choice goes with the person; the last mail comes after that.
    """
    return preferences.chosen_language(request.subject) or tongue.known(request.language)


def _post(
    kind: Kind,
    request: DataRequest,
    url: str,
    label: str,
    *,
    by: audit.Actor,
    at: datetime,
    belongs_to_nobody: bool = False,
    **facts: Any,
) -> None:
    if not request.contact:  # an order of staff, or a request that ended before this mail
        return
    outbox.post(
        kind,
        to=request.contact,
        subject=None if belongs_to_nobody else request.subject,
        language=language_of(request),
        context={
            "request": request,
            "why": _why(request),
            "authorities": authorities.of(subjects.root(request.subject).residence),
            "action_url": url,
            "action_label": label,
            **facts,
        },
        reference=request.reference,
        by=by,
        at=at,
    )


def _of_transfer(
    kind: Kind, request: DataRequest, to: str | None, facts: dict[str, Any], *, by: audit.Actor, at: datetime
) -> None:
    if not to:  # erased meanwhile
        return
    url = f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:centre')}"
    context = {
        "request": request,
        "why": _why(request),
        "action_url": url,
        "action_label": _("See your request"),
        **facts,
    }
    outbox.post(kind, to=to, subject=request.subject, context=context, reference=request.reference, by=by, at=at)


def _why(request: DataRequest) -> str:
    if request.channel == Channel.RETENTION:
        return _("an account of yours that nobody uses")
    return _("the privacy request {reference}")
