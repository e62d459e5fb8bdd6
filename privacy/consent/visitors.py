"""Whose a browser turned out to be: what a visitor chose joins the history of whoever signs in on it next.

Nothing is changed or copied: a link is inserted. A browser that several people use keeps them apart, since a link covers only what
was chosen on it after the one before, up to its own moment.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from privacy.consent.ledger import one_at_a_time
from privacy.consent.models import ConsentRecord, VisitorLink
from privacy.ground import audit
from privacy.register import subjects
from privacy.register.models import Subject


@transaction.atomic
def join(visitor_id: UUID, subject: Subject, *, by: audit.Actor, at: datetime) -> VisitorLink | None:
    """Join what this browser's visitor has chosen since somebody signed in on it last. None where that is nothing."""
    one_at_a_time(visitor_id)
    last = VisitorLink.objects.filter(visitor_id=visitor_id).order_by("-at").first()
    link = VisitorLink(
        visitor_id=visitor_id, subject_id=subjects.root(subject).pk, since=last.at if last else None, at=at
    )
    if (last and last.at >= at) or not ConsentRecord.objects.filter(link.covers).exists():
        return None
    link.save(force_insert=True)
    audit.append("consent.visitor_joined", subject=subject, obj=link, by=by, at=at)
    return link
