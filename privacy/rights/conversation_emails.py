"""That somebody wrote about a request: to its person, or to the desk. The words themselves stay on the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from privacy.ground import audit
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.register.vocabulary import Purpose
from privacy.rights import desk_people, emails
from privacy.rights.models import DataRequest

_kind = partial(Kind, purpose=Purpose.RIGHTS, reaches_restricted=True)
MESSAGE_FROM_US = _kind("privacy.message_from_us", label="Privacy request: we wrote to you")
MESSAGE_FROM_THEM = _kind("privacy.message_from_them", label="For staff: somebody wrote about their request")


def message_from_us(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Tell the person that we wrote, and where to read it."""
    if not request.contact:  # entered by staff for somebody who named no address
        return
    context = {
        "request": request,
        "why": _("the privacy request {reference}"),
        "action_url": emails.followed_at(request),
        "action_label": _("Read and answer"),
    }
    outbox.post(
        MESSAGE_FROM_US,
        to=request.contact,
        subject=request.subject,
        context=context,
        reference=request.reference,
        by=by,
        at=at,
    )


def message_from_them(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Tell whoever works the request, else the whole desk, that its person wrote."""
    tell_desk(request, desk_people.of(request), by=by, at=at)


def tell_desk(request: DataRequest, colleagues: Iterable[Any], *, by: audit.Actor, at: datetime) -> None:
    """Tell these colleagues that the request's person wrote."""
    page = reverse("admin:privacy_datarequest_change", args=[request.pk])
    context = {
        "request": request,
        "why": _("your work at the privacy desk"),
        "action_url": f"{settings.LOUPE_PUBLIC_URL}{page}",
        "action_label": _("Open the request"),
    }
    for colleague in colleagues:
        outbox.post(
            MESSAGE_FROM_THEM,
            to=colleague.email,
            subject=colleague.subject,
            context=context,
            reference=request.reference,
            by=by,
            at=at,
        )
