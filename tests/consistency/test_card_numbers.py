"""A payment card's number typed anywhere but on the payment page: every field for words masks it, says so, and keeps nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django import forms
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.urls import get_resolver
from rest_framework.exceptions import ValidationError as Refused

from accounts.api.serializers import MeSerializer
from privacy.api.serializers import AskSerializer
from privacy.forms.texts import CARD, FreeText
from privacy.models import Message
from privacy.rights.models import DataRequest

ROOT: Final = Path(settings.BASE_DIR)
APPS: Final = ("shop", "accounts", "orders", "privacy")
TYPED, MASKED = "My card is 4111 1111 1111 1111, thank you", "My card is •••• •••• •••• 1111, thank you"

#: Fields of letters and digits that hold no words: what stands in each instead.
NO_WORDS: Final = {
    "accounts.admin_clearance.RulesForm.digest": "hidden: which text of the rules was read",
    "accounts.forms.PhoneField": "a telephone number, kept in one spelling",
    "orders.desk_forms.ShipForm.tracking_number": "a carrier's own number, which may look like a card's",
    "orders.forms.CheckoutForm.phone": "a telephone number, kept in one spelling",
    "orders.forms.CheckoutForm.vat_number": "a VAT number, with its country's letters",
    "orders.forms.KeyField": "which piece, by its number",
    "privacy.admin.demands.DemandForm.case": "an authority's own number, which may look like a card's",
    "privacy.admin.policy.PublishForm.seen": "hidden: which text was read",
    "privacy.forms.desk.DeskForm.seen": "hidden: whose it was when the page was drawn",
    "privacy.forms.incidents.AuthorityForm.receipt": "an authority's own number, which may look like a card's",
    "privacy.forms.intake.FactsForm.fact.slug": "an answer that is held against an order, and not kept",
    "privacy.forms.pages.CheckForm.pasted": "a certificate or receipt to be checked, and not kept",
    "privacy.forms.pages.CodeForm.code": "the code of a mail",
    "privacy.forms.pages.TransferForm.address": "a link to where a copy goes",
    "privacy.forms.preferences.PreferencesForm.read_in": "hidden: in which language it was read",
    "privacy.forms.preferences.PreferencesForm.seen": "hidden: which boxes were on the page",
    "privacy.forms.texts.FreeText": "the field that masks",
    "privacy.forms.whom.WhomForm.person": "a reference or an address, looked up and not kept",
    "shop.forms.SearchForm.q": "what is looked for, and not kept",
}


def plain_fields() -> Iterator[str]:
    """Every place of the source that makes a plain text field or derives from it, by its dotted name."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "tests" not in path.parts and "CharField" in (source := path.read_text()):
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield from (f"{module}.{name}" for name in _plain(ast.parse(source)))


def _plain(node: ast.AST, inside: str = "") -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        name = inside
        if isinstance(child, ast.ClassDef):
            name = f"{inside}.{child.name}".strip(".")
            yield from (name for base in child.bases if ast.unparse(base) == "forms.CharField")
        elif isinstance(child, ast.Assign | ast.Return | ast.Lambda | ast.AnnAssign):
            value = child.body if isinstance(child, ast.Lambda) else child.value
            if isinstance(value, ast.Call) and ast.unparse(value.func) == "forms.CharField":
                target = child.targets[0] if isinstance(child, ast.Assign) else None
                slot = target.slice if isinstance(target, ast.Subscript) else target
                yield f"{inside}.{ast.unparse(slot) if slot else type(child).__name__}"
        yield from _plain(child, name)


def all_forms(base: type[forms.BaseForm] = forms.BaseForm) -> set[type[forms.BaseForm]]:
    """Every form that the apps have, with those that models make."""
    admin.autodiscover()
    _ = get_resolver().url_patterns  # imports every door
    found = {each for form in base.__subclasses__() for each in {form, *all_forms(form)}}
    return {form for form in found if form.__module__.split(".")[0] in APPS and ".tests" not in form.__module__}


def test_every_text_field_masks_or_says_why_it_holds_no_words() -> None:
    assert sorted({name for name in plain_fields() if ".migrations." not in name}) == sorted(NO_WORDS)


def test_no_model_makes_a_text_field_that_does_not_mask() -> None:
    plain = {
        f"{form.__module__}.{form.__qualname__}.{name}"
        for form in all_forms()
        for name, field in form.base_fields.items()
        if type(field) is forms.CharField and name not in {each.rpartition(".")[2] for each in NO_WORDS}
    }
    assert plain == set()


def test_every_field_for_words_refuses_a_card_and_shows_it_masked() -> None:
    words = [(form, name, field) for form in all_forms() for name, field in form.base_fields.items()]
    free = [(form, name, field) for form, name, field in words if isinstance(field, FreeText)]
    assert len(free) > 30
    for form, name, field in free:
        with pytest.raises(forms.ValidationError, match="payment card"):
            field.clean("4111111111111111")
        assert field.bound_data(TYPED, "") == MASKED, (form, name)


@pytest.mark.django_db
@pytest.mark.promise("JH-07")
def test_a_stranger_who_asks_reads_it_masked_and_what_is_kept_is_masked() -> None:
    gwen = Client(headers={"Sec-Fetch-Site": "same-origin"})
    asked = {"email": "gwen@example.com", "about": "My order", "text": TYPED}
    first = gwen.post("/privacy/request/question/", asked)
    assert (first.status_code, DataRequest.objects.count(), Message.objects.count()) == (400, 0, 0)
    assert MASKED in first.text
    assert CARD in first.text
    assert "4111 1111" not in first.text
    assert gwen.post("/privacy/request/question/", asked | {"text": MASKED}).status_code == 302
    assert (DataRequest.objects.get().wishes or {})["text"] == MASKED


def test_an_app_reads_the_same_sentence() -> None:
    asked = AskSerializer(data={"kind": "question", "wishes": {"text": TYPED}})
    with pytest.raises(Refused) as refused:
        asked.is_valid(raise_exception=True)
    assert CARD in str(refused.value.detail)
    me = MeSerializer(data={"full_name": "4111111111111111"}, partial=True)
    assert (me.is_valid(), [str(each) for each in me.errors["full_name"]]) == (False, [CARD])
