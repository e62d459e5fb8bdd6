"""Mutants of the declarations: each says that something of Alice stays that must go. A mutant that nobody notices is a hole.

A mutant is noticed when the erasure does not end as complete, or when a search of the whole database still finds a word of hers.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connection

from accounts.models import Address
from orders.models import Order
from orders.tests.conftest import bag_of
from orders.tests.parcels import ALICES, BOBS, delivered, erase
from privacy.register.declare import DECLARATIONS, Action, ByValue, Field, keep
from privacy.register.vocabulary import Category

pytestmark = [pytest.mark.django_db]
NEEDLES = ("alice", "edith", "10017", "12125550199", "12125550137", "41 token")
EMPTY = {("orders.Order", "cancel_reason")}  # the story below has no cancelled order
# Sealed, or a moment: no word of hers stands in a dump, so the column itself is looked at.
UNREADABLE = {"gift_message", "invoiced_to", "texts_asked_at"}
BLANKED = [
    (model, name)
    for model, declaration in sorted(DECLARATIONS.items())
    if declaration.action is Action.KEEP_UNTIL
    for name, field in declaration.personal_fields().items()
    if field.on_erase.kind == "blank" and (model, name) not in EMPTY and model == "orders.Order"
]
# Addresses and confirmed e-mails are not among them: they also go with the account they belong to.
DELETED = ["accounts.User", "orders.Shipment", "privacy.Identifier"]


@pytest.fixture
def histories(buy, necklace, alice, bob, carol, now):
    """Alice and Bob, each with an address and a delivered order full of their own words."""
    Address.objects.create(
        user=alice, full_name="Alice Abernathy", line1="41 Tokenalice Lane", city="Tokenaliceville", postal_code="10017",
        country="US", created_at=now,
    )  # fmt: skip
    engraved = {"engravings": {("v", necklace.pk): "Tokenalice"}}
    delivered(buy(bag_of((necklace, 1)), alice, **ALICES, **engraved), carol, now)
    delivered(buy(bag_of((necklace, 1)), bob, **BOBS), carol, now)
    Order.objects.update(texts_asked_at=now)
    Order.objects.filter(subject=alice.subject).update(invoiced_to=["41 Tokenalice Lane"])
    return alice


@pytest.fixture
def declarations() -> Iterator[None]:
    """The register, put back afterwards."""
    before = dict(DECLARATIONS)
    yield
    DECLARATIONS.clear()
    DECLARATIONS.update(before)


def everything() -> str:
    """Every column of every table as text, sealed ones opened."""
    texts: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [text for (text,) in cursor.fetchall()]
    return "\n".join(texts).lower()


def is_noticed(alice, now) -> bool:
    """Whether the erasure stops short of *completed*, or a search still finds her."""
    parcel = f"1z{Order.objects.get(subject=alice.subject).pk.hex}"
    done = erase(alice, now)
    found = everything()
    return done.state != "completed" or any(needle in found for needle in (*NEEDLES, parcel))


def test_without_a_mutant_nothing_is_found_and_bob_stays(histories, now):
    assert not is_noticed(histories, now)
    assert "tokenbob" in everything()


@pytest.mark.prove
@pytest.mark.parametrize(("model", "name"), BLANKED, ids=[".".join(pair) for pair in BLANKED])
def test_a_field_that_is_kept_instead_of_blanked_is_noticed(histories, now, declarations, model, name, record_property):
    """A mutant that keeps a field of an erased person is noticed."""
    declared = DECLARATIONS[model]
    field = declared.fields[name]
    assert isinstance(field, Field)
    mutant = {**declared.fields, name: replace(field, on_erase=keep("a mutant"))}
    DECLARATIONS[model] = replace(declared, fields=mutant)
    record_property("mutants", 1)
    if name in UNREADABLE:
        erase(histories, now)
        assert Order.objects.filter(subject=histories.subject, **{f"{name}__isnull": False}).exists()
        return
    assert is_noticed(histories, now)


@pytest.mark.prove
@pytest.mark.parametrize("model", DELETED)
def test_rows_that_are_not_found_any_more_are_noticed(histories, now, declarations, model, record_property):
    """A mutant that loses the way from a person to their rows is noticed."""
    declared = DECLARATIONS[model]
    none = declared.model_class()._base_manager.none
    # An eraser of its own finds the rows without the way: the mutant has neither.
    DECLARATIONS[model] = replace(
        declared, reach=ByValue(lambda family: none(), "nothing", owners=lambda rows: []), eraser=None
    )
    record_property("mutants", 1)
    assert is_noticed(histories, now)


def test_one_mutant_is_noticed(histories, now, declarations):
    """The one-round sibling of the long proof above."""
    declared = DECLARATIONS["orders.Order"]
    field = declared.fields["ship_line1"]
    assert isinstance(field, Field)
    assert field.category is Category.ADDRESS
    mutant = {**declared.fields, "ship_line1": replace(field, on_erase=keep("a mutant"))}
    DECLARATIONS["orders.Order"] = replace(declared, fields=mutant)
    assert is_noticed(histories, now)
