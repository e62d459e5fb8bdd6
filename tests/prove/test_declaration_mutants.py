"""Everything the declarations say, said otherwise one by one: of a thousand mutants none may pass unnoticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from privacy.register import profiles
from tests.prove import mutants, oracles

EQUIVALENT = {
    "privacy.SubjectLink: without the path child": "both ends of a link belong to one person, so either way finds it",
    "privacy.SubjectLink: without the path root": "both ends of a link belong to one person, so either way finds it",
}
"""Mutants that change nothing, and why."""

BY_LISTS = ("export", "erasure", "retention", "mask", "payload")


def speaks(mutant: mutants.Mutant, asked: tuple[oracles.Oracle, ...]) -> bool:
    """Whether any of the oracles notices the mutant."""
    with mutant.at_work():
        return any(oracle() for oracle in asked)


def survivors(every: list[mutants.Mutant], asked: tuple[oracles.Oracle, ...]) -> list[str]:
    return [each.name for each in every if each.name not in EQUIVALENT and not speaks(each, asked)]


@pytest.mark.parametrize("oracle", oracles.CHEAP, ids=lambda oracle: oracle.__name__)
def test_without_a_mutant_no_oracle_speaks(oracle: oracles.Oracle) -> None:
    assert oracle() == []


@pytest.mark.parametrize("kind", BY_LISTS)
def test_a_mutant_of_each_kind_is_killed(kind: str) -> None:
    """The one-round sibling of the long proof below: first and last of each kind."""
    every = mutants.all_of(kind)
    assert survivors([every[0], every[-1]], oracles.CHEAP) == []


@pytest.mark.prove
@pytest.mark.parametrize("kind", BY_LISTS)
def test_no_mutant_of_the_declarations_survives(kind: str, record_property: Callable[[str, object], None]) -> None:
    """Every mutant of a declaration is killed: export, erasure, retention, mask, payload."""
    every = mutants.all_of(kind)
    left = survivors(every, oracles.CHEAP)
    record_property(f"{kind} mutants", len(every))
    record_property("survivors", len(left))
    assert len(every) > 40
    assert left == []


@pytest.mark.parametrize("profile", profiles.slugs())
def test_a_period_of_a_shop_that_is_ten_times_as_long_is_noticed(
    profile: str, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LOUPE_POLICY = profile  # type: ignore[attr-defined]
    assert oracles.fate() == []
    met = []
    for name, longer in mutants.figures(profile):
        monkeypatch.setattr(profiles, "current", lambda longer=longer: longer)
        assert oracles.fate() != [], name
        met.append(name)
    assert len(met) >= 4


@pytest.mark.django_db
def test_two_people_have_a_row_of_every_model_and_each_is_found_as_theirs() -> None:
    known = oracles.Known()
    assert known.wrong() == []
    assert [model for mine in known.rows.values() for model, keys in mine.items() if not keys] == []


@pytest.mark.django_db
def test_a_way_that_is_lost_is_noticed() -> None:
    """The one-round sibling of the long proof below."""
    known, every = oracles.Known(), {each.name: each for each in mutants.all_of("way")}
    for words in (
        "orders.Bag: reaches nobody",
        "orders.Shipment: reaches everybody",
        "admin.LogEntry: visible to nobody",
    ):
        assert speaks(every[words], (oracles.fate, known.wrong)), words


@pytest.mark.prove
@pytest.mark.django_db
def test_no_lost_way_to_a_person_survives(record_property: Callable[[str, object], None]) -> None:
    """A declaration that loses a way to its person, or finds everybody, is noticed by the rows of two known people."""
    known, every = oracles.Known(), mutants.all_of("way")
    left = survivors(every, (oracles.fate, known.wrong))
    record_property("way mutants", len(every))
    record_property("equivalent", len(EQUIVALENT))
    record_property("survivors", len(left))
    assert left == []


@pytest.mark.parametrize("name", EQUIVALENT)
@pytest.mark.django_db
def test_an_equivalent_mutant_changes_nothing(name: str) -> None:
    """What is excused must stay without effect: were it noticed, it would have to leave the list."""
    known = oracles.Known()
    [mutant] = [each for each in mutants.all_of("way") if each.name == name]
    assert not speaks(mutant, (oracles.fate, oracles.findings, known.wrong))
