"""No further collection: what a child was known by, which sign-up, newsletter and checkout do not take any more.

Unlike a tombstone (`register.tombstones`), which stops machines, this stops the forms too, because a parent or the law said so.
A form that refuses answers as it does to everybody, so that nobody learns from it whose address it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from privacy.ground import digests
from privacy.register.stop_models import CollectionStop

Kind = Literal["email", "phone"]


def raise_for(root: UUID, values: Iterable[tuple[Kind, str]], *, at: datetime) -> int:
    """Take nothing under any of *values* from now on; returns how many there were. Safe to call twice."""
    made = {(kind, digest.value): digest.version for kind, value in values for digest in [digests.of(kind, value)]}
    rows = [
        CollectionStop(subject_id=root, kind=kind, digest=digest, key_version=version, raised_at=at)
        for (kind, digest), version in made.items()
    ]
    CollectionStop.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def refuses(value: str, kind: Kind = "email") -> bool:
    """Whether a form must leave nothing that *value* names."""
    known = [digest.value for digest in digests.all_of(kind, value)]
    return CollectionStop.objects.filter(kind=kind, digest__in=known).exists()
