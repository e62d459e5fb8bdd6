"""The one place that decides what may run and who may be written to.

Every yes and no is a record; what follows from them (`ConsentState`) is written in the same transaction, one person at a time, so
that two opposite clicks at once end as whichever came last, in both. `may` reads the state alone.

People who turn out to be one (`subjects.family`) are asked as one. The latest word counts, with one care: somebody who types your
address on a form makes a record that may be joined to yours later, and such a record never turns your no into a yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple, NotRequired, TypedDict, Unpack, cast
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction

from privacy import tasks
from privacy.consent.models import ConsentNotice, ConsentRecord, ConsentState, VisitorLink
from privacy.consent.vocabulary import TOPICS, Channel, Matter, Surface, truncated
from privacy.ground import audit, doorbell
from privacy.register import objections, registry, subjects
from privacy.register.models import Subject, SubjectLink

Who = Subject | UUID
"""A person, or the random number in a visitor's cookie."""

Decision = ConsentRecord.Decision

STATES, LINKS = ConsentState._meta.db_table, SubjectLink._meta.db_table
ALONE: Final = f"""
    SELECT EXISTS (SELECT FROM {LINKS} WHERE child_id = %(subject)s::uuid)
        OR EXISTS (SELECT FROM {LINKS} WHERE root_id = %(subject)s::uuid),
           (SELECT is_granted FROM {STATES} WHERE subject_id = %(subject)s::uuid
               AND matter = %(matter)s AND channel = %(channel)s AND about = %(about)s)
"""  # noqa: S608  # names of our own tables
MAY: Final = f"""
    WITH RECURSIVE up(id) AS (
        SELECT %(subject)s::uuid
        UNION SELECT link.root_id FROM {LINKS} link JOIN up ON link.child_id = up.id
    ), root(id) AS (
        SELECT up.id FROM up WHERE NOT EXISTS (SELECT FROM {LINKS} link WHERE link.child_id = up.id)
    ), family(id) AS (
        SELECT root.id FROM root
        UNION SELECT link.child_id FROM {LINKS} link JOIN family ON link.root_id = family.id
    )
    SELECT count(*) FILTER (WHERE is_granted) > 0
       AND coalesce(max(record_id) FILTER (WHERE NOT is_granted), 0)
        <= coalesce(max(record_id) FILTER (WHERE is_granted AND subject_id = (SELECT id FROM root)), 0)
      FROM {STATES}
     WHERE subject_id = ANY(ARRAY(SELECT id FROM family))
       AND matter = %(matter)s AND channel = %(channel)s AND about = %(about)s
"""  # noqa: S608  # names of our own tables


class WrongChannel(ValueError):
    """A topic of messages needs a channel, and nothing else has one."""


class ReasonMissing(ValueError):
    """Staff who write down somebody's word say why."""


class Erased(ValueError):
    """Nothing new is written about somebody who was erased."""


class Thing(NamedTuple):
    """What a yes or no is about: the key of a state."""

    matter: Matter
    channel: str = ""
    about: str = ""


# Writing


class How(TypedDict):
    """How a yes or no came, as `grant`, `refuse` and `withdraw` take it after whose it is and what it is about."""

    channel: NotRequired[str]
    about: NotRequired[str]
    surface: Surface
    reason: NotRequired[str]  # why, in the words of the member of staff who writes it down
    network: NotRequired[str]  # the address it came from, kept truncated
    by: audit.Actor
    at: datetime


def grant(who: Who, matter: Matter, *, notice: ConsentNotice, **how: Unpack[How]) -> ConsentRecord:
    """Record a yes to exactly the text of *notice*. Raises `WrongChannel`, `ReasonMissing`, `Erased`."""
    return _write(who, Decision.GRANTED, _thing(matter, how), notice, how)


def refuse(who: Who, matter: Matter, *, notice: ConsentNotice | None = None, **how: Unpack[How]) -> ConsentRecord:
    """Record a no, whether or not there was a yes before. Raises as `grant` does."""
    return _write(who, Decision.REFUSED, _thing(matter, how), notice, how)


