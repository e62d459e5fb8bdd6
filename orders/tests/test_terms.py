"""The terms of use: on a page of their own, noted with each order as a version, told anew when they change, and never a consent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from orders.models import Order
from orders.tests.conftest import bag_of
from privacy.consent.models import ConsentRecord
from privacy.messages import announcements
from privacy.models import Message
from privacy.register import policy_versions
from privacy.register.documents import Document
from privacy.rights import policy
from shop.models import Variant

CAROL = "staff:3"


def publish(at: datetime, *, is_material: bool = False, **more: Any) -> Any:
    return policy.publish(effective_on=at.date(), is_material=is_material, by=CAROL, at=at, **more)


def with_other_rules_for_disputes(document: Document) -> Document:
    """The same document, whose terms send everybody to one court."""
    sections = tuple(
        replace(each, html=each.html.replace("small claims court", "court of Oregon"))
        if each.slug == policy.TERMS
        else each
        for each in document.sections
    )
    assert sections != document.sections
    return replace(document, sections=sections)


@pytest.mark.promise("JK-52")
def test_every_page_leads_to_the_terms_and_the_checkout_says_that_they_apply(
    db: None, client: Client, necklace: Variant
) -> None:
    terms = client.get("/terms/").content.decode()
    assert "<h1>Terms of use</h1>" in terms
    assert [part for part in ("Your order", "Disputes", "Changes") if f"<h3>{part}</h3>" not in terms] == []
    for page in ("/", "/bag/", "/privacy/"):
        assert '<a href="/terms/">Terms of use</a>' in client.get(page).content.decode()
    client.post("/bag/add/", {"key": f"v:{necklace.pk}", "quantity": 1}, headers={"Sec-Fetch-Site": "same-origin"})
    form = client.get("/checkout/").content.decode()
    assert '<a href="/terms/">terms of use</a> apply to this order' in form


@pytest.mark.promise("JK-52")
def test_an_order_keeps_the_version_under_which_it_was_placed_and_agrees_to_nothing_else(
    buy: Callable[..., Order], necklace: Variant, alice: User, bob: User, now: datetime, client: Client
) -> None:
    assert buy(bag_of((necklace, 1)), bob).terms_version is None, "nothing was published yet"
    publish(now)
    before = ConsentRecord.objects.count()
    order = buy(bag_of((necklace, 1)), alice)
    assert (order.terms_version, ConsentRecord.objects.count()) == (1, before)
    policy_versions.publish(
        with_other_rules_for_disputes(policy.compose()),
        effective_on=now.date() + timedelta(days=9), is_material=True, summary="Another court.", by=CAROL, at=now,
    )  # fmt: skip
    assert buy(bag_of((necklace, 1)), bob).terms_version == 1, "the second is not in force yet"
    order.refresh_from_db()
    assert order.terms_version == 1
    client.force_login(alice)
    page = client.get(f"/account/orders/{order.reference}/").content.decode()
    assert '<a href="/privacy/versions/1/#terms">Version 1</a>' in page
    assert 'id="terms"' in client.get("/privacy/versions/1/").content.decode()


@pytest.mark.promise("JE-143")
def test_new_rules_for_disputes_cannot_be_slipped_in_and_are_told_like_every_other_change(
    alice: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(now)
    changed = with_other_rules_for_disputes(policy.compose())
    monkeypatch.setattr(policy, "compose", lambda: changed)
    with pytest.raises(policy_versions.NotMinor, match="Terms of use"):
        publish(now)

    version = publish(now, is_material=True, summary="Another court for disputes.")

    assert version.is_material
    announcements.sweep(at=now)
    [mail] = Message.objects.filter(kind="privacy.policy_changed", subject=alice.subject)
    assert "Another court for disputes." in mail.payload["text"]
    change = next(each for each in policy_versions.changes_of(version) if each.title == "Terms of use")
    assert any("court of Oregon" in line for line in change.new)
