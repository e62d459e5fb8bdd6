"""What a member of staff sees of a personal value: the value where their work needs it, else a mask of its category.

A field is open to whoever may read one of its purposes (permissions `privacy.see_<purpose>`, granted by role). The purposes of
its row do not open a sensitive field: without purposes of its own it is open to nobody without a reason. Dates, sums and choices
from a list name nobody by themselves and are shown as they are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from django.db import models

from privacy.register import registry
from privacy.register.declare import Declaration
from privacy.register.vocabulary import Category, Purpose

M = TypeVar("M", bound=models.Model)

HIDDEN: Final = "…"
TEXTS: Final = (
    models.CharField, models.TextField, models.JSONField, models.BinaryField, models.GenericIPAddressField,
)  # fmt: skip


class Viewer(Protocol):
    """Whoever is signed in."""

    def has_perm(self, perm: str, obj: Any = None) -> bool: ...


class NeverSaved(TypeError):
    """A masked row was about to be written: the masks would have become the data."""


def contact(value: str) -> str:
    """`a…@….com`, `…37`: enough to tell two people on the telephone apart, too little to write to."""
    name, _, domain = value.partition("@")
    if domain:
        return f"{name[:1]}{HIDDEN}@{HIDDEN}{domain[-4:]}"
    return f"{HIDDEN}{value[-2:]}" if len(value) > 6 else HIDDEN


def initials(value: str) -> str:
    """`A… A…`."""
    return " ".join(f"{word[:1]}{HIDDEN}" for word in value.split())


#: How a value of each category is shown masked; a category that is not named here shows nothing of it.
MASKS: Final[Mapping[Category, Callable[[str], str]]] = {
    Category.NAME: initials,
    Category.CONTACT: contact,
    Category.CREDENTIAL: lambda _: "(secret)",
}


def permission(purpose: Purpose) -> str:
    """The permission to read what serves *purpose*."""
    return f"privacy.see_{purpose.name.lower()}"


@dataclass(frozen=True)
class Sight:
    """What somebody may read: the purposes they work for, or everything once it was revealed for a reason."""

    purposes: frozenset[Purpose]
    is_revealed: bool = False

    def opens(self, declaration: Declaration, name: str) -> bool:
        """Whether the field is read without a mask."""
        if self.is_revealed:
            return True
        field = declaration.personal_fields()[name]
        purposes = field.purposes if field.is_sensitive else declaration.purposes_of(name)
        return not self.purposes.isdisjoint(purposes)

    def hides(self, declaration: Declaration) -> list[str]:
        """The fields that are masked."""
        return [name for name in text_fields(declaration) if not self.opens(declaration, name)]


REVEALED: Final = Sight(frozenset(Purpose), is_revealed=True)


def sight_of(viewer: Viewer) -> Sight:
    """What somebody may read by their roles."""
    return Sight(frozenset(purpose for purpose in Purpose if viewer.has_perm(permission(purpose))))


def is_text(column: Any) -> bool:
    """Whether a column holds words that could say who somebody is: no date, no sum, no choice from a list."""
    return isinstance(column, TEXTS) and not column.choices


def text_fields(declaration: Declaration) -> list[str]:
    """The personal fields of a model that a mask concerns."""
    meta = declaration.model_class()._meta
    return [name for name in declaration.personal_fields() if is_text(meta.get_field(name))]


def masked(category: Category, value: Any) -> Any:
    """A value of *category* as a mask; nothing stays nothing, and JSON becomes empty JSON, which a page can still walk."""
    if value in (None, "", b"", [], {}):
        return value
    if isinstance(value, dict | list):
        return type(value)()
    mask = MASKS.get(category)
    return mask(value) if mask is not None and isinstance(value, str) else HIDDEN


def shown(row: M, sight: Sight) -> M:
    """A copy of *row*, and of the rows it has at hand, as somebody with this *sight* reads it; it cannot be saved."""
    if getattr(row, "is_masked_copy", False):
        return row
    seen = copy.copy(row)
    if declaration := registry.find(row._meta.label):
        for name in sight.hides(declaration):
            setattr(seen, name, masked(declaration.personal_fields()[name].category, getattr(row, name)))
    at_hand = seen._state.fields_cache
    for column in row._meta.concrete_fields:
        if column.is_relation and (other := at_hand.get(column.name)) is not None:
            at_hand[column.name] = shown(other, sight)
    seen.is_masked_copy = True  # type: ignore[attr-defined]
    seen.save = seen.save_base = _refuse  # type: ignore[method-assign]
    return seen


def _refuse(*args: Any, **kwargs: Any) -> None:
    raise NeverSaved