@transaction.atomic
def withdraw(
    who: Who, matter: Matter, *, notice: ConsentNotice | None = None, **how: Unpack[How]
) -> ConsentRecord | None:
    """Take a yes back. None, and nothing is written, where there is none, or nobody any more: an explicit no is `refuse`."""
    thing, holder = _thing(matter, how), one_at_a_time(who)
    if _is_erased(holder) or not _is_granted(holder, thing):
        return None
    return _write(holder, Decision.WITHDRAWN, thing, notice, how)


def withdraw_all(subject: Subject, *, channel: str = "", surface: Surface, by: audit.Actor, at: datetime) -> int:
    """Take back every topic of messages, by *channel* or by all of them. Returns how many were granted."""
    topics = [thing for thing in standing(subject) if thing.matter in TOPICS and channel in ("", thing.channel)]
    return _take_back(subject, topics, surface=surface, by=by, at=at)


def end(subject: Subject, *, by: audit.Actor, at: datetime) -> int:
    """Take back everything, because the person is being erased: what is kept of it then ends with a no."""
    return _take_back(subject, standing(subject), surface=Surface.ERASURE, by=by, at=at)


@transaction.atomic
def _take_back(subject: Subject, things: Iterable[Thing], *, surface: Surface, by: audit.Actor, at: datetime) -> int:
    taken = [
        withdraw(subject, thing.matter, channel=thing.channel, about=thing.about, surface=surface, by=by, at=at)
        for thing in things
    ]
    return len([record for record in taken if record is not None])


def _thing(matter: Matter, how: How) -> Thing:
    """Raises `WrongChannel`."""
    matter, channel = Matter(matter), how.get("channel", "")
    if matter.needs_channel != bool(channel):
        raise WrongChannel(f"{matter} by {channel or 'no channel'}")
    return Thing(matter, Channel(channel).value if channel else "", how.get("about", ""))


@transaction.atomic
def _write(
    who: Who, decision: ConsentRecord.Decision, thing: Thing, notice: ConsentNotice | None, how: How
) -> ConsentRecord:
    """The record, and the state that follows from it."""
    if how["surface"] == Surface.STAFF and not how.get("reason"):
        raise ReasonMissing(thing.matter)
    holder = one_at_a_time(who)
    if _is_erased(holder):
        raise Erased(holder)
    whose = {"subject_id": holder.pk} if isinstance(holder, Subject) else {"visitor_id": holder}
    record = ConsentRecord.objects.create(
        **whose,
        **thing._asdict(),
        decision=decision,
        notice=notice,
        locale=notice.locale if notice else settings.LANGUAGE_CODE,
        surface=Surface(how["surface"]),
        reason=how.get("reason", ""),
        network=truncated(how.get("network", "")),
        actor=audit.actor(how["by"]),
        at=how["at"],
        replaces=_last(ConsentRecord.objects.filter(**whose, **thing._asdict())),
    )
    if isinstance(holder, Subject):
        stand(record)
        if record.is_granted and thing.matter.purpose:  # a fresh yes is the newer word
            objections.end(holder, thing.matter.purpose, by=how["by"], at=how["at"])
    _ring_after_no(record)
    return record


def stand(record: ConsentRecord) -> None:
    """Let *record*, a person's last word about its thing, be what stands. In the transaction that holds `one_at_a_time`."""
    state = ConsentState(
        subject_id=cast(UUID, record.subject_id),
        matter=record.matter,
        channel=record.channel,
        about=record.about,
        is_granted=record.is_granted,
        record=record,
        decided_at=record.at,
    )
    ConsentState.objects.bulk_create(
        [state],
        update_conflicts=True,
        unique_fields=["subject", *Thing._fields],
        update_fields=["is_granted", "record", "decided_at"],
    )


def _ring_after_no(record: ConsentRecord) -> None:
    """What was held only while this was allowed goes now. A visitor who never allowed it has nothing to lose."""
    may_hold = record.subject_id is not None or record.decision == Decision.WITHDRAWN
    if may_hold and not record.is_granted and any(each.allowed_by == record.matter for each in registry.all_declared()):
        doorbell.ring(tasks.forget_what_was_allowed, record_id=record.pk)


