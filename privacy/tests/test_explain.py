"""`privacy_explain` says what the declarations say: nothing else, nothing less."""

import json
from dataclasses import asdict
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from privacy.register import explain, registry
from privacy.register.declare import DECLARATIONS, Retention, keep, personal
from privacy.register.vocabulary import Category


def told(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("privacy_explain", *arguments, stdout=out)
    return out.getvalue()


def test_a_row_is_followed_hop_by_hop_to_its_person():
    step = explain.of("privacy.ErasureStep")
    assert step.owned_by == ["request (privacy.DataRequest), then its subject (privacy.Subject)"]
    assert step.stays == "2 years after completed_at (while that is empty, received_at) of its request"
    assert step.relations == {
        "request": "leads to privacy.DataRequest: row and relation stay together until their time has run"
    }
    assert explain.of("privacy.Subject").owned_by == ["the row is the person's record itself"]
    assert explain.of("privacy.SubjectLink").owned_by == ["child (privacy.Subject)", "root (privacy.Subject)"]


def test_a_path_that_may_be_empty_says_so_and_so_does_a_row_found_by_value():
    trail = explain.of("privacy.AuditEvent")
    assert trail.owned_by == ["subject_id (the person's number, as a value), which may be empty"]
    assert "Some rows may belong to nobody" in trail.warnings[0]
    history = explain.of("admin.LogEntry")
    assert history.owned_by == ["user (accounts.User), then its subject (privacy.Subject)"]
    assert history.visible_to == ["found by value: entries that name their account"]
    [about] = [field for field in history.fields if field.name == "change_message"]
    assert about.in_a_copy == "named, and its value left out: it is about somebody else"
    assert about.to_others == "shown; emptied when they are erased"


def test_a_field_says_why_from_whom_to_whom_how_it_rests_and_what_becomes_of_it():
    [street] = [field for field in explain.of("orders.Order").fields if field.name == "ship_line1"]
    assert asdict(street) == {
        "name": "ship_line1",
        "category": "Postal address",
        "source": "you",
        "purposes": [
            "to make, deliver and look after what you order: our contract with you (GDPR Art. 6(1)(b))",
            "to deliver to you: our contract with you (GDPR Art. 6(1)(b))",
        ],
        "recipients": ["ups", "fedex", "dhl", "usps"],
        "rests": "in the clear",
        "in_a_copy": "shown",
        "on_erasure": "emptied",
        "stays": "7 years after completed_at (while that is empty, placed_at)",
        "to_others": "",
    }


def test_what_is_explained_changes_with_the_declaration(monkeypatch):
    declared = DECLARATIONS["orders.Order"]
    brief = Retention.days(3, anchor="placed_at")
    email = personal(Category.NAME, on_erase=keep("a whim"), recipients=["a printer"], retention=brief)
    mutant = type(declared)(**{**vars(declared), "fields": {**declared.fields, "email": email}})
    monkeypatch.setitem(DECLARATIONS, "orders.Order", mutant)
    said = told("orders.Order.email")
    assert "Category      Name, from you" in said
    assert "Goes to       a printer" in said
    assert "Erasure       stays, since a whim (a legal obligation (GDPR Art. 6(1)(c)))" in said
    assert "Stays         3 days after placed_at" in said


@pytest.mark.parametrize("model", sorted(DECLARATIONS))
def test_every_field_of_every_model_can_be_explained(model):
    declaration = registry.of(model)
    whole = explain.of(model)
    assert {field.name for field in whole.fields} | set(whole.excused) | set(whole.relations) == set(declaration.fields)
    assert whole.owned_by
    printed = told(model)
    assert printed.startswith(f"{model}: {declaration.label}\n")
    for name in declaration.fields:
        assert name in printed
        assert told(f"{model}.{name}").startswith(f"{model}.{name}\n")


def test_without_a_name_every_model_stands_on_a_line_with_what_to_think_about():
    printed = told()
    lines = {line.split()[0]: line for line in printed.split("\n\n")[0].splitlines()}
    assert sorted(lines) == sorted(DECLARATIONS)
    assert lines["orders.Order"].endswith("7 years after completed_at (while that is empty, placed_at)")
    assert "shop.Category" in printed.split("\n\n")[1]
    assert "Several people may own one row" in printed.split("\n\n")[2]


def test_free_text_of_a_table_that_reaches_nobody_is_a_warning():
    product = explain.of("shop.Product")
    assert product.not_personal == "the shop's own catalogue"
    assert product.warnings == [
        "Anything may be written there, a name too, and no request would find it: description, care, keywords."
    ]
    assert told("shop.Product").startswith("shop.Product: not personal: the shop's own catalogue\n")
    assert "Not personal" in told("shop.Product.care")


def test_json_is_the_same_for_programs():
    assert json.loads(told("--json", "orders.Order")) == asdict(explain.of("orders.Order"))
    assert [each["model"] for each in json.loads(told("--json"))] == [each.model for each in explain.every()]
    one = json.loads(told("orders.Order.email", "--json"))
    assert (one["field"], one["personal"]["on_erasure"], one["row"]["model"]) == ("email", "emptied", "orders.Order")
    assert json.loads(told("orders.Order.id", "--json"))["not_personal_because"] == "a random number"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("orders.ordr", "No model 'orders.ordr' here. Did you mean orders.Order"),
        ("order", "No model 'order' here. Did you mean orders.Order"),
        ("address", "No model 'address' here. Did you mean accounts.Address"),
        ("orders.Order.emial", "orders.Order has no field 'emial'. Did you mean email"),
        ("orders.Order.email.domain", "orders.Order has no field 'email.domain'."),
        ("qqqq", "No model 'qqqq' here."),
    ],
)
def test_an_unknown_name_is_an_error_that_names_what_is_near(name, words):
    with pytest.raises(CommandError, match="^" + words.replace(".", r"\.")):
        told(name)


def test_a_model_nobody_declared_is_explained_as_just_that(monkeypatch):
    monkeypatch.delitem(DECLARATIONS, "orders.Refund")
    assert told("orders.Refund").startswith("orders.Refund: nobody declared it")


def test_names_of_models_may_be_typed_in_any_case():
    assert told("ORDERS.order") == told("orders.Order")


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit):
        told("--help")
    assert "manage.py privacy_explain orders.Order.email" in capsys.readouterr().out
