"""The chain of the audit trail: every event is bound once, so that a change to what was written shows.

Appending an event takes no lock and waits for nobody. Once a minute, under an advisory lock, `bind` puts every event that has
no leaf yet into a batch; each batch carries the hash of the one before it, and the newest hash also lies in the ledger, outside
the database, so that a tail that was cut off shows too. `check` follows the whole chain in constant memory.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final

from django.db import connection, models, transaction

from privacy.ground.models import AuditEvent
from privacy.proof import ledger
from privacy.proof.batches import AuditBatch, AuditLeaf
from privacy.register import registry

log = logging.getLogger(__name__)

LOCK: Final = 0x4C6F757065  # one worker binds at a time
MOST: Final = 5000
LATE: Final = timedelta(hours=1)
"""How long a transaction may take to commit an event and still have it bound; what appears later was put there."""
UNPUBLISHED: Final = timedelta(minutes=5)
"""How long the ledger may lag behind the newest batch."""
FETCH: Final = 2000

MOMENT: Final = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
COLUMNS: Final = (
    f"e.id, e.event, e.subject_id::text, e.object_ref, e.actor, e.note, e.details::text, {MOMENT.format('e.at')}"
)
UNBOUND: Final = "NOT EXISTS (SELECT FROM privacy_auditleaf l WHERE l.event_id = e.id)"

Row = tuple[Any, ...]


class Tampered(Exception):
    """The first thing found that is not as it was written."""


@dataclass(frozen=True)
class Report:
    """What was followed: batches, events, those of them that retention let go, those not bound yet, and what the ledger knows."""

    batches: int
    events: int
    expired: int
    waiting: int
    first_in_ledger: int  # the first batch whose hash the ledger holds; 0: it holds none yet
    restores: int


# Binding


def bind(*, at: datetime) -> int:
    """Put every event that is not bound yet into a batch, and publish the newest hash in the ledger. Returns how many."""
    if lacks_tail():
        log.error("audit.tail_is_missing", extra={"batch": tail()[0], "ledger": ledger.last_head()})
        return 0
    bound, after = 0, 0
    while count := len(ids := _bind_some(after, at=at)):
        bound, after = bound + count, ids[-1]
    _publish(at=at)
    return bound


@transaction.atomic
def _bind_some(after: int, *, at: datetime) -> list[int]:
    """One batch of the events behind *after*; the numbers of those it bound."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(
            f"SELECT {COLUMNS} FROM privacy_auditevent e WHERE e.id > %s AND {UNBOUND} ORDER BY e.id LIMIT %s",  # noqa: S608
            [max(after, floor(at)), MOST],
        )
        rows = cursor.fetchall()
    if not rows:
        return []
    leaves = [(row[0], row[-1], digest(row)) for row in rows]
    batch = _next_batch(leaves, at=at)
    batch.save(force_insert=True)
    AuditLeaf.objects.bulk_create(
        (
            AuditLeaf(event_id=number, batch=batch, at=datetime.fromisoformat(moment), digest=found)
            for number, moment, found in leaves
        ),
        batch_size=1000,
    )
    return [row[0] for row in rows]


def _next_batch(leaves: list[Row], *, at: datetime) -> AuditBatch:
    before = _newest()
    batch = AuditBatch(
        no=before.no + 1 if before else 1,
        prev_hash=before.hash if before else ledger.BEFORE_THE_FIRST,
        root=root_of(leaves)[0],
        count=len(leaves),
        top=max(before.top if before else 0, leaves[-1][0]),
        at=at,
    )
    batch.hash = hash_of(batch)
    return batch


def _publish(*, at: datetime) -> None:
    """Every hash the ledger lacks, into the ledger; one that cannot be written now gets them later. A new one begins here."""
    head, (newest, _) = ledger.last_head(), tail()
    unpublished = AuditBatch.objects.filter(no__gte=head[0] + 1 if head else newest).order_by("no")
    try:
        for no, digest_of_batch in unpublished.values_list("no", "hash"):
            ledger.write_head(no, digest_of_batch, at=at)
    except ledger.Unwritable as problem:
        log.error("audit.head_not_published", extra={"batch": newest, "problem": str(problem)})


