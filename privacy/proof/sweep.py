"""Look for every erased person everywhere, in one pass, and countersign the certificates of those who are nowhere.

The residue check (`proof.residue`) asks only where the register says something may lie; this looks at all of it: every table,
also those Django does not know, Redis, and every file. A hit is judged by the register:

* a *strong* needle (e-mail address, telephone number, reference, certificate number) must be nowhere, unless it stands in a
  field that the register lawfully keeps, or somebody living owns the same value: a household shares its telephone;
* a *weak* one (name, street, town) counts beside another of the same person.

Somebody whose needles are gone already, since their certificate was countersigned, is known by digests (`proof.returned`).

What is found is told in places and counts, never in values. What could not be read is told too, and nothing is
countersigned on such a night: the next one looks again.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from privacy.ground import audit, digests, references
from privacy.proof import certificates, needles, places
from privacy.proof.haystack import Haystack, Hit, Person, counts
from privacy.proof.models import Certificate, ResidueSweep, SealedNeedles
from privacy.proof.needles import Kind, Needle
from privacy.proof.places import Figures, Stray
from privacy.proof.returned import Returned
from privacy.register import registry, subjects
from privacy.register.declare import Category, Declaration, Family, Field
from privacy.register.models import Identifier, Subject

log = logging.getLogger(__name__)

LOCK: Final = 7_305_118_402
RESURFACED: Final = "resurfaced"
HOLDS_REFERENCES: Final = (Category.TRANSACTION, Category.EVIDENCE, Category.LINKAGE, Category.REQUEST)

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """One erased person: whose certificate waits, which subjects they were, what would give them away."""

    certificate: Certificate
    family: Family
    needles: tuple[Needle, ...]

    @property
    def addresses(self) -> frozenset[str]:
        """Their e-mail addresses, to know a mail that went to them."""
        return frozenset(needle.value.lower() for needle in self.needles if needle.kind is Kind.EMAIL)


def run(
    *, since: datetime | None = None, tell: Tell = lambda _: None, by: audit.Actor, at: datetime
) -> ResidueSweep | None:
    """One sweep for all erasures whose certificates wait, or only for those certified *since* a moment.

    Writes the sweep, a countersignature under each certificate that earned one, and an audit event for each that did not.
    Returns None where another sweep is running.
    """
    with _alone() as mine:
        return _run(since, tell, by=by, at=at) if mine else None


def _run(since: datetime | None, tell: Tell, *, by: audit.Actor, at: datetime) -> ResidueSweep:
    needles.forget_overdue(at=at)
    wanted = _wanted(since)
    judge, figures, started = Judge(wanted), Figures(), time.perf_counter()
    haystack = Haystack([Person(each.certificate.request_reference, each.needles) for each in wanted])
    returned = Returned({subject for each in wanted for subject in each.family})
    for place, strays in _everywhere(haystack, figures, returned):
        tell(f"{place}: {figures.bytes / 1e6:,.1f} MB in {time.perf_counter() - started:.1f} s")
        for stray in strays:
            judge.take(stray)
    findings = [*judge.findings(), *_come_back(returned)]
    return _record(wanted, findings, figures, time.perf_counter() - started, by=by, at=at)


def _everywhere(haystack: Haystack, figures: Figures, returned: Returned) -> Iterator[tuple[str, Iterable[Stray]]]:
    for table in places.tables():
        yield table.label, places.in_database(table, haystack, figures, partial(returned.look, table.label))
    for url in places.redis_urls():
        yield "redis", places.in_redis(url, haystack, figures, partial(returned.look, "redis"))
    for root, path in places.files():
        yield "files", places.in_file(root, path, haystack, figures, partial(returned.look, "files"))


def _come_back(returned: Returned) -> list[dict[str, Any]]:
    """Erased people who were met again, as findings at the request that had erased them."""
    requests = dict(
        Certificate.objects.filter(subject_id__in={each.subject_id for each in returned.met()}).values_list(
            "subject_id", "request_reference"
        )
    )
    return [
        {
            "request": requests.get(met.subject_id, ""),
            "place": met.place,
            "column": "",
            "kind": met.kind,
            "strength": RESURFACED,
            "count": count,
        }
        for met, count in sorted(returned.met().items())
    ]


def _wanted(since: datetime | None) -> list[Wanted]:
    """Everybody whose erasure is certified and not yet countersigned. An erasure that still runs is looked for later."""
    rows = {row.request_reference: row for row in SealedNeedles.objects.all()}
    certified = Certificate.objects.filter(request_reference__in=rows, countersignature=None).order_by("pk")
    if since is not None:
        certified = certified.filter(issued_at__gte=since)
    return [
        Wanted(each, _family(each.subject_id), tuple(needles.opened(rows[each.request_reference])))
        for each in certified
    ]


def _family(subject_id: UUID) -> Family:
    subject = Subject.objects.filter(pk=subject_id).first()
    return subjects.family(subject) if subject else [subject_id]


# What a hit means


class Judge:
    """Takes what was met, row by row, and says in the end what of it is a finding."""

    def __init__(self, wanted: list[Wanted]) -> None:
        self.wanted = wanted
        self._declared = {each.model_class()._meta.db_table: each for each in registry.all_declared()}
        self._strays: list[tuple[Stray, list[Hit]]] = []
        self._owned: dict[tuple[int, Needle], bool] = {}
        self._kept: dict[tuple[int, str], frozenset[str]] = {}

    def take(self, stray: Stray) -> None:
        """Note what is not lawful in this row, and which values somebody living owns."""
        left = [hit for hit in stray.hits if not self._is_lawful(stray, hit)]
        if left:
            self._strays.append((stray, left))

    def findings(self) -> list[dict[str, Any]]:
        """Place, column, kind, strength and count for each request; without any value."""
        counted: Counter[tuple[str, str, str, str]] = Counter()
        for stray, hits in self._strays:
            left = [hit for hit in hits if not self._is_owned(hit)]
            for hit in (hit for hit in left if counts(hit, left)):
                request = self.wanted[hit.person].certificate.request_reference
                counted[request, stray.place, stray.columns[hit.column], hit.needle.kind] += 1
        names = ("request", "place", "column", "kind")
        return [
            {**dict(zip(names, key, strict=True)), "strength": _strength(key[3]), "count": count}
            for key, count in sorted(counted.items())
        ]

    def _is_lawful(self, stray: Stray, hit: Hit) -> bool:
        wanted = self.wanted[hit.person]
        if stray.recipients & wanted.addresses:  # a mail that went to them is in their own hands
            return True
        if hit.needle.is_kept and stray.place == "file" and ".log" in stray.columns[0]:  # logs speak of references
            return True
        declaration = self._declared.get(stray.root)
        return declaration is not None and self._register_allows(declaration, stray, hit)

    def _register_allows(self, declaration: Declaration, stray: Stray, hit: Hit) -> bool:
        field = _field(declaration, stray.columns[hit.column])
        if field is None:
            return False
        if hit.needle.is_kept and field.category in HOLDS_REFERENCES:
            return True
        if field.on_erase.kind == "keep" and stray.key in self._keys_of(hit.person, declaration):
            return True
        if not _owner_lives(declaration, stray.key, self.wanted[hit.person].family):
            return False
        if hit.is_whole:
            self._owned[hit.person, hit.needle] = True
        return hit.is_whole or not hit.needle.kind.is_strong

    def _keys_of(self, person: int, declaration: Declaration) -> frozenset[str]:
        """The keys of somebody's rows that are kept, as COPY writes them: asked once for each model, however many were met."""
        about = (person, declaration.model)
        if about not in self._kept:
            keys = declaration.rows(self.wanted[person].family).order_by().values_list("pk", flat=True)
            self._kept[about] = frozenset(map(str, keys))
        return self._kept[about]

    def _is_owned(self, hit: Hit) -> bool:
        about = (hit.person, hit.needle)
        if about not in self._owned:
            self._owned[about] = _is_known_of_living(hit.needle, self.wanted[hit.person].family)
        return self._owned[about]


