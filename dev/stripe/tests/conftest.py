"""A running server for each test that asks, a shop's webhook that remembers, and Stripe's own SDK to talk with."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stripe

from dev.stripe.server import Settings, StripeServer

KEY, SECRET = "sk_test_local_key_for_tests", "whsec_local"


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.shop.hear(body, self.headers["Stripe-Signature"])
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@dataclass
class Shop:
    """The far end of the webhook: keeps every delivery, and answers what the test told it to."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    heard: list[tuple[bytes, str]] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, body: bytes, signature: str) -> int:
        with self._guard:
            self.heard.append((body, signature))
            return self.answers.pop(0) if self.answers else 200

    def events(self) -> list[dict[str, Any]]:
        with self._guard:
            return [json.loads(body) for body, _signature in self.heard]

    def wait_for(self, kind: str, *, times: int = 1, seconds: float = 5) -> list[dict[str, Any]]:
        eventually(lambda: sum(e["type"] == kind for e in self.events()) >= times, seconds=seconds)
        found = [event for event in self.events() if event["type"] == kind]
        assert len(found) >= times, f"{kind}: {len(found)} of {times}; heard {[e['type'] for e in self.events()]}"
        return found


def eventually(condition: Callable[[], bool], *, seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()


@dataclass
class Double:
    """The running server as a test sees it."""

    server: StripeServer
    shop: Shop
    client: stripe.StripeClient

    @property
    def url(self) -> str:
        return self.server.url

    def open(self, **changes: Any) -> stripe.checkout.Session:
        """Open a session with these changes; a change to None leaves the parameter out."""
        params = {**session_params(), **changes}
        given = {name: value for name, value in params.items() if value is not None}
        return self.client.v1.checkout.sessions.create(given)

    def lever(self, path: str) -> dict[str, Any]:
        status, body = post(f"{self.url}/_test/{path}", {})
        assert status == 200, body
        loaded = json.loads(body)
        assert isinstance(loaded, dict)
        return loaded

    def paid(self, **changes: Any) -> stripe.checkout.Session:
        session = self.open(**changes)
        self.lever(f"pay/{session.id}")
        return self.client.v1.checkout.sessions.retrieve(session.id)


def session_params() -> dict[str, Any]:
    return {
        "mode": "payment",
        "line_items": [
            {
                "price_data": {
                    "currency": "usd",
                    "unit_amount": 125000,
                    "product_data": {"name": "Order LP-7F3K-92QD"},
                },
                "quantity": 1,
            }
        ],
        "client_reference_id": "LP-7F3K-92QD",
        "metadata": {"order": "LP-7F3K-92QD"},
        "payment_intent_data": {"metadata": {"order": "LP-7F3K-92QD"}},
        "customer_email": "alice@example.com",
        "success_url": "http://127.0.0.1:8000/checkout/return/?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:8000/bag/",
        "expires_at": int(time.time()) + 31 * 60,
    }


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Stay)


def fetch(url: str, data: bytes | None = None) -> tuple[int, str, str]:
    """Status, body and Location of one request; redirects are not followed."""
    try:
        with _opener.open(url, data=data, timeout=10) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as other:
        return other.code, other.read().decode(), other.headers.get("Location", "")


def post(url: str, form: dict[str, str]) -> tuple[int, str]:
    status, body, _location = fetch(url, urllib.parse.urlencode(form).encode())
    return status, body


def submit(url: str, form: dict[str, str]) -> tuple[int, str, str]:
    return fetch(url, urllib.parse.urlencode(form).encode())


@pytest.fixture
def shop() -> Iterator[Shop]:
    listener = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    listener.daemon_threads = True
    shop = Shop(url=f"http://127.0.0.1:{listener.server_address[1]}/webhooks/stripe/")
    listener.shop = shop
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield shop
    listener.shutdown()
    listener.server_close()
    thread.join()


@pytest.fixture
def start(shop: Shop, tmp_path: Path) -> Iterator[Callable[[], Double]]:
    """Start a server on the test's state file; call again, after ``stop``, to start the same one anew."""
    running: list[tuple[StripeServer, threading.Thread]] = []

    def begin() -> Double:
        settings = Settings(
            port=0,
            webhook_url=shop.url,
            state=str(tmp_path / "stripe.sqlite3"),
            secret_key=KEY,
            webhook_secret=SECRET,
            retry_after=(0.05, 0.05, 0.05),
        )
        server = StripeServer(settings)
        thread = threading.Thread(target=server.serve)
        thread.start()
        running.append((server, thread))
        client = stripe.StripeClient(KEY, base_addresses={"api": server.url}, max_network_retries=0)
        return Double(server, shop, client)

    def stop() -> None:
        while running:
            server, thread = running.pop()
            server.close()
            thread.join()

    begin.stop = stop
    yield begin
    stop()


@pytest.fixture
def double(start: Callable[[], Double]) -> Double:
    return start()
