"""A declaration as a whole: does it exist, reach a person, have a purpose, and an end."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from privacy.checks.findings import error
from privacy.register import registry
from privacy.register.declare import Basis, ByValue, Declaration, Retention
from privacy.register.reach import can_be_empty, columns_of, leads_to_subject

type_of_moment = (models.DateField, models.DateTimeField)


def problems(declaration: Declaration, model: type[models.Model]) -> Iterator[checks.CheckMessage]:
    """Everything wrong with the declaration apart from its single fields."""
    yield from _unknown_fields(declaration, model)
    yield from _reach(declaration, model)
    yield from _purposes(declaration)
    rules = {declaration.model: declaration.retention}
    rules |= {
        f"{declaration.model}.{name}": each.retention
        for name, each in declaration.personal_fields().items()
        if each.retention
    }
    for where, rule in rules.items():
        if problem := open_end(model, rule):
            yield error("E008", f"{where} has no end: {problem}.")
    for other in declaration.after:
        if other not in {each.model for each in registry.all_declared()}:
            yield error("E007", f"{declaration.model} waits for {other}, which is not declared.")


def names(model: type[models.Model]) -> set[str]:
    """The fields that a declaration of *model* may speak of."""
    return {*registry.field_names(model), model._meta.pk.name}


def _unknown_fields(declaration: Declaration, model: type[models.Model]) -> Iterator[checks.CheckMessage]:
    inherited = {field.name for field in model._meta.concrete_fields} - names(model)
    for name in sorted(declaration.fields.keys() - names(model)):
        if name in inherited:
            yield error("E011", f"{declaration.model}.{name} is declared a second time: the column is its parent's.")
        else:
            yield error("E002", f"{declaration.model}.{name} is declared but does not exist.")


def _reach(declaration: Declaration, model: type[models.Model]) -> Iterator[checks.CheckMessage]:
    astray = [path for path in (*declaration.paths, *declaration.visible_paths) if not leads_to_subject(model, path)]
    for path in astray:
        yield error("E003", f"{declaration.model}: the path {path!r} does not lead to privacy.Subject.")
    for reach in (declaration.reach, declaration.visible):
        if isinstance(reach, ByValue) and not reach.words.strip():
            yield error("E003", f"{declaration.model} is found by a value that no words name.")
    if astray:
        return
    if not declaration.may_reach_nobody:
        if declaration.orphans:
            yield error(
                "E009",
                f"{declaration.model}: every row has a person, so there are no orphans to speak of.",
                hint="Take it away.",
            )
        return
    way = f"the path {declaration.paths[0]!r} can be empty" if declaration.paths else "rows are found by value"
    if not declaration.orphans.strip():
        yield error("E009", f"{declaration.model}: {way}, so some rows may belong to nobody.")
    elif declaration.retention is not None and not (declaration.retention.is_dated or declaration.ended):
        yield error("E009", f"{declaration.model}: {way}, and rows of nobody never go without a dated retention.")


def _purposes(declaration: Declaration) -> Iterator[checks.CheckMessage]:
    if not declaration.purposes:
        yield error("E004", f"{declaration.model} is declared without a purpose.")
    every = {
        *declaration.purposes,
        *(each for field in declaration.personal_fields().values() for each in field.purposes),
    }
    for purpose in every:
        if not isinstance(getattr(purpose, "basis", None), Basis):
            yield error("E004", f"{declaration.model} serves a purpose without a lawful basis: {purpose}.")


def open_end(model: type[models.Model], rule: Retention | None) -> str:
    """Why rows under *rule* might never go, in words; empty when they will."""
    if rule is None:
        return "no retention is declared"
    if not rule.is_dated:
        return _open_event(rule)
    try:
        ways = {anchor: columns_of(model, anchor) for anchor in rule.anchors}
    except FieldDoesNotExist as error:
        return f"its clock counts from a field that does not exist ({error})"
    if astray := [anchor for anchor, columns in ways.items() if not isinstance(columns[-1], type_of_moment)]:
        return f"its clock counts from {astray[0]}, which is no date"
    if all(can_be_empty(model, anchor) for anchor in ways):
        return f"its clock may never start, since {' and '.join(ways) or 'no anchor'} can be empty"
    return ""


def _open_event(rule: Retention) -> str:
    if not rule.event.strip():
        return "neither a span nor an event ends it"
    try:
        apps.get_model(rule.event_model)
    except (LookupError, ValueError):
        return f"the model {rule.event_model!r}, on which {rule.event!r} happens, is not installed"
    return ""


def lines_to_paste(model: type[models.Model], missing: list[str]) -> str:
    """The declaration to start from: the whole of it for a new model, the missing lines for a known one."""
    lines = [f'    "{name}": {_first_word(model, name)},' for name in missing]
    if model._meta.label in {declaration.model for declaration in registry.all_declared()}:
        return "\n".join(lines)
    head = [
        f'declare_not_personal("{model._meta.label}", "...")  # or:',
        f'declare("{model._meta.label}", label="...", reach="...", action=Action.DELETE_ROW,',
        "    retention=Retention.while_account(), purposes=[Purpose....], fields={",
    ]
    return "\n".join([*head, *lines, "})"])


def _first_word(model: type[models.Model], name: str) -> str:
    if model._meta.get_field(name).is_relation:
        return 'link("...", edge=Edge....)'
    return 'not_personal("...")  # or personal(Category....)'
