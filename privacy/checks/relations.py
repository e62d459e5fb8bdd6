"""What hangs together: each relation's policy against the row's action and the database's, and the order of it all."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError
from typing import Any, Final

from django.core import checks
from django.db import models

from privacy.checks.findings import error
from privacy.register import registry
from privacy.register.declare import DECLARATIONS, Action, Declaration, Edge, Field, Link
from privacy.rights import order

FITS: Final = {
    Action.DELETE_ROW: frozenset({Edge.DEEP}),
    Action.KEEP_UNTIL: frozenset({Edge.DETACH, Edge.KEEP_UNTIL, Edge.PLACEHOLDER}),
}
"""Which policies a relation may have on a row with this action."""

BELIED_BY: Final = {
    Edge.DEEP: (models.SET_NULL, models.SET_DEFAULT),
    Edge.DETACH: (models.CASCADE,),
    Edge.KEEP_UNTIL: (models.SET_NULL, models.SET_DEFAULT),
    Edge.PLACEHOLDER: (models.CASCADE, models.SET_NULL, models.SET_DEFAULT),
}
"""Which `on_delete` would do something else than the policy says."""


def problems(declaration: Declaration, model: type[models.Model], name: str) -> Iterator[checks.CheckMessage]:
    """Everything wrong with the policy of one relation; a column that is none may only hold a person's number."""
    where, field = f"{declaration.model}.{name}", model._meta.get_field(name)
    edge = declaration.edges().get(name)
    if edge is None:
        if field.is_relation and not _is_no_business_of_erasure(declaration, name, field):
            yield error("E012", f"{where} leads to {_target(field)} without a policy.")
        return
    if edge not in FITS[declaration.action]:
        yield error("E012", f"{where} is {edge.name}, but the row is {declaration.action}.")
    elif field.is_relation and (contradiction := _contradiction(edge, field)):
        yield error("E012", f"{where} is {edge.name}, but {contradiction}.")


def _is_no_business_of_erasure(declaration: Declaration, name: str, field: Any) -> bool:
    """Whether the relation leads to something no person has: said with `not_personal`, about a model that is not personal."""
    return not isinstance(declaration.fields[name], Link | Field) and _target(field) not in DECLARATIONS


def _target(field: Any) -> str:
    """The label of the model that a relation leads to."""
    return str(field.related_model._meta.label)


def _contradiction(edge: Edge, field: Any) -> str:
    on_delete, target = getattr(field.remote_field, "on_delete", None), _target(field)
    if on_delete in BELIED_BY[edge]:
        return f"the database says {on_delete.__name__}"
    if edge is Edge.DETACH and not field.null:
        return "the column cannot be empty"
    if edge is Edge.PLACEHOLDER and target != "privacy.Subject":
        return f"{target} is no bare number"
    if edge is Edge.KEEP_UNTIL and target in DECLARATIONS and DECLARATIONS[target].action is Action.DELETE_ROW:
        return f"{target} is deleted"
    return ""


def problems_of_excuse(model: type[models.Model]) -> Iterator[checks.CheckMessage]:
    """A model called not personal must not lead to a person."""
    for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
        if field.is_relation and _target(field) in DECLARATIONS:
            label = model._meta.label
            yield error("E013", f"{label} is called not personal, but its {field.name} leads to {_target(field)}.")


def circle() -> Iterator[checks.CheckMessage]:
    """The steps of an erasure, if they wait for each other; declarations that do not fit were reported before."""
    if any(not registry.is_installed(declaration) for declaration in DECLARATIONS.values()):
        return
    try:
        order.of_erasure()
    except CycleError as found:
        yield error("E007", f"Erasure steps wait for each other in a circle: {', '.join(found.args[1])}.")
