"""The register fails closed: what is not declared, or cannot be carried out, is an error."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.apps import apps

from privacy import checks
from privacy.ground.models import AuditEvent
from privacy.register import registry, subjects
from privacy.register.declare import (
    DECLARATIONS,
    NOT_PERSONAL,
    Action,
    Category,
    DeclaredTwice,
    Purpose,
    Retention,
    declare,
    declare_not_personal,
    keep,
    not_personal,
    personal,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def blank_page() -> Iterator[None]:
    """The declaration of Identifier taken out for one test."""
    declared, excused = dict(DECLARATIONS), dict(NOT_PERSONAL)
    DECLARATIONS.pop("privacy.Identifier", None)
    NOT_PERSONAL.pop("privacy.Identifier", None)
    yield
    DECLARATIONS.clear()
    DECLARATIONS.update(declared)
    NOT_PERSONAL.clear()
    NOT_PERSONAL.update(excused)


FIELDS = {
    "subject": not_personal("the person it belongs to"),
    "kind": not_personal("e-mail or telephone"),
    "key_version": not_personal("which key made it"),
    "digest": personal(Category.CONTACT),
    "created_at": not_personal("when the row was made"),
    "proven_at": not_personal("when it was proven"),
}


def identifier(**changes):
    facts = {
        "label": "Identifiers",
        "reach": "subject",
        "action": Action.DELETE_ROW,
        "retention": Retention.while_account(),
        "purposes": [Purpose.ACCOUNT],
        "fields": FIELDS,
    }
    return declare("privacy.Identifier", **{**facts, **changes})


def problems():
    found = [*checks.everything_is_declared(None), *checks.declarations_fit_the_models(None)]
    return [(problem.id, problem) for problem in found if "Identifier" in problem.msg]


def test_the_project_is_declared_whole():
    assert [problem.msg for problem in checks.everything_is_declared(None)] == []
    assert [problem.msg for problem in checks.declarations_fit_the_models(None)] == []
    assert len(list(apps.get_models())) > 30


def test_a_model_nobody_declared_is_an_error_that_prints_the_lines_to_paste(blank_page):
    [(code, problem)] = problems()
    assert code == "privacy.E001"
    assert '"digest": not_personal("...")' in problem.hint
    assert 'declare_not_personal("privacy.Identifier"' in problem.hint


def test_a_single_field_nobody_declared_is_an_error(blank_page):
    identifier(fields={name: field for name, field in FIELDS.items() if name != "digest"})
    [(code, problem)] = problems()
    assert code == "privacy.E001"
    assert problem.msg.endswith("nobody declared: digest.")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"fields": {**FIELDS, "email": personal(Category.CONTACT)}}, "privacy.E002"),
        ({"reach": "kind"}, "privacy.E003"),
        ({"reach": "nobody__subject"}, "privacy.E003"),
        ({"purposes": []}, "privacy.E004"),
        ({"fields": {**FIELDS, "kind": not_personal(" ")}}, "privacy.E005"),
        ({"action": Action.KEEP_UNTIL}, "privacy.E006"),
        ({"fields": {**FIELDS, "digest": personal(Category.CONTACT, on_erase=keep("law"))}}, "privacy.E006"),
        ({"after": ["privacy.Nothing"]}, "privacy.E007"),
    ],
)
def test_a_declaration_that_cannot_be_carried_out_is_an_error(blank_page, changes, code):
    identifier(**changes)
    assert [found for found, _ in problems()] == [code]


@pytest.mark.promise("JK-51")
def test_a_column_that_smells_of_a_person_needs_a_real_excuse(blank_page):
    assert checks.SMELLS.search("shipping_address")
    assert checks.SMELLS.search("ip")
    assert not checks.SMELLS.search("zipped_lines"[3:])


def test_one_model_is_declared_once(blank_page):
    identifier()
    with pytest.raises(DeclaredTwice):
        declare_not_personal("privacy.Identifier", "said twice")


def test_steps_come_after_what_they_wait_for():
    order = [declaration.model for declaration in registry.in_order_of_erasure()]
    assert len(order) == len(DECLARATIONS)
    for declaration in registry.all_declared():
        assert all(order.index(other) < order.index(declaration.model) for other in declaration.after)


def test_steps_in_a_circle_are_an_error(blank_page):
    identifier(after=["privacy.Identifier"])
    assert ("privacy.E007") in [problem.id for problem in checks.declarations_fit_the_models(None)]


@pytest.mark.django_db
def test_rows_of_a_person_are_reached_by_the_declared_path():
    alice, bob = (subjects.new(by="test", at=NOON) for _ in range(2))
    mine = subjects.identify(alice, value="alice@example.com", by="test", at=NOON)
    subjects.identify(bob, value="bob@example.com", by="test", at=NOON)
    assert list(registry.of("privacy.Identifier").rows([alice.pk])) == [mine]


def test_evidence_has_no_foreign_key():
    assert not [field.name for field in AuditEvent._meta.concrete_fields if field.is_relation]
