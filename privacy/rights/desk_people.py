"""Who of the staff hears about a request: whoever works it, else everybody who may decide about requests; and about a leak.

A permission decides, never the name of a role. Nobody hears, as staff, about a request of their own.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from django.contrib.auth.backends import ModelBackend

from privacy.register import subjects
from privacy.rights.models import DataRequest

MAY_DECIDE: Final = "privacy.change_datarequest"
MAY_HANDLE: Final = "privacy.handle_incident"
NUMBER: Final = re.compile(r"staff\D(\d+)")


def of(request: DataRequest) -> list[Any]:
    """The users to tell about *request*: the one it is assigned to while they may still work it, else the whole desk."""
    everybody = deciding()
    desk = [user for user in everybody if user.subject_id not in subjects.family(request.subject)]
    assigned = NUMBER.fullmatch(str(getattr(request, "assigned_to", "")))
    worker = [user for user in desk if assigned and user.pk == int(assigned[1])]
    return worker or desk


def deciding() -> list[Any]:
    """Everybody who may decide about requests."""
    return _who_may(MAY_DECIDE)


def handling_incidents() -> list[Any]:
    """Everybody who may handle a leak."""
    return _who_may(MAY_HANDLE)


def _who_may(permission: str) -> list[Any]:
    """Whoever holds it through their roles; a superuser who is in no role works no desk."""
    allowed = ModelBackend().with_perm(permission, is_active=True, include_superusers=False)
    return list(cast(Any, allowed).filter(is_staff=True).order_by("pk"))
