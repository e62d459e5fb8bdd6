"""The two lists of a policy: a field whose category or purpose is on no line stops the start, and says what to paste."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from privacy import checks
from privacy.register import profiles, published
from privacy.register.declare import Category, Purpose
from privacy.tests.test_reading_activities import nothing_serves, redeclare, scratch  # noqa: F401 - a fixture

JANE = profiles.named("jane_ellen")


@pytest.fixture(autouse=True)
def _register(scratch):  # noqa: F811
    """What a test declares is gone afterwards."""


def without(category: Category) -> profiles.Profile:
    """Jane Ellen, where no line stands for one category."""
    lines = (replace(each, categories=tuple(set(each.categories) - {category})) for each in JANE.collects)
    return replace(JANE, collects=tuple(lines))


def test_the_lists_and_the_declarations_agree():
    assert checks.nothing_goes_beyond_the_policy(None) == []


@pytest.mark.promise("JS-01", "SG-01", "SG-03", "JH-11")
def test_a_category_on_no_line_names_its_fields_and_prints_the_line_to_paste():
    [found] = published.disagreements(without(Category.NAME))
    assert "accounts.Address.full_name" in found.words
    assert found.words.endswith(" holds name, which the policy of jane_ellen does not publish")
    pasted = tomllib.loads(found.remedy.partition("\n")[2])
    assert pasted == {"collects": [{"words": "...", "categories": ["name"]}]}


@pytest.mark.promise("JS-05", "JK-15", "JE-17", "SG-05", "JH-03")
def test_a_purpose_on_no_line_is_an_error_of_the_check(monkeypatch):
    lines = tuple(each for each in JANE.uses if Purpose.SECURITY not in each.purposes)
    monkeypatch.setattr(profiles, "current", lambda: replace(JANE, uses=lines))
    [error] = checks.nothing_goes_beyond_the_policy(None)
    assert error.id == "privacy.E018"
    assert "serves security, which the policy of jane_ellen does not publish." in error.msg
    assert 'purposes = ["security"]' in error.hint


@pytest.mark.promise("JS-05", "JE-17")
def test_a_field_put_to_a_new_use_is_an_error_too():
    """The statistics of a shop that publishes none."""
    lines = tuple(replace(each, purposes=tuple(set(each.purposes) - {Purpose.STATISTICS})) for each in JANE.uses)
    quiet = replace(JANE, uses=lines)
    nothing_serves(Purpose.STATISTICS)
    assert published.disagreements(quiet) == []
    redeclare("accounts.Address", "city", purposes=(Purpose.STATISTICS,))
    [found] = published.disagreements(quiet)
    assert found.words.startswith("accounts.Address.city serves statistics, which ")


def test_a_line_that_nothing_stands_for_is_not_true():
    nothing_serves(Purpose.STATISTICS)
    [found] = published.disagreements(JANE)
    assert found.words == (
        "the policy of jane_ellen publishes statistics in uses, and nothing declared is of that kind"
    )


@pytest.mark.parametrize(
    "line", ['collects = [{ words = "x", categories = ["gender"] }]', 'uses = [{ words = "x", purposes = ["fun"] }]']
)
def test_a_list_can_only_name_what_the_register_knows(tmp_path, line):
    own = tmp_path / "own.toml"
    text = (profiles.FOLDER / "jane_ellen.toml").read_text()
    name = line.partition(" ")[0]
    start = text.index(f"\n{name} = [")
    own.write_text(text[: start + 1] + line + text[text.index("\n]\n", start) + 2 :])
    with pytest.raises(profiles.Unknown, match=r"there is no (category|purpose) called"):
        profiles.named(str(own))


def test_a_profile_without_lists_is_told_about_everything():
    bare = replace(JANE, collects=(), uses=())
    assert len(published.disagreements(bare)) == len(Category) + len(Purpose)
