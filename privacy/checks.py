"""System checks that fail closed: personal data nobody declared, or declared in a way that cannot be carried out."""

import re
from collections.abc import Iterator
from typing import Any, Final

from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.constants import LOOKUP_SEP

from privacy.register import registry
from privacy.register.declare import NOT_PERSONAL, Action, Declaration, NotPersonal

SMELLS: Final = re.compile(
    r"mail|phone|birth|passw|surname|(first|last|full)_?name|street|address|postal|zip|user_?agent|(^|_)ip(_|$)"
)


@checks.register("privacy")
def everything_is_declared(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E001: a field or relation of any installed model that no declaration names, with the lines to paste."""
    return [
        checks.Error(
            f"{model._meta.label} has fields nobody declared: {', '.join(missing) or 'the model itself'}.",
            hint=f"In a personal_data.py:\n{lines_to_paste(model, missing)}",
            obj=model,
            id="privacy.E001",
        )
        for model, missing in registry.undeclared()
    ]


def lines_to_paste(model: type[models.Model], missing: list[str]) -> str:
    """The declaration to start from: the whole of it for a new model, the missing lines for a known one."""
    lines = [f'    "{name}": not_personal("..."),  # or personal(Category....)' for name in missing]
    if model._meta.label in {declaration.model for declaration in registry.all_declared()}:
        return "\n".join(lines)
    head = [
        f'declare_not_personal("{model._meta.label}", "...")  # or:',
        f'declare("{model._meta.label}", label="...", reach="...", action=Action.DELETE_ROW,',
        "    retention=Retention.while_account(), purposes=[Purpose....], fields={",
    ]
    return "\n".join([*head, *lines, "})"])


@checks.register("privacy")
def declarations_fit_the_models(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """E002 to E007: what a declaration says must exist, reach a subject, and be possible to carry out."""
    found = [problem for declaration in registry.all_declared() for problem in problems_of(declaration)]
    found += [
        checks.Error(f"{model} is called not personal without a reason.", id="privacy.E005")
        for model, reason in NOT_PERSONAL.items()
        if not reason.strip()
    ]
    if circle := registry.cycle():
        found.append(
            checks.Error(f"Erasure steps wait for each other in a circle: {', '.join(circle)}.", id="privacy.E007")
        )
    return found


def problems_of(declaration: Declaration) -> Iterator[checks.CheckMessage]:
    """Everything wrong with one declaration."""
    try:
        model = declaration.model_class()
    except LookupError:
        yield checks.Error(f"{declaration.model} is declared but not installed.", id="privacy.E002")
        return
    names = {*registry.field_names(model), model._meta.pk.name}
    for name in sorted(declaration.fields.keys() - names):
        yield checks.Error(f"{declaration.model}.{name} is declared but does not exist.", id="privacy.E002")
    for path in declaration.paths:
        if not leads_to_subject(model, path):
            yield checks.Error(
                f"{declaration.model}: the path {path!r} does not lead to privacy.Subject.", id="privacy.E003"
            )
    if not declaration.purposes:
        yield checks.Error(f"{declaration.model} is declared without a purpose.", id="privacy.E004")
    for name in sorted(declaration.fields.keys() & names):
        yield from problems_of_field(declaration, model, name)
    for other in declaration.after:
        if other not in {each.model for each in registry.all_declared()}:
            yield checks.Error(f"{declaration.model} waits for {other}, which is not declared.", id="privacy.E007")


def problems_of_field(declaration: Declaration, model: type[models.Model], name: str) -> Iterator[checks.CheckMessage]:
    """Everything wrong with the declaration of one field."""
    where, declared = f"{declaration.model}.{name}", declaration.fields[name]
    if isinstance(declared, NotPersonal):
        if not declared.reason.strip() or (SMELLS.search(name) and len(declared.reason.split()) < 3):
            yield checks.Error(
                f"{where} smells of personal data and is excused without a real reason.", id="privacy.E005"
            )
        return
    kind = declared.on_erase.kind
    if declaration.action is Action.KEEP_UNTIL and kind == "with_row" and not declaration.is_evidence:
        yield checks.Error(
            f"{where} is on a row that is kept: say BLANK, replace(...) or keep('why').", id="privacy.E006"
        )
    if declaration.action is Action.DELETE_ROW and kind != "with_row":
        yield checks.Error(f"{where} is on a row that is deleted, so it cannot be {kind}.", id="privacy.E006")
    if kind == "keep" and not declared.on_erase.reason.strip():
        yield checks.Error(f"{where} is kept without a reason.", id="privacy.E006")
    if kind == "blank" and not can_be_blank(model, name):
        yield checks.Error(f"{where} cannot be blanked: it is neither a text nor nullable.", id="privacy.E006")


def leads_to_subject(model: type[models.Model], path: str) -> bool:
    """Whether following *path* from *model* ends at `privacy.Subject`, or at a plain UUID column that holds its key."""
    here: Any = model
    parts = path.split(LOOKUP_SEP)
    for position, part in enumerate(parts):
        try:
            field = here._meta.pk if part == "pk" else here._meta.get_field(part)
        except FieldDoesNotExist:
            return False
        if field.related_model is None:
            is_last = position == len(parts) - 1
            return is_last and (
                isinstance(field, models.UUIDField) and (part == "subject_id" or here._meta.label == "privacy.Subject")
            )
        here = field.related_model
    return bool(here._meta.label == "privacy.Subject")


def can_be_blank(model: type[models.Model], name: str) -> bool:
    """Whether the column can hold a value that says nothing."""
    field: Any = model._meta.get_field(name)
    return bool(field.null) or isinstance(field, models.CharField | models.TextField)
