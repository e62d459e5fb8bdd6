"""Batches of deletes and overwrites, as erasure and retention use them: short, in order of keys, past what is locked."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections, transaction

from privacy.register import registry, subjects
from privacy.register.declare import Action, Category, Declaration, personal, replace
from privacy.register.vocabulary import BLANK
from privacy.rights import disposal
from privacy.tests.people import Someone, someone

MANY = 7


def addresses_of(person: Someone) -> Any:
    return apps.get_model("accounts.Address").objects.filter(user=person.user).order_by("pk")


def with_addresses(name: str) -> Someone:
    person = someone(name)
    row = addresses_of(person).get()
    for number in range(MANY - 1):
        row.pk, row.line1, row.is_default_shipping = None, f"{number} {name} Lane", False
        row.save(force_insert=True)
    return person


def declared(**changes: Any) -> Declaration:
    """Saved addresses, as if they were kept without their person."""
    was = registry.of("accounts.Address")
    fields = {**was.fields, "full_name": personal(Category.NAME, on_erase=BLANK), **changes}
    return Declaration(**{**vars(was), "action": Action.KEEP_UNTIL, "fields": fields})


def test_a_batch_deletes_the_first_rows_and_tells_how_many(db: None) -> None:
    alice, bob = with_addresses("alice"), with_addresses("bob")
    declaration = registry.of("accounts.Address")
    rows = declaration.rows(subjects.family(alice.subject))
    keys = list(addresses_of(alice).values_list("pk", flat=True))

    counts = [disposal.delete_batch(declaration, rows, limit=3)]
    assert list(addresses_of(alice).values_list("pk", flat=True)) == keys[3:]
    counts += [disposal.delete_batch(declaration, rows, limit=3) for _ in range(3)]

    assert counts == [3, 3, 1, 0]
    assert addresses_of(bob).count() == MANY


def test_a_batch_overwrites_and_goes_on_behind_its_last_row(db: None) -> None:
    alice, bob = with_addresses("alice"), with_addresses("bob")
    declaration = declared()
    rows = declaration.rows(subjects.family(alice.subject))
    keys = list(addresses_of(alice).values_list("pk", flat=True))
    assert rows.filter(disposal.filled(declaration)).count() == MANY

    first = disposal.overwrite_batch(declaration, rows, limit=4)
    second = disposal.overwrite_batch(declaration, rows, after=first.last, limit=4)
    third = disposal.overwrite_batch(declaration, rows, after=second.last, limit=4)

    assert [first, second, third] == [(4, keys[3], False), (3, keys[6], True), (0, None, True)]
    assert set(addresses_of(alice).values_list("full_name", flat=True)) == {""}
    assert set(addresses_of(bob).values_list("full_name", flat=True)) == {"Bob Tokenbobson"}
    assert rows.filter(disposal.filled(declaration)).count() == 0


def test_fields_that_something_keeps_stay_on_their_row_alone(db: None) -> None:
    alice = with_addresses("alice")
    declaration = declared()
    rows, kept = declaration.rows(subjects.family(alice.subject)), addresses_of(alice)[2].pk
    disposal.overwrite_batch(declaration, rows, keeping=lambda keys: {kept: {"full_name"}})
    assert [row.pk for row in addresses_of(alice) if row.full_name] == [kept]


def test_a_value_that_is_made_from_its_row_is_made_for_each(db: None) -> None:
    alice = with_addresses("alice")
    declaration = declared(full_name=personal(Category.NAME, on_erase=replace(lambda row: f"gone {row.pk}")))
    disposal.overwrite_batch(declaration, declaration.rows(subjects.family(alice.subject)))
    assert [row.full_name for row in addresses_of(alice)] == [f"gone {row.pk}" for row in addresses_of(alice)]


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_works_on_is_passed_over_and_met_later() -> None:
    alice = with_addresses("alice")
    declaration = registry.of("accounts.Address")
    rows = declaration.rows(subjects.family(alice.subject))
    busy = addresses_of(alice)[3]
    locked, done = threading.Event(), threading.Event()

    def desk() -> None:
        try:
            with transaction.atomic():
                addresses_of(alice).select_for_update().get(pk=busy.pk)
                locked.set()
                done.wait(timeout=20)
        finally:
            connections.close_all()

    member_of_staff = threading.Thread(target=desk)
    member_of_staff.start()
    assert locked.wait(timeout=20)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")  # to wait for the desk would be an error
    try:
        passed = disposal.delete_batch(declaration, rows)
        left = [row.pk for row in addresses_of(alice)]
    finally:
        done.set()
        member_of_staff.join(timeout=20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
    assert (passed, left) == (MANY - 1, [busy.pk])
    assert (disposal.delete_batch(declaration, rows), addresses_of(alice).count()) == (1, 0)
