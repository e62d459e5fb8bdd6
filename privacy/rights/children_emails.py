"""What parents hear: one function for each mail, named like its templates. A child is named by nothing but a hidden address."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final

from django.utils.translation import gettext_noop as _

from privacy.ground import audit
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.register.vocabulary import Purpose
from privacy.rights.child_models import ParentalConsent

_kind = partial(Kind, purpose=Purpose.RIGHTS, reaches_restricted=True)
PARENT_ASKED: Final = _kind("privacy.parent_asked", label="A parent's word: please look", proves_address=True)
PARENT_TOLD: Final = _kind("privacy.parent_told", label="To a parent: a child's data were deleted")
PARENT_AGREED: Final = _kind("privacy.parent_agreed", label="A parent's word: recorded")


def parent_asked(consent: ParentalConsent, *, url: str, by: audit.Actor, at: datetime) -> None:
    """Ask a parent to look at what their child began."""
    _post(PARENT_ASKED, consent, url, _("Look at it"), by=by, at=at)


def parent_agreed(consent: ParentalConsent, *, url: str, by: audit.Actor, at: datetime) -> None:
    """Confirm what was agreed to, with the link by which it can be looked at and taken back."""
    _post(PARENT_AGREED, consent, url, _("See it, or take it back"), by=by, at=at)


def parent_told(to: str, *, reference: str, by: audit.Actor, at: datetime) -> None:
    """Tell the parent that what we held about their child is deleted. Belongs to no person record any more."""
    context = {"reference": reference, "why": _("an account of your child")}
    outbox.post(PARENT_TOLD, to=to, subject=None, context=context, reference=reference, by=by, at=at)


def _post(kind: Kind, consent: ParentalConsent, url: str, label: str, *, by: audit.Actor, at: datetime) -> None:
    context = {"said": consent.notice.text, "action_url": url, "action_label": label}
    outbox.post(kind, to=consent.contact, subject=consent.parent, context=context, by=by, at=at)
