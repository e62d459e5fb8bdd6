"""Reports about children, and what parents ask for, in three steps with their moments: looked into, deleted, the parent told.

Anybody may report; nothing happens to anybody by a report alone, or Mallory would have Bob erased with a form. A member of staff
looks into it the same day and says how they know, never by a paper of the child's. From then on it goes by itself: the child is set
aside and erased without a grace (`rights.at_once`), nothing is collected under their addresses again (`register.stops`), and the
parent hears of it where one can be reached. A reporter hears that we looked, and no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from privacy.ground import audit, states
from privacy.register import stops, subjects, tombstones
from privacy.register.models import Subject
from privacy.rights import at_once, children_emails, erasure, requests
from privacy.rights.child_models import ChildCase, ParentalConsent
from privacy.rights.identity_checks import IdentityCheck
from privacy.rights.kinds import Kind
from privacy.rights.locks import only_one
from privacy.rights.models import Channel, DataRequest, State
from privacy.rights.states import OPEN, REQUEST

KINDS: Final = (Kind.CHILD_REPORT, Kind.PARENTAL)
RETRY_AFTER: Final = timedelta(minutes=1)  # its erasure has a worker of its own, which may be at it just now
Finding = ChildCase.Finding


class NoReport(Exception):
    """The request is about no child."""


class NotHeld(Exception):
    """Nobody here has this address."""


class NobodyToTell(Exception):
    """A parent was told before, or there is nothing to tell."""


class ChildsOwn(ValueError):
    """The address is the child's: nobody writes to a child."""


def of(address: str) -> list[Subject]:
    """Whom an address names: who proved it; where nobody did, every record on which it was typed."""
    living = [each for each in subjects.candidates("email", value=address) if not each.is_erased]
    return [each for each in living if subjects.has_proved(each, value=address)] or living


@transaction.atomic
def confirm(request: DataRequest, *, address: str, how: str, by: audit.Actor, at: datetime) -> ChildCase:
    """It is a child's *address*, and this is *how* we know: set everything of theirs aside, and have it deleted now.

    Where nothing is held under it, that is the finding, and the address is refused from now on all the same. *Raises* `NoReport`,
    and what `requests.approve` raises.
    """
    _must_be_of_a_child(request)
    found = of(address)
    parent = _parent_of(found) if request.kind == Kind.CHILD_REPORT else None
    for child in found:
        family = subjects.family(child)
        known = [(kind, value) for kind, value in tombstones.values_of(family) if kind != "gateway"]
        stops.raise_for(family[0], [*known, ("email", address)], at=at)
    if not found:
        stops.raise_for(subjects.root(request.subject).pk, [("email", address)], at=at)
    erasures = [at_once.erase(child, because=request.reference, by=by, at=at) for child in found]
    return _decide(
        request,
        Finding.CHILD if found else Finding.NOTHING,
        how=ChildCase.How(how),
        erasures=[each.reference for each in erasures],
        parent=parent,
        by=by,
        at=at,
    )


@transaction.atomic
def dismiss(request: DataRequest, *, by: audit.Actor, at: datetime) -> ChildCase:
    """Whoever it is about is not too young for the shop: nothing is done to them. *Raises* `NoReport`."""
    _must_be_of_a_child(request)
    return _decide(request, Finding.OLDER, by=by, at=at)


@transaction.atomic
def show(request: DataRequest, *, address: str, by: audit.Actor, at: datetime) -> ChildCase:
    """The parent who asks sees what we hold about their child: a copy, fetched by a mailed link. *Raises* `NoReport`, `NotHeld`."""
    if request.kind != Kind.PARENTAL:
        raise NoReport
    found = of(address)
    if not found:
        raise NotHeld
    for child in found:
        copy_for_parent(child, contact=request.contact, by=by, at=at)
    return _decide(request, Finding.SHOWN, how=ChildCase.How.PARENT, by=by, at=at)


def copy_for_parent(child: Subject, *, contact: str, by: audit.Actor, at: datetime) -> DataRequest:
    """Have a copy of the child's data made for a parent, who fetches it by a link mailed to *contact*."""
    asked = requests.receive(
        Kind.ACCESS, subject=child, contact=contact, channel=Channel.FORM, needs_link=False, by=by, at=at
    )
    if asked.state != State.RECEIVED:
        return asked
    return requests.verify(asked, evidence=IdentityCheck.Method.PARENT, by=by, at=at)


