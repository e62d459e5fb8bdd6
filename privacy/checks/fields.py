"""One column: is it excused too lightly, can its fate be carried out, does it rest as its sensitivity asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core import checks
from django.db import models

from privacy.checks.findings import error
from privacy.register.declare import Action, Declaration, Fate, Field, Link, NotPersonal
from privacy.register.suspicion import ROOMY, Rest, is_real_reason, rest_of, smells


def problems(declaration: Declaration, model: type[models.Model], name: str) -> Iterator[checks.CheckMessage]:
    """Everything wrong with the declaration of one field."""
    declared, where = declaration.fields[name], f"{declaration.model}.{name}"
    if isinstance(declared, NotPersonal):
        yield from _excuse(model._meta.get_field(name), declared, where)
        return
    yield from _fate(declaration, declared, model, name)
    yield from _seen_fate(declaration, declared, model, name)
    if declared.is_sensitive and rest_of(model, name) is Rest.CLEAR:
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
    if declared.retention is not None and kind != "blank":
        yield error("E006", f"{where} has a time of its own, so it must be a field that is blanked on a kept row.")


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
