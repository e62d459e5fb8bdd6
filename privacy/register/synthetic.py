"""Invented customers: rows of every declared model, from the register and the models alone; and canaries for tests.

`people` fills an empty shop for a demonstration or a load test. `fill` puts one unmistakable text into every personal column of a
row, so that a test can ask where it went. What a model's constraints ask beyond types is said by a hint beside the model
(`samples.py` of its app).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from graphlib import TopologicalSorter
from itertools import islice
from random import Random
from typing import Any, Final

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.module_loading import autodiscover_modules

from privacy.register import invented, masks, registry
from privacy.register.declare import Declaration
from privacy.register.vocabulary import Category

BATCH: Final = 200
A_PATH: Final = re.compile(r"([a-z]+)/[A-Za-z0-9-]+$")
OWN_WORDS: Final = frozenset({Category.TRANSACTION, Category.LINKAGE, Category.EVIDENCE, Category.REQUEST})


@dataclass
class Sketch:
    """One invented customer: who they are, and the rows made of them so far, by model."""

    who: invented.Someone
    at: datetime
    rows: dict[str, Any] = field(default_factory=dict)


class Left(Exception):
    """A hint says that this person has no row of the model."""


Hint = Callable[[Any, Sketch], None]
HINTS: Final[dict[str, Hint]] = {}


def hint(model: str) -> Callable[[Hint], Hint]:
    """Say what the constraints of *model* ask: the function corrects an unsaved row, or raises `Left`."""

    def enter(function: Hint) -> Hint:
        HINTS[model] = function
        return function

    return enter


# Invented customers


def people(customers: int, *, seed: int, at: datetime, start: int = 0) -> int:
    """Make so many customers with a row of every declared model each. Returns how many rows.

    The same *seed* and *start* make the same customers.
    """
    autodiscover_modules("samples")
    numbers = iter(range(start, start + customers))
    made = 0
    while chunk := list(islice(numbers, BATCH)):
        sketches = [Sketch(invented.Someone(number, Random(f"{seed}:{number}")), at) for number in chunk]  # noqa: S311
        with transaction.atomic():
            made += sum(_make(declaration, sketches) for declaration in in_order())
    return made


def one(number: int, *, seed: int, at: datetime) -> Sketch:
    """Make one customer with a row of every declared model, and return the rows."""
    autodiscover_modules("samples")
    sketch = Sketch(invented.Someone(number, Random(f"{seed}:{number}")), at)  # noqa: S311
    with transaction.atomic():
        for declaration in in_order():
            _make(declaration, [sketch])
    return sketch


def in_order() -> list[Declaration]:
    """The declared models, each after those its rows point at; those found by value last, but for what points at them."""
    labels = {declaration.model: declaration for declaration in registry.all_declared()}
    points = {label: _parents(declaration) & labels.keys() - {label} for label, declaration in labels.items()}
    by_path = {label for label, declaration in labels.items() if declaration.paths}
    points |= {
        label: points[label] | {other for other in by_path if label not in points[other]}
        for label in labels.keys() - by_path
    }
    return [labels[label] for label in TopologicalSorter(points).static_order()]


def _parents(declaration: Declaration) -> set[str]:
    columns = declaration.model_class()._meta.concrete_fields
    return {column.related_model._meta.label for column in columns if column.related_model is not None}


def _make(declaration: Declaration, sketches: list[Sketch]) -> int:
    rows: list[tuple[Sketch, models.Model]] = []
    for sketch in sketches:
        try:
            rows.append((sketch, _row(declaration, sketch)))
        except Left:
            continue
    declaration.model_class()._base_manager.bulk_create([row for _, row in rows])
    for sketch, row in rows:
        sketch.rows[declaration.model] = row
    return len(rows)


def _row(declaration: Declaration, sketch: Sketch) -> models.Model:
    """One row that is not saved yet: relations lead to this person's own rows."""
    model, declared = declaration.model_class(), declaration.personal_fields()
    row = model()
    for column in model._meta.concrete_fields:
        if isinstance(column, models.AutoField) or column.generated:
            continue
        known = declared.get(column.name)
        setattr(row, column.attname, _value(column, known.category if known else None, sketch))
    if declaration.model in HINTS:
        HINTS[declaration.model](row, sketch)
    else:
        yield_to_constraints(row, {name for name in declared if _may_be_empty(model._meta.get_field(name))})
    return row


def _value(column: Any, category: Category | None, sketch: Sketch) -> Any:
    if column.is_relation:
        return _related(column, sketch)
    if column.name == "subject_id" and "privacy.Subject" in sketch.rows:
        return sketch.rows["privacy.Subject"].pk
    if category is None and isinstance(column, models.CharField | models.TextField) and column.blank:
        return ""
    return invented.fitting(column, category, sketch.who, sketch.at)


def _related(column: Any, sketch: Sketch) -> Any:
    """The person's own row; for a model that is about nobody, any row, made if there is none."""
    model = column.related_model
    if model is not column.model and model._meta.label in sketch.rows:
        return getattr(sketch.rows[model._meta.label], column.target_field.attname)
    if column.null:
        return None
    if registry.find(model._meta.label):
        raise Left
    shared = model._base_manager.first() or _shared(model, sketch)
    return getattr(shared, column.target_field.attname)


def _shared(model: type[models.Model], sketch: Sketch) -> models.Model:
    columns = [each for each in model._meta.concrete_fields if not isinstance(each, models.AutoField)]
    row = model(**{each.attname: _value(each, None, sketch) for each in columns if not each.generated})
    if model._meta.label in HINTS:
        HINTS[model._meta.label](row, sketch)
    row.save(force_insert=True)
    return row


