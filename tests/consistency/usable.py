"""Finds queries over registered models that ask nobody whether the rows may be used, by reading the source.

A module is read if it says that it serves marketing, statistics, recommendations or gives something away: it names one of the
purposes or of the consents behind them, writes disclosures, or stands on a module that is listed here because it says none of that.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.apps import apps
from django.db import models

from privacy.register import registry

SAYS: Final = re.compile(
    r"Purpose\.(MARKETING|STATISTICS|RECOMMENDATIONS|REVIEWS)|Matter\.(RECOMMENDATIONS|PERFORMANCE|TARGETING|PARTNER_MARKETING)"
    r"|\bReview(Photo)?\.objects\b"
    r"|\bTOPICS\b|\bdisclosures\.(record|drafted)\b|\bis_marketing\b|\bDisclosure\b"
)
BY_SUBJECT: Final = re.compile(
    r"(audience|campaign|newsletter|newsroom|mailchimp|print|soft_opt_in|^activity|counting|^reports?$|recommend|disclos|shine)"
)
"""Names of modules that speak of such a use."""
ELSEWHERE: Final = re.compile(r"(^|/)(tests|migrations|demo|personal_data|previews|samples)(/|\.py$|_)")
"""Where nothing is used: tests, the making of tables and of examples, declarations."""
MANAGERS: Final = frozenset({"objects", "_base_manager", "_default_manager"})
WRITES: Final = frozenset({"create", "bulk_create", "get_or_create", "update_or_create"})
READS: Final = frozenset(
    {"all", "filter", "exclude", "first", "last", "exists", "values_list", "order_by", "aggregate", "annotate",
     "select_related", "iterator", "in_bulk", "latest", "earliest", "distinct"}
)  # fmt: skip
"""What only a manager is asked; a dictionary of the same name has `get` and `values` too."""
ASKS: Final = frozenset({"usable_for", "shown", "for_marketing"})
"""What asks: the filter itself, and those of a review and its photo, which stand on it."""


@dataclass(frozen=True, order=True)
class Query:
    """One query that does not ask: the function it stands in, and the model (or `SQL`)."""

    module: str
    function: str
    model: str

    def __str__(self) -> str:
        return f"{self.module}:{self.function}:{self.model}"


def concerned(paths: Iterable[Path], root: Path) -> list[Path]:
    """Those of *paths* that serve one of these uses."""
    return [
        path
        for path in paths
        if not ELSEWHERE.search(str(path.relative_to(root)))
        and (BY_SUBJECT.search(path.stem) or SAYS.search(path.read_text()))
    ]


def unasked(source: str, module: str) -> Iterator[Query]:
    """The queries of a module that ask nobody."""
    tree = ast.parse(source)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        if name := _queried(node):
            chain = _chain(node, parents)
            if not chain & (ASKS | WRITES):
                yield Query(module, _function(node, parents), name)


def _queried(node: ast.AST) -> str:
    """What a node begins to read: a registered model's manager, a relation to one, a declaration's model, or SQL."""
    if not isinstance(node, ast.Attribute):
        return ""
    if node.attr in MANAGERS:
        base = node.value
        if isinstance(base, ast.Name):
            return base.id if base.id in _names() else ""
        return "any model" if isinstance(base, ast.Call) else ""
    if node.attr in READS and isinstance(node.value, ast.Attribute) and node.value.attr in _relations():
        return f".{node.value.attr}"
    return "SQL" if node.attr == "execute" else ""


def _chain(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> set[str]:
    """The methods called one after the other behind *node*."""
    called: set[str] = set()
    while True:
        above = parents[node]
        if isinstance(above, ast.Attribute) and above.value is node:
            called.add(above.attr)
        elif not (isinstance(above, ast.Call) and above.func is node):
            return called
        node = above


def _function(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.FunctionDef):
            return node.name
    return "(module)"


def _registered() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if registry.find(model._meta.label)]


def _names() -> frozenset[str]:
    return frozenset(model.__name__ for model in _registered())


def _relations() -> frozenset[str]:
    """Names under which other rows lead to rows of registered models."""
    return frozenset(
        accessor
        for model in _registered()
        for relation in model._meta.related_objects
        if registry.find(relation.related_model._meta.label) and (accessor := relation.get_accessor_name())
    )
