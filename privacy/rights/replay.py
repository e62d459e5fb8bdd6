"""After a restore: notice that the database is older than the ledger of erasures, and erase again whom it has brought back.

`verdict` is asked by every web request and every task: may this database be shown at all? `due` says what would be repeated,
`repeat` does it, by the person's UUID and never by a row's number: after a restore, numbers are given out a second time.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import DatabaseError, ProgrammingError, transaction

from privacy.ground import audit
from privacy.proof import chain, ledger
from privacy.proof.ledger import Erasure, Line
from privacy.register import registry, subjects
from privacy.register.models import Subject, SubjectLink
from privacy.rights import erasure
from privacy.rights.models import DataRequest, Kind, State
from privacy.rights.states import REQUEST, WITHDRAWABLE

log = logging.getLogger(__name__)

LOOK_EVERY: Final = timedelta(minutes=1)
CHUNK: Final = 1000
NEWEST: Final = 100


class NotNew(Exception):
    """The database knows people of this ledger, so it is no new shop: repeat the erasures."""


class NothingHere(Exception):
    """The database is empty: restore a backup first, or say that this is a new shop."""


class Why(StrEnum):
    """Why the shop does not answer."""

    OLDER = "older"  # a backup was restored
    EMPTY = "empty"  # a new database beside an old ledger
    UNKNOWN = "unknown"  # the database or the ledger could not be read yet


@dataclass(frozen=True)
class Verdict:
    """Whether this database may be shown, else why not and how many erasures it lacks."""

    why: Why | None = None
    lacking: int = 0

    @property
    def may_serve(self) -> bool:
        """Whether pages are answered and tasks are carried out."""
        return self.why is None


@dataclass(frozen=True)
class Due:
    """An erasure to repeat: what the ledger says, and what is found of it here."""

    told: Erasure
    state: str  # of the request; empty where there is none
    rows: int


# Comparing


def _from(state: str) -> frozenset[str]:
    """*state* and every state a request can reach from it."""
    found, layer = {state}, {state}
    while layer := {after for each in layer for after in REQUEST.table.get(each, ())} - found:
        found |= layer
    return frozenset(found)


BEGUN: Final = _from(State.EXECUTING)


def absent(told: list[Line], *, at: datetime) -> list[Line]:
    """Those that this database has not heard of: the request is missing or not begun, and its person is not erased."""
    begun = DataRequest.objects.filter(pk__in=[line.body["request"] for line in told], state__in=BEGUN)
    if begun.count() == len(told):  # nearly always: no need to look which ones
        return []
    known = set(begun.values_list("pk", flat=True))
    rest = [line for line in told if UUID(line.body["request"]) not in known]
    # Records of requests have their time and go; mostly the bare UUID of who was erased stays.
    people = dict(Subject.objects.filter(pk__in=[line.body["subject"] for line in rest]).values_list("pk", "erased_at"))
    return [line for line in rest if _is_owed(Erasure.of(line), people, at)]


def _is_owed(told: Erasure, people: Mapping[UUID, datetime | None], at: datetime) -> bool:
    """Whether this database should know more of an erasure whose request it does not know as begun."""
    if told.subject in people:
        return people[told.subject] is None
    return _counts(told, at)


def _counts(told: Erasure, at: datetime) -> bool:
    """Whether a record of this request would still be kept."""
    record = DataRequest(state=State.COMPLETED, received_at=told.received_at, completed_at=told.at)
    until = registry.of("privacy.DataRequest").retention.until(record)
    return until is None or until > at


class Watch:
    """What one process knows of one ledger: at most one comparison a minute, each as long as what is new."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._verdict: Verdict | None = None
        self._looked_at: datetime | None = None
        self._stamp = (0, 0, 0)
        self._start_over()

    def _start_over(self) -> None:
        self._reader = ledger.Reader(ledger.Kind.ERASURE)
        self._lacking: list[Line] = []
        self._newest: deque[Line] = deque(maxlen=NEWEST)

    def verdict(self, *, at: datetime) -> Verdict:
        """The verdict of the last minute, or a new one."""
        if (known := self._fresh(at)) is not None:
            return known
        with self._lock:
            return self._fresh(at) or self._look(at=at)

    def _fresh(self, at: datetime) -> Verdict | None:
        """The last verdict while it counts. A bad one ends as soon as the ledger says that something was done about it."""
        known, looked_at = self._verdict, self._looked_at
        if known is None or looked_at is None or not timedelta(0) <= at - looked_at < LOOK_EVERY:
            return None
        return known if known.may_serve or self._stamp == ledger.stamp() else None

    def _look(self, *, at: datetime) -> Verdict:
        stamp = ledger.stamp()
        try:
            found = self._compare(at=at)
        except (DatabaseError, OSError) as error:
            log.warning("ledger.not_compared", extra={"error": type(error).__name__})
            self._start_over()
            return self._verdict or Verdict(Why.UNKNOWN)
        if not found.may_serve:
            log.error("ledger.database_is_older", extra={"lacking": found.lacking, "why": str(found.why)})
        self._verdict, self._looked_at, self._stamp = found, at, stamp
        return found

    def _compare(self, *, at: datetime) -> Verdict:
        """Ask about what is new, what was missing, and the newest of what was there: an older database lacks those first."""
        if self._reader.is_another_file():
            self._start_over()
        known = [*self._lacking, *self._newest]
        self._lacking = []
        told = itertools.chain(known, self._reader.more())
        while some := list(islice(told, CHUNK)):
            missing = _absent_from_any(some, at=at)
            self._lacking += missing
            unknown = {line.no for line in missing}
            self._newest.extend(line for line in some if line.no not in unknown)
        if not self._lacking:
            return Verdict()
        return Verdict(Why.EMPTY if is_empty() else Why.OLDER, len(self._lacking))


