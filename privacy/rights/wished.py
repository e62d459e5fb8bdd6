"""What exactly was asked, as its person and the desk read it: each wish with what the form called it, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from privacy.consent.vocabulary import Matter
from privacy.register import activities, registry
from privacy.register.vocabulary import Purpose
from privacy.rights.models import DataRequest
from privacy.rights.restriction_models import Restriction


def of(request: DataRequest) -> list[tuple[str, str]]:
    """Label and words of every wish; nothing where the kind says it all, or the words are gone."""
    wishes = request.wishes if isinstance(request.wishes, dict) else {}
    return [
        (LABELS.get(name, name.replace("_", " ").capitalize()), READ.get(name, str)(value))
        for name, value in wishes.items()
        if isinstance(value, str) and value
    ]


def _purpose(value: str) -> str:
    purpose = Purpose.__members__.get(value.upper())
    return purpose.words.capitalize() if purpose else value


def _field(value: str) -> str:
    """`Saved addresses: town or city`, from the name of a value; a guest's own words as they are."""
    model, _, rest = value.partition(":")
    declaration = registry.find(model)
    name = rest.rpartition(":")[2]
    if declaration is None or name not in declaration.fields:
        return value
    return f"{declaration.label}: {activities.field_name(declaration, name)}"


def _ground(value: str) -> str:
    return str(Restriction.Ground(value).label) if value in Restriction.Ground.values else value


def _matter(value: str) -> str:
    return Matter(value).words if value in set(Matter) else value


LABELS: Final[Mapping[str, str]] = {
    "about": "About",
    "field": "What is wrong",
    "ground": "Why",
    "matter": "What you take back",
    "purpose": "Use that shall stop",
    "text": "In your words",
    "value": "What it should say",
}
READ: Final[Mapping[str, Callable[[str], str]]] = {
    "field": _field,
    "ground": _ground,
    "matter": _matter,
    "purpose": _purpose,
}