@transaction.atomic
def tell_parent(case: ChildCase, *, address: str, by: audit.Actor, at: datetime) -> ChildCase:
    """A parent was found later: tell them at *address* that everything is deleted, now or when it is.

    Until they are told, another address takes its place. *Raises* `NobodyToTell`, `ChildsOwn`, `requests.OwnRequest`.
    """
    case = ChildCase.objects.select_for_update(of=("self",)).select_related("request__subject").get(pk=case.pk)
    if case.finding != Finding.CHILD or case.told_at:
        raise NobodyToTell
    if stops.refuses(address):
        raise ChildsOwn
    requests.refuse_own(case.request, by)
    case.parent = address
    audit.append("parent.found", subject=case.request.subject_id, obj=case.request, by=by, at=at)
    if case.deleted_at:
        _tell(case, by=by, at=at)
    case.save(update_fields=["parent", "told_at"])
    return case


def carry_out(request_id: UUID, *, by: audit.Actor, at: datetime) -> None:
    """Delete, then tell the parent. Safe to call twice; goes on where an erasure still waits for something."""
    with only_one("child", request_id) as mine:
        request = DataRequest.objects.select_related("subject", "child_case").filter(pk=request_id).first()
        if not mine or request is None or not hasattr(request, "child_case"):
            return
        if not _begun(request, by=by, at=at):
            return
        erasures = DataRequest.objects.filter(reference__in=request.child_case.erasures)
        for number in erasures.filter(state__in=OPEN).values_list("pk", flat=True):
            erasure.execute(number, by=by, at=at)
        with transaction.atomic():
            if erasures.filter(state__in=OPEN).exists():
                REQUEST.advance(request, State.PARTLY_DONE, by=by, at=at)
                DataRequest.objects.filter(pk=request.pk).update(retry_at=at + RETRY_AFTER)
            else:
                _finish(request, by=by, at=at)


def _begun(request: DataRequest, *, by: audit.Actor, at: datetime) -> bool:
    if request.state == State.EXECUTING:
        return True
    if request.state not in (State.APPROVED, State.PARTLY_DONE):
        return False
    try:
        REQUEST.advance(request, State.EXECUTING, by=by, at=at)
    except states.Changed:
        return False
    return True


def _finish(request: DataRequest, *, by: audit.Actor, at: datetime) -> None:
    """The second and the third step; a parent who asked is told by the request's own last mail."""
    case = ChildCase.objects.select_for_update(of=("self",)).select_related("request").get(request=request)
    if case.erasures:
        case.deleted_at = at
    if case.parent or (request.kind == Kind.PARENTAL and request.contact):
        _tell(case, by=by, at=at)
    case.save(update_fields=["deleted_at", "told_at", "parent"])
    requests.complete(request, by=by, at=at)


def _tell(case: ChildCase, *, by: audit.Actor, at: datetime) -> None:
    """The third step: the address has served and is forgotten."""
    if case.parent:
        children_emails.parent_told(case.parent, reference=case.request.reference, by=by, at=at)
    case.told_at, case.parent = at, None
    audit.append("parent.told", subject=case.request.subject_id, obj=case.request, by=by, at=at)


def _decide(
    request: DataRequest,
    finding: str,
    *,
    how: str = "",
    erasures: list[str] | None = None,
    parent: str | None = None,
    by: audit.Actor,
    at: datetime,
) -> ChildCase:
    """Write the finding down, and leave the rest to the worker."""
    case = ChildCase.objects.create(
        request=request, finding=finding, how=how, verified_at=at, verified_by=audit.actor(by), erasures=erasures or [],
        parent=parent,
    )  # fmt: skip
    details: dict[str, audit.Detail] = {"finding": str(finding), "how": str(how)}
    audit.append("child.verified", subject=request.subject_id, obj=request, details=details, by=by, at=at)
    requests.approve(request, by=by, at=at)
    return case


def _parent_of(children: list[Subject]) -> str | None:
    """Where the parent of one of them reads mail, if one gave their word."""
    families = [number for child in children for number in subjects.family(child)]
    words = ParentalConsent.objects.filter(child__in=families, state=ParentalConsent.State.AGREED)
    return next((word.contact for word in words if word.contact), None)


def _must_be_of_a_child(request: DataRequest) -> None:
    if request.kind not in KINDS:
        raise NoReport
