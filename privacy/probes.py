"""The figures this app measures of the running shop: what people were promised by date, and what must be gone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from privacy.consent import projection
from privacy.consent.models import ConsentRecord
from privacy.messages.arrivals import InboundMail
from privacy.messages.kinds import KINDS
from privacy.messages.models import Message
from privacy.proof.models import Certificate, ResidueSweep
from privacy.proof.probes import declare
from privacy.register.models import Identifier, SubjectLink
from privacy.rights import backups, incidents, retention
from privacy.rights.models import DataRequest, ExportPackage, Kind, LegalHold, State

SWEPT_WITHIN = timedelta(minutes=70)
"""Copies are swept every hour: what is older was missed, not merely waiting."""
SOON = timedelta(hours=1)
A_NIGHT = timedelta(hours=26)
"""The nightly run lets go of what was past due when it began."""


def requests_past_due(at: datetime) -> int:
    return DataRequest.objects.open().filter(due_at__lt=at).count()


def first_replies_past_due(at: datetime) -> int:
    """Proved requests without a first word from a person although its time has run."""
    unanswered = DataRequest.objects.open().filter(first_replied_at=None, first_reply_due_at__lt=at)
    return unanswered.exclude(state=State.RECEIVED).count()


def mails_waiting(at: datetime) -> int:
    waiting = Message.objects.filter(state__in=[Message.State.QUEUED, Message.State.SENDING])
    return waiting.filter(created_at__lt=at - SOON).count()


def letters_waiting(at: datetime) -> int:
    """Mails to the shop that nobody has looked after for a day."""
    return InboundMail.objects.left_lying(at - timedelta(days=1)).count()


def news_without_consent(at: datetime) -> int:
    """Sent marketing for which no yes stood at the moment it went: to its very topic, by its very channel, of whoever got it."""
    whoever = OuterRef(OuterRef("subject_id"))
    theirs = (
        Q(subject_id=OuterRef("subject_id"))
        | Q(subject_id__in=SubjectLink.objects.filter(child=whoever).values("root"))
        | Q(subject_id__in=SubjectLink.objects.filter(root=whoever).values("child"))
    )
    stands = Q(at__lte=OuterRef("sent_at")) & (Q(replaced_by=None) | Q(replaced_by__at__gt=OuterRef("sent_at")))
    yes = ConsentRecord.objects.filter(
        theirs, stands, decision=ConsentRecord.Decision.GRANTED, channel=OuterRef("channel")
    )
    sent = Message.objects.filter(state__in=[Message.State.SENT, Message.State.RETURNED])
    return sum(
        sent.filter(~Exists(yes.filter(matter=kind.matter)), kind=kind.name).count()
        for kind in KINDS.values()
        if kind.is_marketing
    )


def copies_past_their_time(at: datetime) -> int:
    return ExportPackage.objects.filter(removed_at=None, expires_at__lt=at - SWEPT_WITHIN).count()


def erasures_without_certificate(at: datetime) -> int:
    certified = Certificate.objects.filter(request_reference=OuterRef("reference"))
    return DataRequest.objects.filter(~Exists(certified), kind=Kind.ERASURE, state=State.COMPLETED).count()


def identifiers_of_the_erased(at: datetime) -> int:
    return Identifier.objects.filter(subject__erased_at__isnull=False).count()


def traces_of_the_erased(at: datetime) -> int:
    """What the last sweep met of erased people, and the places it could not read."""
    last = ResidueSweep.objects.first()
    if last is None:
        return 0
    met: int = sum(finding["count"] for finding in last.findings)
    return met + len(last.coverage["unread"])


def holds_past_their_review(at: datetime) -> int:
    return LegalHold.objects.active(at).filter(review_on__lt=at.date()).count()


def past_their_time(at: datetime) -> int:
    """Rows that the last night's run should have let go."""
    return retention.past_due_total(at - A_NIGHT)


def consents_out_of_step(at: datetime) -> int:
    """What people allow now, where it does not follow from what they said."""
    return sum(1 for _ in projection.differences(at=at))


def leaks_untold(at: datetime) -> int:
    """Leaks that no authority heard of within 72 hours although it should have."""
    return len(incidents.untold(at))


declare("backups_amiss", "Backups that outlive their days, and hours in which none was made", backups.amiss)
declare("leaks_untold", "Leaks that no authority heard of within 72 hours", leaks_untold)
declare("consents_out_of_step", "Choices that do not stand as they were made", consents_out_of_step)
declare("requests_past_due", "Requests still open after the date they were due", requests_past_due)
declare("first_replies_past_due", "Requests without a first reply in the time promised", first_replies_past_due)
declare("mails_waiting", "Mails waiting to be sent for more than an hour", mails_waiting)
declare("letters_waiting", "Mails to us that nobody has dealt with for a day", letters_waiting)
declare("news_without_consent", "Promotions sent to people who did not agree to them", news_without_consent)
declare("copies_past_their_time", "Copies still on our disk after their 72 hours", copies_past_their_time)
declare("erasures_without_certificate", "Finished erasures without a certificate", erasures_without_certificate)
declare("identifiers_of_the_erased", "Fingerprints of addresses left of erased people", identifiers_of_the_erased)
declare(
    "traces_of_the_erased",
    "Traces of erased people in the last search of everything, and places it could not read",
    traces_of_the_erased,
)
declare("holds_past_their_review", "Legal holds that nobody looked at again in time", holds_past_their_review)
declare("past_their_time", "Records still here although nobody may keep them any longer", past_their_time)
