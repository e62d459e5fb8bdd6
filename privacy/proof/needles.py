"""What to look for when a person has been erased: the values by which anybody would know them again.

Collected from the register before the first row goes, kept sealed until a sweep has countersigned the certificate, then
deleted; at the latest after 30 days. A *strong* needle stands for one person alone. A *weak* one (a name, a street, a town) is
shared by many, and says something only beside another. Values are never logged and never leave this wing in clear.

What finds them is `proof.haystack`; where it looks is `proof.places`; what a hit means is decided in `proof.sweep`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from django.db import models, transaction

from privacy.ground import references
from privacy.proof.models import SealedNeedles
from privacy.register import registry
from privacy.register.declare import Category, Declaration, Family, Field
from privacy.register.vocabulary import Export, Source

KEPT_FOR: Final = timedelta(days=30)
EMAIL: Final = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
IDENTIFIER: Final = re.compile(r"(?=(?:.*\d){2})[A-Za-z0-9][\w.:/-]{7,199}")
STREET_COLUMNS: Final = ("line1", "line2", "street")
TOWN_COLUMNS: Final = ("city", "town")
FEWEST_DIGITS: Final = 7


class Kind(StrEnum):
    """What a needle is, and with it how it is looked for and how much a hit says."""

    EMAIL = "email"
    PHONE = "phone"
    REFERENCE = "reference"
    NAME = "name"
    STREET = "street"
    TOWN = "town"

    @property
    def is_strong(self) -> bool:
        """Whether one hit alone points at the person."""
        return self in (Kind.EMAIL, Kind.PHONE, Kind.REFERENCE)


@dataclass(frozen=True, order=True)
class Needle:
    """One value to look for. *is_kept*: the register keeps it lawfully (the reference of an order that tax law asks for)."""

    kind: Kind
    value: str
    is_kept: bool = False

    def __repr__(self) -> str:
        return f"Needle({self.kind})"


class Request(Protocol):
    """What collecting needs to know of a request; the model lives in a higher wing."""

    reference: str
    subject_id: UUID


@transaction.atomic
def collect(request: Request, family: Family, *, here: Collection[str], at: datetime) -> int:
    """Seal what identifies this person, before the first row goes; a second call adds what came meanwhile. Returns how many.

    *here*: the models of which there are rows (`presence`).
    """
    row, _ = SealedNeedles.objects.select_for_update().get_or_create(
        request_reference=request.reference, defaults={"subject_id": request.subject_id, "collected_at": at}
    )
    found = sorted(_each_once([*opened(row), *of(family, here)]))
    row.values = [[needle.kind, needle.value, needle.is_kept] for needle in found]
    row.save(update_fields=["values"])
    return len(found)


def _each_once(found: Iterable[Needle]) -> set[Needle]:
    """A value that one field lawfully keeps may stay, whichever other fields hold it too: a webhook names the order's reference."""
    every = set(found)
    kept = {(needle.kind, needle.value) for needle in every if needle.is_kept}
    return {needle for needle in every if needle.is_kept or (needle.kind, needle.value) not in kept}


def of(family: Family, here: Collection[str]) -> Iterator[Needle]:
    """The identifying values that the register holds about these subjects now; may repeat."""
    for declaration in map(registry.of, sorted(here)):
        columns = _columns(declaration)
        if not columns:
            continue
        rows = declaration.rows(family).order_by().values_list(*(name for name, _, _ in columns)).distinct()
        for values in rows.iterator(chunk_size=500):
            for (name, field, column), value in zip(columns, values, strict=True):
                kind = kind_of(name, field, column, value)
                if kind is not None:
                    yield Needle(kind, value.strip(), field.on_erase.kind == "keep" and kind is Kind.REFERENCE)


def opened(row: SealedNeedles) -> list[Needle]:
    """The needles of one erasure, in clear: for memory only."""
    return [Needle(Kind(kind), value, is_kept) for kind, value, is_kept in row.values or []]


def forget(references_of_requests: Iterable[str]) -> int:
    """The sweep has countersigned: nobody needs these values any more. Returns how many sets went."""
    gone, _ = SealedNeedles.objects.filter(request_reference__in=list(references_of_requests)).delete()
    return gone


def forget_overdue(*, at: datetime) -> int:
    """Delete what no sweep could countersign in 30 days: looking for somebody is no reason to keep them."""
    gone, _ = SealedNeedles.objects.filter(collected_at__lt=at - KEPT_FOR).delete()
    return gone


# What kind of needle a value is


def kind_of(name: str, field: Field, column: models.Field[Any, Any], value: object) -> Kind | None:
    """What *value* of the declared field *name* is to a search, or None where it points at nobody."""
    if not isinstance(value, str) or not value.strip():
        return None
    judge = BY_CATEGORY.get(field.category)
    return judge(name, field, column, value.strip()) if judge else None


def _contact(name: str, field: Field, column: models.Field[Any, Any], value: str) -> Kind | None:
    if EMAIL.fullmatch(value):
        return Kind.EMAIL
    is_number = sum(map(str.isdigit, value)) >= FEWEST_DIGITS and not any(map(str.isalpha, value))
    return Kind.PHONE if is_number else None


def _name(name: str, field: Field, column: models.Field[Any, Any], value: str) -> Kind | None:
    if EMAIL.fullmatch(value):
        return Kind.EMAIL
    return Kind.NAME if sum(map(str.isalpha, value)) >= 2 else None


def _address(name: str, field: Field, column: models.Field[Any, Any], value: str) -> Kind | None:
    if sum(map(str.isalpha, value)) < 2:
        return None
    if name.endswith(STREET_COLUMNS):
        return Kind.STREET
    return Kind.TOWN if name.endswith(TOWN_COLUMNS) else None


def _transaction(name: str, field: Field, column: models.Field[Any, Any], value: str) -> Kind | None:
    """A public reference, or what reads like an identifier and stands for one row alone."""
    if EMAIL.fullmatch(value):
        return Kind.EMAIL
    stands_alone = bool(column.unique) or field.source is Source.PROCESSOR or name.endswith("number")
    is_identifier = references.is_reference(value) or (stands_alone and IDENTIFIER.fullmatch(value) is not None)
    return Kind.REFERENCE if is_identifier else None


BY_CATEGORY: Final[dict[Category, Callable[[str, Field, models.Field[Any, Any], str], Kind | None]]] = {
    Category.CONTACT: _contact,
    Category.NAME: _name,
    Category.ADDRESS: _address,
    Category.TRANSACTION: _transaction,
    Category.LINKAGE: _transaction,
}


def _columns(declaration: Declaration) -> list[tuple[str, Field, models.Field[Any, Any]]]:
    """The fields that may hold a needle: text, clear or sealed. Evidence gives only the address it answers to."""
    model = declaration.model_class()
    found = []
    for name, field in declaration.personal_fields().items():
        column = model._meta.get_field(name)
        if field.category is Category.CONTACT and field.on_export is Export.REDACT:
            continue  # somebody else's address on this person's row, such as a parent's
        is_text = isinstance(column, models.CharField | models.TextField | models.BinaryField)
        is_wanted = field.category in BY_CATEGORY and (
            not declaration.is_evidence or field.category is Category.CONTACT
        )
        if isinstance(column, models.Field) and is_text and is_wanted and model is not SealedNeedles:
            found.append((name, field, column))
    return found
