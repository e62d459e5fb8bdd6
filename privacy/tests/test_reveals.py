"""How much one member of staff may reveal, and that a list tells nothing that its page would mask."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.utils import timezone

from privacy.admin import due as dates
from privacy.admin.masks import MaskedAdmin
from privacy.models import AuditEvent
from privacy.register import masks, registry, subjects, synthetic
from privacy.register.models import Subject
from privacy.rights import looks
from privacy.tests.people import NOON, someone

pytestmark = pytest.mark.django_db
(HOUR, HOURLY), (DAY, DAILY) = looks.LIMITS
WHY = {"reason": "The parcel came back"}


def clerk(name: str, role: str) -> Any:
    person = someone(name, is_staff=True)
    call_command("ensure_roles", verbosity=0)
    person.user.groups.add(Group.objects.get(name=role))
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    client.force_login(person.user)
    client.user = person.user
    return client


@pytest.fixture
def carol() -> Any:
    return clerk("carol", "privacy desk")


@pytest.fixture
def order() -> Any:
    """Alice's, with a parcel in hand."""
    synthetic.people(1, seed=3, at=NOON)
    orders = apps.get_model("orders.Order")._base_manager
    orders.update(state="paid")
    return orders.get()


def revealed(by: Any, times: int, *, at: datetime) -> None:
    AuditEvent.objects.bulk_create(
        AuditEvent(event=looks.REVEALED, actor=f"staff:{by.pk}", details={"model": "orders.Order", "fields": []}, at=at)
        for _ in range(times)
    )


@pytest.mark.promise("JS-32", "JE-103", "SG-11", "JH-28")
def test_the_reveal_after_the_last_one_shows_nothing_and_is_noted(carol, order):
    now = timezone.now()
    revealed(carol.user, HOURLY - 1, at=now - timedelta(minutes=20))
    address = f"/admin/orders/order/{order.pk}/reveal/"
    assert order.email in carol.post(address, WHY).content.decode()
    refused = carol.post(address, WHY)
    page = refused.content.decode()
    assert (refused.status_code, order.email in page, order.ship_line1 in page) == (409, False, False)
    assert f"Next: {dates.moment(now + timedelta(minutes=40))}." in page
    assert AuditEvent.objects.filter(event=looks.REVEALED).count() == HOURLY
    event = AuditEvent.objects.get(event=looks.REFUSED)
    assert (event.actor, event.details, event.subject_id) == (f"staff:{carol.user.pk}", {"role": "privacy desk"}, None)
    other = clerk("dora", "data protection officer").post(address, WHY)
    assert order.email in other.content.decode()


@pytest.mark.parametrize(
    ("times", "ago", "may"),
    [
        (HOURLY, timedelta(minutes=59), False),
        (HOURLY, HOUR, True),
        (HOURLY - 1, timedelta(0), True),
        (DAILY, timedelta(hours=23), False),
        (DAILY, DAY, True),
        (DAILY - 1, timedelta(hours=2), True),
    ],
)
def test_an_hour_and_a_day_have_their_limits(carol, times, ago, may):
    revealed(carol.user, times, at=NOON - ago)
    person = Subject.objects.create(created_at=NOON)
    asked = {"model": "orders.Order", "fields": ["email"], "by": carol.user, "at": NOON}
    looks.record(person, **asked)  # what is open to a desk anyway is not counted
    if may:
        looks.record(person, reason="A letter came back", **asked)
    else:
        with pytest.raises(looks.TooMany):
            looks.record(person, reason="A letter came back", **asked)
    assert AuditEvent.objects.filter(event=looks.REVEALED, at=NOON, subject_id=person.pk).count() == may


@pytest.mark.promise("JS-32", "JE-103", "SG-11", "JH-28")
def test_nothing_is_revealed_of_somebody_who_is_being_erased(carol, order):
    alice, address = order.subject, f"/admin/orders/order/{order.pk}/reveal/"
    subjects.restrict(alice, reason=subjects.Reason.ASKED, by="test", at=NOON)
    assert order.email in carol.post(address, WHY).content.decode(), "what they asked for themselves hides nothing"
    subjects.restrict(alice, by="test", at=NOON)
    refused = carol.post(address, WHY)
    page = refused.content.decode()
    assert (refused.status_code, order.email in page, "is being erased" in page) == (409, False, True)
    assert AuditEvent.objects.filter(event=looks.REVEALED).count() == 1
    subjects.lift(alice, by="test", at=NOON)
    assert order.email in carol.post(address, WHY).content.decode()


@pytest.mark.promise("JS-32", "JE-103", "SG-11", "JH-28")
def test_no_list_is_narrowed_down_letter_by_letter(carol, order):
    """Django lets a list be filtered by any column in its address: that would read a masked one in a few dozen pages."""
    listed = "/admin/orders/order/"
    for lookup in ("email__startswith", "email", "ship_city__icontains", "phone__regex", "full_name__gt"):
        assert carol.get(listed, {lookup: order.email[:2]}).status_code == 400, lookup
    assert carol.get(listed, {"subject__user__email__startswith": "a"}).status_code == 400
    assert carol.get(listed, {"country": order.country}).status_code == 200
    packer = clerk("otto", "order desk")
    assert packer.get(listed, {"email__startswith": order.email[:2]}).status_code == 200
    assert packer.get("/admin/privacy/datarequest/", {"contact__startswith": "a"}).status_code == 403


def test_no_list_is_sorted_by_what_is_masked(carol, monkeypatch):
    page = admin.site._registry[apps.get_model("orders.Order")]
    monkeypatch.setattr(page, "list_display", ("reference", "email", "placed_at"))
    request = RequestFactory().get("/")
    request.user = carol.user
    assert page.get_sortable_by(request) == ["reference", "placed_at"]
    request = RequestFactory().get("/")
    request.user = clerk("otto", "order desk").user
    assert page.get_sortable_by(request) == ["reference", "email", "placed_at"]


@pytest.mark.promise("JS-32", "JE-103", "SG-11", "JH-28")
def test_a_search_finds_a_person_by_the_whole_value_only():
    """A search for a part of a name or an address would list everybody who has it."""
    loose = []
    for model, page in admin.site._registry.items():
        declaration = registry.find(model._meta.label)
        if declaration is None:
            continue
        assert isinstance(page, MaskedAdmin)
        texts = set(masks.text_fields(declaration))
        loose += [(model._meta.label, name) for name in page.search_fields if name in texts or name[:1] in "^@"]
    assert loose == []
