"""The local Stripe in a process of its own, and an order that waits to be paid."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import stripe
from django.db import connection
from django.test import Client

from orders.models import Order, OrderLine
from privacy.ground import references
from privacy.register import subjects
from shop import stock
from shop.models import Category, Product, StockLevel, Variant

KEY, SECRET = "sk_test_local_for_the_tests_of_orders", "whsec_local_for_the_tests_of_orders"
NOBODY_LISTENS = "http://127.0.0.1:9/"


@dataclass(frozen=True)
class LocalStripe:
    """The running server, its levers, and Stripe's own SDK beside the shop's."""

    url: str

    @property
    def sdk(self) -> Any:
        return stripe.StripeClient(KEY, base_addresses={"api": self.url}).v1

    def lever(self, path: str) -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/_test/{path}", data=b"")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def pay(self, order: Order, card: str = "4242424242424242") -> None:
        self.lever(f"pay/{session_id(order)}?card={card}")

    def expire(self, order: Order) -> None:
        self.lever(f"expire/{session_id(order)}")

    def event(self, kind: str, order: Order) -> dict[str, Any]:
        """The newest event of this kind about this order, as Stripe would send it."""
        for event in self.sdk.events.list({"type": kind, "limit": 100}).auto_paging_iter():
            body = event.to_dict()
            if body["data"]["object"].get("metadata", {}).get("order") == order.reference:
                return body
        raise AssertionError(f"no {kind} about {order.reference}")


def session_id(order: Order) -> str:
    order.refresh_from_db()
    return str(order.payment.gateway_session_id)


def deliver(event: dict[str, Any], client: Client | None = None, secret: str = SECRET) -> Any:
    """Post an event to the shop's webhook as Stripe does: signed, raw."""
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, secret)
    return (client or Client()).post(
        "/webhooks/stripe/", data=body, content_type="application/json", headers={"Stripe-Signature": header}
    )


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run calls in threads that start together, each on a connection of its own; what they return or raise."""
    outcomes: list[Any] = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(index: int) -> None:
        try:
            gate.wait(timeout=20)
            outcomes[index] = calls[index]()
        except Exception as error:  # noqa: BLE001 - an outcome like any other
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return outcomes


@pytest.fixture(scope="session")
def stripe_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStripe]:
    state = tmp_path_factory.mktemp("stripe") / "state.sqlite3"
    environment = {**os.environ, "STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET}
    command = [sys.executable, "-m", "dev.stripe", "--port=0", f"--webhook-url={NOBODY_LISTENS}", f"--state={state}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        local = LocalStripe(found[0])
        local.lever("hold-webhooks")
        yield local
        process.terminate()


@pytest.fixture
def local_stripe(stripe_process: LocalStripe, settings: Any) -> LocalStripe:
    """The shop's settings pointed at the local Stripe."""
    settings.STRIPE_API_BASE = stripe_process.url
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    stripe_process.lever("delay?seconds=0")
    return stripe_process


@pytest.fixture
def now() -> datetime:
    """The door's clock: session times are checked by Stripe, which has only the real one."""
    return datetime.now(tz=UTC)


@pytest.fixture
def place(db: None, now: datetime) -> Callable[..., Order]:
    """Place an order for one piece of a kind, its stock held, waiting to be paid."""
    category = Category.objects.create(slug="rings", name="Rings")
    product = Product.objects.create(
        slug="band", sku="BAND", name="Plain band", category=category, archetype="ring", blurb="A band.", created_at=now
    )
    variant = Variant.objects.create(
        product=product, sku="BAND-YG", metal="yellow-gold", price_minor=120_000, weight_grams="3.5"
    )
    StockLevel.objects.create(variant=variant, on_hand=10)

    def begin(email: str = "alice@example.com", **changes: Any) -> Order:
        subject = subjects.new(residence="US-NY", by="system:test", at=now)
        facts = {
            "reference": references.new("LP"),
            "bag_id": uuid4(),
            "subject": subject,
            "email": email,
            "full_name": "Alice Liddell",
            "phone": "+12125550100",
            "ship_name": "Edith Liddell",
            "ship_line1": "7 Looking-Glass Lane",
            "ship_city": "Albany",
            "ship_postal_code": "12207",
            "gift_message": "With all my love, Alice",
            "country": "US",
            "region": "New York",
            "currency": "USD",
            "subtotal_minor": 120_000,
            "shipping_minor": 0,
            "shipping_method": "insured",
            "tax_minor": 9_600,
            "tax_name": "Sales tax",
            "tax_rate": "8.000",
            "is_tax_included": False,
            "total_minor": 129_600,
            "placed_at": now,
            **changes,
        }
        order = Order.objects.create(**facts)
        OrderLine.objects.create(
            order=order,
            position=0,
            kind="v",
            item_id=variant.pk,
            variant=variant,
            title="Plain band",
            sku=variant.sku,
            quantity=1,
            unit_minor=120_000,
            tax_minor=9_600,
            total_minor=129_600,
            engraving="A & E for ever",
        )
        stock.reserve(order.pk, {("v", variant.pk): 1}, expires_at=None, by="system:test", at=now)
        return order

    return begin


@pytest.fixture
def order(place: Callable[..., Order]) -> Order:
    return place()


def held(order: Order) -> tuple[int, int]:
    """On hand and reserved of the piece ordered."""
    line = order.lines.get()
    level = StockLevel.objects.get(variant_id=line.item_id)
    return level.on_hand, level.reserved


def told(order: Order) -> list[tuple[str, str, int]]:
    """The ledger of an order: kind, whether its id at Stripe is known, amount."""
    return [
        (event.kind, event.gateway_id.partition("_")[0], event.amount_minor) for event in order.payment.events.all()
    ]
