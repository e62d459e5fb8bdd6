"""Who came back: an e-mail address or telephone number of somebody erased, met again where nobody living owns it.

After a certificate is countersigned nobody has the plaintext any more, only the digests under the tombstones
(`register.tombstones`). So each sweep digests every address and number it meets and compares. A person's own return is no
finding: whoever signs up again, or shares a telephone with the erased, owns the value and lives.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple
from uuid import UUID

from django.db import models

from privacy.ground import digests
from privacy.register import registry, subjects, tombstones
from privacy.register.declare import Category, Declaration
from privacy.register.models import Subject, Tombstone

BATCH: Final = 1_000
REMEMBERED: Final = 500_000  # values known to be nobody's, so that each is digested about once; then it starts afresh
AROUND: Final = 100
EMAIL: Final = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
PHONE: Final = re.compile(r"\+\d(?:[ ().-]{0,2}\d){7,14}")
SIGNS: Final = (("@", "email", EMAIL), ("+", "phone", PHONE))


class Met(NamedTuple):
    """Something by which an erased person was known, where it was met."""

    subject_id: UUID
    place: str
    kind: str


class Returned:
    """Takes texts, and says in the end who of the erased stood in them. *looked_for*: who is being looked for anyway."""

    def __init__(self, looked_for: set[UUID]) -> None:
        self._looked_for = looked_for
        self._known: set[tuple[str, str]] = set()
        self._pending: dict[tuple[str, str], str] = {}
        self._met: Counter[Met] = Counter()
        self._is_needed = Tombstone.objects.exists()

    def look(self, place: str, text: str, besides: frozenset[str] = frozenset()) -> None:
        """Note every address and number in *text*, but those in *besides*."""
        if not self._is_needed:
            return
        for kind, value in _values(text):
            if (kind, value) not in self._known and value not in besides:
                self._known.add((kind, value))
                self._pending[kind, value] = place
        if len(self._pending) >= BATCH:
            self._compare()
        if len(self._known) > REMEMBERED:
            self._known.clear()

    def met(self) -> Counter[Met]:
        """Who came back, where, by what kind of value."""
        self._compare()
        return self._met

    def _compare(self) -> None:
        digest_of = {
            digest.value: (kind, value, place)
            for (kind, value), place in self._pending.items()
            for digest in digests.all_of(kind, value)
        }
        self._pending = {}
        for stone in Tombstone.objects.filter(digest__in=digest_of, kind__in=("email", "phone")):
            kind, value, place = digest_of[stone.digest]
            if stone.kind == kind and stone.subject_id not in self._looked_for and not _is_owned(stone, value):
                self._met[Met(stone.subject_id, place, kind)] += 1


def _values(text: str) -> Iterator[tuple[str, str]]:
    for sign, kind, pattern in SIGNS:
        position = text.find(sign)
        while position >= 0:
            start = max(0, position - AROUND)
            for found in pattern.finditer(text, start if sign == "@" else position, position + AROUND):
                if found.start() <= position < found.end():
                    yield kind, found.group().lower()
                    break
            position = text.find(sign, position + 1)


def _is_owned(stone: Tombstone, value: str) -> bool:
    """Whether the value is lawfully there: somebody living gave it or holds it, or the register keeps it of the erased."""
    kind: tombstones.Kind = "email" if stone.kind == "email" else "phone"
    if not tombstones.stops(kind, value):
        return True
    subject = Subject.objects.filter(pk=stone.subject_id).first()
    family = subjects.family(subject) if subject else [stone.subject_id]
    return any(
        _holds(declaration, name, value, family)
        for declaration in registry.all_declared()
        for name in _contacts(declaration)
    )


def _holds(declaration: Declaration, name: str, value: str, family: list[UUID]) -> bool:
    """Whether a row of somebody living holds *value* in the field *name*, or a kept row of the erased does."""
    spelled = models.Q(**{f"{name}__iexact": value})
    if "@" not in value:
        spelled |= models.Q(**{name: digests.normal_phone(value)})
    rows = declaration.model_class()._base_manager.filter(spelled)
    owners = {owner for row in rows.values_list(*declaration.paths)[:50] for owner in row} - {None}
    is_kept = name in declaration.kept_fields() and bool(owners & set(family))
    return is_kept or Subject.objects.filter(pk__in=owners - set(family), erased_at=None).exists()


def _contacts(declaration: Declaration) -> list[str]:
    """The fields that hold contact details in the clear, where a path says whose they are."""
    model = declaration.model_class()
    return [
        name
        for name, field in declaration.personal_fields().items()
        if field.category is Category.CONTACT
        and declaration.paths
        and isinstance(model._meta.get_field(name), models.CharField | models.TextField)
    ]
