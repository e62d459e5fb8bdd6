"""What leaves for Stripe, and how what comes back reads; against a server that remembers the raw request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe
from django.urls import reverse

from orders import gateway, payments, refunds
from orders.models import Order, Payment
from privacy.models import Disclosure
from privacy.register import disclosures, payloads
from tests import socket_guard

from .conftest import KEY, SECRET, LocalStripe, session_id


class _Tap(BaseHTTPRequestHandler):
    """Passes requests on to the local Stripe and keeps a copy."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.seen.append((self.command, self.path, body, dict(self.headers)))
        sdk = stripe.RequestsClient()
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        content, status, _headers = sdk.request(self.command.lower(), self.server.target + self.path, headers, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if isinstance(content, bytes) else content.encode())

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def wire(local_stripe: LocalStripe, settings: Any) -> Iterator[list[tuple[str, str, str, dict[str, str]]]]:
    """Every request that leaves the shop for Stripe: method, path, body, headers."""
    tap = ThreadingHTTPServer(("127.0.0.1", 0), _Tap)
    tap.daemon_threads = True
    tap.seen, tap.target = [], local_stripe.url
    thread = threading.Thread(target=tap.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    settings.STRIPE_API_BASE = f"http://127.0.0.1:{tap.server_address[1]}"
    yield tap.seen
    tap.shutdown()
    tap.server_close()
    thread.join()


def asked(session: str, *, at: Any) -> gateway.Session:
    """The session as Stripe tells of it, on an occasion of the test's own."""
    with disclosures.occasion(subject_id=None, by="test", at=at):
        return gateway.retrieve_session(session)


@pytest.mark.promise("JE-08", "SG-02", "JK-21", "JH-17")
def test_only_order_references_and_totals_go_to_stripe(order: Order, wire, local_stripe: LocalStripe, now):
    _from_page_to_refund(order, local_stripe, now)

    sent = [dict(parse_qsl(body) + parse_qsl(urlsplit(path).query)) for _method, path, body, _headers in wire]
    assert len(sent) == 4
    assert {name for params in sent for name in params} - payloads.allowed("stripe") == set()
    created = sent[0]
    assert created["line_items[0][price_data][product_data][name]"] == f"Order {order.reference}"
    assert created["client_reference_id"] == created["metadata[order]"] == order.reference
    assert created["payment_intent_data[metadata][order]"] == order.reference
    everything = json.dumps([[path, body, headers] for _method, path, body, headers in wire])
    for private in (
        "alice",
        "Alice",
        "Liddell",
        "love",
        "for+ever",
        "for%20ever",
        "Looking",
        "12207",
        "5550100",
        "band",
    ):
        assert private not in everything
    assert not any("X-Stripe-Client-Telemetry" in headers for *_, headers in wire)


def _from_page_to_refund(order: Order, local_stripe: LocalStripe, now: Any) -> None:
    payments.open_session(order, by="test", at=now)
    local_stripe.pay(order)
    payments.settle(order.reference, by="test", at=now)
    promised = payments.refund(order, 100, reason="A & E for ever was misspelt", by="test", at=now)
    refunds.carry_out(promised.pk, at=now)
    refunds.reconcile(Payment.objects.get(order=order), at=now)


@pytest.mark.promise("JK-21", "JH-17")
def test_each_call_of_stripe_leaves_one_row_before_it_leaves(
    order: Order, wire, local_stripe: LocalStripe, settings, now
):
    port = urlsplit(settings.STRIPE_API_BASE).port
    stand_in = ("127.0.0.1", urlsplit(local_stripe.url).port)
    with socket_guard.watching({("127.0.0.1", port): "stripe"}, but_for=[stand_in]) as guard:
        _from_page_to_refund(order, local_stripe, now)
    rows = Disclosure.objects.order_by("pk")
    assert len(wire) == len(rows) == 4
    assert guard.connections["stripe"] >= 1
    assert {(row.subject_id, row.reference, row.purpose) for row in rows} == {
        (order.subject_id, order.reference, "payment")
    }
    sent = [{name for name, _ in parse_qsl(body) + parse_qsl(urlsplit(path).query)} for _method, path, body, _ in wire]
    assert [set(row.keys) for row in rows] == sent
    (told,) = disclosures.received([order.subject_id])
    assert (told.name, told.times) == ("Stripe", 4)
    assert [each.partition(":")[0] for each in told.what] == ["Orders", "Payments", "Refunds"]
    assert told.what[0] == "Orders: reference"


def test_a_call_that_nobody_sent_never_leaves(wire, local_stripe: LocalStripe, db):
    with pytest.raises(disclosures.NoOccasion):
        gateway.retrieve_session("cs_test_nothing")
    assert wire == []


@pytest.mark.promise("JE-53")
def test_outside_the_demo_stripe_is_reached_over_tls_at_its_own_host_only(wire, settings, db, now):
    settings.IS_DEMO = False
    with pytest.raises(disclosures.NotAllowed):
        asked("cs_test_nothing", at=now)
    assert wire == []


def test_the_way_back_names_the_session_and_nobody(order: Order, wire, settings, now):
    payments.open_session(order, by="test", at=now)

    params = dict(parse_qsl(wire[0][2]))
    back = settings.LOUPE_PUBLIC_URL + reverse("orders:checkout_return")
    assert params["success_url"] == back + "?session_id={CHECKOUT_SESSION_ID}"
    assert params["cancel_url"] == settings.LOUPE_PUBLIC_URL + reverse("orders:checkout")
    assert int(params["expires_at"]) == int((now + payments.SESSION_LIVES).timestamp())


def test_a_session_reads_with_the_card_that_paid(order: Order, local_stripe: LocalStripe, now):
    payments.open_session(order, by="test", at=now)
    before = asked(session_id(order), at=now)
    assert (before.status, before.is_paid, before.payment_id, before.card) == ("open", False, "", None)

    local_stripe.pay(order)

    after = asked(session_id(order), at=now)
    assert (after.status, after.is_paid, after.amount_minor, after.currency) == ("complete", True, 129_600, "USD")
    assert after.order_reference == order.reference
    assert after.card == gateway.Card(brand="visa", last4="4242", expiry="2034-12")


def test_what_stripe_refuses_is_certain_and_what_fails_is_not(local_stripe: LocalStripe, settings, db, now):
    with pytest.raises(gateway.Refused) as refusal:
        asked("cs_test_nothing", at=now)
    assert (refusal.value.code, refusal.value.param) == ("resource_missing", "session")

    settings.STRIPE_SECRET_KEY = "sk_test_of_somebody_else"
    with pytest.raises(gateway.Unavailable, match="AuthenticationError"):
        asked("cs_test_nothing", at=now)

    settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE = KEY, "http://127.0.0.1:9"
    with pytest.raises(gateway.Unavailable, match="APIConnectionError"):
        asked("cs_test_nothing", at=now)


def _signed(body: str, secret: str = SECRET, **when: int) -> tuple[bytes, str]:
    return body.encode(), stripe.WebhookSignature.generate_signature_header(body, secret, **when)


EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "charge.refunded",
    "data": {
        "object": {"object": "charge", "id": "ch_1", "payment_intent": "pi_1", "metadata": {"order": "LP-7F3K-92QD"}}
    },
}


def test_a_signed_event_says_which_order_it_is_about(local_stripe: LocalStripe):
    assert gateway.verify_webhook(*_signed(json.dumps(EVENT))) == gateway.Event(
        id="evt_1", kind="charge.refunded", order_reference="LP-7F3K-92QD", payment_id="pi_1"
    )


@pytest.mark.parametrize(
    ("raw", "header"),
    [
        (json.dumps(EVENT).encode(), ""),
        (json.dumps(EVENT).encode(), "t=now,v1=nothing"),
        _signed(json.dumps(EVENT), "whsec_of_somebody_else"),
        _signed(json.dumps(EVENT), timestamp=1_600_000_000),
        (json.dumps(EVENT).encode() + b" ", _signed(json.dumps(EVENT))[1]),
        _signed("not json"),
        _signed("[]"),
        _signed('{"object": "event"}'),
        (b"\xff\xfe", "t=1,v1=00"),
    ],
    ids=["none", "nonsense", "other secret", "old", "changed", "no json", "a list", "no data", "no text"],
)
def test_anything_else_is_no_webhook(local_stripe: LocalStripe, raw: bytes, header: str):
    with pytest.raises(gateway.BadSignature):
        gateway.verify_webhook(raw, header)
