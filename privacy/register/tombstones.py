"""Tombstones: what an erased person was known by, as keyed digests, so that no machine writes them down again.

A webhook that was on its way, an import of an old list, a sync with a processor: before such a machine stores something that
names a person, it asks `stops`. People are never stopped: whoever signs up, buys as a guest or confirms an address starts on a
fresh subject, and from then on their own acts, and machines that speak of them, are as free as anybody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from privacy.ground import digests
from privacy.register import registry, subjects
from privacy.register.declare import Category, Declaration, Export, Family
from privacy.register.models import Identifier, Tombstone

Kind = Literal["email", "phone", "gateway"]
BATCH: Final = 500


def values_of(family: Family, *, here: Collection[str] | None = None) -> Iterator[tuple[Kind, str]]:
    """Every e-mail address, telephone number and processors' id under which this person is known now, by the register.

    *here*: the models of which there are rows, where somebody has looked (`presence`).
    """
    every = registry.all_declared()
    for declaration in every if here is None else [each for each in every if each.model in here]:
        for name in [] if declaration.is_evidence else _contacts(declaration):
            texts = declaration.rows(family).order_by().values_list(name, flat=True).distinct()
            for text in filter(None, texts.iterator(chunk_size=BATCH)):
                yield ("email" if "@" in str(text) else "phone"), str(text)
    for processor in registry.processors():
        for known in processor.known_as(family) if processor.known_as else ():
            yield "gateway", known


def raise_for(family: Family, values: Iterable[tuple[Kind, str]], *, at: datetime) -> int:
    """Raise a tombstone over each of *values*; returns how many are new. Safe to call twice."""
    root = family[0]
    made = {(kind, digest.value): digest.version for kind, value in values for digest in [digests.of(kind, value)]}
    before = Tombstone.objects.filter(subject_id=root).count()
    Tombstone.objects.bulk_create(
        (
            Tombstone(subject_id=root, kind=kind, digest=digest, key_version=version, raised_at=at)
            for (kind, digest), version in made.items()
        ),
        ignore_conflicts=True,
        batch_size=BATCH,
    )
    return Tombstone.objects.filter(subject_id=root).count() - before


def stops(kind: Kind, value: str, *, since: datetime | None = None) -> bool:
    """Whether a machine must leave nothing that *value* names: it belonged to somebody erased, and to nobody living.

    *since*: and did so already then. What was here before its person's erasure began is that erasure's to take.
    """
    if not value:
        return False
    known = [digest.value for digest in digests.all_of(kind, value)]
    stones = Tombstone.objects.filter(kind=kind, digest__in=known)
    if since is not None:
        stones = stones.filter(raised_at__lte=since)
    buried = set(stones.values_list("subject_id", flat=True))
    return bool(buried) and not any(_living(kind, known, buried))


def _living(kind: Kind, known: list[str], buried: set[UUID]) -> Iterator[bool]:
    """Somebody else who gave the same value, and is there."""
    identifiers = Identifier.objects.filter(kind=kind, digest__in=known, subject__erased_at=None)
    for identifier in identifiers.select_related("subject"):
        yield subjects.root(identifier.subject).pk not in buried


def _contacts(declaration: Declaration) -> list[str]:
    """The fields that hold their contact details in the clear; identifiers are digests already, and what their copy shows only
    as a word is somebody else's.
    """
    if declaration.model == Identifier._meta.label:
        return []
    fields = declaration.personal_fields().items()
    return [
        name for name, field in fields if field.category is Category.CONTACT and field.on_export is not Export.REDACT
    ]
