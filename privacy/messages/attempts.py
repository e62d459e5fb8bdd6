"""How an attempt begins: one statement and one commit, before anything leaves the house.

It says that the message before this one went, that this one is being sent, and who is given what by it. Where the gate was asked
ahead (`foresight`) the statement looks at the same facts once more, begins nothing where they are others, and takes the reader's
turn for news; so the answer that counts is of the very moment in which the attempt is committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

from django.db import connection

from privacy.consent import preferences
from privacy.consent.preference_models import Preference
from privacy.messages import foresight
from privacy.messages.kinds import KINDS
from privacy.messages.models import Message
from privacy.register.models import Disclosure

MESSAGES, DISCLOSURES, PREFERENCES = (model._meta.db_table for model in (Message, Disclosure, Preference))


class Asked(Enum):
    """When the gate was asked about a message."""

    NOW = "just now, one by one"
    AHEAD = "with its batch"
    AHEAD_FOR_NEWS = "with its batch, about marketing"


ONLY_IF: Final[Mapping[Asked, str]] = {
    Asked.NOW: "",
    Asked.AHEAD: f"AND {foresight.FACTS[False]} = %(mark)s",
    Asked.AHEAD_FOR_NEWS: f"AND {foresight.FACTS[True]} = %(mark)s",
}
TAKE_TURN: Final = f""", turn AS (
        INSERT INTO {PREFERENCES} (subject_id, frequency, language, currency, last_news_id, last_news_at)
        SELECT subject_id, 'all', %(language)s, %(currency)s, id, %(at)s FROM begun
            ON CONFLICT (subject_id) DO UPDATE SET last_news_id = EXCLUDED.last_news_id, last_news_at = EXCLUDED.last_news_at
    )"""  # noqa: S608  # names of our own tables
BEGIN: Final[Mapping[Asked, str]] = {
    asked: f"""
    WITH gone AS (
        UPDATE {MESSAGES} SET state = 'sent', payload = NULL, stopped_because = '', sent_at = %(at)s
         WHERE id = %(gone)s::uuid AND state = 'sending'
    ), begun AS (
        UPDATE {MESSAGES} message SET state = 'sending', attempts = attempts + 1
          FROM (SELECT %(digests)s::text, %(matter)s::text) AS asked(digests, matter)
         WHERE message.id = %(message)s::uuid AND state = 'queued' AND next_attempt_at = %(lease)s {only_if}
        RETURNING message.id, message.subject_id
    ){TAKE_TURN if asked is Asked.AHEAD_FOR_NEWS else ""}
    INSERT INTO {DISCLOSURES} (processor, subject_id, keys, purpose, host, reference, actor, at)
    SELECT %(processor)s, %(subject)s::uuid, %(keys)s, %(purpose)s, %(host)s, %(reference)s, %(actor)s, %(at)s FROM begun
    RETURNING id
"""  # noqa: S608
    for asked, only_if in ONLY_IF.items()
}


def begin(message: Message, given: Disclosure, *, gone: Message | None, mark: str = "", at: datetime) -> bool:
    """Commit that an attempt is made, who is given what by it, and that *gone* went.

    *mark*: the facts under which the gate let the message go; empty where it was asked just now. False, and no attempt is made,
    where somebody else has the message, an erasure took it away, or the facts are others; that *gone* went is written all the same.
    """
    asked = _asked(message, mark)
    facts: dict[str, Any] = {
        "gone": gone and str(gone.pk),
        "message": str(message.pk),
        "lease": message.next_attempt_at,
        "processor": given.processor,
        "subject": given.subject_id and str(given.subject_id),
        "keys": given.keys,
        "purpose": given.purpose,
        "host": given.host,
        "reference": given.reference,
        "actor": given.actor,
        "at": at,
        "mark": mark,
        **(foresight.question(message) if mark else foresight.NOTHING)._asdict(),
        **_shops_own(asked),
    }
    with connection.cursor() as cursor:
        cursor.execute(BEGIN[asked], facts)
        return cursor.fetchone() is not None


def _asked(message: Message, mark: str) -> Asked:
    if not mark:
        return Asked.NOW
    return Asked.AHEAD_FOR_NEWS if KINDS[message.kind].is_marketing else Asked.AHEAD


def _shops_own(asked: Asked) -> dict[str, str]:
    """The manner of somebody who chose none, for a row that begins with the turn they take."""
    if asked is not Asked.AHEAD_FOR_NEWS:
        return {}
    return {"language": preferences.languages()[0], "currency": preferences.currencies()[0]}
