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

REMEMBERED: Final = 500_000  # values known to be nobody's, so that each is digested about once; then it starts afresh
NAME_BACKWARDS: Final = re.compile(r"[\w.+%-]+")
DOMAIN: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+")
PHONE: Final = re.compile(r"\+\d(?:[ ().-]{0,2}\d){7,14}")
NO_DIGIT: Final = re.compile(r"\D")


class Met(NamedTuple):
    """Something by which an erased person was known, where it was met."""

    subject_id: UUID
    place: str
    kind: str


class Returned:
    """Takes texts, and says in the end who of the erased stood in them. *looked_for*: who is being looked for anyway.

    The digests of all tombstones are in memory, since no question can be put to a connection that is streaming a table.
    """

    def __init__(self, looked_for: set[UUID]) -> None:
        self._looked_for = looked_for
        stones = Tombstone.objects.filter(kind__in=("email", "phone")).values_list("digest", flat=True)
        self._stones = {bytes.fromhex(digest) for digest in stones.iterator()}
        self._known: set[tuple[str, str]] = set()
        self._alike: list[tuple[str, str, str]] = []

    def look(self, place: str, text: str, besides: frozenset[str] = frozenset()) -> None:
        """Note every address and number in *text* that lies under a tombstone, but those in *besides*."""
        if not self._stones:
            return
        if len(self._known) > REMEMBERED:
            self._known.clear()
        for kind, value in _values(text):
            if (kind, value) in self._known or value in besides:
                continue
            self._known.add((kind, value))
            normal = digests.normal_email(value) if kind == "email" else value
            if not self._stones.isdisjoint(digests.raw_of(kind, normal)):
                self._alike.append((place, kind, value))

    def met(self) -> Counter[Met]:
        """Who came back, where, by what kind of value."""
        return Counter(
            Met(stone.subject_id, place, kind)
            for place, kind, value in self._alike
            for stone in self._stones_over(kind, value)
            if not _is_owned(stone, value)
        )

    def _stones_over(self, kind: str, value: str) -> Iterator[Tombstone]:
        """The tombstones of people whose erasure is done: one stands already while an erasure is under way."""
        known = [digest.value for digest in digests.all_of(kind, value)]
        stones = Tombstone.objects.filter(kind=kind, digest__in=known)
        erased = Subject.objects.filter(pk__in=stones.values("subject_id"), erased_at__isnull=False)
        yield from stones.filter(subject_id__in=set(erased.values_list("pk", flat=True)) - self._looked_for)


def _values(text: str) -> Iterator[tuple[str, str]]:
    """The addresses and numbers in *text*, by their signs: reading on from a sign costs little where there is none."""
    for sign, kind, read in SIGNS:
        position = text.find(sign)
        while position >= 0:
            if value := read(text, position):
                yield kind, value
            position = text.find(sign, position + 1)


def _address_around(text: str, at: int) -> str:
    name = NAME_BACKWARDS.match(text[max(0, at - 64) : at][::-1])
    domain = DOMAIN.match(text, at + 1)
    return f"{name.group()[::-1]}@{domain.group()}".lower() if name and domain else ""


def _number_from(text: str, at: int) -> str:
    number = PHONE.match(text, at)
    return f"+{NO_DIGIT.sub('', number.group())}" if number else ""


SIGNS: Final = (("@", "email", _address_around), ("+", "phone", _number_from))


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
