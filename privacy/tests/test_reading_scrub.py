"""A scrubbed copy: no original text of anybody anywhere, and everything a shop needs to run still there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from privacy.ground import sealed
from privacy.register import invented, masks, registry, scrub, synthetic
from privacy.register.pseudonyms import KEYS, Pseudonyms
from privacy.tests.people import NOON

KEY = b"k" * 32
pytestmark = pytest.mark.django_db


def model(label: str) -> Any:
    return apps.get_model(label)


def dump() -> str:
    """Every column of every table as text, with the sealed ones opened."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            texts += [text for (text,) in cursor.fetchall()]
    for declaration in registry.all_declared():
        for row in declaration.model_class()._base_manager.all():
            texts += [str(getattr(row, name)) for name in masks.text_fields(declaration)]
    return "\n".join(texts)


def words_in(value: Any) -> Iterator[str]:
    """The single texts of a value."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from words_in(each)
    elif isinstance(value, str):
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = None
        if isinstance(parsed, dict | list):
            yield from words_in(parsed)
        else:
            yield value


def originals() -> set[str]:
    """Every personal text of everybody that is longer than a code and no mere key."""
    found = set()
    for declaration in registry.all_declared():
        names = [name for name in masks.text_fields(declaration) if synthetic.can_hold(field_of(declaration, name))]
        for row in declaration.model_class()._base_manager.all():
            for name in names:
                found |= {word for word in words_in(getattr(row, name)) if len(word) > invented.CODES}
    return {word for word in found if not KEYS.fullmatch(word)}


def field_of(declaration: Any, name: str) -> Any:
    return declaration.model_class()._meta.get_field(name)


def fill_everybody() -> None:
    for declaration in registry.all_declared():
        for number, row in enumerate(declaration.model_class()._base_manager.order_by("pk")):
            synthetic.fill(row, f"zqvxk{'abcdefgh'[number % 8]}")


def test_no_original_text_of_anybody_remains_anywhere():
    synthetic.people(3, seed=11, at=NOON)
    fill_everybody()
    before = originals()
    assert len(before) > 100
    whole = dump()
    assert {word for word in before if word not in whole} == set(), "what is looked for can be found"
    list(scrub.apply(KEY))
    after = dump()
    assert sorted(word for word in before if word in after) == []
    assert "zqvxk" not in after


def test_sums_dates_choices_and_joins_stay():
    synthetic.people(3, seed=11, at=NOON)
    order, payment, webhook = model("orders.Order"), model("orders.Payment"), model("orders.WebhookEvent")
    kept = ("pk", "subject_id", "state", "total_minor", "tax_minor", "currency", "country", "placed_at", "completed_at")
    before = list(order.objects.order_by("pk").values(*kept))
    old = dict(order.objects.values_list("pk", "reference"))
    list(scrub.apply(KEY))
    assert list(order.objects.order_by("pk").values(*kept)) == before
    new = dict(order.objects.values_list("pk", "reference"))
    assert set(new.values()).isdisjoint(old.values())
    assert set(webhook.objects.values_list("order_reference", flat=True)) == set(new.values())
    for each in payment.objects.select_related("order"):
        assert each.events.get().gateway_id == each.gateway_payment_id
    for user in model("accounts.User").objects.all():
        assert model("account.EmailAddress").objects.get(user=user).email == user.email
        assert user.email.endswith("@invented.example")
        assert not user.has_usable_password()


def test_what_opens_something_is_gone():
    synthetic.people(2, seed=11, at=NOON)
    call_command("scrub_copy", database=connection.settings_dict["NAME"], apply=True, stdout=Quiet())
    for label in ("accounts.Session", "accounts.ApiToken", "mfa.Authenticator", "account.EmailConfirmation"):
        assert not model(label).objects.exists(), label
    assert not model("privacy.Message").objects.exclude(payload=None).exists()
    assert model("accounts.User").objects.count() == 2


def test_a_waiting_mail_is_stopped_in_the_copy():
    synthetic.people(1, seed=11, at=NOON)
    message = model("privacy.Message")
    message.objects.update(state="queued", sent_at=None, payload={"to": "a@example.com"})
    call_command("scrub_copy", database=connection.settings_dict["NAME"], apply=True, stdout=Quiet())
    assert list(message.objects.values_list("state", "payload")) == [("stopped", None)]


class Quiet:
    """Somewhere to print to."""

    def write(self, text: str) -> None:
        pass

    def flush(self) -> None:
        pass


def test_a_word_that_many_share_is_the_shops_and_one_persons_word_is_not():
    synthetic.people(6, seed=11, at=NOON)
    line = model("orders.OrderLine")
    first = line.objects.first()
    line.objects.filter(pk=first.pk).update(title="Edith's necklace")
    list(scrub.apply(KEY))
    titles = list(line.objects.values_list("title", flat=True))
    assert titles.count("Invented necklace") == 5
    assert "Edith's necklace" not in titles


def test_a_row_that_was_added_later_is_scrubbed_by_a_later_run():
    synthetic.people(1, seed=11, at=NOON)
    list(scrub.apply(KEY))
    synthetic.people(1, seed=12, at=NOON, start=1)
    fill_everybody()  # with words that no invented one holds by chance
    before = originals()
    list(scrub.apply(b"another" * 5))
    after = dump()
    assert [word for word in before if word in after] == []


def test_dry_is_the_default_and_says_what_would_happen(capsys):
    synthetic.people(1, seed=11, at=NOON)
    before = dump()
    call_command("scrub_copy", database=connection.settings_dict["NAME"])
    said = capsys.readouterr().out
    assert dump() == before
    assert "accounts.Session: 1 rows, deleted" in said
    assert "Nothing was changed" in said
    assert {line.model for line in scrub.plan()} == {each.model for each in registry.all_declared()}


def test_production_and_a_wrong_name_are_refused(settings):
    synthetic.people(1, seed=11, at=NOON)
    before = dump()
    with pytest.raises(CommandError, match="must name the database"):
        call_command("scrub_copy", database="loupe_of_somebody", apply=True)
    settings.LOUPE_ENV = "production"
    with pytest.raises(CommandError, match="This is production"):
        call_command("scrub_copy", database=connection.settings_dict["NAME"], apply=True)
    assert dump() == before


def test_a_copy_whose_keys_are_missing_says_which_setting_they_belong_in(settings):
    synthetic.people(1, seed=11, at=NOON)
    settings.LOUPE_SEALING_KEYS = [Fernet.generate_key().decode()]
    sealed.ring.cache_clear()
    try:
        with pytest.raises(CommandError, match="Set LOUPE_SEALING_KEYS"):
            call_command("scrub_copy", database=connection.settings_dict["NAME"], apply=True, stdout=Quiet())
    finally:
        sealed.ring.cache_clear()


def test_other_values_are_one_to_one_and_of_the_same_shape():
    other = Pseudonyms(KEY)
    numbers = [f"{number:04}" for number in range(10_000)]
    assert len({other.scrambled(number) for number in numbers}) == 10_000
    assert all(each.isdigit() and len(each) == 4 for each in map(other.scrambled, numbers))
    reference = other.scrambled("LP-7F3K-92QD")
    assert (reference[:3], len(reference)) == ("LP-", 12)
    assert reference != "LP-7F3K-92QD"
    assert other.scrambled("LP-7F3K-92QD") == reference != Pseudonyms(b"x" * 32).scrambled("LP-7F3K-92QD")
    assert other.scrambled("") == ""
    assert other.scrambled("أليس 🦩") != "أليس 🦩"


def test_a_reference_may_become_what_another_row_was_until_then():
    """Among a million references some becomes one that waits for its own turn; both are unique before and after."""
    synthetic.people(2, seed=3, at=NOON)
    orders = model("orders.Order").objects.order_by("pk")
    first, second = orders[0], orders[1]
    other = Pseudonyms(KEY).scrambled(first.reference)
    orders.filter(pk=second.pk).update(reference=other)
    list(scrub.apply(KEY))
    assert [orders.get(pk=first.pk).reference, orders.get(pk=second.pk).reference] == [
        other,
        Pseudonyms(KEY).scrambled(other),
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        orders.filter(pk=second.pk).update(reference=other)
