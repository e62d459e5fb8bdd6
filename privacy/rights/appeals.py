"""Our no, looked at again by somebody else: an appeal is a complaint that names the refused request.

Whoever refused does not decide about it. Where the appeal is right, the request is taken up once more, with what was asked and what
showed who asks; a refused request itself never changes again.

Sources: GDPR Art. 12(4); such as Va. Code 59.1-577(C).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from privacy.ground import audit
from privacy.rights import answers, requests
from privacy.rights.kinds import Kind
from privacy.rights.models import DataRequest, State


class NothingToAppeal(Exception):
    """Only a no is appealed against."""


@transaction.atomic
def ask(refused: DataRequest, *, text: str, contact: str, by: audit.Actor, at: datetime) -> DataRequest:
    """Its person thinks that our no is wrong; *contact*: where the answer goes. Returns the open appeal where there is one.

    Raises `NothingToAppeal`, and `requests.SubjectErased`.
    """
    if refused.state != State.REFUSED:
        raise NothingToAppeal(f"{refused} was not refused")
    DataRequest.objects.select_for_update(of=("self",)).get(pk=refused.pk)  # two windows appeal once
    if earlier := refused.appeals.open().first():
        return earlier
    appeal = requests.receive(
        Kind.COMPLAINT,
        subject=refused.subject,
        contact=contact,
        channel=refused.channel,
        wishes={"about": refused.reference, "text": text.strip()},
        by=by,
        at=at,
    )
    appeal.against = refused
    appeal.save(update_fields=["against"])
    details: dict[str, audit.Detail] = {"appeal": appeal.reference}
    audit.append("request.appealed", subject=refused.subject_id, obj=refused, details=details, by=by, at=at)
    return appeal


@transaction.atomic
def uphold(appeal: DataRequest, *, text: str, by: audit.Actor, at: datetime) -> DataRequest:
    """The appeal is right: answer it, and take the refused request up once more. Returns the new one.

    Raises what `answers.give` raises, and `NothingToAppeal` for a complaint about something else.
    """
    refused, contact = appeal.against, appeal.contact
    if refused is None:
        raise NothingToAppeal(f"{appeal} is no appeal")
    answers.give(appeal, text=text, by=by, at=at)
    again = requests.receive(
        refused.kind,
        subject=refused.subject,
        contact=contact or "",
        channel=refused.channel,
        wishes=refused.wishes,
        by=by,
        at=at,
    )
    shown = refused.identity_checks.filter(passed=True).last()
    if again.state == State.RECEIVED and shown is not None:
        again = requests.verify(again, evidence=shown.method, by=by, at=at)
    return again
