"""The register against an oracle: what must happen to each personal field, decided from the law and the promises, field by field.

`tests/golden/fate.csv` is written by hand and never made from the register; a shop's own line stands beside the one for all (`*`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from django.apps import apps

from privacy.register import profiles, registry
from privacy.register.declare import Action, Declaration, Export
from privacy.register.retention import Retention

ORACLE: Final = Path(__file__).parents[1] / "golden" / "fate.csv"
EXPORTED: Final = {Export.SHOW: "yes", Export.HIDE: "no", Export.REDACT: "redacted"}
FATES: Final = {"blank": "blank", "replace": "replaced", "keep": "kept", "with_row": "kept"}


@dataclass(frozen=True)
class Told:
    """What becomes of one field: in a copy, in an erasure, and by itself."""

    exported: str
    after_erasure: str
    until: str


def oracle(profile: str) -> dict[str, Told]:
    """What the oracle says for one shop, by `app.Model.field`."""
    with ORACLE.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    said = {}
    for wanted in ("*", profile):
        here = [row for row in rows if row["profile"] == wanted]
        names = [f"{row['model']}.{row['field']}" for row in here]
        assert sorted(names) == sorted(set(names)), f"a field is spoken of twice for {wanted}"
        told = [Told(row["exported"], row["after_erasure"], row["until"]) for row in here]
        said |= dict(zip(names, told, strict=True))
    return said


def declared() -> dict[str, Told]:
    """What the register says for the shop as it is set now."""
    told = {}
    for declaration, name, field in registry.every_field():
        until = rule(declaration.retention_of(name))
        told[f"{declaration.model}.{name}"] = Told(EXPORTED[field.on_export], fate(declaration, name), until)
        if declaration.visible:
            seen = EXPORTED[field.visible_export or field.on_export]
            left = FATES[field.visible_erase.kind] if field.visible_erase else "kept"
            told[f"{declaration.model} (seen by whom it names).{name}"] = Told(seen, left, until)
    return told


def fate(declaration: Declaration, name: str) -> str:
    """What an erasure leaves of the field; a row that is deleted takes it along."""
    if declaration.action is Action.DELETE_ROW:
        return "gone"
    return FATES[declaration.personal_fields()[name].on_erase.kind]


def rule(retention: Retention) -> str:
    """The retention rule in the oracle's words."""
    if retention.span is None:
        return retention.says if retention.says.startswith("while") else f"until {retention.event}"
    anchors = " else ".join(anchor.replace("__", ".") for anchor in retention.anchors)
    return f"{retention.span.words} after {anchors}{', once it is finished' if retention.unless else ''}"


@pytest.fixture(params=profiles.slugs())
def shop(request, settings):
    settings.LOUPE_POLICY = request.param
    return request.param


def test_the_oracle_knows_every_personal_field(shop):
    assert sorted(declared().keys() - oracle(shop).keys()) == []


def test_every_line_of_the_oracle_names_a_column_that_is_personal(shop):
    columns = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
    }
    assert sorted({name.replace(" (seen by whom it names)", "") for name in oracle(shop)} - columns) == []
    assert sorted(oracle(shop).keys() - declared().keys()) == []


def test_a_profile_has_a_line_of_its_own_only_where_it_differs(shop):
    everywhere, here = oracle("*"), oracle(shop)
    with ORACLE.open(newline="") as lines:
        own = [f"{row['model']}.{row['field']}" for row in csv.DictReader(lines) if row["profile"] == shop]
    assert [name for name in own if everywhere.get(name) == here[name]] == []


@pytest.mark.parametrize("aspect", ["exported", "after_erasure", "until"])
def test_the_register_says_what_the_oracle_says(shop, aspect):
    said, told = oracle(shop), declared()
    differ = {
        name: f"the oracle: {getattr(said[name], aspect)}; the register: {getattr(told[name], aspect)}"
        for name in sorted(said.keys() & told.keys())
        if getattr(said[name], aspect) != getattr(told[name], aspect)
    }
    assert differ == {}
