"""What knows by itself what the register should say: the system check, lists written by hand, the rows of known people.

Each oracle returns what is wrong, in words; nothing where all is well. The first that speaks kills a mutant.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.apps import apps

from accounts import roles
from privacy import checks
from privacy.consent import notices
from privacy.register import masks, payloads, registry, subjects, synthetic
from privacy.register.models import Subject, SubjectLink
from privacy.register.vocabulary import Category
from privacy.rights.child_models import ParentalConsent
from privacy.rights.models import DataRequest, ErasureStep
from privacy.tests.people import NOON
from tests.consistency import test_fate

GOLDEN: Final = Path(test_fate.__file__).parents[1] / "golden"
NOBODY: Final = "nobody"
WORDS: Final = ("Zebulon Quartermaine", "zebulon.quartermaine@example.com", "+1 212 555 0164", "9 Zebulon Lane")

Oracle = Callable[[], list[str]]


@cache
def lines(name: str) -> tuple[dict[str, str], ...]:
    """The lines of a list written by hand."""
    with (GOLDEN / name).open(newline="") as found:
        return tuple(csv.DictReader(found))


@cache
def _told(profile: str) -> dict[str, test_fate.Told]:
    return test_fate.oracle(profile)


def fate() -> list[str]:
    """Copy, erasure and time of every field, against `fate.csv`."""
    from django.conf import settings

    said, told = _told(settings.LOUPE_POLICY), test_fate.declared()
    return sorted(name for name in said.keys() | told.keys() if said.get(name) != told.get(name))


def findings() -> list[str]:
    """The system check."""
    return [each.msg for each in checks.everything_is_declared(None) + checks.declarations_fit_the_models(None)]


def desks() -> list[str]:
    """Which desk reads which words without a mask, against `desk.csv`."""
    said = {
        (line["model"], name): (line["open_to"], line["sensitive"])
        for line in lines("desk.csv")
        for name in line["fields"].split()
    }
    told = {}
    for declaration in registry.all_declared():
        for name in masks.text_fields(declaration):
            reads = [role for role in roles.ROLES if masks.Sight(roles.reads_of(role)).opens(declaration, name)]
            is_sensitive = declaration.personal_fields()[name].is_sensitive
            told[declaration.model, name] = (" + ".join(reads) or NOBODY, "yes" if is_sensitive else "no")
    return [".".join(each) for each in sorted(said.keys() | told.keys()) if said.get(each) != told.get(each)]


def covered() -> list[str]:
    """That a mask leaves no word of what it covers, whatever the category."""
    return [
        f"{category}: {word}"
        for category in Category
        for value in WORDS
        for word in value.split()
        if word in str(masks.masked(category, value)).split()
    ]


def leaves() -> list[str]:
    """Which field leaves for whom, by the fields and by the payload lists, against `leaves.csv`."""
    said = {(line["recipient"], line["key"], line["field"]) for line in lines("leaves.csv")}
    carried = {(each.slug, key, field) for each in registry.kinds() for key, field in each.payload.items()}
    under_a_key = {(slug, field) for slug, _, field in carried}
    every = {
        (slug, "", f"{declaration.model}.{name}")
        for declaration, name, field in registry.every_field()
        for slug in field.recipients
        if (slug, f"{declaration.model}.{name}") not in under_a_key
    }
    return [*payloads.disagreements(), *(": ".join(each) for each in (carried | every) ^ said)]


CHEAP: Final[tuple[Oracle, ...]] = (fate, desks, leaves, covered, findings)
"""Those that ask no database, the quickest first."""


class Known:
    """Two invented people and which rows are whose: what came into the empty shop with Alice is hers."""

    def __init__(self) -> None:
        self.alice = _joined(start=0)
        hers = _rows()
        self.bob = _joined(start=1)
        his = {model: keys - hers[model] for model, keys in _rows().items()}
        self.rows = {self.alice.pk: hers, self.bob.pk: his}

    def wrong(self) -> list[str]:
        """The models of which a person's rows are not found, or somebody else's are."""
        return list(dict.fromkeys(self._wrong()))

    def _wrong(self) -> Iterator[str]:
        for person in (self.alice, self.bob):
            family = subjects.family(person)
            for declaration in registry.all_declared():
                if (
                    set(declaration.rows(family).values_list("pk", flat=True))
                    != self.rows[person.pk][declaration.model]
                ):
                    yield declaration.model


def _joined(*, start: int) -> Subject:
    """A person with a row of every model, known to the shop under two numbers that were joined."""
    synthetic.people(1, seed=7, at=NOON, start=start)
    request = DataRequest.objects.get(steps=None)
    ErasureStep.objects.create(request=request, position=1, target="orders.Bag", label="Words on a bag")
    child = Subject.objects.create(created_at=NOON)
    SubjectLink.objects.create(child=child, root=request.subject, proof=subjects.Proof.EMAIL_CONFIRMED, at=NOON)
    # Nobody invented is a minor; here the one record is the child, and the other the parent.
    ParentalConsent.objects.create(
        child=request.subject, parent=child, notice=notices.current("preferences"), asked_at=NOON
    )
    return request.subject


def _rows() -> dict[str, set[Any]]:
    """The keys of every row of each declared model."""
    labels = [declaration.model for declaration in registry.all_declared()]
    return {label: set(apps.get_model(label)._base_manager.values_list("pk", flat=True)) for label in labels}