# Canaries


def can_hold(column: Any) -> bool:
    """Whether a canary fits: a column for words, longer than a code."""
    if not masks.is_text(column) or column.generated or isinstance(column, models.GenericIPAddressField):
        return False
    return not invented.holds_code(column)


def fill(row: models.Model, token: str) -> dict[str, str]:
    """Put a text made of *token* into every personal column of *row* that can hold one, and save it.

    *token*: lower-case letters and digits, at most 10, the person's own. Returns each column's text. A column that others rely on
    (a key, a unique reference, a reference to another row) keeps its value, which is as unmistakable, and that is returned for it.
    """
    declaration = registry.of(row._meta.label)
    written: dict[str, Any] = {}
    needles: dict[str, str] = {}
    for name, declared in declaration.personal_fields().items():
        column: Any = row._meta.get_field(name)
        if not can_hold(column):
            continue
        if _is_relied_on(column, declared.category):
            if len(str(getattr(row, name) or "")) > invented.CODES:
                needles[name] = str(getattr(row, name))
            continue
        needle = f"{token}{number_of(declaration.model, name)}"
        value = _carrying(needle, column, getattr(row, name))
        if column.max_length is None or len(str(value)) <= column.max_length:
            written[name], needles[name] = value, needle
    for name, value in written.items():
        setattr(row, name, value)
    reverted = yield_to_constraints(row, set(written), keep=type(row)._base_manager.filter(pk=row.pk).values().first())
    kept = {name: value for name, value in written.items() if name not in reverted}
    with pgtrigger.ignore():
        type(row)._base_manager.filter(pk=row.pk).update(**kept)
    return {name: needle for name, needle in needles.items() if name not in reverted}


def number_of(model: str, name: str) -> str:
    """Two characters that stand for one personal field of the register."""
    every = [(declaration.model, field) for declaration, field, _ in registry.every_field()]
    high, low = divmod(sorted(every).index((model, name)), 26)
    return f"{'abcdefghijklmnopqrstuvwxyz'[high]}{'abcdefghijklmnopqrstuvwxyz'[low]}"


def field_of(code: str) -> tuple[str, str]:
    """The model and field that `number_of` gave *code* to."""
    high, low = ("abcdefghijklmnopqrstuvwxyz".index(letter) for letter in code)
    return sorted((declaration.model, name) for declaration, name, _ in registry.every_field())[high * 26 + low]


def _is_relied_on(column: Any, category: Category) -> bool:
    return column.primary_key or category is Category.LINKAGE or (column.unique and category in OWN_WORDS)


def _carrying(needle: str, column: Any, now: Any) -> Any:
    """A value of the column's kind that holds the needle: an address stays an address, `product/ring` a path, JSON stays JSON."""
    if isinstance(column, models.JSONField | models.BinaryField):
        return _leaves(now, needle) if _has_words(now) else _in_shape(column, needle)
    if isinstance(column, models.URLField):
        return f"https://example.com/{needle}"
    if isinstance(column, models.EmailField):
        return f"{needle}@example.com"
    if isinstance(now, str) and (path := A_PATH.match(now)):
        return f"{path[1]}/{needle}"
    parsed = _parsed(now)
    return json.dumps(_leaves(parsed, needle)) if _has_words(parsed) else needle


def _in_shape(column: Any, needle: str) -> Any:
    made = column.get_default() if column.has_default() else None
    return {"canary": needle} if isinstance(made, dict) else [needle] if isinstance(made, list) else needle


def _leaves(value: Any, needle: str) -> Any:
    """The same JSON with the needle for every text in it."""
    if isinstance(value, dict):
        return {key: _leaves(each, needle) for key, each in value.items()}
    if isinstance(value, list):
        return [_leaves(each, needle) for each in value]
    return needle if isinstance(value, str) else value


def _has_words(value: Any) -> bool:
    """Whether there is a text anywhere in this JSON."""
    if isinstance(value, dict | list):
        return any(map(_has_words, value.values() if isinstance(value, dict) else value))
    return isinstance(value, str)


def _parsed(value: Any) -> Any:
    """The JSON object or list in a text column, or None."""
    if not isinstance(value, str) or value[:1] not in "{[" or not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


# Constraints


def yield_to_constraints(row: models.Model, names: set[str], keep: dict[str, Any] | None = None) -> set[str]:
    """Give up those of *names* that a check of the database refuses: back to *keep*, or empty. Returns them."""
    given_up: set[str] = set()
    for constraint in row._meta.constraints:
        if not isinstance(constraint, models.CheckConstraint):
            continue
        try:
            constraint.validate(type(row), row)
        except ValidationError:
            for name in named_in(constraint) & names:
                setattr(row, name, keep[name] if keep else _nothing(row, name))
                given_up.add(name)
    return given_up


def named_in(constraint: models.CheckConstraint) -> set[str]:
    """The columns a check of the database speaks of."""
    return set(_names(constraint.condition))


def _names(condition: Any) -> Iterator[str]:
    for child in getattr(condition, "children", []):
        if isinstance(child, tuple):
            yield child[0].split("__")[0]
        else:
            yield from _names(child)


def _may_be_empty(column: Any) -> bool:
    return bool(column.null) or (isinstance(column, models.CharField | models.TextField) and column.blank)


def _nothing(row: models.Model, name: str) -> Any:
    column: Any = row._meta.get_field(name)
    return None if column.null else ""