def _absent_from_any(told: list[Line], *, at: datetime) -> list[Line]:
    try:
        return absent(told, at=at)
    except ProgrammingError:  # not even the tables are there
        return told


_watch = Watch(Path())


def verdict(*, at: datetime) -> Verdict:
    """Whether this database may be shown now. Cheap: a comparison of two times, unless a minute has passed."""
    global _watch
    path = ledger.location()
    if _watch.path is not path:
        _watch = Watch(path)
    return _watch.verdict(at=at)


def is_empty() -> bool:
    """Whether nobody was ever known here."""
    try:
        return not Subject.objects.exists()
    except ProgrammingError:
        return True


# Repeating


def due(subject: UUID | None = None, *, at: datetime) -> Iterator[Due]:
    """What `repeat` would have to do, oldest first; for one person, where one is named."""
    told = ledger.erasures()
    while some := list(islice(told, CHUNK)):
        for each in map(Erasure.of, absent(some, at=at)):
            if subject is None or subject in (each.subject, *each.family):
                state = DataRequest.objects.filter(pk=each.request).values_list("state", flat=True).first()
                yield Due(each, state or "", _rows_of(list(each.family)))


def _rows_of(family: list[UUID]) -> int:
    declared = (each for each in registry.all_declared() if not each.is_evidence)
    return sum(each.rows(family).order_by().values("pk").distinct().count() for each in declared)


def repeat(told: Erasure, *, by: audit.Actor, at: datetime) -> DataRequest:
    """Erase this person again: the same engine, the same look afterwards, a certificate of its own. Sends no mail.

    Where the request is missing it is made anew from the ledger; that it was repeated stands in the audit trail.
    """
    if is_empty():
        raise NothingHere("the database is empty")
    with transaction.atomic():
        person = _person(told, at=at)
        request = _request(told, by=by, at=at)
        subjects.restrict(person, by=by, at=at)
    erasure.execute(request.pk, by=by, at=at)
    request.refresh_from_db()
    return request


def _person(told: Erasure, *, at: datetime) -> Subject:
    """The person record, as a bare UUID where the backup is older than it; joined as it was when the erasure began."""
    person, _ = Subject.objects.get_or_create(pk=told.subject, defaults={"created_at": told.received_at})
    apart = set(told.family) - set(subjects.family(person))
    for other in Subject.objects.filter(pk__in=apart, link=None):
        SubjectLink.objects.create(child=other, root=subjects.root(person), proof="erasure_ledger", at=at)
    return person


def _request(told: Erasure, *, by: audit.Actor, at: datetime) -> DataRequest:
    """The request, approved and due: as it is here, or made anew. It has no address, so that nobody is written to again."""
    found = DataRequest.objects.select_for_update().filter(pk=told.request).first()
    rivals = DataRequest.objects.open().filter(subject_id=told.subject, kind=Kind.ERASURE, state__in=WITHDRAWABLE)
    joined = [REQUEST.advance(each, State.JOINED, by=by, at=at) for each in rivals.exclude(pk=told.request)]
    request = found or DataRequest(
        pk=told.request,
        reference=told.reference,
        subject_id=told.subject,
        kind=Kind.ERASURE,
        channel=told.channel,
        received_at=told.received_at,
        verified_at=told.verified_at,
        first_reply_due_at=told.first_reply_due_at,
        first_replied_at=told.approved_at,
        due_at=told.due_at,
    )
    before, request.state = request.state if found else "missing", State.APPROVED
    request.approved_at = request.approved_at or told.approved_at or told.at
    request.approved_by = request.approved_by or f"ledger:{told.no}"
    request.execute_after = min(told.at, at)
    request.refused_at, request.refused_by, request.refusal_reason = None, "", ""
    request.contact = request.joined_to = None
    request.save(force_insert=found is None)
    DataRequest.objects.filter(pk__in=[each.pk for each in joined]).update(joined_to=request, contact=None)
    details: dict[str, audit.Detail] = {"ledger": told.no, "found": str(before)}
    audit.append("request.replayed", subject=told.subject, obj=request, details=details, by=by, at=at)
    return request


def note_restore(repeated: int, *, at: datetime) -> None:
    """Write into the ledger that a backup was restored, and that its erasures were repeated. Ends the refusal at once."""
    batch, digest = chain.tail()
    ledger.write_shop("restored", {"repeated": repeated, "batch": batch, "hash": digest}, at=at)


def open_new_shop(*, at: datetime) -> Path:
    """Put the ledger of another shop aside and begin one for this. Raises `NotNew`. Returns where the old one lies."""
    told = ledger.erasures()
    while some := list(islice(told, CHUNK)):
        people = {person for line in some for person in (line.body["subject"], *line.body["family"])}
        if Subject.objects.filter(pk__in=people).exists():
            raise NotNew("this database knows people of this ledger")
    return ledger.archive(at=at)