def _field(declaration: Declaration, column: str) -> Field | None:
    """The declared field behind a column, where it is a personal one."""
    for name, field in declaration.personal_fields().items():
        if getattr(declaration.model_class()._meta.get_field(name), "column", None) == column:
            return field
    return None


def _owner_lives(declaration: Declaration, key: str, family: Family) -> bool:
    """Whether the row is somebody else's who is not erased."""
    rows = declaration.model_class()._base_manager.filter(pk=key)
    ids = {owner for row in (rows.values_list(*declaration.paths) if declaration.paths else ()) for owner in row}
    others = ids - {None} - set(family)
    return bool(others) and Subject.objects.filter(pk__in=others, erased_at=None).exists()


def _is_known_of_living(needle: Needle, family: Family) -> bool:
    """Whether somebody living gave the same address or number."""
    if needle.kind not in (Kind.EMAIL, Kind.PHONE):
        return False
    values = [digest.value for digest in digests.all_of(needle.kind, needle.value)]
    known = Identifier.objects.filter(kind=needle.kind, digest__in=values, subject__erased_at=None)
    return known.exclude(subject_id__in=family).exists()


def _strength(kind: str) -> str:
    return "strong" if Kind(kind).is_strong else "weak"


# What is written down


def _record(
    wanted: list[Wanted],
    findings: list[dict[str, Any]],
    figures: Figures,
    seconds: float,
    *,
    by: audit.Actor,
    at: datetime,
) -> ResidueSweep:
    coverage = {**asdict(figures), "milliseconds": round(seconds * 1000)}
    found_of = Counter[str]()
    for finding in findings:
        found_of[finding["request"]] += finding["count"]
    with transaction.atomic():
        sweep = ResidueSweep.objects.create(
            reference=references.new("RS"),
            started_at=at,
            finished_at=at + timedelta(seconds=seconds),
            is_clean=not findings and not figures.unread,
            coverage=coverage,
            findings=findings,
            certificates=[each.certificate.reference for each in wanted],
        )
        clean = [each for each in wanted if not found_of[each.certificate.request_reference] and not figures.unread]
        for each in clean:
            certificates.countersign(each.certificate, sweep, by=by, at=sweep.finished_at)
        needles.forget(each.certificate.request_reference for each in clean)
        for each in wanted:
            if each not in clean:
                _alarm(each, sweep, by=by, at=sweep.finished_at)
        for finding in findings:
            if finding["strength"] == RESURFACED:
                _alarm_of_return(finding, sweep, by=by, at=sweep.finished_at)
    if figures.unread:
        log.error("residue.unread", extra={"sweep": sweep.reference, "places": len(figures.unread)})
    return sweep


