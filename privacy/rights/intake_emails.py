"""What people without an account hear while it is made sure who they are: one function for each mail, named like its templates."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from privacy.ground import audit
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.register.vocabulary import Purpose
from privacy.rights import links
from privacy.rights.models import DataRequest

_kind = partial(Kind, purpose=Purpose.RIGHTS, reaches_restricted=True)
REQUEST_FACTS = _kind("privacy.request_facts", label="Privacy request: two facts, please")


def request_facts(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """The address is proved; ask for two facts about an order before anything is shown or changed."""
    _post(REQUEST_FACTS, request, links.url(request, links.Use.FACTS), "Answer two questions", by=by, at=at)


def _post(
    kind: Kind, request: DataRequest, url: str, label: str, *, by: audit.Actor, at: datetime, **facts: Any
) -> None:
    context = {
        "request": request,
        "why": f"the privacy request {request.reference}",
        "action_url": url,
        "action_label": label,
        **facts,
    }
    outbox.post(
        kind, to=request.contact, subject=request.subject, context=context, reference=request.reference, by=by, at=at
    )
