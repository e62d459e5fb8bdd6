"""Scratch models beside the installed ones, and declarations of them that pass every check but for one difference."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.apps.registry import Apps
from django.db import models

from privacy import checks
from privacy.ground.sealed import SealedJSONField
from privacy.register.declare import (
    DECLARATIONS,
    NOT_PERSONAL,
    SAID_TWICE,
    Action,
    Declaration,
    Edge,
    Purpose,
    Retention,
    declare,
    link,
    not_personal,
)
from privacy.register.models import Subject

scratch = Apps()
MODELS: dict[str, type[models.Model]] = {}
MINE = link("whose it is", edge=Edge.DEEP)
STAYS = link("whose it is", edge=Edge.PLACEHOLDER)
WHEN = not_personal("when it was made")


def model(name: str, **columns: models.Field) -> type[models.Model]:
    """A scratch model with a subject, a date and *columns*."""
    meta = type("Meta", (), {"app_label": "scratch", "apps": scratch})
    base = {
        "subject": models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+"),
        "made_at": models.DateTimeField(),
    }
    made = type(name, (models.Model,), {"__module__": __name__, "Meta": meta, **base, **columns})
    MODELS[f"scratch.{name}"] = made
    return made


Note = model("Note")
model("Text", words=models.TextField())
model("Guest", subject=models.ForeignKey(Subject, on_delete=models.PROTECT, null=True, related_name="+"))
model("Two", buyer=models.ForeignKey(Subject, on_delete=models.PROTECT, null=True, related_name="+"))
model("Secret", clear=models.CharField(max_length=9), sealed=SealedJSONField(), digest=models.CharField(max_length=64))
model(
    "Count",
    number=models.IntegerField(),
    email=models.EmailField(null=True),
    host=models.GenericIPAddressField(null=True),
)
model("Clock", ended_at=models.DateTimeField(null=True), ends_on=models.DateField())
model("Cut", subject=models.ForeignKey(Subject, on_delete=models.SET_NULL, null=True, related_name="+"))
model("Swept", subject=models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+"))
model("Page", note=models.ForeignKey(Note, on_delete=models.CASCADE, related_name="+"))
model(
    "Leaf",
    note=models.ForeignKey(Note, on_delete=models.PROTECT, null=True, related_name="+"),
)


@pytest.fixture(autouse=True)
def register(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The register as it was before the test, whatever the test declares; scratch models are found by their label."""
    before = dict(DECLARATIONS), dict(NOT_PERSONAL), list(SAID_TWICE)
    installed = apps.get_model
    monkeypatch.setattr(apps, "get_model", lambda label, *rest: MODELS.get(label) or installed(label, *rest))
    yield
    for now, then in zip((DECLARATIONS, NOT_PERSONAL), before[:2], strict=True):
        now.clear()
        now.update(then)
    SAID_TWICE[:] = before[2]


def say(name: str, **changes) -> Declaration:
    """Declare `scratch.<name>` in a way that passes, apart from *changes*; `fields` adds to those that pass."""
    facts = {
        "label": name,
        "reach": "subject",
        "action": Action.DELETE_ROW,
        "retention": Retention.days(30, anchor="made_at"),
        "purposes": [Purpose.ACCOUNT],
        **changes,
    }
    subject = MINE if facts["action"] is Action.DELETE_ROW else STAYS
    return declare(
        f"scratch.{name}", **{**facts, "fields": {"subject": subject, "made_at": WHEN, **changes.get("fields", {})}}
    )


def codes(*declarations: Declaration) -> list[str]:
    """The ids of what is wrong with scratch declarations."""
    found = [problem for each in declarations for problem in checks.problems_of(each)]
    assert all(problem.msg.endswith(".") and problem.hint for problem in found)
    return [problem.id.removeprefix("privacy.") for problem in found]