def _alarm(wanted: Wanted, sweep: ResidueSweep, *, by: audit.Actor, at: datetime) -> None:
    """Something of an erased person was met, or a place could not be read: staff see it at the request."""
    certificate = wanted.certificate
    mine = [finding for finding in sweep.findings if finding["request"] == certificate.request_reference]
    places_met = sorted({f"{finding['place']}.{finding['column']}" for finding in mine})
    details: dict[str, audit.Detail] = {
        "sweep": sweep.reference,
        "certificate": certificate.reference,
        "places": places_met,
        "count": sum(finding["count"] for finding in mine),
        "unread": len(sweep.coverage["unread"]),
    }
    event = "residue.found" if mine else "residue.not_shown"
    audit.append(
        event, subject=certificate.subject_id, obj=certificate.request_reference, details=details, by=by, at=at
    )
    if mine:
        log.error(
            event, extra={"sweep": sweep.reference, "of": certificate.request_reference, "count": details["count"]}
        )


def _alarm_of_return(finding: dict[str, Any], sweep: ResidueSweep, *, by: audit.Actor, at: datetime) -> None:
    """Somebody whose certificate was signed long ago stands somewhere again: staff see it at the request."""
    certificate = Certificate.objects.filter(request_reference=finding["request"]).first()
    details = {"sweep": sweep.reference, "place": finding["place"], "kind": finding["kind"]}
    subject = certificate.subject_id if certificate else None
    audit.append("residue.resurfaced", subject=subject, obj=finding["request"], details=details, by=by, at=at)
    log.error(
        "residue.resurfaced", extra={"sweep": sweep.reference, "of": finding["request"], "place": finding["place"]}
    )


@contextmanager
def _alone() -> Iterator[bool]:
    """One sweep at a time: an advisory lock of this connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        (mine,) = cursor.fetchone()
    try:
        yield bool(mine)
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
