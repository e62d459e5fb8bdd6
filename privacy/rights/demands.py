"""Demands of authorities, courts and claimants for somebody's data: entered, approved by somebody else, handed over, or refused.

Nothing is handed over without one of six grounds, the law or order behind it, and a second person's approval; and then exactly the
kinds of record that were approved, as a copy of the person's own would show them: no password and nothing about others goes along.
The person reads of it like of every other receiver, unless whoever demands it may forbid that and did.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction

from privacy.ground import audit, references, states
from privacy.register import registry, subjects
from privacy.register.declare import Family
from privacy.register.demand_models import Demand
from privacy.register.models import Subject
from privacy.rights import holds

DEMAND: Final = states.Machine(
    "demand",
    {
        "received": {"approved", "refused"},
        "approved": {"handed_over", "refused"},
        "handed_over": set(),
        "refused": set(),
    },
)
A_LEGAL_MATTER: Final = "A legal matter that is not over"
State, Ground = Demand.State, Demand.Ground


class NoSuchRecords(ValueError):
    """A kind of record that holds nothing about people, or none at all."""


class NotSaid(ValueError):
    """Who demands it, by which law or order, and why it is refused are said in words."""


class OwnEntry(Exception):
    """Whoever entered a demand does not approve it too."""


class HeldAlready(Exception):
    """What it asks for is kept for it since before."""


@transaction.atomic
def receive(
    subject: Subject,
    *,
    authority: str,
    ground: Demand.Ground,
    order: str,
    scope: Sequence[str],
    case: str = "",
    is_secret: bool = False,
    received_at: datetime,
    by: audit.Actor,
    at: datetime,
) -> Demand:
    """Write a demand down. Nothing is given by that. *Raises* `NoSuchRecords`, `NotSaid`, `ValueError` for the future."""
    if received_at > at:
        raise NotSaid("It was not received yet at that moment")
    unknown = [model for model in scope if registry.find(model) is None]
    if unknown or not scope:
        raise NoSuchRecords(", ".join(unknown) or "no kind of record is named")
    demand = Demand.objects.create(
        reference=references.new("DEM"),
        subject=subjects.root(subject),
        authority=_said(authority),
        case=case.strip(),
        ground=ground,
        order=_said(order),
        scope=list(scope),
        is_secret=is_secret,
        received_at=received_at,
        entered_by=audit.actor(by),
    )
    _write_down("received", demand, {"ground": str(ground), "scope": list(scope)}, by=by, at=at)
    return demand


@transaction.atomic
def keep(demand: Demand, *, review_on: date, by: audit.Actor, at: datetime) -> Demand:
    """Let nothing of what it asks for be deleted until it is answered. *Raises* `HeldAlready`, `states.NotAllowed`."""
    demand = _open(demand)
    if demand.hold_id:
        raise HeldAlready(f"{demand.hold} holds it")
    only = holds.Scope(demand.scope[0]) if len(demand.scope) == 1 else holds.EVERYTHING
    reason = A_LEGAL_MATTER if demand.is_secret else f"{demand.authority} asked for it"
    demand.hold = holds.place(
        demand.subject, scope=only, reason=reason, owner="privacy desk", review_on=review_on, by=by, at=at
    )
    demand.save(update_fields=["hold"])
    return demand


@transaction.atomic
def approve(demand: Demand, *, by: audit.Actor, at: datetime) -> Demand:
    """A second person looked at it. *Raises* `OwnEntry`, `states.NotAllowed`."""
    demand = _open(demand, to=State.APPROVED)
    if audit.actor(by) == demand.entered_by:
        raise OwnEntry("Whoever entered it does not approve it: somebody else looks at it")
    demand.approved_at, demand.approved_by = at, audit.actor(by)
    demand.save(update_fields=["approved_at", "approved_by"])
    return _moved(demand, State.APPROVED, by=by, at=at)


@transaction.atomic
def hand_over(demand: Demand, *, by: audit.Actor, at: datetime) -> dict[str, Any]:
    """Give what was approved, and nothing else: returned once, kept nowhere. *Raises* `states.NotAllowed`.

    *shape*: {"reference", "for", "case", "records": {label: [{field: value}]}}
    """
    demand = _open(demand, to=State.HANDED_OVER)
    demand.handed_over_at = at
    demand.save(update_fields=["handed_over_at"])
    _moved(demand, State.HANDED_OVER, by=by, at=at)
    _let_go(demand, by=by, at=at)
    family = subjects.family(demand.subject)
    records = {registry.of(model).label: _shown(model, family) for model in demand.scope}
    return {"reference": demand.reference, "for": demand.authority, "case": demand.case, "records": records}


@transaction.atomic
def refuse(demand: Demand, *, reason: str, by: audit.Actor, at: datetime) -> Demand:
    """Nothing is given. *Raises* `NotSaid`, `states.NotAllowed`."""
    demand = _open(demand, to=State.REFUSED)
    demand.refused_at, demand.refusal_reason = at, _said(reason)
    demand.save(update_fields=["refused_at", "refusal_reason"])
    _moved(demand, State.REFUSED, by=by, at=at)
    _let_go(demand, by=by, at=at)
    return demand


@transaction.atomic
def lift_secrecy(demand: Demand, *, by: audit.Actor, at: datetime) -> Demand:
    """The person may be told from now on. *Raises* `states.Changed` where that was so before."""
    if not Demand.objects.filter(pk=demand.pk, is_secret=True).update(is_secret=False):
        raise states.Changed(f"{demand} is no secret")
    demand.refresh_from_db()
    _write_down("told", demand, {}, by=by, at=at)
    return demand


# Inside


def _open(demand: Demand, *, to: str = State.REFUSED) -> Demand:
    """The row as it is now, for us alone. *Raises* `states.NotAllowed` where it cannot go on to *to*; answered, it goes nowhere."""
    demand = Demand.objects.select_for_update().get(pk=demand.pk)
    if not DEMAND.allows(demand.state, to):
        raise states.NotAllowed(f"{demand} cannot go from {demand.state} to {to}")
    return demand


def _moved(demand: Demand, to: str, *, by: audit.Actor, at: datetime) -> Demand:
    demand.state = to
    demand.save(update_fields=["state"])
    _write_down(to, demand, {}, by=by, at=at)
    return demand


def _write_down(what: str, demand: Demand, details: dict[str, audit.Detail], *, by: audit.Actor, at: datetime) -> None:
    """Into the trail; under the person's number only where they may read it."""
    subject = None if demand.is_secret else demand.subject_id
    audit.append(f"demand.{what}", subject=subject, obj=demand, details=details, by=by, at=at)


def _let_go(demand: Demand, *, by: audit.Actor, at: datetime) -> None:
    if demand.hold is not None and demand.hold.released_at is None:
        holds.release(demand.hold, by=by, at=at)


def _shown(model: str, family: Family) -> list[dict[str, Any]]:
    declaration = registry.of(model)
    return [registry.shown(declaration, row) for row in declaration.rows(family)]


def _said(text: str) -> str:
    if not text.strip():
        raise NotSaid("Say it in words")
    return text.strip()
