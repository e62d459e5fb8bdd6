"""Who may do what in the admin: every address and every bulk action, for every role, for a customer and for nobody."""

from __future__ import annotations

import os
from itertools import cycle
from typing import Final

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import CASCADE

from accounts import roles
from privacy.register import registry
from privacy.rights.models import DataRequest
from privacy.tests.people import NOON
from tests.permissions import askers, matrix, rows
from tests.permissions.matrix import Asker, Page

pytestmark = [pytest.mark.django_db, pytest.mark.promise("JS-32", "JE-103", "SG-11", "JH-28")]
LABELS: Final = ("accounts", "orders", "privacy", "shop")
AGAIN: Final = f"not as agreed; think each line through, then: {matrix.COMMAND}"


@pytest.fixture(autouse=True)
def _unwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may is decided before a page is written, and its menu; the crawl writes them all."""
    monkeypatch.setattr(admin.site, "each_context", lambda request: {})
    monkeypatch.setattr("django.template.backends.django.Template.render", lambda self, context=None, request=None: "")


def test_every_refusal_and_one_of_those_who_may() -> None:
    """Every page has a line; whoever is refused there is refused; and each other answer is given to one of those who get it."""
    rows.make(at=NOON)
    every = [askers.at_the_view(user) for user in rows.people().values()]
    found = matrix.pages()
    if os.environ.get("GOLDEN") == "write":
        matrix.write(matrix.table(found, every))
    agreed = matrix.agreed()
    assert [page.name for page in found] == list(agreed), AGAIN
    assert _differing(found, every, agreed) == [], AGAIN


def _differing(found: list[Page], every: list[Asker], agreed: dict[str, list[str]]) -> list[str]:
    """What is not answered as agreed, among what is asked."""
    turns, differing = cycle(range(len(every))), []
    for page in found:
        cells = agreed[page.name]
        for column in _to_ask(cells, next(turns)):
            if (answer := matrix.answers(page, every[column])) != cells[column]:
                differing.append(f"{page.name}: {rows.PEOPLE[column]} is answered {answer}, agreed was {cells[column]}")
    return differing


def _to_ask(cells: list[str], turn: int) -> list[int]:
    """Everybody who is refused; of each other answer one of those who get it, not always the same."""
    refused = [
        column for column, cell in enumerate(cells) if cell in (matrix.REFUSED, matrix.TO_SIGN_IN, matrix.NOT_OFFERED)
    ]
    others = sorted(set(range(len(cells))) - set(refused), key=lambda column: (column - turn) % len(cells))
    return [*refused, *{cells[column]: column for column in others}.values()]


@pytest.mark.prove
def test_everybody_is_answered_as_the_table_says() -> None:
    """All of it, through the whole shop."""
    rows.make(at=NOON)
    every = [askers.through_the_shop(user) for user in rows.people().values()]
    found = matrix.pages()
    assert matrix.table(found, every) == matrix.lines(), AGAIN


def test_a_door_left_open_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    rows.make(at=NOON)
    every = [askers.at_the_view(user) for user in rows.people().values()]
    requests = [page for page in matrix.pages() if page.name == "privacy/datarequest/"]
    assert _differing(requests, every, matrix.agreed()) == []
    monkeypatch.setattr(admin.site._registry[DataRequest], "has_view_permission", lambda request, obj=None: True)
    assert _differing(requests, every, matrix.agreed()) == [
        "privacy/datarequest/: order desk is answered 200, agreed was -",
        "privacy/datarequest/: catalogue is answered 200, agreed was -",
    ]


# What no table may ever say, whoever wrote it


def _column(person: str) -> dict[str, str]:
    place = rows.PEOPLE.index(person)
    return {name: cells[place] for name, cells in matrix.agreed().items()}


def test_strangers_and_customers_get_nowhere() -> None:
    assert len(matrix.agreed()) > 200
    for person in (rows.NOBODY, rows.CUSTOMER):
        elsewhere = {name: cell for name, cell in _column(person).items() if cell not in ("login", "-")}
        assert elsewhere == {"logout/": "302"}, person


def test_an_auditor_opens_lists_rows_and_histories_and_does_nothing() -> None:
    for name, cell in _column(roles.AUDITOR).items():
        if "+" in name:
            assert cell == "none", name
        elif name.endswith("<id>/change/"):
            assert cell == "200/-", name
        elif name.split("/")[0] in LABELS and name.count("/") > 2 and not name.endswith(("<id>/", "<id>/history/")):
            assert cell == "-", name


def test_only_goods_are_deleted_by_hand() -> None:
    for name, cells in matrix.agreed().items():
        if name.endswith(("<id>/delete/", "+ delete_selected")):
            label, model, *_ = name.split("/")
            is_personal = registry.find(apps.get_model(label, model)._meta.label) is not None
            may = {person for person, cell in zip(rows.PEOPLE, cells, strict=True) if cell in ("200", "302", "done")}
            assert may <= (set() if is_personal or label != "shop" else {roles.CATALOGUE, roles.OWNER}), name


def test_nothing_of_a_person_goes_with_goods_that_are_deleted() -> None:
    """Deleting a row in the admin deletes what hangs on it, without asking any page of that: nothing personal may hang there."""
    goods = [
        apps.get_model(*name.split("/")[:2]) for name, cells in matrix.agreed().items() if _is_deleted(name, cells)
    ]
    assert {model._meta.label for model in goods} == {"shop.Category", "shop.Product", "shop.Stone"}
    hanging, seen = list(goods), set(goods)
    while hanging:
        for relation in hanging.pop()._meta.related_objects:
            if relation.on_delete is CASCADE and relation.related_model not in seen:
                seen.add(relation.related_model)
                hanging.append(relation.related_model)
    assert [model._meta.label for model in seen if registry.find(model._meta.label)] == []


def _is_deleted(name: str, cells: list[str]) -> bool:
    return name.endswith("<id>/delete/") and not set(cells) <= {"-", "login"}


def test_a_mask_is_lifted_by_three_roles_only() -> None:
    may = {
        person
        for name, cells in matrix.agreed().items()
        if name.endswith("<id>/reveal/")
        for person, cell in zip(rows.PEOPLE, cells, strict=True)
        if cell not in ("-", "login")
    }
    assert may == {roles.PRIVACY_DESK, roles.OFFICER, roles.OWNER}
