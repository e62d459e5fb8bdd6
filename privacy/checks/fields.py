"""One column: is it excused too lightly, can its fate be carried out, does it rest as its sensitivity asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.core import checks
from django.db import models

from privacy.checks.findings import error
from privacy.ground import sealed
from privacy.register import rotation
from privacy.register.declare import Action, Declaration, Fate, Field, Link, NotPersonal

SMELLS: Final = re.compile(
    r"mail|phone|birth|passw|surname|(first|last|full)_?name|street|address|postal|(^|_)zip(_|code|$)|user_?agent|(^|_)ip(_|$)"
)
OF_PEOPLE: Final = (models.EmailField, models.GenericIPAddressField)
ROOMY: Final = (models.TextField, models.JSONField, models.FileField, models.BinaryField)
"""Columns in which anything may be written, a name too."""
EMPTY_WORDS: Final = frozenset(
    {
        "a",
        "an",
        "the",
        "of",
        "is",
        "it",
        "its",
        "in",
        "no",
        "not",
        "any",
        "nobody",
        "nothing",
        "none",
        "only",
        "just",
        "this",
        "that",
    }
    | {"some", "other", "internal", "technical", "personal", "data", "field", "column", "value", "text", "information"}
)
DIGESTS: Final = re.compile(r"(^|_)(digest|hash|sha256)$")


def problems(declaration: Declaration, model: type[models.Model], name: str) -> Iterator[checks.CheckMessage]:
    """Everything wrong with the declaration of one field."""
    declared, where = declaration.fields[name], f"{declaration.model}.{name}"
    if isinstance(declared, NotPersonal):
        yield from _excuse(model._meta.get_field(name), declared, where)
        return
    yield from _fate(declaration, declared, model, name)
    yield from _seen_fate(declaration, declared, model, name)
    if declared.is_sensitive and not rests_protected(model, name):
        yield error("E010", f"{where} is sensitive and lies in the database in the clear.")


def problems_of_excuse(model: type[models.Model], reason: str) -> Iterator[checks.CheckMessage]:
    """A whole model called not personal: no column may smell of a person, however good the reason."""
    label = model._meta.label
    if not reason.strip():
        yield error("E005", f"{label} is called not personal without a reason.")
    for field in model._meta.local_fields:
        if smells(field):
            yield error(
                "E005", f"{label}.{field.name} smells of personal data, and its whole model is called not personal."
            )
        elif reason.strip() and isinstance(field, ROOMY) and not is_real_reason(reason):
            yield error(
                "E005", f"{label}.{field.name} may hold anything, and its model is excused without a real reason."
            )


def smells(field: Any) -> bool:
    """Whether the name or the kind of a column speaks of people."""
    return bool(SMELLS.search(field.name)) or isinstance(field, OF_PEOPLE)


def is_real_reason(reason: str) -> bool:
    """Whether a reason says what the column holds: three words, two of which are not *not*, *personal*, *data*."""
    words = re.findall(r"[\w']+", reason.lower())
    return len(words) >= 3 and len([word for word in words if word not in EMPTY_WORDS]) >= 2


def rests_protected(model: type[models.Model], name: str) -> bool:
    """Whether the column is sealed, has its secrets sealed inside, holds only a digest, or is Django's hashed password."""
    is_sealed = type(model._meta.get_field(name)).__module__ == sealed.__name__
    is_sealed_inside = f"{model._meta.label}.{name}" in {place.name for place in rotation.ELSEWHERE}
    is_password = name == "password" and issubclass(model, AbstractBaseUser)
    return is_sealed or is_sealed_inside or is_password or bool(DIGESTS.search(name))


def can_be_blank(model: type[models.Model], name: str) -> bool:
    """Whether the column can hold a value that says nothing."""
    field: Any = model._meta.get_field(name)
    return bool(field.null) or isinstance(field, models.CharField | models.TextField)


def _excuse(field: Any, declared: NotPersonal, where: str) -> Iterator[checks.CheckMessage]:
    is_suspect = smells(field) or (isinstance(field, ROOMY) and not isinstance(declared, Link))
    if not declared.reason.strip():
        yield error("E005", f"{where} is excused without a reason.")
    elif is_suspect and not is_real_reason(declared.reason):
        yield error("E005", f"{where} smells of personal data and is excused without a real reason.")


def _fate(
    declaration: Declaration, declared: Field, model: type[models.Model], name: str
) -> Iterator[checks.CheckMessage]:
    where, kind = f"{declaration.model}.{name}", declared.on_erase.kind
    if declaration.action is Action.KEEP_UNTIL and kind == "with_row" and not declaration.is_evidence:
        yield error("E006", f"{where} is on a row that is kept: say BLANK, replace(...) or keep('why').")
    if declaration.action is Action.DELETE_ROW and kind != "with_row":
        yield error("E006", f"{where} is on a row that is deleted, so it cannot be {kind}.")
    if kind == "keep" and not declared.on_erase.reason.strip():
        yield error("E006", f"{where} is kept without a reason.")
    if kind == "blank" and not can_be_blank(model, name):
        yield error("E006", f"{where} cannot be blanked: it is neither a text nor nullable.")


def _seen_fate(
    declaration: Declaration, declared: Field, model: type[models.Model], name: str
) -> Iterator[checks.CheckMessage]:
    where, fate = f"{declaration.model}.{name}", declared.visible_erase
    if not declaration.visible and (fate or declared.visible_export):
        yield error("E006", f"{where} says what others see of it, but its rows are visible to nobody else.")
    if fate and not _can_be_written_at_once(fate):
        yield error("E006", f"{where} on a row of somebody else can only be blanked or replaced by one value.")
    if fate and fate.kind == "blank" and not can_be_blank(model, name):
        yield error("E006", f"{where} cannot be blanked: it is neither a text nor nullable.")


def _can_be_written_at_once(fate: Fate) -> bool:
    return fate.kind == "blank" or (fate.kind == "replace" and not callable(fate.value))
