"""Breach scoping: the right people, counted once, by residence and window; Bob is only in it when his rows are."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from privacy.register import registry, scope, subjects, synthetic
from privacy.register.models import Subject, SubjectLink
from privacy.tests.people import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> list[Subject]:
    """Alice lives in New York, Bob in California, Zoe nowhere we know of."""
    synthetic.people(3, seed=5, at=NOON)
    made = list(Subject.objects.order_by("user__pk"))
    for subject, residence in zip(made, ("US-NY", "US-CA", ""), strict=True):
        Subject.objects.filter(pk=subject.pk).update(residence=residence)
    return made


def found(*targets: str, processor: str = "", window: scope.Window | None = None) -> tuple[scope.Scope, set]:
    with scope.measured(scope.choose(targets, processor=processor), window) as measured:
        return measured, set(scope.people())


@pytest.mark.promise("JE-112", "JE-113")
def test_a_model_leaks_all_its_people_by_residence(people):
    measured, who = found("orders.Order.email")
    assert who == {each.pk for each in people}
    assert (measured.people, measured.by_residence) == (3, {"US-CA": 1, "US-NY": 1, "unknown": 1})
    assert (measured.categories, measured.is_high) == (["Contact details"], False)
    assert [part.words for part in measured.parts] == ["Orders: e-mail"]


def test_the_risk_is_high_for_what_is_sensitive_or_opens_an_account(people):
    assert found("orders.Order.gift_message")[0].is_high
    assert found("accounts.User.password")[0].is_high
    assert not found("accounts.User.full_name")[0].is_high


def test_a_window_leaves_out_whom_it_does_not_concern(people):
    alice, bob, _ = people
    order = apps.get_model("orders.Order")
    order.objects.update(placed_at=NOON - timedelta(days=90))
    order.objects.filter(subject=alice).update(placed_at=NOON)
    hour = scope.Window(NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    measured, who = found("orders.Order", window=hour)
    assert (who, measured.people) == ({alice.pk}, 1)
    assert bob.pk not in who


def test_two_records_of_one_person_count_once_as_their_root(people):
    alice, bob, zoe = people
    SubjectLink.objects.create(child=zoe, root=bob, proof="link_clicked", at=NOON)
    SubjectLink.objects.create(child=bob, root=alice, proof="link_clicked", at=NOON)
    measured, who = found("orders.Order", "accounts.Address")
    assert (who, measured.people) == ({alice.pk}, 1)


def test_a_processor_stands_for_every_field_that_goes_to_it(people):
    measured, who = found(processor="stripe")
    assert {part.declaration.model for part in measured.parts} == {"orders.Order", "orders.Payment", "orders.Refund"}
    assert len(who) == 3


def test_every_declared_model_finds_its_people_even_by_value(people):
    """The drift test: whatever is declared can be scoped, and finds exactly the people its rows reach."""
    for declaration in registry.all_declared():
        expected = {each.pk for each in people if declaration.rows(subjects.family(each)).exists()}
        if declaration.personal_fields():
            assert found(declaration.model)[1] == expected, declaration.model


def test_nothing_is_left_behind(people):
    found("orders.Order")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('breach_scope')")
        assert cursor.fetchone() == (None,)


def test_the_command_prints_and_writes_the_people(people, tmp_path, capsys):
    file = tmp_path / "people.csv"
    call_command("breach_scope", "orders.Order.email", csv=str(file))
    assert "People: 3\n  US-CA: 1" in capsys.readouterr().out
    with file.open(newline="") as written:
        head, *rows = list(csv.reader(written))
    assert (head, {row[0] for row in rows}) == (["subject"], {str(each.pk) for each in people})
    between = ["2020-01-01", "2020-01-02"]
    call_command("breach_scope", "orders.Order", "account.EmailAddress", between=between)
    said = capsys.readouterr().out
    assert "0 rows, Orders" in said
    assert "its rows do not say when: all of them" in said


@pytest.mark.parametrize(
    ("targets", "options", "words"),
    [
        ([], {}, "Say what leaked"),
        (["orders.Nothing"], {}, "orders.Nothing is not in the register"),
        (["orders.Order.bag_id"], {}, "orders.Order.bag_id is not in the register"),
        ([], {"processor": "nobody"}, "nobody is not in the register"),
        (["orders.Order"], {"between": ["yesterday", "today"]}, "is no moment"),
    ],
)
def test_what_cannot_be_scoped_is_said(targets, options, words):
    with pytest.raises(CommandError, match=words):
        call_command("breach_scope", *targets, **options)
