"""On whose desk a request lies. Of two who take the same one the first has it, and the second is told, however late they press.

Who is reminded of its time, and who could be asked to take it, is `rights.desk_people`.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from privacy.ground import audit, states
from privacy.rights import requests
from privacy.rights.models import DataRequest


def assign(
    request: DataRequest, *, to: audit.Actor, seen: str | None = None, by: audit.Actor, at: datetime
) -> DataRequest:
    """Lay it on somebody's desk; `""` takes it off. *seen*: where it lay when whoever decides looked at it, if that was before.

    Raises `requests.OwnRequest`, `states.NotAllowed` where it has ended, and `states.Changed` where somebody else was first.
    """
    if not request.is_open:
        raise states.NotAllowed(f"{request} is {request.state}")
    requests.refuse_own(request, to)
    was, now = request.assigned_to if seen is None else seen, audit.actor(to)
    with transaction.atomic():
        rows = DataRequest.objects.open().filter(pk=request.pk, assigned_to=was)
        if rows.update(assigned_to=now) != 1:
            raise states.Changed(f"{request} is on another desk")
        details: dict[str, audit.Detail] = {"to": now}
        audit.append("request.assigned", subject=request.subject_id, obj=request, details=details, by=by, at=at)
    request.assigned_to = now
    return request
