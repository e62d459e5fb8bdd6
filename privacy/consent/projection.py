"""Whether what stands follows from what was said, and putting it right where it does not.

The ledger keeps both in one transaction, so that this finds nothing. It folds the records once more without the ledger's help: what
counts is the last one about each thing, by number.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple, cast
from uuid import UUID

from django.db import models, transaction
from django.db.models import Exists, OuterRef

from privacy.consent import ledger
from privacy.consent.ledger import Thing
from privacy.consent.models import ConsentRecord, ConsentState
from privacy.consent.vocabulary import Matter
from privacy.ground import audit
from privacy.register import subjects
from privacy.register.models import Subject
from privacy.register.retention import Retention

NO_STANDS: Final = Retention.years("requests", anchor="decided_at")
"""How long a no is kept as a state; afterwards it says no more than silence."""

KEY: Final = ("subject_id", *Thing._fields)


class Difference(NamedTuple):
    """Something that was said and does not stand as it was, or stands and was not said."""

    subject_id: UUID | None
    thing: Thing
    words: str


def differences(*, at: datetime) -> Iterator[Difference]:
    """Every state that does not follow from the records. None is the rule."""
    words = last_words()
    for record in words.filter(state=None).iterator():
        if not _is_silence(record, at=at):
            yield Difference(record.subject_id, _thing(record), f"{record} was said, and nothing stands")
    for record in words.filter(state__isnull=False).select_related("state").iterator():
        state = record.state
        told, kept = ((row.subject_id, _thing(row), row.is_granted) for row in (record, state))
        if told != kept:
            yield Difference(record.subject_id, _thing(record), f"{record} was said, and {state} stands")
    for state in ConsentState.objects.exclude(record__in=words.values("pk")).iterator():
        yield Difference(state.subject_id, _thing(state), f"{state} stands, and is not the last word")


def rebuild(*, by: audit.Actor, at: datetime) -> int:
    """Make what stands follow from what was said, one person at a time. Returns how many states were put right."""
    wrong = {(difference.subject_id, difference.thing) for difference in differences(at=at)}
    for subject_id, thing in wrong:
        with transaction.atomic():
            ledger.one_at_a_time(Subject.objects.get(pk=cast(UUID, subject_id)))
            ConsentState.objects.filter(subject=subject_id, **thing._asdict()).delete()
            last = last_words().filter(subject_id=subject_id, **thing._asdict()).first()
            if last is not None:
                ConsentState.objects.filter(record=last).delete()
                ledger.stand(last)
            audit.append("consent.put_right", subject=subject_id, details={"matter": thing.matter}, by=by, at=at)
    return len(wrong)


def last_words() -> models.QuerySet[ConsentRecord]:
    """The last record of each living person about each thing."""
    alive = Subject.objects.filter(pk=OuterRef("subject_id"), erased_at=None)
    last = ConsentRecord.objects.filter(subject_id__isnull=False).order_by(*KEY, "-id").distinct(*KEY).values("pk")
    return ConsentRecord.objects.filter(Exists(alive), pk__in=last)


def _is_silence(record: ConsentRecord, *, at: datetime) -> bool:
    """A no that need not stand any more: its time has run, or its person is just being erased."""
    until = NO_STANDS.until(ConsentState(decided_at=record.at))
    is_over = until is not None and until <= at
    is_going = Subject.objects.filter(
        pk=cast(UUID, record.subject_id), restricted_for__contains=[subjects.Reason.ERASURE]
    )
    return not record.is_granted and (is_over or is_going.exists())


def _thing(row: ConsentRecord | ConsentState) -> Thing:
    return Thing(Matter(row.matter), row.channel, row.about)
