"""What follows from a consent that is taken back: whatever was held only while it stood is deleted (GDPR Art. 7(3), 17(1)(b)).

A declaration says `allowed_by="performance"`; the ledger rings with each no, and a nightly sweep finds what missed its bell or lay
under a legal hold then. The same batches as an erasure; other people's rows, and rows that reach nobody, are not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from privacy.consent.models import ConsentRecord, ConsentState, VisitorLink
from privacy.ground import audit
from privacy.register import registry, subjects
from privacy.register.declare import Declaration, Rows
from privacy.register.models import Subject, SubjectLink
from privacy.rights import disposal, holds


def declared(matter: str = "") -> list[Declaration]:
    """The declarations of rows that need a consent: to *matter*, or to anything."""
    return [each for each in registry.all_declared() if each.allowed_by and matter in ("", each.allowed_by)]


def forget(record_id: int, *, by: audit.Actor, at: datetime) -> int:
    """Delete what the no of one record leaves without a consent. Returns how many rows went.

    Whoever said it in a browser where they were not signed in is known by who signed in on it last before.
    """
    record = ConsentRecord.objects.filter(pk=record_id).first()
    subject = None if record is None or record.is_granted else _who_said(record)
    if record is None or subject is None:
        return 0
    family = subjects.family(subject)
    gone = 0
    for declaration in declared(record.matter):
        count = _delete(declaration, declaration.rows(family), at=at)
        if count:
            details: dict[str, audit.Detail] = {"model": declaration.model, "rows": count}
            audit.append("consent.rows_deleted", subject=subject, obj=record, details=details, by=by, at=at)
        gone += count
    return gone


def sweep(*, by: audit.Actor, at: datetime) -> int:
    """Delete what people still have whose standing word is no. Returns how many rows went."""
    gone = 0
    for declaration in declared():
        count = sum(_delete(declaration, rows, at=at) for rows in _left(declaration))
        if count:
            audit.append("consent.rows_deleted", obj=declaration.model, details={"rows": count}, by=by, at=at)
        gone += count
    return gone


def _who_said(record: ConsentRecord) -> Subject | None:
    number = record.subject_id
    if number is None and record.visitor_id is not None:
        link = VisitorLink.objects.filter(visitor_id=record.visitor_id, at__lte=record.at).order_by("-at").first()
        number = link.subject_id if link else None
    return None if number is None else Subject.objects.filter(pk=number).first()


def _left(declaration: Declaration) -> Iterator[Rows]:
    """The rows of people who say no, by each way that leads from a row to a person."""
    manager = declaration.model_class()._base_manager
    for path in declaration.paths:
        yield manager.filter(**{f"{path}__in": _refusing(declaration.allowed_by)})


def _refusing(matter: str) -> QuerySet[Subject, Any]:
    """The ids of the person records that say no, by their own word or by that of the person they were joined to."""
    said = ConsentState.objects.filter(matter=matter)
    own = Exists(said.filter(subject=OuterRef("pk"), is_granted=False))
    of_root = SubjectLink.objects.filter(child=OuterRef("pk"))
    root_refuses = Exists(of_root.filter(root__in=said.filter(is_granted=False).values("subject")))
    root_allows = Exists(of_root.filter(root__in=said.filter(is_granted=True).values("subject")))
    return Subject.objects.filter(Q(root_refuses) | Q(own) & ~Q(root_allows)).values("pk")


def _delete(declaration: Declaration, rows: Rows, *, at: datetime) -> int:
    free, gone = rows.exclude(holds.held(declaration, at=at)), 0
    while count := disposal.delete_batch(declaration, free):
        gone += count
    return gone
