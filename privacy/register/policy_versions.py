"""The published versions of the policy: immutable, numbered, dated, hashed, each with what differs from the one before.

A version is what people were told, kept as it stood. Publishing refuses a text somebody has yet to finish, a version without its
date, and a *minor* one that says something else about people's data than the version before. Not for writing the text, which is
composed from the register (`privacy.rights.policy`), nor for telling people of it (`privacy.messages.announcements`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, models, transaction

from privacy.ground import audit
from privacy.register import documents, profiles
from privacy.register.documents import Change, Document, Section
from privacy.register.models import PolicyVersion

#: How long after it came into force a banner still tells of an important change to whoever did not put it away.
BANNER_DAYS: Final = timedelta(days=30)


class NotPublishable(Exception):
    """What stands in the way, in words for whoever publishes."""


class NoDate(NotPublishable):
    """A policy says from which day it applies."""


class Backdated(NotPublishable):
    """Nobody can be told today what applied yesterday."""


class Unfinished(NotPublishable):
    """Somebody meant to fill something in."""


class NothingNew(NotPublishable):
    """The text is the one that is published."""


class NotMinor(NotPublishable):
    """It says something else about people's data, so they are told."""

    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__("This is not minor: " + ", ".join(change.title for change in changes))
        self.changes = list(changes)


class NoSummary(NotPublishable):
    """People who are told of a change are told what changed."""


class Overtaken(NotPublishable):
    """Somebody else has just published."""


def publish(
    document: Document,
    *,
    effective_on: date | None,
    is_material: bool,
    summary: str = "",
    by: audit.Actor,
    at: datetime,
) -> PolicyVersion:
    """Make a document the next version. *Writes* an immutable row and the trail; tells nobody. *Raises* `NotPublishable`.

    The first version has none before it, so nothing changed and it is never material.
    """
    before = newest()
    summary = " ".join(summary.split())
    day = _checked(document, before, effective_on=effective_on, is_material=is_material, summary=summary, at=at)
    number = before.number + 1 if before else 1
    text = printed(document, number, day)
    try:
        with transaction.atomic():
            version = PolicyVersion.objects.create(
                profile=profiles.current().slug,
                number=number,
                effective_on=day,
                is_material=is_material and before is not None,
                summary=summary,
                sections=[section.as_json() for section in document.sections],
                facts={title: list(lines) for title, lines in document.facts.items()},
                text=text,
                digest=hashlib.sha256(text.encode()).hexdigest(),
                published_at=at,
            )
            details: dict[str, audit.Detail] = {"number": number, "material": version.is_material}
            audit.append("policy.published", obj=version, details=details | {"sha256": version.digest}, by=by, at=at)
    except IntegrityError:
        raise Overtaken("Somebody else has just published a version. Look at it, then begin again.")
    return version


def printed(document: Document, number: int, day: date) -> str:
    """The text of a version with its head: the very bytes that are hashed and handed out."""
    head = f"{profiles.current().legal_name}: privacy policy\nVersion {number}, in force from {day:%-d %B %Y}"
    return f"{head}\n\n{document.text}\n"


def newest() -> PolicyVersion | None:
    """The version published last; it may come into force later."""
    return published().first()


def in_force(*, on: date) -> PolicyVersion | None:
    """The version that applies on that day; none before the first was published."""
    return published().filter(effective_on__lte=on).first()


def published() -> models.QuerySet[PolicyVersion]:
    """Every version of this shop's policy, the newest first."""
    return PolicyVersion.objects.filter(profile=profiles.current().slug).order_by("-number")


def before(version: PolicyVersion) -> PolicyVersion | None:
    """The version that this one took the place of."""
    return published().filter(number__lt=version.number).first()


def sections_of(version: PolicyVersion | None) -> tuple[Section, ...]:
    """Its chapters as they stood."""
    rows: list[dict[str, Any]] = version.sections if version else []
    return tuple(Section(**row) for row in rows)


def changes_of(version: PolicyVersion) -> list[Change]:
    """How its words differ from the version before; nothing for the first."""
    earlier = before(version)
    return documents.text_changes(sections_of(earlier), sections_of(version)) if earlier else []


def weighty(document: Document, earlier: PolicyVersion | None) -> list[Change]:
    """What a document says about people's data that the version before did not: never minor."""
    if earlier is None:
        return []
    facts = documents.fact_changes(earlier.facts, document.facts)
    return [*facts, *documents.grave_changes(sections_of(earlier), document.sections)]


def differs(document: Document, version: PolicyVersion | None) -> bool:
    """Whether a document says anything that the version does not."""
    if version is None:
        return True
    return document.text != Document(sections_of(version), {}).text or bool(weighty(document, version))


def announced(*, at: datetime) -> PolicyVersion | None:
    """The important change that pages still tell of: until thirty days after it came into force, or a newer version."""
    version = newest()
    if version is None or not version.is_material:
        return None
    last_day = max(version.effective_on, version.published_at.date()) + BANNER_DAYS
    return version if at.date() <= last_day else None


def _checked(
    document: Document,
    earlier: PolicyVersion | None,
    *,
    effective_on: date | None,
    is_material: bool,
    summary: str,
    at: datetime,
) -> date:
    """The day it comes into force, once nothing stands in the way."""
    if effective_on is None:
        raise NoDate("Say from which day it applies.")
    if earlier and effective_on < at.date():
        raise Backdated("It cannot apply before today: nobody could have read it.")
    unfinished = [*document.placeholders, *documents.PLACEHOLDER.findall(summary)]
    if unfinished:
        raise Unfinished(f"Still to be filled in: {', '.join(dict.fromkeys(unfinished))}")
    if not differs(document, earlier):
        raise NothingNew("This text is published already.")
    changes = weighty(document, earlier)
    if changes and not is_material:
        raise NotMinor(changes)
    if is_material and earlier and not summary:
        raise NoSummary("Say in a sentence or two what changes: people read it in the mail and on the banner.")
    return effective_on
