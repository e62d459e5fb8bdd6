"""What the register says about a model or a field, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from textwrap import wrap
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from privacy.management.examples import ExampleCommand
from privacy.register import explain
from privacy.register.explain import Explanation, FieldWords

WIDTH: Final = 100
MARGIN: Final = 14
EXAMPLES: Final = """\
examples:
  manage.py privacy_explain                        every model on a line, and what to think about
  manage.py privacy_explain orders.Order           whose an order is, what an erasure leaves of it, when it goes
  manage.py privacy_explain orders.Order.email     one field: purposes, basis, recipients, copy, erasure, end
  manage.py privacy_explain --json orders.Order    the same for programs
"""


class Command(ExampleCommand):
    requires_system_checks = ()  # it helps to find out what a failing check means
    help = "Says how rows reach their person, what an erasure and a copy do with them, and when they go."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="", metavar="MODEL[.FIELD]", help="such as orders.Order.email")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        if not name:
            everything = explain.every()
            self._print([asdict(each) for each in everything] if options["json"] else _list(everything))
            return
        try:
            model, field = explain.find(name)
        except explain.Unknown as error:
            raise CommandError(str(error))
        told = explain.of(model._meta.label)
        if options["json"]:
            self._print(_only(told, field) if field else asdict(told))
        else:
            self._print(_one_field(told, field) if field else _whole(told))

    def _print(self, what: Any) -> None:
        lines = what if isinstance(what, Iterator) else [json.dumps(what, indent=2, ensure_ascii=False)]
        for line in lines:
            self.stdout.write(line)


def _list(everything: list[Explanation]) -> Iterator[str]:
    width = max(len(each.model) for each in everything) + 2
    for each in everything:
        if not each.not_personal:
            yield f"{each.model:{width}}{each.on_erasure}; {each.stays}"
    yield ""
    for each in everything:
        if each.not_personal:
            yield f"{each.model:{width}}{_excuse(each)}"
    yield ""
    for each in everything:
        for warning in each.warnings:
            yield from _said(each.model, warning, margin=width)


def _whole(told: Explanation) -> Iterator[str]:
    if told.not_personal:
        yield f"{told.model}: {_excuse(told)}"
    else:
        yield f"{told.model}: {told.label}"
        yield ""
        yield from _row(told)
        yield ""
        width = max((len(each.name) for each in told.fields), default=0) + 2
        for each in told.fields:
            yield from _said(each.name, f"{each.category}; in a copy {each.in_a_copy}; {each.on_erasure}", margin=width)
        for name, reason in told.excused.items():
            yield from _said(name, f"not personal: {reason}", margin=width)
    for warning in told.warnings:
        yield from ("", *wrap(f"Warning: {warning}", WIDTH))


def _excuse(told: Explanation) -> str:
    is_excused = told.not_personal != explain.UNDECLARED
    return f"not personal: {told.not_personal}" if is_excused else told.not_personal


def _row(told: Explanation) -> Iterator[str]:
    for way in told.owned_by:
        yield from _said("Owned", way)
    for way in told.visible_to:
        yield from _said("Visible to", way)
    if told.nobody:
        yield from _said("Nobody's", told.nobody)
    yield from _said("Erasure", told.on_erasure)
    if told.waits_for:
        yield from _said("Waits for", ", ".join(told.waits_for))
    for name, words in told.relations.items():
        yield from _said("Relation", f"{name} {words}")
    yield from _said("Stays", told.stays)
    for purpose in told.purposes:
        yield from _said("Purpose", purpose)


def _one_field(told: Explanation, name: str) -> Iterator[str]:
    yield f"{told.model}.{name}"
    yield ""
    field = next((each for each in told.fields if each.name == name), None)
    if field is not None:
        yield from _field(field)
    elif name in told.relations:
        yield from _said("Relation", told.relations[name])
    else:
        yield from _said("Not personal", told.not_personal or told.excused.get(name, "nobody declared it"))
    if not told.not_personal:
        yield ""
        yield from _row(told)


def _field(field: FieldWords) -> Iterator[str]:
    yield from _said("Category", f"{field.category}, from {field.source}")
    yield from _said("Rests", field.rests)
    yield from _said("Goes to", ", ".join(field.recipients) or "nobody else")
    yield from _said("Copy", field.in_a_copy)
    yield from _said("Erasure", field.on_erasure)
    if field.to_others:
        yield from _said("Others", field.to_others)
    yield from _said("Stays", field.stays)
    for purpose in field.purposes:
        yield from _said("Purpose", purpose)


def _said(head: str, words: str, *, margin: int = MARGIN) -> Iterator[str]:
    """*words* beside their heading, wrapped under each other."""
    first, *rest = wrap(words, WIDTH - margin) or [""]
    yield f"{head:{margin}}{first}"
    yield from (" " * margin + line for line in rest)


def _only(told: Explanation, name: str) -> dict[str, Any]:
    whole = asdict(told)
    field = next((each for each in whole.pop("fields") if each["name"] == name), None)
    return {"field": name, "personal": field, "not_personal_because": told.excused.get(name, ""), "row": whole}
