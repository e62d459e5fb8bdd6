"""How often, in which language and with which currency somebody is written to; and whether news may go to them now.

What they agreed to is the ledger's (`privacy.consent.ledger`): this room only says how it is done. The latest choice of a
family of records counts, since it is what the person said last.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.db.models.functions import Greatest

from privacy.consent.preference_models import Frequency, Preference
from privacy.ground import audit, tongue
from privacy.ground.models import AuditEvent
from privacy.register import subjects
from privacy.register.models import Subject
from privacy.register.retention import Span

DISTANCES: Final[Mapping[str, Span]] = {Frequency.WEEKLY: Span("days", 7), Frequency.MONTHLY: Span("months", 1)}
"""How far apart two news lie at least. *All* has no line: it keeps no distance."""


CHANGED: Final = "preference.changed"
LANGUAGE_SAID_AT: Final = Greatest("changed_at", "language_at")
"""When the language of a row was chosen, with the rest or alone; nothing where neither was (PostgreSQL leaves nulls out)."""
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "frequency": dict(Frequency.choices),
    "language": dict(settings.LANGUAGES),
    "currency": {},
}
"""What each part of the manner can be, as people read it; a currency is its code."""


class Changed(NamedTuple):
    """One part of the manner that somebody chose anew."""

    at: datetime
    name: str
    words: str


class NotOffered(Exception):
    """A frequency, language or currency that the shop does not have."""


def of(subject: Subject) -> Preference:
    """The manner this person chose last; where they chose none, the shop's own, unsaved."""
    rows = Preference.objects.filter(subject_id__in=subjects.family(subject))
    every = list(rows.order_by(F("changed_at").desc(nulls_last=True), "pk").annotate(said_at=LANGUAGE_SAID_AT))
    if not every:
        return Preference(subject=subjects.root(subject), language=languages()[0], currency=currencies()[0])
    spoken = [row for row in every if row.said_at]
    if spoken:  # it may have been said alone, on another of their records
        every[0].language = max(spoken, key=lambda row: row.said_at).language
    return every[0]


def language_of(subject: Subject | None) -> str:
    """The language this person's letters are in: the one they chose last, else the one that is being spoken with them now."""
    return (subject and chosen_language(subject)) or tongue.current()


def chosen_language(subject: Subject) -> str:
    """The language this person chose last, English for one we no longer write in; nothing where they chose none."""
    said = Preference.objects.filter(subject_id__in=subjects.family(subject)).annotate(said_at=LANGUAGE_SAID_AT)
    spoken = said.filter(said_at__isnull=False).order_by("-said_at", "pk")
    chosen = spoken.values_list("language", flat=True).first()
    return tongue.known(chosen) if chosen else ""


@transaction.atomic
def choose(
    subject: Subject, *, frequency: str, language: str, currency: str, by: audit.Actor, at: datetime
) -> Preference:
    """Keep what the person chose. Does nothing where it is what holds already. *Raises* `NotOffered`."""
    wanted = {"frequency": frequency, "language": language, "currency": currency}
    _check(wanted)
    now = of(subject)
    changed = [name for name, value in wanted.items() if getattr(now, name) != value]
    if not changed and now.changed_at:
        return now
    person = subjects.root(subject)
    kept, _ = Preference.objects.update_or_create(subject=person, defaults={**wanted, "changed_at": at})
    details: dict[str, audit.Detail] = {"fields": changed, **{name: wanted[name] for name in changed}}
    audit.append(CHANGED, subject=person, details=details, by=by, at=at)
    return kept


@transaction.atomic
def speak(subject: Subject, language: str, *, by: audit.Actor, at: datetime) -> None:
    """Keep the language of their letters, said beside another question; how often and which currency stay as chosen elsewhere.

    Writes nothing where it is what they are written to in anyway. *Raises* `NotOffered`.
    """
    if language not in languages():
        raise NotOffered("language")
    if language == (chosen_language(subject) or languages()[0]):
        return
    person, wanted = subjects.root(subject), {"language": language, "language_at": at}
    Preference.objects.update_or_create(
        subject=person, defaults=wanted, create_defaults={**wanted, "currency": currencies()[0]}
    )
    audit.append(CHANGED, subject=person, details={"fields": ["language"], "language": language}, by=by, at=at)


def changes(subject: Subject) -> list[Changed]:
    """When this person chose another manner, and what it was, the newest first."""
    said = AuditEvent.objects.filter(event=CHANGED, subject_id__in=subjects.family(subject)).order_by("-at", "-id")
    return [
        Changed(each.at, name, WORDS[name].get(each.details[name], each.details[name]))
        for each in said
        for name in each.details["fields"]
        if name in each.details  # what was chosen before the trail kept it is only known by its name
    ]


def allows_now(subject: Subject, matter: str, channel: str, at: datetime) -> bool:
    """Whether news may go to this person now, by how often they want any. Reads only: `take_turn` is what counts.

    *matter* and *channel* do not matter to the count: one letter a month is one, whatever it is about and however it travels.
    """
    distance = DISTANCES.get(of(subject).frequency)
    if distance is None:
        return True
    last = Preference.objects.filter(subject_id__in=subjects.family(subject)).aggregate(last=Max("last_news_at"))[
        "last"
    ]
    return last is None or last < _day_after(distance.before(at))


def take_turn(subject: Subject, *, message: UUID, at: datetime) -> bool:
    """Let this message be the one that may go now, or say that it is too early. Asked last of all, right before sending.

    Of two workers with two news for one person the row's lock lets one go first. The message that has the turn may come
    again, as after a mail server that was away. One statement for somebody who is one record and wants all news.
    """
    alone = Preference.objects.filter(subjects.unlinked("subject_id"), subject=subject, frequency=Frequency.ALL)
    if alone.update(last_news_id=message, last_news_at=at):
        return True
    with transaction.atomic():
        mine = _locked(subject)
        if mine.last_news_id != message and not allows_now(subject, "", "", at):
            return False
        mine.last_news_id, mine.last_news_at = message, at
        mine.save(update_fields=["last_news_id", "last_news_at"])
        return True


def _locked(subject: Subject) -> Preference:
    """The row of the person's root, made where there is none, for this transaction alone."""
    held, person = of(subject), subjects.root(subject)
    copied = {name: getattr(held, name) for name in ("frequency", "language", "currency", "changed_at")}
    mine, _ = Preference.objects.get_or_create(subject=person, defaults=copied)
    return Preference.objects.select_for_update().get(pk=mine.pk)


def languages() -> list[str]:
    """The languages we write in; the first is the one we begin with."""
    return [code for code, _ in settings.LANGUAGES]


def currencies() -> list[str]:
    """The currencies of the price list; the first is the one we begin with."""
    return list(settings.LOUPE_CURRENCIES)


def _check(wanted: Mapping[str, str]) -> None:
    offered = {"frequency": Frequency.values, "language": languages(), "currency": currencies()}
    for name, value in wanted.items():
        if value not in offered[name]:
            raise NotOffered(name)


def _day_after(moment: datetime) -> datetime:
    """The end of a moment's day. Distances are counted in days: what goes every Monday goes whatever the hour."""
    return datetime.combine(moment.astimezone(UTC).date() + timedelta(days=1), time.min, UTC)
