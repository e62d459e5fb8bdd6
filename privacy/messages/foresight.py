"""What the gate would say to a whole batch, asked ahead in two statements; and the mark that ties each answer to its attempt.

An answer may be old by the time a message's turn comes. So the facts it follows from travel with it as a *mark*, the attempt's own
statement reads them once more, and begins nothing where they are others: a no that was committed before an attempt stops it. Only
plain cases are foreseen: somebody who is one record, whom nothing forbids to write to. About all others, and about whoever's facts
have changed, the gate is asked one by one when their turn comes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from privacy.consent.models import ConsentState
from privacy.consent.preference_models import Frequency, Preference
from privacy.ground import digests
from privacy.messages import gate, suppressions
from privacy.messages.channels import PRINTED
from privacy.messages.kinds import KINDS, Kind
from privacy.messages.models import Message
from privacy.messages.stoplist import Suppression
from privacy.register import objections
from privacy.register.models import Subject, SubjectLink
from privacy.register.objection_models import Objection

MESSAGES, SUBJECTS, LINKS, OBJECTIONS, SUPPRESSIONS, STATES, PREFERENCES = (
    model._meta.db_table for model in (Message, Subject, SubjectLink, Objection, Suppression, ConsentState, Preference)
)
ABOUT_READER: Final = f"""
    ARRAY(SELECT reason FROM {SUPPRESSIONS} WHERE channel = message.channel AND lifted_at IS NULL
             AND digest = ANY(string_to_array(asked.digests, ' ')) ORDER BY reason),
    EXISTS(SELECT FROM {LINKS} WHERE child_id = reader.id) OR EXISTS(SELECT FROM {LINKS} WHERE root_id = reader.id),
    reader.erased_at, reader.restricted_at, reader.paused_at, reader.age_band,
    ARRAY(SELECT purpose FROM {OBJECTIONS} WHERE subject_id = reader.id AND standing <> 'overridden' ORDER BY purpose)
"""  # noqa: S608  # names of our own tables
ABOUT_NEWS: Final = f"""
    (SELECT is_granted FROM {STATES} WHERE subject_id = reader.id
        AND matter = asked.matter AND channel = message.channel AND about = ''),
    coalesce((SELECT frequency FROM {PREFERENCES} WHERE subject_id = reader.id), 'all')
"""  # noqa: S608
FACTS: Final[Mapping[bool, str]] = {
    is_marketing: f"(SELECT jsonb_build_array({about})::text FROM {SUBJECTS} reader WHERE reader.id = message.subject_id)"  # noqa: S608
    for is_marketing, about in {False: ABOUT_READER, True: f"{ABOUT_READER}, {ABOUT_NEWS}"}.items()
}
"""By whether it is marketing: what is known of a row *message* and its reader now, as one text, given *asked*."""
ASK: Final[Mapping[bool, str]] = {
    is_marketing: f"""
        SELECT message.id, {facts} FROM {MESSAGES} message
          JOIN unnest(%(ids)s::uuid[], %(digests)s::text[], %(matters)s::text[]) AS asked(id, digests, matter) USING (id)
    """  # noqa: S608
    for is_marketing, facts in FACTS.items()
}


class Question(NamedTuple):
    """What the facts about a message are asked with."""

    digests: str
    matter: str


NOTHING: Final = Question("", "")


class Known(NamedTuple):
    """The facts, in the order of `FACTS`; the last two of marketing alone."""

    suppressed_for: list[str]
    is_joined: bool
    erased_at: str | None
    restricted_at: str | None
    paused_at: str | None
    age_band: str
    objects_to: list[str]
    agrees: bool | None = None
    frequency: str | None = None


def question(message: Message) -> Question:
    """What to ask about a message, at any time."""
    address_kind = suppressions.KINDS[message.channel]
    known = " ".join(each.value for each in digests.all_of(address_kind, message.payload["to"]))
    return Question(known, str(KINDS[message.kind].matter or ""))


def marks(batch: Iterable[Message]) -> dict[UUID, str]:
    """The messages that may go as far as can be foreseen, each with the facts that say so."""
    found: dict[UUID, str] = {}
    for is_marketing, some in _by_use(batch).items():
        questions = {message.pk: question(message) for message in some}
        kinds = {message.pk: KINDS[message.kind] for message in some}
        for number, facts in _asked(is_marketing, questions):
            if facts is not None and _may_go(kinds[number], Known(*json.loads(facts))):
                found[number] = facts
    return found


def _by_use(batch: Iterable[Message]) -> dict[bool, list[Message]]:
    """The messages that can be asked about at all, marketing apart."""
    parted: defaultdict[bool, list[Message]] = defaultdict(list)
    for message in batch:
        is_plain = message.subject_id is not None and "to" in message.payload and message.channel not in PRINTED
        if is_plain and message.kind in KINDS:
            parted[KINDS[message.kind].is_marketing].append(message)
    return parted


def _asked(is_marketing: bool, questions: Mapping[UUID, Question]) -> list[tuple[UUID, str | None]]:
    known, matters = zip(*questions.values(), strict=True)
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"ids": [*map(str, questions)], "digests": [*known], "matters": [*matters]}
        cursor.execute(ASK[is_marketing], asked)
        return list(cursor.fetchall())


def _may_go(kind: Kind, known: Known) -> bool:
    """Whether nothing stands against it; what is not plain is not foreseen."""
    if known.is_joined:
        return False
    if not kind.is_last_word and suppressions.are_stopping(known.suppressed_for, marketing=kind.is_marketing):
        return False
    reader = Subject(
        erased_at=known.erased_at,
        restricted_at=known.restricted_at,
        paused_at=known.paused_at,
        age_band=known.age_band,
    )
    if gate.forbids(reader, kind, objects=objections.key(kind.purpose) in known.objects_to):
        return False
    return not kind.is_marketing or (known.agrees is True and known.frequency == Frequency.ALL)
