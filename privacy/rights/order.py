"""In which order the steps of an erasure run: rows before the rows they point at, identity last.

Edges come from three places: what a declaration names (`after=`), foreign keys (a row goes before the row it points at, or the
way to its person would be cut; rows that are kept too, since their time comes), and the account and its identifiers, which
everything else waits for. A circle is an error at start-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter

from django.conf import settings

from privacy.register import registry
from privacy.register.declare import Declaration

IDENTIFIER = "privacy.Identifier"
IDENTITY = (settings.AUTH_USER_MODEL, IDENTIFIER, "privacy.Subject")
"""What makes a person findable: goes last, in this order, so that a crash can never orphan rows."""


def of_erasure() -> list[Declaration]:
    """Every declaration, in the order in which its step runs. Raises `graphlib.CycleError`."""
    declared = {declaration.model: declaration for declaration in registry.all_declared()}
    waits: dict[str, set[str]] = {model: set(declaration.after) for model, declaration in declared.items()}
    for model, declaration in declared.items():
        for pointed_at in points_at(declaration):
            if pointed_at in declared:
                waits[pointed_at].add(model)
    identity = [model for model in IDENTITY if model in declared]
    for position, last in enumerate(identity):
        waits[last] |= declared.keys() - set(identity[position:])
    return [declared[model] for model in TopologicalSorter(waits).static_order() if model in declared]


def points_at(declaration: Declaration) -> Iterable[str]:
    """The labels of the models its foreign keys lead to, itself left out."""
    for field in declaration.model_class()._meta.concrete_fields:
        target = field.related_model
        if target is None or isinstance(target, str) or target._meta.label == declaration.model:
            continue
        yield target._meta.label


def passes_through(declaration: Declaration) -> set[str]:
    """The models on the way from one of its rows to the person."""
    return {model for model, _ in _hops(declaration)}


def way_to(declaration: Declaration, model: str) -> str:
    """The look-up from one of its rows to the row of *model* it hangs on; empty where none is on its way to the person."""
    return next((path for met, path in _hops(declaration) if met == model), "")


def _hops(declaration: Declaration) -> Iterator[tuple[str, str]]:
    """Each model on its ways to the person, with the look-up that leads there."""
    for path in declaration.paths:
        model, walked = declaration.model_class(), []
        for hop in path.split("__"):
            field = model._meta.pk if hop == "pk" else model._meta.get_field(hop)
            if field.related_model is None or isinstance(field.related_model, str):
                break
            model = field.related_model
            walked.append(hop)
            yield model._meta.label, "__".join(walked)
