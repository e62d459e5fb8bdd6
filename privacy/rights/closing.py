"""Closing an account for now, as a request: whoever keeps accounts hands its part over with its declaration (`closer`).

Nothing is erased, nothing can be bought, and every right remains. Coming back is the app's: `accounts.pausing`.
"""

from __future__ import annotations

from datetime import datetime

from privacy.ground import audit
from privacy.register import registry, subjects
from privacy.rights.models import DataRequest


def deactivate(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """Close every account of the person. Raises `Refused`."""
    family = subjects.family(request.subject)
    for declaration in registry.all_declared():
        if declaration.closer is not None:
            declaration.closer(family, by=by, at=at)
