"""Relations fail closed too: a policy that contradicts the row or the database, steps in a circle, a person behind an excuse."""

import pytest

from privacy import checks
from privacy.register.declare import (
    DECLARATIONS,
    Action,
    Category,
    Edge,
    link,
    not_personal,
    personal,
)
from privacy.tests.scratch import MINE, Note, codes, register, say  # noqa: F401 - a fixture is used by being there

# E007


def test_steps_wait_only_for_what_is_declared():
    assert codes(say("Note", after=["privacy.Nothing"])) == ["E007"]
    DECLARATIONS.pop("scratch.Note")
    assert codes(say("Note", after=["privacy.Identifier"])) == []


def rounds() -> list[str]:
    return [each.msg for each in checks.relations.circle()]


@pytest.fixture
def scratch_is_installed(monkeypatch):
    monkeypatch.setattr(checks.registry, "is_installed", lambda declaration: True)


def test_steps_in_a_circle_are_an_error(scratch_is_installed):
    say("Note", after=["scratch.Text"])
    say("Text", fields={"words": personal(Category.MESSAGE)})
    assert rounds() == []
    DECLARATIONS.pop("scratch.Text")
    say("Text", after=["scratch.Note"], fields={"words": personal(Category.MESSAGE)})
    assert len(rounds()) == 1
    assert "scratch.Note" in rounds()[0]


def test_a_foreign_key_against_what_was_said_is_a_circle_too(scratch_is_installed):
    say("Note")
    say("Page", fields={"note": MINE})
    assert rounds() == []
    DECLARATIONS.pop("scratch.Page")
    say("Page", after=["scratch.Note"], fields={"note": MINE})
    assert len(rounds()) == 1


# E012


@pytest.mark.parametrize(
    ("name", "action", "edge", "is_right"),
    [
        ("Note", Action.DELETE_ROW, Edge.DEEP, True),
        ("Note", Action.DELETE_ROW, Edge.KEEP_UNTIL, False),
        ("Note", Action.DELETE_ROW, Edge.PLACEHOLDER, False),
        ("Note", Action.DELETE_ROW, None, False),
        ("Note", Action.KEEP_UNTIL, Edge.PLACEHOLDER, True),
        ("Note", Action.KEEP_UNTIL, Edge.KEEP_UNTIL, True),
        ("Note", Action.KEEP_UNTIL, Edge.DEEP, False),
        ("Note", Action.KEEP_UNTIL, Edge.DETACH, False),  # the column cannot be empty
        ("Swept", Action.DELETE_ROW, Edge.DEEP, True),
        ("Swept", Action.KEEP_UNTIL, Edge.PLACEHOLDER, False),  # the database would take the row along
    ],
)
def test_the_policy_of_a_relation_fits_the_row_and_the_database(name, action, edge, is_right):
    declared = say(name, action=action, fields={"subject": link("whose it is", edge=edge)})
    found = codes(declared)
    assert set(found) == (set() if is_right else {"E012"} | ({"E006"} if "E006" in found else set()))


def test_deep_is_belied_by_set_null_and_detach_is_what_set_null_does():
    guests = {"orphans": "people who were erased"}
    assert codes(say("Cut", **guests)) == ["E012"]
    DECLARATIONS.pop("scratch.Cut")
    cut = {"subject": link("whose it is", edge=Edge.DETACH)}
    assert codes(say("Cut", action=Action.KEEP_UNTIL, fields=cut, **guests)) == []


def test_a_kept_row_cannot_hang_on_one_that_is_deleted():
    note = link("the note", edge=Edge.KEEP_UNTIL)
    say("Note")
    assert codes(say("Leaf", action=Action.KEEP_UNTIL, fields={"note": note})) == ["E012"]
    DECLARATIONS.clear()
    say("Note", action=Action.KEEP_UNTIL)
    assert codes(say("Leaf", action=Action.KEEP_UNTIL, fields={"note": note})) == []


def test_a_placeholder_is_a_bare_subject():
    say("Note", action=Action.KEEP_UNTIL)
    note = link("the note", edge=Edge.PLACEHOLDER)
    assert codes(say("Leaf", action=Action.KEEP_UNTIL, fields={"note": note})) == ["E012"]


def test_a_relation_to_a_row_of_a_person_is_not_called_not_personal():
    said = {"note": not_personal("the note it is part of")}
    assert codes(say("Leaf", fields=said)) == []  # nobody declared Note
    DECLARATIONS.clear()
    say("Note")
    assert codes(say("Leaf", fields=said)) == ["E012"]


# E013


def test_a_model_that_leads_to_a_person_is_never_not_personal():
    reason = "a counter that the shop keeps"
    assert [each.id for each in checks.problems_of_excuse("scratch.Note", reason)] == ["privacy.E013"]
    DECLARATIONS.pop("privacy.Subject")
    assert list(checks.problems_of_excuse("scratch.Note", reason)) == []
