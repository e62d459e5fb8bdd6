"""Questions to the declarations: what is held about a person, in which order it goes, what a copy shows.

The one place that reads `declare.DECLARATIONS`; every list of personal data in Loupe comes from here.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import models

from privacy.register import profiles
from privacy.register.declare import (
    DECLARATIONS,
    NOT_PERSONAL,
    PROCESSORS,
    Blocker,
    Category,
    Declaration,
    Export,
    Facts,
    Family,
    Field,
    Processor,
    Purpose,
)

Found = tuple[Declaration, str, Field]
"""A personal field: its model's declaration, its name, how it is treated."""
REDACTED: Final = "(left out: it is about somebody else)"


def all_declared() -> list[Declaration]:
    """Every model of personal data, by label as the customer reads it."""
    return sorted(DECLARATIONS.values(), key=lambda declaration: declaration.label)


def of(model: str) -> Declaration:
    """The declaration of the model `app.Model`. Raises KeyError."""
    return DECLARATIONS[model]


def find(model: str) -> Declaration | None:
    """The declaration of the model `app.Model`, or None where it holds nothing about people."""
    return DECLARATIONS.get(model)


def processor(slug: str) -> Processor:
    """One processor; for one of a kind, as this shop's profile names it. Raises KeyError."""
    return PROCESSORS[slug] if slug in PROCESSORS else {each.slug: each for each in processors()}[slug]


def processors() -> list[Processor]:
    """Every processor, by name; of a kind, those that this shop's profile names."""
    every = (each for declared in PROCESSORS.values() for each in _companies(declared))
    return sorted(every, key=lambda processor: processor.name)


def of_kind(kind: str) -> list[Processor]:
    """The companies of one kind, by name: `appraiser:harbour`."""
    return [each for each in processors() if each.kind == kind != each.slug]


def kinds() -> list[Processor]:
    """Every processor as it is declared, whether or not this shop names one of the kind."""
    return list(PROCESSORS.values())


def _companies(declared: Processor) -> Iterator[Processor]:
    if not declared.is_kind:
        yield declared
        return
    for slug, agreed in profiles.current().processors.items():
        if slug.partition(":")[0] == declared.slug != slug:
            yield replace(declared, slug=slug, name=agreed.name or slug)


def blockers(family: Family) -> list[Blocker]:
    """Everything unfinished that the apps name for this person."""
    return [
        blocker
        for declaration in all_declared()
        if declaration.blockers is not None
        for blocker in declaration.blockers(family)
    ]


def known_by() -> list[Facts]:
    """Every kind of question that shows who somebody is, by label of what it is about."""
    return [declaration.known_by for declaration in all_declared() if declaration.known_by is not None]


def every_field() -> Iterator[tuple[Declaration, str, Field]]:
    """Every personal field of every model, by label."""
    for declaration in all_declared():
        for name, field in declaration.personal_fields().items():
            yield declaration, name, field


def fields(
    *,
    category: Category | None = None,
    purpose: Purpose | None = None,
    recipient: str | None = None,
    sensitive: bool | None = None,
) -> Iterator[tuple[Declaration, str, Field]]:
    """The personal fields that answer to everything asked; what is not asked does not matter."""
    for declaration, name, field in every_field():
        if (
            category in (None, field.category)
            and (purpose is None or purpose in declaration.purposes_of(name))
            and (recipient is None or recipient in field.recipients)
            and sensitive in (None, field.is_sensitive)
        ):
            yield declaration, name, field


def exported(declaration: Declaration, *, visible: bool = False) -> dict[str, Export]:
    """The fields that a copy shows, or names and redacts. *visible*: for a person who may only see the row."""
    own = {name: field.on_export for name, field in declaration.personal_fields().items()}
    seen = {name: field.visible_export or field.on_export for name, field in declaration.personal_fields().items()}
    return {name: export for name, export in (seen if visible else own).items() if export is not Export.HIDE}


def shown(declaration: Declaration, row: models.Model, *, visible: bool = False) -> dict[str, Any]:
    """What a copy of one's data shows of *row*: what a field is called to its plain value.

    Hidden fields are left out, somebody else's data is replaced by words. *visible*: the copy of a person who may only see the row.
    """
    values: dict[str, Any] = {}
    for name, export in exported(declaration, visible=visible).items():
        value = _display(row, name)
        is_told = export is Export.SHOW or value in (None, "")
        values[declaration.label_of(name)] = plain(value) if is_told else REDACTED
    return values


def plain(value: Any) -> Any:
    """A JSON value for what a column held."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return "(sealed)"
    if isinstance(value, models.Model):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    return str(value)


def _display(row: models.Model, name: str) -> Any:
    display = getattr(row, f"get_{name}_display", None)
    return display() if display is not None else getattr(row, name)


def undeclared() -> Iterator[tuple[type[models.Model], list[str]]]:
    """Installed models with fields that nobody declared: the model and the names, whole models included."""
    for model in apps.get_models():
        label = model._meta.label
        if model._meta.proxy or label in NOT_PERSONAL:
            continue
        known = DECLARATIONS[label].fields if label in DECLARATIONS else {}
        missing = [name for name in field_names(model) if name not in known]
        if missing or label not in DECLARATIONS:
            yield model, missing


def field_names(model: type[models.Model]) -> list[str]:
    """Columns and many-to-many relations, without automatic row numbers; a parent's own table declares its own."""
    columns = [field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    return [field.name for field in (*columns, *model._meta.local_many_to_many)]


def is_installed(declaration: Declaration) -> bool:
    """Whether the model that is declared exists here."""
    return declaration.model.lower() in {
        model._meta.label_lower for model in apps.get_models(include_auto_created=True)
    }
