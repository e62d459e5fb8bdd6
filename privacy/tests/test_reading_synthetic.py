"""Invented customers fit every declared model, are the same by seed, and canaries lie in every personal column that holds words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models, transaction

from privacy.register import registry, subjects, synthetic
from privacy.register.invented import CODES
from privacy.register.models import Subject

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db
WITHOUT = {"privacy.ParentalConsent", "privacy.SubjectLink", "privacy.ErasureStep"}  # their hints say why


def is_clocked(column: Any) -> bool:
    return getattr(column, "auto_now_add", False) or getattr(column, "auto_now", False)


def everything() -> dict[str, list[Any]]:
    """Every declared row, without its automatic number and times the model takes from the clock itself."""
    rows = {}
    for declaration in registry.all_declared():
        model = declaration.model_class()
        columns = [each for each in model._meta.concrete_fields if not each.is_relation]
        names = [each.attname for each in columns if not is_clocked(each)]
        names = [name for name in names if not model._meta.get_field(name).get_internal_type().endswith("AutoField")]
        rows[declaration.model] = sorted(map(str, model._base_manager.values_list(*names)))
    return rows


def test_each_invented_customer_has_a_row_of_every_declared_model_and_reaches_it():
    synthetic.people(3, seed=7, at=NOON)
    for subject in Subject.objects.all():
        family = subjects.family(subject)
        counts = {each.model: each.rows(family).count() for each in registry.all_declared()}
        assert {model for model, count in counts.items() if count == 0} <= WITHOUT, subject
    assert Subject.objects.count() == 3


def made_by(seed: int) -> dict[str, list[Any]]:
    """What a seed makes, taken back afterwards."""
    with transaction.atomic():
        synthetic.people(2, seed=seed, at=NOON)
        rows = everything()
        transaction.set_rollback(True)
    return rows


def test_the_same_seed_makes_the_same_people_and_another_makes_others():
    first, again, other = made_by(7), made_by(7), made_by(8)
    assert {model for model, rows in first.items() if not rows} <= WITHOUT
    # Not ours to make: an unusable password, and the automatic number by which the history names an account.
    random = {"accounts.User", "admin.LogEntry"}
    assert {model for model, rows in again.items() if rows != first[model]} <= random
    for model in ("orders.Order", "accounts.Address", "privacy.Subject"):
        assert other[model] != first[model]


def test_a_canary_lies_in_every_personal_column_that_holds_words():
    """Every column either holds its own canary, or keeps a value that others rely on; what holds none is named here."""
    synthetic.people(1, seed=7, at=NOON)
    for declaration in registry.all_declared():
        for row in declaration.model_class()._base_manager.all():
            needles = synthetic.fill(row, "zqvxk")
            fresh = type(row)._base_manager.get(pk=row.pk)
            for name, needle in needles.items():
                assert needle in str(getattr(fresh, name)), (declaration.model, name)
            own = {needle for needle in needles.values() if needle.startswith("zqvxk")}
            assert len(own) == len([needle for needle in needles.values() if needle.startswith("zqvxk")])
            fits = {name for name in declaration.personal_fields() if synthetic.can_hold(row._meta.get_field(name))}
            for name in fits - set(needles):
                value = str(getattr(fresh, name) or "")
                checked = any(name in synthetic.named_in(each) for each in checks_of(type(row)))
                assert checked or len(value) <= CODES, (declaration.model, name)


def checks_of(model: Any) -> list[models.CheckConstraint]:
    return [each for each in model._meta.constraints if isinstance(each, models.CheckConstraint)]


def test_a_canary_names_its_field():
    assert {
        synthetic.field_of(synthetic.number_of(declaration.model, name))
        for declaration, name, _ in registry.every_field()
    } == {(declaration.model, name) for declaration, name, _ in registry.every_field()}


def test_a_row_filled_with_canaries_leaves_bob_alone():
    synthetic.people(2, seed=7, at=NOON)
    user = apps.get_model("accounts.User")
    alice, bob = user.objects.order_by("pk")
    before = user.objects.filter(pk=bob.pk).values().get()
    assert synthetic.fill(alice, "zqvxk")["email"].startswith("zqvxk")
    assert user.objects.filter(pk=bob.pk).values().get() == before


def test_the_command_adds_customers_and_refuses_production(settings, capsys):
    call_command("synthetic", customers=2, on="2026-11-02")
    call_command("synthetic", customers=1, on="2026-11-02")
    assert Subject.objects.count() == 3
    settings.LOUPE_ENV = "production"
    with pytest.raises(CommandError, match="this is production"):
        call_command("synthetic", customers=1)
    settings.LOUPE_ENV = "demo"
    with pytest.raises(CommandError, match="at least 1"):
        call_command("synthetic", customers=0)
    assert Subject.objects.count() == 3