def one_at_a_time(who: Who) -> Who:
    """Wait until nobody else writes for this person, until the end of the transaction. Returns who stands for them, read afresh.

    A person's own row is the lock, which also keeps them from being erased meanwhile. A visitor has none. Raises `Erased`.
    """
    if isinstance(who, UUID):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"consent:{who}"])
        return who
    person = Subject.objects.select_for_update(no_key=True).filter(pk=subjects.root(who).pk).first()
    if person is None:
        raise Erased(who)
    return person


def _last(records: models.QuerySet[ConsentRecord]) -> ConsentRecord | None:
    return records.order_by("-id").first()


def _is_erased(who: Who) -> bool:
    return isinstance(who, Subject) and who.is_erased


def _is_granted(who: Who, thing: Thing) -> bool:
    if isinstance(who, Subject):
        return may(who, thing.matter, thing.channel, about=thing.about)
    last = _last(ConsentRecord.objects.filter(visitor_id=who, **thing._asdict()))
    return last is not None and last.is_granted


# Reading


def may(subject: Subject, matter: Matter, channel: str = "", *, about: str = "") -> bool:
    """Whether this person allows it, now. Its cost does not grow with how often they changed their mind.

    One query for somebody who is one record, as nearly everybody is; a second one for whoever turned out to be several.
    """
    asked = {"subject": str(subject.pk), "matter": str(matter), "channel": str(channel), "about": about}
    with connection.cursor() as cursor:
        cursor.execute(ALONE, asked)
        is_joined, is_granted = cursor.fetchone()
        if is_joined:
            cursor.execute(MAY, asked)
            (is_granted,) = cursor.fetchone()
        return bool(is_granted)


def standing(subject: Subject) -> Mapping[Thing, ConsentState]:
    """What this person said last about each thing: for each, the state that decides, as `may` answers it."""
    root = subjects.root(subject)
    states = ConsentState.objects.filter(subject__in=subjects.family(root)).select_related("record__notice")
    said = groupby(sorted(states, key=_about), key=_about)
    return {thing: _decisive(list(some), root=root) for thing, some in said}


def _about(state: ConsentState) -> Thing:
    return Thing(Matter(state.matter), state.channel, state.about)


def _decisive(states: list[ConsentState], *, root: Subject) -> ConsentState:
    """Of what the records of one person say about one thing: the newest no, unless all say yes or their own yes is newer."""
    yes, no = ([state for state in states if state.is_granted is granted] for granted in (True, False))
    own = [state for state in yes if state.subject_id == root.pk]
    newest_no, newest_own = (max((state.record_id for state in some), default=0) for some in (no, own))
    return max(yes if yes and newest_no <= newest_own else no, key=lambda state: state.record_id)


def history(subject: Subject) -> models.QuerySet[ConsentRecord]:
    """Everything this person ever said, newest first; with what they said as a visitor before they signed in."""
    return records_of(subjects.family(subject)).select_related("notice").order_by("-id")


def records_of(family: Iterable[UUID]) -> models.QuerySet[ConsentRecord]:
    """The records of these person records, and of the browsers that turned out to be theirs."""
    family = list(family)
    whose = models.Q(subject_id__in=family)
    for link in VisitorLink.objects.filter(subject_id__in=family):
        whose |= link.covers
    return ConsentRecord.objects.filter(whose)


def speakers_of(records: models.QuerySet[ConsentRecord]) -> Iterator[models.QuerySet[Any, Any]]:
    """The subjects of these records: those they name, and those of the browsers they were made on."""
    yield records.filter(subject_id__isnull=False).values_list("subject_id", flat=True)
    there = records.filter(visitor_id=models.OuterRef("visitor_id"), at__lte=models.OuterRef("at"))
    for first, covered in ((True, there), (False, there.filter(at__gt=models.OuterRef("since")))):
        browsers = VisitorLink.objects.filter(models.Exists(covered), since__isnull=first)
        yield browsers.values_list("subject_id", flat=True)
