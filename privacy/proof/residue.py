"""Look again: after an erasure, is anything of this person left where the register says nothing may be?

Cheap, and about this person only: every declared path is asked once more, every field that had to be blank is looked at, the keyed
digests of their addresses are looked up, and no row that stays may name them. It finds what a step overlooked, not what nobody
declared: that is the sweep's (`proof.sweep`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import models
from django.db.models import Q

from privacy.ground import digests
from privacy.proof import needles
from privacy.proof.haystack import Haystack, Person
from privacy.proof.models import SealedNeedles
from privacy.proof.wrappings import Tally
from privacy.register import presence, registry
from privacy.register.declare import Action, Declaration, Family
from privacy.register.models import Identifier


@dataclass(frozen=True)
class Finding:
    """Something that should be gone: how many rows, where. Counts and names of tables, never values."""

    model: str
    count: int
    words: str


def check(family: Family, *, addresses: Iterable[str] = ()) -> list[Finding]:
    """Everything that is still there and should not be; empty when the erasure holds."""
    here = presence.of(family)
    every = [declaration for declaration in registry.all_declared() if declaration.model in here]
    found = [each for declaration in every for look in LOOKS for each in look(declaration, family)]
    return [*found, *_digests_left(family, addresses), *_named_in_kept_rows(every, family)]


def _left_of(declaration: Declaration, family: Family) -> Iterator[Finding]:
    if declaration.is_evidence:
        return
    rows = declaration.rows(family)
    if declaration.action is Action.DELETE_ROW:
        if left := rows.order_by().values("pk").distinct().count():
            yield Finding(declaration.model, left, f"{declaration.label}: {left} still there.")
        return
    filled = _filled(declaration, declaration.blank_fields())
    if filled and (left := rows.filter(filled).order_by().values("pk").distinct().count()):
        yield Finding(declaration.model, left, f"{declaration.label}: {left} not blanked.")


def _left_on_others(declaration: Declaration, family: Family) -> Iterator[Finding]:
    """Rows that were only visible to the person and still say something about them."""
    filled = _filled(declaration, [name for name, value in declaration.visible_blanks().items() if not value])
    if filled and (left := declaration.visible_rows(family).filter(filled).count()):
        yield Finding(declaration.model, left, f"{declaration.label}: {left} of others still speak of them.")


LOOKS: Final = (_left_of, _left_on_others)


def _named_in_kept_rows(every: Iterable[Declaration], family: Family) -> Iterator[Finding]:
    """Rows that stay and still name the person in a field that was never meant to: a title, a note, a JSON value."""
    wanted = tuple(each for row in SealedNeedles.objects.filter(subject_id__in=family) for each in needles.opened(row))
    lawful = {each.value for each in wanted if each.is_kept}  # an order's reference, which other rows named too
    haystack = Haystack([Person("", tuple(each for each in wanted if each.value not in lawful))])
    for declaration in every if wanted else ():
        names = _kept_texts(declaration)
        rows = declaration.rows(family).order_by().values_list(*names) if names else ()
        if left := sum(bool(haystack.hits([str(value or "") for value in row], Tally())) for row in rows):
            yield Finding(declaration.model, left, f"{declaration.label}: {left} still name them.")


def _kept_texts(declaration: Declaration) -> list[str]:
    """The kept fields in which words could stand, on rows that can still be changed: evidence is the sweep's to report."""
    if declaration.is_evidence:
        return []
    model = declaration.model_class()
    texts = (models.CharField, models.TextField, models.JSONField)
    return [name for name in declaration.kept_fields() if isinstance(model._meta.get_field(name), texts)]


def _filled(declaration: Declaration, names: Iterable[str]) -> Q:
    """Matches rows on which one of the fields, which must be blank, holds something."""
    model = declaration.model_class()
    anything = Q()
    for name in names:
        is_null = Q(**{f"{name}__isnull": True})
        anything |= ~is_null if model._meta.get_field(name).null else ~Q(**{name: ""})
    return anything


def _digests_left(family: Family, addresses: Iterable[str]) -> Iterator[Finding]:
    values = [digest.value for address in addresses for digest in digests.all_of("email", address)]
    of_this_person: list[UUID] = family
    left = Identifier.objects.filter(subject_id__in=of_this_person, kind="email", digest__in=values).count()
    if left:
        yield Finding("privacy.Identifier", left, f"The digest of an address: {left} still there.")
