"""What the desk sees of people, page by page of those that matter most; the crawl of all is `tests/permissions/test_crawl.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from privacy.admin.masks import MaskedAdmin
from privacy.models import AuditEvent
from privacy.register import masks, registry, subjects, synthetic
from privacy.register.declare import DECLARATIONS
from privacy.register.models import Subject
from privacy.register.vocabulary import Category, Purpose
from privacy.rights import looks
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db
TOKEN = "zqvxk"


def clerk(role: str) -> Any:
    """A member of staff of one role, with their browser."""
    person = someone(role.replace(" ", ""), is_staff=True)
    call_command("ensure_roles", verbosity=0)
    person.user.groups.add(Group.objects.get(name=role))
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(person.user)
    client.user = person.user
    return client


@pytest.fixture
def alice() -> Subject:
    """Invented, with a row of every declared model and a canary in every personal column."""
    synthetic.people(1, seed=3, at=NOON)
    subject = Subject.objects.get()
    for declaration in registry.all_declared():
        for row in declaration.rows(subjects.family(subject)):
            synthetic.fill(row, TOKEN)
    return Subject.objects.get()


def masked_admins() -> Iterator[tuple[Any, Any]]:
    for model, page in admin.site._registry.items():
        if registry.find(model._meta.label):
            yield model, page


@pytest.mark.promise("JS-32", "JE-103", "SG-11", "SG-12", "JH-28")
def test_every_admin_of_a_declared_model_masks_and_deletes_nothing():
    """No raw delete anywhere: not by permission, not by action, not below another row, not even for a superuser."""
    root = someone("root", is_staff=True).user
    root.is_superuser = True
    root.save()
    request = type("Asked", (), {"user": root, "GET": {}, "method": "GET"})()
    declared = list(masked_admins())
    assert len(declared) >= 8
    for model, page in declared:
        assert isinstance(page, MaskedAdmin), model
        assert not page.has_delete_permission(request)
        assert "delete_selected" not in page.get_actions(request)
        assert "reveal" in page.actions_detail
        for inline in page.inlines:
            if registry.find(inline.model._meta.label):
                below = inline(model, admin.site)
                assert not below.has_delete_permission(request)
                assert not below.can_delete


def test_the_order_desk_packs_with_the_address_and_the_person_reads_that_it_looked(alice):
    desk, order = clerk("order desk"), DECLARATIONS["orders.Order"].model_class().objects.get()
    order.__class__.objects.update(state="paid")
    page = desk.get(f"/admin/orders/order/{order.pk}/change/").content.decode()
    order.refresh_from_db()
    assert order.ship_line1 in page
    [look] = looks.of([alice.pk])
    assert (look.who, look.why) == ("order desk", "needed for their work")
    seen = look.what.partition(":")[2].partition(";")[0].split(",")
    assert {"e-mail", "recipient", "address"} <= {each.strip() for each in seen}
    assert "orderdesk" not in f"{look.who}{look.what}{look.why}"


def test_the_privacy_desk_sees_masks_and_reveals_for_a_reason_once(alice):
    desk, order = clerk("privacy desk"), DECLARATIONS["orders.Order"].model_class().objects.get()
    order.__class__.objects.update(state="paid")
    order.refresh_from_db()
    address = f"/admin/orders/order/{order.pk}/"
    page = desk.get(f"{address}change/").content.decode()
    assert order.email not in page
    assert masks.contact(order.email) in page
    assert f"{address}reveal/" in page
    asked = desk.get(f"{address}reveal/").content.decode()
    assert (order.email in asked, "Reveal" in asked) == (False, True)
    for reason in ("", "   ", "short"):
        assert order.email not in desk.post(f"{address}reveal/", {"reason": reason}).content.decode()
    before = AuditEvent.objects.filter(event=looks.REVEALED).count()
    opened = desk.post(f"{address}reveal/", {"reason": "The parcel came back"}).content.decode()
    assert (before, order.email in opened, order.ship_line1 in opened) == (0, True, True)
    [event] = AuditEvent.objects.filter(event=looks.REVEALED)
    assert (event.subject_id, event.note, event.actor) == (alice.pk, "The parcel came back", f"staff:{desk.user.pk}")
    assert "email" in event.details["fields"]
    assert order.email not in desk.get(f"{address}change/").content.decode()


def test_a_sensitive_field_is_open_to_nobody_without_a_reason(alice):
    desk = clerk("privacy desk")
    model = DECLARATIONS["privacy.DataRequest"].model_class()
    asked = model.objects.get()
    model.objects.update(contact="alice.secret@example.com")
    address = f"/admin/privacy/datarequest/{asked.pk}/"
    page = desk.get(f"{address}change/").content.decode()
    assert ("alice.secret" in page, "a…@….com" in page) == (False, True)
    assert "alice.secret@example.com" in desk.post(f"{address}reveal/", {"reason": "A mail came back"}).content.decode()


def test_a_role_without_the_permission_reveals_nothing(alice):
    desk, order = clerk("order desk"), DECLARATIONS["orders.Order"].model_class().objects.get()
    answer = desk.post(f"/admin/orders/order/{order.pk}/reveal/", {"reason": "I am curious about it"})
    assert answer.status_code == 403
    assert not AuditEvent.objects.filter(event=looks.REVEALED).exists()


def test_the_owner_reads_no_name_on_an_account_and_cannot_write_a_mask_over_it(alice):
    owner, user = clerk("owner"), DECLARATIONS["accounts.User"].model_class().objects.get(subject=alice)
    page = owner.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    assert (user.email in page, user.full_name in page) == (False, False)
    owner.post(f"/admin/accounts/user/{user.pk}/change/", {"is_staff": "", "full_name": "Z…", "groups": []})
    fresh = type(user).objects.get(pk=user.pk)
    assert (fresh.full_name, fresh.email) == (user.full_name, user.email)


def test_suggestions_and_the_history_are_masked_too(alice):
    owner, order = clerk("owner"), DECLARATIONS["orders.Order"].model_class().objects.get()
    user = DECLARATIONS["accounts.User"].model_class().objects.get(subject=alice)
    LogEntry.objects.create(
        user=owner.user, content_type=ContentType.objects.get_for_model(user), object_id=user.pk,
        object_repr=f"{TOKEN}aa", action_flag=2, change_message=f"{TOKEN}aa",
    )  # fmt: skip
    for name in ("accounts_user", "orders_order"):
        row = user if name == "accounts_user" else order
        assert owner.get(reverse(f"admin:{name}_history", args=[row.pk])).status_code == 200
    asked = {"app_label": "orders", "model_name": "payment", "field_name": "order", "term": order.reference}
    found = owner.get(reverse("admin:autocomplete"), asked)
    assert [each["id"] for each in found.json()["results"]] == [str(order.pk)]


def test_a_row_found_by_value_is_looked_at_on_its_persons_record(alice):
    desk, event = clerk("order desk"), DECLARATIONS["orders.WebhookEvent"].model_class().objects.get()
    desk.get(f"/admin/orders/webhookevent/{event.pk}/change/")
    assert [look.what.partition(":")[0] for look in looks.of([alice.pk])] == ["Messages from Stripe"]


def test_a_masked_row_is_never_saved(alice):
    order = DECLARATIONS["orders.Order"].model_class().objects.get()
    seen = masks.shown(order, masks.Sight(frozenset()))
    with pytest.raises(masks.NeverSaved):
        seen.save()
    assert order.email == type(order).objects.get().email != seen.email


def test_masks_say_little_and_nothing_stays_nothing():
    cases = [
        (Category.CONTACT, "alice@example.com", "a…@….com"),
        (Category.CONTACT, "+12125550137", "…37"),
        (Category.CONTACT, "137", "…"),
        (Category.NAME, "Alice van Aalst", "A… v… A…"),
        (Category.NAME, "أليس 🦩", "أ… 🦩…"),
        (Category.ADDRESS, "41 Token Lane", "…"),
        (Category.CREDENTIAL, "argon2", "(secret)"),
        (Category.MESSAGE, {"a": "b"}, {}),
        (Category.NAME, "", ""),
        (Category.NAME, None, None),
    ]
    assert [masks.masked(category, value) for category, value, _ in cases] == [mask for _, _, mask in cases]


def test_every_purpose_can_be_granted():
    call_command("ensure_roles", verbosity=0)
    owner = someone("olive", is_staff=True).user
    owner.groups.add(Group.objects.get(name="owner"))
    assert masks.sight_of(owner).purposes >= {Purpose.ORDER, Purpose.DELIVERY, Purpose.RIGHTS}
    assert Purpose.ACCOUNT not in masks.sight_of(owner).purposes