def lacks_tail() -> bool:
    """Whether the ledger knows of batches behind the newest one here: a backup was restored, or the end was cut off."""
    head = ledger.last_head()
    return head is not None and head[0] > tail()[0]


def tail() -> tuple[int, str]:
    """The number and hash of the newest batch; 0 where there is none."""
    newest = _newest()
    return (newest.no, newest.hash) if newest else (0, ledger.BEFORE_THE_FIRST)


def _newest() -> AuditBatch | None:
    return AuditBatch.objects.order_by("-no").first()


def floor(at: datetime) -> int:
    """The number below which every event was bound long ago."""
    tops = AuditBatch.objects.filter(at__lt=at - LATE).order_by("-no").values_list("top", flat=True)
    return tops.first() or 0


def digest(row: Row) -> str:
    """SHA-256 over the columns of one event as canonical JSON."""
    return hashlib.sha256(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def root_of(leaves: Iterable[Row]) -> tuple[str, int]:
    """SHA-256 over (number, moment, digest) of each leaf in order, and how many there were."""
    hashed, count = hashlib.sha256(), 0
    for number, moment, found in leaves:
        hashed.update(f"{number} {moment} {found}\n".encode())
        count += 1
    return hashed.hexdigest(), count


def hash_of(batch: AuditBatch) -> str:
    """SHA-256 over everything a batch says, the hash of the one before it included."""
    said = f"{batch.no} {batch.prev_hash} {batch.root} {batch.count} {batch.top} {batch.at.isoformat()}"
    return hashlib.sha256(said.encode()).hexdigest()


# Checking


def check(*, at: datetime) -> Report:
    """Follow the chain from the first batch to the newest and compare it with trail and ledger. Raises `Tampered`."""
    newest, _ = tail()
    trail = _Trail(at=at)
    with transaction.atomic(), closing(connection.chunked_cursor()) as cursor:
        cursor.execute(
            f"""SELECT l.batch_id, l.event_id, {MOMENT.format("l.at")}, l.digest, {COLUMNS}
            FROM privacy_auditleaf l LEFT JOIN privacy_auditevent e ON e.id = l.event_id
            WHERE l.batch_id <= %s ORDER BY l.batch_id, l.event_id""",  # noqa: S608
            [newest],
        )
        groups = groupby(_fetched(cursor), key=itemgetter(0))
        for batch in AuditBatch.objects.filter(no__lte=newest).order_by("no").iterator(FETCH):
            trail.follow(batch, next(groups, (0, iter(())))[1])
    _no_event_was_put_into_the_past(at)
    heads = _Heads()
    heads.follow(at=at)
    return Report(trail.batches, trail.events, trail.expired, _waiting(at), heads.first, heads.restores)


class _Trail:
    """How far the chain was followed, and what was counted on the way."""

    def __init__(self, *, at: datetime) -> None:
        self.batches = self.events = self.expired = 0
        self._hash = ledger.BEFORE_THE_FIRST
        self._lapse = _Lapse(at)

    def follow(self, batch: AuditBatch, rows: Iterable[Row]) -> None:
        """The next batch with its leaves, each beside the event as it is now."""
        if batch.no != self.batches + 1:
            raise Tampered(f"batch {self.batches + 1} is missing")
        root, count = root_of(self._compared(batch, rows))
        if (root, count) != (batch.root, batch.count):
            raise Tampered(f"batch {batch.no}: its leaves are not those that were bound ({count} of {batch.count})")
        if batch.prev_hash != self._hash:
            raise Tampered(f"batch {batch.no} does not follow batch {batch.no - 1}")
        if batch.hash != hash_of(batch):
            raise Tampered(f"batch {batch.no} was changed")
        self.batches, self._hash = batch.no, batch.hash

    def _compared(self, batch: AuditBatch, rows: Iterable[Row]) -> Iterator[Row]:
        for _, number, moment, bound, *event in rows:
            self.events += 1
            if event[0] is None:
                self.expired += 1
                if not self._lapse.covers(moment):
                    raise Tampered(f"event {number} of batch {batch.no} was deleted before its time")
            elif digest(tuple(event)) != bound:
                raise Tampered(f"event {number} of batch {batch.no} was changed")
            yield number, moment, bound


class _Lapse:
    """Up to when retention has let events go, as the trail itself says."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._ran_at: datetime | None = None

    def covers(self, moment: str) -> bool:
        """Whether the time of an event of this moment had run when retention last ran."""
        if self._ran_at is None:
            runs = AuditEvent.objects.filter(event="retention.ran", at__lte=self._at)
            self._ran_at = runs.aggregate(last=models.Max("at"))["last"] or datetime.fromisoformat(
                "0001-01-02T00:00:00Z"
            )
        until = registry.of("privacy.AuditEvent").retention.until(AuditEvent(at=datetime.fromisoformat(moment)))
        return until is not None and until <= self._ran_at


def _no_event_was_put_into_the_past(at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(e.id) FROM privacy_auditevent e WHERE e.id <= %s AND {UNBOUND}",  # noqa: S608
            [floor(at)],
        )
        (number,) = cursor.fetchone()
    if number is not None:
        raise Tampered(f"event {number} was put into the past: everything around it was bound without it")


class _Heads:
    """The hashes in the ledger, each beside the batch it belongs to; those that a noted restore has taken are passed over."""

    def __init__(self) -> None:
        self.first = self.restores = self._last = 0

    def follow(self, *, at: datetime) -> None:
        """From the first line of the ledger to the last. Raises `Tampered`."""
        try:
            restores = [(line.no, int(line.body["batch"])) for line in ledger.verified() if _is_restore(line)]
            self.restores = len(restores)
            lines = (line for line in ledger.verified() if "batch" in line.body)
            while some := list(islice(lines, FETCH)):
                self._compare([line for line in some if not _is_taken(line, restores)])
        except ledger.Broken as problem:
            raise Tampered(f"the ledger: {problem}") from problem
        if AuditBatch.objects.filter(no=self._last + 1, at__lt=at - UNPUBLISHED).exists():
            raise Tampered(f"the ledger ends with batch {self._last}, the database goes on")

    def _compare(self, lines: list[ledger.Line]) -> None:
        numbers = [int(line.body["batch"]) for line in lines]
        hashes = {
            0: ledger.BEFORE_THE_FIRST,
            **dict(AuditBatch.objects.filter(no__in=numbers).values_list("no", "hash")),
        }
        for line, number in zip(lines, numbers, strict=True):
            if hashes.get(number) != line.body["hash"]:
                raise Tampered(f"batch {number} stands in the ledger otherwise: the end was cut off or rewritten")
            if self._last and number != self._last + (not _is_restore(line)):
                raise Tampered(f"the ledger goes from batch {self._last} to batch {number}: lines were cut off")
            self.first, self._last = self.first or number, number


def _is_taken(line: ledger.Line, restores: list[tuple[int, int]]) -> bool:
    """Whether a later restore went back behind this batch."""
    return any(after > line.no and int(line.body["batch"]) > kept for after, kept in restores)


def _is_restore(line: ledger.Line) -> bool:
    return line.kind == ledger.Kind.SHOP and line.body.get("event") == "restored"


def _waiting(at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM privacy_auditevent e WHERE e.id > %s AND {UNBOUND}",  # noqa: S608
            [floor(at)],
        )
        return int(cursor.fetchone()[0])


def _fetched(cursor: Any) -> Iterator[Row]:
    while rows := cursor.fetchmany(FETCH):
        yield from rows
