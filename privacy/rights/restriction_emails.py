"""What a person hears about the end of a restriction. It reaches them although their data rest: it is about just that."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from privacy.ground import audit
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.register.vocabulary import Purpose
from privacy.rights.restriction_models import Restriction

_kind = partial(Kind, purpose=Purpose.RIGHTS, reaches_restricted=True)
RESTRICTION_ENDS = _kind("privacy.restriction_ends", label="Your data will be used again")
RESTRICTION_ENDED = _kind("privacy.restriction_ended", label="Your data are used again")


def restriction_ends(restriction: Restriction, *, to: str | None, by: audit.Actor, at: datetime) -> None:
    """The notice before a restriction is lifted (GDPR Art. 18(3)): from when, why, and how to say no."""
    _post(RESTRICTION_ENDS, restriction, to, by=by, at=at)


def restriction_ended(restriction: Restriction, *, to: str | None, by: audit.Actor, at: datetime) -> None:
    """It is over: by their own word, or after the notice."""
    _post(RESTRICTION_ENDED, restriction, to, by=by, at=at)


def _post(kind: Kind, restriction: Restriction, to: str | None, *, by: audit.Actor, at: datetime) -> None:
    if not to:  # entered for somebody without an address
        return
    reference = restriction.reference
    context = {
        "restriction": restriction,
        "reference": reference,
        "why": _("the privacy request {reference}"),
        "action_url": f"{settings.LOUPE_PUBLIC_URL}{reverse('privacy:centre')}",
        "action_label": _("See your data"),
    }
    outbox.post(kind, to=to, subject=restriction.subject, context=context, reference=reference, by=by, at=at)
