"""What people without an account hear while it is made sure who they are: one function for each mail, named like its templates."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext_noop as _

from privacy.ground import audit
from privacy.messages import outbox
from privacy.messages.kinds import Kind
from privacy.register.vocabulary import Purpose
from privacy.rights import links
from privacy.rights.attachment_models import Agent
from privacy.rights.models import DataRequest, State

_kind = partial(Kind, purpose=Purpose.RIGHTS, reaches_restricted=True)
REQUEST_FACTS = _kind("privacy.request_facts", label="Privacy request: two facts, please")
AGENT_ASKS = _kind("privacy.agent_asks", label="Privacy request: somebody asks in your name", proves_address=True)
AGENT_RECEIVED = _kind("privacy.agent_received", label="Privacy request: to whoever asks for somebody else")


def request_facts(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """The address is proved; ask for two facts about an order before anything is shown or changed."""
    _post(REQUEST_FACTS, request, links.url(request, links.Use.FACTS), _("Answer two questions"), by=by, at=at)


def agent_asks(request: DataRequest, agent: Agent, *, by: audit.Actor, at: datetime) -> None:
    """Tell the person who asks what in their name; only their own button makes anything of it."""
    url = links.url(request, links.Use.CONFIRM)
    _post(AGENT_ASKS, request, url, _("Say whether you sent them"), by=by, at=at, agent=agent.name)


def agent_received(request: DataRequest, agent: Agent, *, by: audit.Actor, at: datetime) -> None:
    """Tell the agent that it arrived, and that the person hears from us. Belongs to no person record of ours."""
    facts = {"request": request, "why": _("what you asked for somebody else ({reference})")}
    facts |= {"waits": request.state == State.RECEIVED}
    outbox.post(AGENT_RECEIVED, to=agent.email, subject=None, context=facts, reference=request.reference, by=by, at=at)


def _post(
    kind: Kind, request: DataRequest, url: str, label: str, *, by: audit.Actor, at: datetime, **facts: Any
) -> None:
    context = {
        "request": request,
        "why": _("the privacy request {reference}"),
        "action_url": url,
        "action_label": label,
        **facts,
    }
    outbox.post(
        kind, to=request.contact, subject=request.subject, context=context, reference=request.reference, by=by, at=at
    )
