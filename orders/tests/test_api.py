"""`/api/v1/orders/`: one's own orders, read only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from orders.models import Order
from orders.tests.conftest import bag_of
from shop.models import Variant


@pytest.fixture
def api(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


@pytest.fixture
def alices(buy: Callable[..., Order], necklace: Variant, alice: User) -> Order:
    return buy(bag_of((necklace, 1)), alice, email="alice@example.com", gift_message="For ever")


@pytest.fixture
def bobs(buy: Callable[..., Order], necklace: Variant, bob: User) -> Order:
    return buy(bag_of((necklace, 1)), bob, email="bob@example.com", full_name="Bob Brightwater")


def test_the_list_is_ones_own(api: APIClient, alices: Order, bobs: Order) -> None:
    body = api.get("/api/v1/orders/").json()
    assert [order["reference"] for order in body["results"]] == [alices.reference]
    assert "Brightwater" not in str(body)


def test_one_order_reads_as_its_page_does(api: APIClient, alices: Order, necklace: Variant) -> None:
    body = api.get(f"/api/v1/orders/{alices.reference}/").json()
    assert (body["state"], body["total_minor"], body["currency"], body["gift_message"]) == (
        "paid",
        132_500,
        "USD",
        "For ever",
    )
    assert [(line["title"], line["quantity"], line["sku"]) for line in body["lines"]] == [
        ("Solitaire necklace", 1, necklace.sku)
    ]
    assert body["shipment"] is None


def test_somebody_elses_order_is_as_unknown_as_none(api: APIClient, bobs: Order) -> None:
    answers = [api.get(f"/api/v1/orders/{reference}/") for reference in (bobs.reference, "LP-2222-2222", "nonsense")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


def test_nobody_is_asked_to_say_who_they_are(db: None, alices: Order) -> None:
    for path in ("/api/v1/orders/", f"/api/v1/orders/{alices.reference}/"):
        assert APIClient().get(path).status_code == 401


def test_nothing_can_be_written(api: APIClient, alices: Order) -> None:
    for path in ("/api/v1/orders/", f"/api/v1/orders/{alices.reference}/"):
        for method in (api.post, api.put, api.patch, api.delete):
            assert method(path, {"state": "delivered"}).status_code == 405
    alices.refresh_from_db()
    assert alices.state == "paid"


def test_the_list_asks_as_much_for_three_orders_as_for_one(
    api: APIClient, alices: Order, buy: Callable[..., Order], alice: User, necklace: Variant
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert api.get("/api/v1/orders/").status_code == 200
        return len(captured)

    few = queries()
    for _ in range(2):
        buy(bag_of((necklace, 1)), alice)
    assert queries() == few == 5
