"""What the register says about a model, in words: whose its rows are, what an erasure and a copy do with them, and when they go.

The words are made from the declarations that everything else reads, so an explanation cannot say anything but what happens. It
also says what may be wrong although it is declared: `warnings` are questions for a person, `privacy.checks` are errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from django.apps import apps
from django.db import models

from privacy.register import reach as reaching
from privacy.register import registry, suspicion
from privacy.register.declare import NOT_PERSONAL, Action, Declaration, Export, Fate, Field, NotPersonal, Purpose
from privacy.register.reach import ByValue, Reach

EXPORTS: Final = {
    Export.SHOW: "shown",
    Export.HIDE: "left out: it would only help a thief",
    Export.REDACT: "named, and its value left out: it is about somebody else",
}
UNDECLARED: Final = "nobody declared it, and `manage.py check` refuses to go on"
FATES: Final = {"blank": "emptied", "replace": "written over"}


class Unknown(Exception):
    """No installed model, or none of its fields, has this name; the message names those that are near."""


@dataclass(frozen=True)
class FieldWords:
    """One personal field."""

    name: str
    category: str
    source: str
    purposes: list[str]
    recipients: list[str]
    rests: str
    in_a_copy: str
    on_erasure: str
    stays: str
    to_others: (
        str  # what people see to whom the row is only visible, and what their erasure leaves; empty: nothing of theirs
    )


@dataclass(frozen=True)
class Explanation:
    """One model of personal data, or one that is not personal and why, or one that nobody declared."""

    model: str
    label: str
    not_personal: str
    owned_by: list[str]
    visible_to: list[str]
    nobody: str
    on_erasure: str
    waits_for: list[str]
    purposes: list[str]
    stays: str
    relations: dict[str, str]
    fields: list[FieldWords]
    excused: dict[str, str]
    warnings: list[str]


def find(name: str) -> tuple[type[models.Model], str]:
    """The model and the field (or none) that `app.Model.field` names, the model in any case. Raises `Unknown`."""
    models_by_label = {model._meta.label.lower(): model for model in apps.get_models() if not model._meta.proxy}
    label = ".".join(name.split(".")[:2])
    if label.lower() not in models_by_label:
        labels = {model._meta.label for model in models_by_label.values()}
        raise Unknown(f"No model {label!r} here.{_near(label, labels)}")
    model = models_by_label[label.lower()]
    field = name[len(label) + 1 :]
    known = {*registry.field_names(model), model._meta.pk.name}
    if field and field not in known:
        raise Unknown(f"{model._meta.label} has no field {field!r}.{_near(field, known)}")
    return model, field


def every() -> list[Explanation]:
    """All installed models: those with personal data by name, then those without."""
    labels = sorted(model._meta.label for model in apps.get_models() if not model._meta.proxy)
    return sorted(map(of, labels), key=lambda each: (bool(each.not_personal), each.model))


def of(label: str) -> Explanation:
    """Everything the register says about one model."""
    declaration = registry.find(label)
    return _excused(apps.get_model(label)) if declaration is None else _declared(declaration)


def _declared(declaration: Declaration) -> Explanation:
    model = declaration.model_class()
    return Explanation(
        model=declaration.model,
        label=declaration.label,
        not_personal="",
        owned_by=_ways(model, declaration.reach),
        visible_to=_ways(model, declaration.visible),
        nobody=declaration.orphans,
        on_erasure=_row_words(declaration),
        waits_for=list(declaration.after),
        purposes=_purposes(declaration.purposes),
        stays=declaration.retention.in_full,
        relations=dict(_relations(declaration)),
        fields=[_field(declaration, name, field) for name, field in declaration.personal_fields().items()],
        excused=dict(_excuses(declaration)),
        warnings=list(warnings_of(declaration)),
    )


def _excused(model: type[models.Model]) -> Explanation:
    label = model._meta.label
    reason = NOT_PERSONAL.get(label, UNDECLARED)
    return Explanation(
        label, "", reason, [], [], "", "nothing", [], [], "", {}, [], {}, list(warnings_of_excuse(model))
    )  # fmt: skip


# The row


def _ways(model: type[models.Model], reach: Reach | None) -> list[str]:
    if isinstance(reach, ByValue):
        return [f"found by value: {reach.words}"]
    return [_hops(model, path) for path in reaching.paths(reach)]


def _hops(model: type[models.Model], path: str) -> str:
    """`order (orders.Order), then its subject (privacy.Subject)`."""
    if path == "pk":
        return "the row is the person's record itself"
    words = []
    for column in reaching.columns_of(model, path):
        target = (
            f" ({column.related_model._meta.label})" if column.related_model else " (the person's number, as a value)"
        )
        words.append(f"{column.name}{target}{', which may be empty' if getattr(column, 'null', True) else ''}")
    return ", then its ".join(words)


def _row_words(declaration: Declaration) -> str:
    if declaration.is_evidence:
        return "the row stays as a record of what was done, with references and dates, until its time has run"
    if declaration.action is Action.DELETE_ROW:
        return "the row is deleted"
    return f"the row is {declaration.action}"


def _relations(declaration: Declaration) -> Iterator[tuple[str, str]]:
    for name, edge in declaration.edges().items():
        column = declaration.model_class()._meta.get_field(name)
        target = column.related_model._meta.label if column.related_model else "a person's number"
        yield name, f"leads to {target}: {edge}"


def _excuses(declaration: Declaration) -> Iterator[tuple[str, str]]:
    for name, each in declaration.fields.items():
        if isinstance(each, NotPersonal) and name not in declaration.edges():
            yield name, each.reason


def _purposes(purposes: tuple[Purpose, ...]) -> list[str]:
    return [f"{purpose.words}: {purpose.basis}" for purpose in purposes]


# One field


def _field(declaration: Declaration, name: str, field: Field) -> FieldWords:
    return FieldWords(
        name=name,
        category=str(field.category),
        source=str(field.source),
        purposes=_purposes(declaration.purposes_of(name)),
        recipients=list(field.recipients),
        rests=str(suspicion.rest_of(declaration.model_class(), name)),
        in_a_copy=EXPORTS[field.on_export],
        on_erasure=_fate_words(declaration, field.on_erase),
        stays=declaration.retention_of(name).in_full,
        to_others=_to_others(declaration, field),
    )


def _fate_words(declaration: Declaration, fate: Fate) -> str:
    if fate.kind == "keep":
        return f"stays, since {fate.reason} ({fate.basis})"
    if fate.kind == "with_row":
        return "stays with its row" if declaration.action is Action.KEEP_UNTIL else "deleted with its row"
    return FATES[fate.kind]


def _to_others(declaration: Declaration, field: Field) -> str:
    if declaration.visible is None:
        return ""
    erased = FATES[field.visible_erase.kind] if field.visible_erase else "left alone"
    return f"{EXPORTS[field.visible_export or field.on_export]}; {erased} when they are erased"


# What may be wrong


def warnings_of(declaration: Declaration) -> Iterator[str]:
    """Rows that may belong to nobody, and rows that may belong to too many."""
    if declaration.orphans:
        yield f"Some rows may belong to nobody ({declaration.orphans}): no request finds them, only their retention ends them."
    if len(declaration.paths) > 1:
        yield "Several people may own one row: the erasure of one takes it from the others, and each copy repeats it."
    if isinstance(declaration.reach, ByValue):
        yield "Rows are found by a value: where two people share it, each of them owns the row."


def warnings_of_excuse(model: type[models.Model]) -> Iterator[str]:
    """Columns of a table that reaches nobody, in which something about a person may stand all the same."""
    roomy = [field.name for field in model._meta.local_fields if isinstance(field, suspicion.ROOMY)]
    if smelly := [field.name for field in model._meta.local_fields if suspicion.smells(field)]:
        yield f"Smells of people, and reaches nobody: {', '.join(smelly)}."
    if roomy:
        yield f"Anything may be written there, a name too, and no request would find it: {', '.join(roomy)}."


def _near(word: str, known: set[str]) -> str:
    """` Did you mean ...?`: names that are alike as a whole, or in their last part."""

    def likeness(name: str) -> float:
        pairs = ((word, name), (word.rpartition(".")[2], name.rpartition(".")[2]))
        return max(SequenceMatcher(None, a.lower(), b.lower()).ratio() for a, b in pairs)

    close = [name for name in sorted(known, key=likeness, reverse=True) if likeness(name) > 0.6][:3]
    return f" Did you mean {', '.join(close)}?" if close else ""
