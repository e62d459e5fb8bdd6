"""Which tests show which promise: every `@pytest.mark.promise("JE-05", ...)` in the test files.

The files are read, not run and not imported, so this is quick and works where pytest is not installed. A test that is skipped,
or expected to fail, shows nothing and does not count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings

FOLDERS: Final = ("tests", "shop", "accounts", "orders", "privacy", "dev")
MARK: Final = "promise"
VOID: Final = {"skip", "xfail"}


class Unclear(Exception):
    """A marker that is not a list of plain ids, so nobody could find it."""


@dataclass(frozen=True, order=True)
class MarkedTest:
    """One test that shows a promise."""

    path: str
    name: str

    @property
    def words(self) -> str:
        """`test_an_empty_bag_sets_no_cookie` as a sentence."""
        return self.name.removeprefix("test_").replace("_", " ").capitalize()


@cache
def by_promise(root: Path | None = None) -> Mapping[str, tuple[MarkedTest, ...]]:
    """The tests of each marked id, in the order of their files; empty where the tests were not shipped. Raises `Unclear`."""
    base = root or Path(settings.BASE_DIR)
    found: dict[str, list[MarkedTest]] = {}
    for file in sorted(path for folder in FOLDERS for path in (base / folder).rglob("test_*.py")):
        text = file.read_text()
        if f"mark.{MARK}(" in text:
            for id_, name in _marked(ast.parse(text), file):
                found.setdefault(id_, []).append(MarkedTest(str(file.relative_to(base)), name))
    return {id_: tuple(dict.fromkeys(tests)) for id_, tests in found.items()}


def _marked(tree: ast.Module, file: Path) -> Iterator[tuple[str, str]]:
    """Each id with the name of its test: from the test itself, its class, or the file's `pytestmark`."""
    everywhere = _of_pytestmark(tree)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            around = [*everywhere, *node.decorator_list, *_of_pytestmark(node)]
            for child in node.body:
                yield from _of_test(child, around, file)
        else:
            yield from _of_test(node, everywhere, file)


def _of_test(node: ast.stmt, around: list[ast.expr], file: Path) -> Iterator[tuple[str, str]]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test_"):
        return
    marks = [*around, *node.decorator_list]
    if any(_mark_of(mark) in VOID for mark in marks):
        return
    for call in (inner for mark in marks for inner in ast.walk(mark) if isinstance(inner, ast.Call)):
        if _mark_of(call) == MARK:
            for id_ in _ids(call, file):
                yield id_, node.name


def _of_pytestmark(node: ast.Module | ast.ClassDef) -> list[ast.expr]:
    values = [
        line.value
        for line in node.body
        if isinstance(line, ast.Assign)
        and any(isinstance(name, ast.Name) and name.id == "pytestmark" for name in line.targets)
    ]
    return [each for value in values for each in (value.elts if isinstance(value, ast.List | ast.Tuple) else [value])]


def _mark_of(node: ast.expr) -> str:
    """`promise` of `pytest.mark.promise(...)`; nothing for anything else."""
    name = node.func if isinstance(node, ast.Call) else node
    is_mark = isinstance(name, ast.Attribute) and isinstance(name.value, ast.Attribute) and name.value.attr == "mark"
    return name.attr if is_mark and isinstance(name, ast.Attribute) else ""


def _ids(call: ast.Call, file: Path) -> Iterator[str]:
    if not call.args or call.keywords:
        raise Unclear(f"{file.name}:{call.lineno}: a promise is named by its id, such as JE-05.")
    for argument in call.args:
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            raise Unclear(
                f"{file.name}:{call.lineno}: a promise is named by its id in quotes, so that it can be found."
            )
        yield argument.value
